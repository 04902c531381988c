# Processes that a test has started and that must not outlive it.
#
#   GwBootstrap::Child::started($pid);
#   GwBootstrap::Child::started($pid, sub { kill 'INT', $_[0]; ... });
#   GwBootstrap::Child::ended($pid);
#
# What is still there when the test ends is killed, or ended in the given way,
# by the process that started it.

package GwBootstrap::Child;

use strict;
use warnings;

# Its own END comes after ours: poolers go before their servers.
use PostgreSQL::Test::Cluster;

my %running;

sub started
{
	my ($pid, $end) = @_;

	$running{$pid} = { parent => $$, end => $end || \&_kill };
	return;
}

sub ended
{
	my ($pid) = @_;

	delete $running{$pid};
	return;
}

sub _kill
{
	my ($pid) = @_;

	kill 'KILL', $pid;
	waitpid($pid, 0);
	return;
}

END
{
	my $status = $?;
	$running{$_}{end}->($_) foreach grep { $running{$_}{parent} == $$ } keys %running;
	$? = $status;
}

1;
