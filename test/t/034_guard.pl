# What ends a migration before its time, and what must not pass for one: the
# command never outlives its lock, and its exit status is not believed.
#
# TAP, since it takes processes that are killed and a backend that is
# terminated while a command runs.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'max_connections = 200');
$node->start;

my $head = HEAD;
my $whole = whole_migration();

# Start a replica and wait until its command runs; returns it and the pid of
# the command's shell.
sub start_stopped
{
	my ($way, $after, @options) = @_;
	my ($stopped, $stop) = stop_point();
	my $replica = start_replicas(1, $way->client('run', '-e', $head, '--migrate', "$stop $after", @options));

	wait_until(sub { -e $stopped }) or die "no command runs: " . $replica->err;
	chomp(my $shell = slurp_file($stopped));
	return ($replica, $shell, $stopped);
}

sub parent_of
{
	my ($pid) = @_;
	return (split ' ', slurp_file("/proc/$pid/stat"))[3];
}

foreach my $way (grep { !$_->{traffic} } all_ways($node))
{
	my $name = $way->name;
	$way->create->open;

	# A signal asks the client to stop.
	foreach my $signal ([ 'TERM', 143 ], [ 'INT', 130 ])
	{
		my ($replica, $shell) = start_stopped($way, '');
		kill $signal->[0], $replica->pid;
		is(outcomes($replica->wait), "1 x $signal->[1]", "$name: SIG$signal->[0] ends it");
		is_gone($shell, "$name: with its command");
		is($way->locks, 0, "$name: and the lock");
	}

	# The deadline.
	my ($replica, $shell) = start_stopped($way, '', '--timeout', 2);
	my ($result) = $replica->wait;
	is($result->{exit}, 3, "$name: at its deadline it gives up");
	like($result->{err}, qr/did not end in time/, "$name: and says why");
	is_gone($shell, "$name: its command is gone");

	# The watcher is killed: all that it watched goes before the lock does.
	($replica, $shell) = start_stopped($way, '');
	kill 'KILL', parent_of($shell);
	($result) = $replica->wait;
	is($result->{exit}, 1, "$name: a killed watcher is a failed migration");
	like($result->{err}, qr/watcher/, "$name: and named");
	is_gone($shell, "$name: the command is gone with it");
	is($way->locks, 0, "$name: and the lock");

	# The guard's backend is terminated: the command is stopped, and the
	# client starts over, now with a command that is let through.
	my $stopped;
	($replica, $shell, $stopped) = start_stopped($way, "&& $whole");
	unlink $stopped;
	is($way->sql(q(SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory')),
		1, "$name: the guard is terminated");
	is_gone($shell, "$name: its command is stopped");
	ok(wait_until(sub { -e $stopped }), "$name: and started again");
	is($way->applied, '', "$name: nothing had been done");
	append_to_file("$stopped.fifo", "go\n");
	($result) = $replica->wait;
	is($result->{exit}, 0, "$name: then it migrates") or diag $result->{err};
	like($result->{err}, qr/lost the guard/, "$name: and has told of the loss");
	is($way->applied, APPLIED, "$name: exactly once");

	# What a command says of itself does not count.
	my @try = ($way->client('run', '-e', 'other', '--migrate'));
	($result) = start_replicas(1, @try, 'true')->wait;
	is($result->{exit}, 1, "$name: success without reaching head is failure");
	like($result->{err}, qr/\{$head\}.*\{other\}/, "$name: both heads are named");
	($result) = start_replicas(1, @try, 'exit 9')->wait;
	is($result->{exit}, 1, "$name: so is failure");
	like($result->{err}, qr/exit code 9/, "$name: with the status of the command");

	# A process that the command leaves behind would go on without a guard.
	my $daemon = "$stopped.daemon";
	($result) = start_replicas(1, @try,
		"setsid sh -c 'echo \$\$ >$daemon.new; mv $daemon.new $daemon; read line <$stopped.fifo' & "
		  . "until [ -e $daemon ]; do :; done")->wait;
	like($result->{err}, qr/left 1 process/, "$name: what a command leaves behind is told");
	is_gone(slurp_file($daemon) + 0, "$name: and ended");

	$way->is_clean($name);
	$way->close;
}

# Nobody waits beyond the deadline, and the message tells for what.
my ($way) = all_ways($node);
$way->create->open;
my $holder = $node->background_psql($way->dbname);
my $pid = $holder->query_safe('SELECT pg_backend_pid() FROM pg_advisory_lock(42424242424242)');
my $result = run_client($way->client('run', '-e', $head, '--migrate', 'true', '--timeout', 1));
is($result->{exit}, 3, 'a replica that waits for a lock ends at its deadline');
like($result->{err}, qr/held by backend $pid \(orphaned\)/, 'and names the holder');
like($result->{err}, qr/gw_bootstrap_break_orphan\(42424242424242\)/, 'and the way out');
$holder->quit;
($result) = start_replicas(1, $way->client('run', '-e', $head, '--skip-migrations', '--timeout', 1))->wait;
is($result->{exit}, 5, 'a replica that skips migrations says at its deadline that the database is not at head');
$way->close;

# A version whose functions could mean something else is refused.
$way->sql(q(UPDATE pg_extension SET extversion = '2.0' WHERE extname = 'gw_bootstrap'));
($result) = start_replicas(1, $way->client('check', '-e', $head))->wait;
is($result->{exit}, 4, 'an extension of another major version is refused');
like($result->{err}, qr/ALTER EXTENSION gw_bootstrap UPDATE/, 'with the remedy');

$node->stop;
done_testing();
