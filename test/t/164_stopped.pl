# A command, its watcher or its client is stopped (SIGSTOP), or cannot be: what
# has to end is ended all the same, no deadline is said to have passed before it
# has, and a client that comes back has no command any more.
#
# TAP, since it takes processes that are stopped and go on in a given order.

use strict;
use warnings;

use GwBootstrap::Test;
use GwBootstrap::Processes;
use PostgreSQL::Test::Utils;
use Test::More;

# ptrace(2)
use constant { SYS_PTRACE => 101, PTRACE_DETACH => 17, PTRACE_SEIZE => 0x4206, PTRACE_O_TRACEEXIT => 0x40 };

my $node = start_server();
my $head = HEAD;
my $whole = whole_migration();
my $guards = q(SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted);

# A replica whose command waits at a stop point the first time it is run.
# Returns it, its processes, and the pid of the command's shell.
sub start_stopped
{
	my ($way, @options) = @_;
	my ($stopped, $stop) = stop_point();
	my $replica = start_replicas(1,
		$way->client('run', '-e', $head, '--migrate', "[ -e $stopped ] || $stop; $whole", @options));

	wait_until(sub { -e $stopped }) or die 'no command runs: ' . $replica->err;
	return ($replica, slurp_file($stopped) + 0, GwBootstrap::Processes::tree($replica->pid));
}

sub migrated_once
{
	my ($way, $name, @results) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(outcomes(@results), @results . ' x 0', "$name: ready") or diag map { $_->{err} } @results;
	is($way->applied, APPLIED, "$name: migrated once");
	$way->sql('TRUNCATE applied; DROP TABLE alembic_version, item');
	return;
}

# Whoever watches over the command is stopped when it has to end.
sub stopped_watcher
{
	my ($way, $who) = @_;
	my $name = $way->name . ", $who stopped";

	# The guard falls silent.
	my ($replica, $shell, %tree) = start_stopped($way, '--timeout', 600);
	my $silent = $way->pooler ? $way->pooler->{pid} : $way->sql($guards);
	kill 'STOP', $silent, $tree{$who};
	is_gone($shell, "$name: the command is ended with its guard");
	ok(wait_until(sub { $replica->err =~ /no answer from the database for 6 s/ }), "$name: which is told");
	ok(!$replica->ended, "$name: and the client goes on") or diag $replica->err;
	kill 'CONT', $silent;
	migrated_once($way, $name, $replica->wait);

	foreach my $end ([ 'a signal', 143 ], [ 'the deadline', 3, '--timeout', 4 ])
	{
		my ($how, $exit, @options) = @$end;
		($replica, $shell, %tree) = start_stopped($way, @options);
		kill 'STOP', $tree{$who};
		kill 'TERM', $replica->pid if !@options;
		my ($result) = $replica->wait;
		is($result->{exit}, $exit, "$name: $how ends it") or diag $result->{err};
		unlike($result->{err}, qr/look-up/, "$name: which no look-up is blamed for");
		is_gone($shell, "$name: and its command");
		is_gone($tree{$who}, "$name: and the $who");
		is($way->locks, 0, "$name: no lock is left");
	}
	return;
}

# A process that SIGKILL does not end, until release() lets it.
sub hold
{
	my ($pid) = @_;
	return syscall(SYS_PTRACE, PTRACE_SEIZE, $pid, 0, PTRACE_O_TRACEEXIT) == 0;
}

sub release
{
	my ($pid) = @_;

	wait_until(sub { waitpid($pid, 0) == $pid }) or die 'it was not killed';
	syscall(SYS_PTRACE, PTRACE_DETACH, $pid, 0, 0) == 0 or die "ptrace: $!";
	return;
}

sub cannot_be_stopped
{
	my ($way) = @_;
	my $name = $way->name . ', cannot be stopped';

	foreach my $end ([ 'a signal', 143 ], [ 'the deadline', 8, '--timeout', 4 ])
	{
		my ($how, $exit, @options) = @$end;
		my ($replica, $shell) = start_stopped($way, @options);
		hold($shell) or do { diag "not tested, since ptrace() is refused: $!"; kill 'TERM', $replica->pid; $replica->wait; return; };
		kill 'TERM', $replica->pid if !@options;
		my ($result) = $replica->wait;
		is($result->{exit}, $exit, "$name: $how ends the client") or diag $result->{err};
		like($result->{err}, qr/could not stop the migration: process $shell \(sh, state t\)/, "$name: what hangs is told");
		like($result->{err}, qr/deadline of 4 s passed: the migration could not be stopped/, "$name: and that it is still there") if @options;
		is($way->locks, 1, "$name: the lock is kept for it");
		release($shell);
		ok(wait_until(sub { $way->locks == 0 }), "$name: until it has ended");
	}

	# It ends before the deadline, so the client goes on.
	my ($replica, $shell) = start_stopped($way);
	hold($shell);
	$way->sql("SELECT pg_terminate_backend(pid) FROM ($guards) g");
	ok(wait_until(sub { $replica->err =~ /could not stop the migration/ }), "$name: so it is waited for");
	ok(!$replica->ended, "$name: before the deadline");
	release($shell);
	migrated_once($way, "$name, but ends", $replica->wait);
	return;
}

# The client alone is stopped, and its guard is ended: the next one finds no command
# beside its own, whether it waited for that, and so lets some time pass, or comes
# only then, between two sessions of that command, and knows of nobody.
sub stopped_client
{
	my ($way, $waits) = @_;
	my $name = $way->name . ', client stopped, ' . ($waits ? 'another one waits' : 'another one comes');
	my ($replica, $shell) = start_stopped($way);
	my ($seen) = stop_point();
	my $start = sub { start_replicas(1,
		$way->client('run', '-e', $head, '--migrate', "[ ! -e /proc/$shell/exe ] || touch $seen; $whole")) };
	my $other;

	if ($waits)
	{
		$other = $start->();
		ok(wait_until(sub { $other->err =~ /waiting/ }), "$name: it does");
	}
	kill 'STOP', $replica->pid;
	$way->sql("SELECT pg_terminate_backend(pid) FROM ($guards) g");
	ok(wait_until(sub { $way->locks == 0 }), "$name: the lock is free") if !$waits;
	$other ||= $start->();
	is_gone($shell, "$name: its command is ended all the same");
	my ($next) = $other->wait;
	ok(!-e $seen, "$name: before the other one migrates");
	kill 'CONT', $replica->pid;
	my ($result) = $replica->wait;
	migrated_once($way, $name, $next, $result);
	like($result->{err}, qr/this client was stopped for some time, so its watcher has killed the migration/, "$name: which it says");
	return;
}

# The client is stopped for a moment, so that its next sign of life is late, but no limit
# is exceeded: nothing is lost.  The watcher goes on only after that sign.
sub stopped_for_a_moment
{
	my ($way) = @_;
	my $name = $way->name . ', stopped for a moment';
	my ($stopped, $stop) = stop_point();
	my $replica = start_replicas(1, $way->client('run', '-e', $head, '--migrate', "$stop; $whole"));
	my $asked = "SELECT query_start FROM pg_stat_activity WHERE pid = ($guards)";

	wait_until(sub { -e $stopped }) or die 'no command runs: ' . $replica->err;
	my %tree = GwBootstrap::Processes::tree($replica->pid);
	my $first = $way->sql($asked);
	ok(wait_until(sub { $way->sql($asked) ne $first }), "$name: the guard has given a sign of life");
	my $sign = $way->sql($asked);
	kill 'STOP', @tree{qw(client watcher)};
	my $since = $way->sql('SELECT clock_timestamp()');
	ok(wait_until(sub { $way->sql("SELECT clock_timestamp() > '$since'::timestamptz + '3.3 s'") eq 't' }), "$name: it misses the time of the next");
	kill 'CONT', $tree{client};
	ok(wait_until(sub { $way->sql($asked) ne $sign }), "$name: the next one comes");
	kill 'CONT', $tree{watcher};
	append_to_file("$stopped.fifo", "go\n");
	my ($result) = $replica->wait;
	unlike($result->{err}, qr/lost the guard/, "$name: no guard is lost");
	migrated_once($way, $name, $result);
	return;
}

foreach my $way (grep { !$_->{plain} } quiet_ways($node))
{
	$way->create->open;
	stopped_for_a_moment($way) if !$way->pooler;
	stopped_watcher($way, $_) foreach qw(watcher reaper);
	stopped_client($way, $_) foreach 1, 0;
	cannot_be_stopped($way) if !$way->pooler;
	$way->is_clean($way->name);
	$way->close;
}

$node->stop;
done_testing();
