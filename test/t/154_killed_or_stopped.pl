# The client, its watcher or its reaper are killed or stopped while the command
# goes on, or while the server goes on with what it was sent, and the next one
# migrates.  Fenced, nothing takes effect beside it, whatever dies and wherever
# names are dropped.  By name the watcher and the look at sessions save the rest.
#
# TAP, since it takes processes that are killed or stopped in a given order, and
# something between client and server that changes names.

use strict;
use warnings;

use GwBootstrap::Pauses;
use GwBootstrap::Proxy;
use Test::More;

my $pauses = GwBootstrap::Pauses->new;
my $proxy = GwBootstrap::Proxy->new('127.0.0.1', $pauses->node->port, at => qr/never/,
	replace => [ "application_name\0gw_bootstrap", "application_name\0pooler_names" ]);
my $at_work = qr/backend \d+ is (still )?at work/;
my @whole = (on => [qw(client reaper watcher)]);

sub between
{
	my ($case) = @_;
	return join '; ', $case->psql($case->step), $case->stop, $case->psql($case->step, $case->step);
}

sub statement
{
	my ($case) = @_;
	return $case->psql(q(INSERT INTO work SELECT 'first', 'in it' FROM pass_gate();), $case->step);
}

sub batches { my ($case) = @_; return $case->psql('CALL in_batches();', $case->step); }

# Command, the options, and for each class: late, refused, does the next one wait.
sub add
{
	my ($name, $command, %options) = @_;
	my %classes = %{ delete $options{classes} };

	foreach my $class (sort keys %classes)
	{
		my ($late, $refused, $waits) = @{ $classes{$class} };
		$pauses->add($name, class => $class, command => $command, %options,
			late => $late, refused => $refused, waits => $waits ? $class eq 'fenced' ? qr/waiting/ : $at_work : undef);
	}
	return;
}

foreach my $through (undef, $pauses->pgbouncer)
{
	my @through = (through => $through);

	# The reaper or the watcher are there.
	foreach my $on ([qw(client)], [qw(client watcher)], [qw(client reaper)])
	{
		add("@$on killed", \&between, @through, on => $on, signal => 'KILL', ended => 1,
			classes => { fenced => [ 0, 0 ], 'by name' => [ 0, 0 ] });
	}
	add('client stopped', \&between, @through, on => ['client'], ended => 1, classes => { fenced => [ 0, 0 ], 'by name' => [ 0, 0 ] });

	# Nobody is.
	add('client, reaper and watcher stopped, the command goes on', \&between, @through, @whole,
		classes => { fenced => [ 0, 2 ], 'by name' => [ 2, 0 ] });
	add('client, reaper and watcher killed, a daemon goes on', \&between, @through, @whole, signal => 'KILL', detached => 1,
		classes => { fenced => [ 0, 2 ], 'by name' => [ 2, 0 ] });

	# The server goes on.
	add('client killed in a statement', \&statement, @through, on => ['client'], signal => 'KILL', at => 'gate', ended => 1,
		classes => { fenced => [ 0, 1, 1 ], 'by name' => [ 0, 0, 1 ] });
	add('client killed in a CALL that commits in batches', \&batches, @through, on => ['client'], signal => 'KILL', at => 'batches', ended => 1,
		classes => { fenced => [ 0, 0, 1 ], 'by name' => [ 0, 0, 1 ] });
}

# Names do not arrive: the tool has its own, or a pooler.  A role of its own is
# seen all the same, and the fence needs no name.
foreach my $through (undef, $proxy)
{
	my @how = $through ? (through => $through, terminate => 1, through_name => 'names dropped', shown_by => 'setting')
	  : (shown_by => 'setting, under its own name');
	my $what = $through ? '' : ', a tool that names its sessions';

	add("paused in a statement$what", \&statement, @how, at => 'gate',
		classes => { fenced => [ 0, 2, 1 ], 'by role' => [ 1, 0, 1 ], 'by name' => [ 2, 0 ] });
	add("client killed in a statement$what", \&statement, @how, on => ['client'], signal => 'KILL', at => 'gate', ended => 1,
		classes => { fenced => [ 0, 1, 1 ], 'by role' => [ 0, 0, 1 ], 'by name' => [ 1, 0 ] });
	add("client killed in a CALL that commits in batches$what", \&batches, @how, on => ['client'], signal => 'KILL', at => 'batches', ended => 1,
		classes => { fenced => [ 0, 0, 1 ], 'by role' => [ 0, 0, 1 ], 'by name' => [ qr/[1-9]\d*/, 0 ] });
}
$pauses->play;

$proxy->stop;
$pauses->node->stop;
done_testing();
