# Processes that a test has started and that must not outlive it.
#
#   my $pid = GwBootstrap::Child::start(sub { ... }, log => $file);
#   GwBootstrap::Child::stop($pid);
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

use POSIX ();
# Its own END comes after ours: poolers go before their servers.
use PostgreSQL::Test::Cluster;

my %running;

# A process that does so, or becomes another program.  What it says goes to the
# log, or nowhere; "end" is how it ends.
sub start
{
	my ($code, %options) = @_;

	defined(my $pid = fork) or die "fork: $!";
	if ($pid == 0)
	{
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', $options{log} || '/dev/null';
		open STDERR, '>&', \*STDOUT if $options{log};
		eval { $code->(); 1 } or print STDERR $@;
		POSIX::_exit(127);
	}
	started($pid, $options{end});
	return $pid;
}

sub stop
{
	my ($pid) = @_;

	$running{$pid}{end}->($pid);
	return ended($pid);
}

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
