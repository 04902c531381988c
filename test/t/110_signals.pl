# A replica is told to stop, or is killed, wherever it is: no lock is left, of
# its command nothing is left, and the next replica goes on.
#
# TAP, since it takes processes that are killed at a known point.

use strict;
use warnings;

use GwBootstrap::Test;
use IO::Socket::INET;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $head = HEAD;
my $lock = 42424242424242;

# What each signal makes of a client.
my @signals = ([ TERM => '1 x 143' ], [ INT => '1 x 130' ], [ KILL => '1 x killed by 9' ]);

# Takes connections and never says a word.
my $silent = IO::Socket::INET->new(Listen => 20, LocalAddr => '127.0.0.1') or die "listen: $!";
my $silent_url = 'postgresql://127.0.0.1:' . $silent->sockport . '/none?sslmode=disable';

sub pid_in
{
	my ($file) = @_;

	wait_until(sub { -e $file }) or die "no $file";
	return slurp_file($file) + 0;
}

# A command that waits, and two more processes that it tries to get out of
# reach.  Returns it and the files that tell their pids.
sub family
{
	my ($stopped, $stop) = stop_point();
	my ($detached, $deaf) = ("$stopped.detached", "$stopped.deaf");
	my $wait = "read line <$stopped.fifo";
	my $command = qq(( setsid sh -c 'echo \$\$ >$detached.new; mv $detached.new $detached; $wait; :' & )
		( setsid sh -c 'trap "" TERM INT HUP; echo \$\$ >$deaf.new; mv $deaf.new $deaf; $wait; :' & )
		until [ -e $detached ] && [ -e $deaf ]; do sleep 0.05; done
		$stop);
	return ($command, $stopped, $detached, $deaf);
}

# Signal it, and see how it ends.
sub ends_by
{
	my ($replica, $signal, $name) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	kill $signal->[0], $replica->pid;
	my @results = $replica->wait;
	is(outcomes(@results), $signal->[1], "$name: ended by SIG$signal->[0]")
	  or diag $results[0]{err};
	return;
}

# No lock, and whoever comes next has nothing to wait for.
sub next_goes_on
{
	my ($way, $name) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok(wait_until(sub { $way->locks == 0 }), "$name: the lock is gone");
	my $result = run_client($way->client('run', '-e', $head, '--migrate', whole_migration()));
	is($result->{exit}, 0, "$name: the next replica is ready") or diag $result->{err};
	is($way->applied, APPLIED, "$name: and has migrated");
	$way->sql('TRUNCATE applied; DROP TABLE alembic_version, item');
	return;
}

# A migration is inside its last COMMIT when its client ends.  If it has a
# connection of its own, the server will finish that, come what may; so nobody
# may begin anew before.  If it has that of the lock, both go together.
sub ends_at_commit
{
	my ($way, $signal, $first, $second) = @_;
	my $name = $way->name . ", at COMMIT of $first, then $second";
	my $gate = $node->background_psql($way->dbname);
	my $waiters = q(SELECT pid FROM pg_stat_activity
		WHERE wait_event = 'relation' AND query LIKE 'COMMIT%' AND datname = current_database());
	my $sql = "INSERT INTO slow VALUES (1);\nCREATE TABLE alembic_version (version_num text);\n"
	  . "INSERT INTO alembic_version VALUES ('$head');\nINSERT INTO applied VALUES ('all');\n";
	my %migration = (
		'--migrate' => migration_command("BEGIN;\n${sql}COMMIT;\n"),
		'--migrate-sql' => migration_file($sql));

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$way->sql(<<'SQL');
CREATE TABLE gate ();
CREATE TABLE slow (id integer);
CREATE OR REPLACE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS
	'BEGIN PERFORM FROM gate; RETURN NULL; END';
CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION wait_at_commit();
SQL
	$gate->query_safe('BEGIN; LOCK TABLE gate');
	my $replica = start_replicas(1, $way->client('run', '-e', $head, $first, $migration{$first}));
	ok($node->poll_query_until($way->dbname, "SELECT count(*) = 1 FROM ($waiters) w"), "$name: it is");
	my $pid = $way->sql($waiters);
	ends_by($replica, $signal, $name);

	my $next = start_replicas(1, $way->client('run', '-e', $head, $second, $migration{$second}));
	if ($first eq '--migrate')
	{
		ok(wait_until(sub { $next->ended || $next->err =~ /waiting for .*backend $pid is still at work/ }),
			"$name: the next replica waits for that backend");
		unlike($next->err, qr/migrating/, "$name: and does not migrate") or diag $next->err;
	}
	else
	{
		ok(wait_until(sub { $next->ended || $next->err =~ /migrating|waiting for .*held by backend $pid/ }),
			"$name: the next replica has the lock, or waits for it");
	}
	# One is that was, or by now its successor.
	wait_until(sub { $pid = $way->sql($waiters) });
	like($pid, qr/^\d+$/, "$name: no second migration is at work");
	$gate->quit;
	my ($result) = $next->wait;
	is($result->{exit}, 0, "$name: it is ready") or diag $result->{err};
	like($result->{out}, qr/at head/, "$name: since the work is done") if $first eq '--migrate';
	is($way->applied, 'all x 1', "$name: once");
	$way->sql('TRUNCATE applied; DROP TABLE alembic_version, slow, gate');
	return;
}

foreach my $way (quiet_ways($node))
{
	my @run = ('-e', $head, '-v');
	$way->create->open;

	foreach my $signal (@signals)
	{
		my $name = $way->name . ', connecting';
		my $replica = start_replicas(1, 'gw_bootstrap', 'run', '-d', $silent_url, @run);
		my $connection = $silent->accept;
		ends_by($replica, $signal, $name);

		$name = $way->name . ', waiting';
		my $holder = $node->background_psql($way->dbname);
		$holder->query_safe("BEGIN; SELECT pg_advisory_xact_lock($lock)");
		$replica = start_replicas(1, $way->client('run', @run, '--migrate', 'true'));
		ok(wait_until(sub { $replica->err =~ /waiting for/ }), "$name: it is");
		ends_by($replica, $signal, $name);
		is($way->locks, 1, "$name: the lock is still its holder's");
		$holder->quit;

		# It has the lock, and no second connection yet.
		$name = $way->name . ', in the guard';
		$replica = start_replicas(1,
			$way->client('run', @run, '--migrate', 'true', '--migration-url', $silent_url));
		$connection = $silent->accept;
		is($way->locks, 1, "$name: it is");
		ends_by($replica, $signal, $name);
		next_goes_on($way, $name);
	}

	# SIGHUP and SIGQUIT are not handled, and kill it.
	foreach my $signal (@signals, [ HUP => '1 x killed by 1' ], [ QUIT => '1 x killed by 3' ])
	{
		my $name = $way->name . ', during the command';
		my ($command, @files) = family();
		my $replica = start_replicas(1, $way->client('run', @run, '--migrate', $command));
		my @pids = map { pid_in($_) } @files;
		ends_by($replica, $signal, $name);
		is_gone($_, "$name: nothing is left of the command") foreach @pids;
		next_goes_on($way, $name);
	}
	$way->is_clean($way->name);
	$way->close;
}

foreach my $way (quiet_ways($node))
{
	my $whole = whole_migration();
	$way->create->open;

	# The command has ended, and the guard is to tell whether it did its work.
	foreach my $signal (@signals)
	{
		my $name = $way->name . ', at the final question';
		my ($stopped, $stop) = stop_point();
		my $replica = start_replicas(1,
			$way->client('run', '-e', $head, '-v', '--migrate', "$whole && $stop"));
		pid_in($stopped);
		my $guard = $way->sql(q(SELECT pid FROM pg_locks WHERE locktype = 'advisory'));
		kill 'STOP', $guard;
		my $asked = () = $replica->err =~ /ARRAY\['gw_bootstrap_try'|SAVEPOINT gw_bootstrap;/g;
		append_to_file("$stopped.fifo", "go\n");
		ok(wait_until(sub { $asked < (() = $replica->err =~ /ARRAY\['gw_bootstrap_try'|SAVEPOINT gw_bootstrap;/g) }),
			"$name: it is") or diag $replica->err;
		ends_by($replica, $signal, $name);
		kill 'CONT', $guard;
		ok(wait_until(sub { $way->locks == 0 }), "$name: the lock is gone");
		my $result = run_client($way->client('run', '-e', $head, '--migrate', $whole));
		like($result->{out}, qr/at head/, "$name: the next replica finds the work done");
		is($way->applied, APPLIED, "$name: once");
		$way->sql('TRUNCATE applied; DROP TABLE alembic_version, item');
	}

	ends_at_commit($way, $_, '--migrate', '--migrate') foreach @signals;

	# Replicas that migrate in the other way look for what is left as well, and
	# of their own nothing is left.
	ends_at_commit($way, $signals[2], '--migrate', '--migrate-sql');
	ends_at_commit($way, $_, '--migrate-sql', '--migrate-sql') foreach @signals;
	$way->is_clean($way->name);
	$way->close;
}

$node->stop;
done_testing();
