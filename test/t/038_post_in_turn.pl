# --post-in-turn: one replica at a time runs its post steps, under a lock that
# delays nobody who does not ask for it, and that a killed replica does not keep.
#
# TAP, since it takes many clients at once and sessions that hold the lock.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

use constant {
	REPLICAS => 12,
	# the two halves of the default key
	TURN => '9877, -1444525646',
};

my $node = start_server();
my @at_head = ('-e', HEAD);

# Notes from when to when it was at work.  What it needs not to be alone for would
# fail if it were not: gateways check, then insert.
my $step = <<'SQL';
SELECT count(*) = 0 AS wanted FROM role WHERE name = 'admin' \gset
SELECT clock_timestamp() AS began \gset
SELECT pg_sleep(0.02);
\if :wanted
INSERT INTO role VALUES ('admin');
\endif
INSERT INTO work VALUES (:'began', clock_timestamp());
SQL
my $post = migration_command($step);
my $post_sql = migration_file(<<'SQL');
DO $$
DECLARE
  began timestamptz := clock_timestamp();
  wanted boolean := NOT EXISTS (SELECT FROM role WHERE name = 'admin');
BEGIN
  PERFORM pg_sleep(0.02);
  IF wanted THEN
    INSERT INTO role VALUES ('admin');
  END IF;
  INSERT INTO work VALUES (began, clock_timestamp());
END $$;
SQL

sub test_turns
{
	my ($way, $name, @steps) = @_;

	$way->sql('TRUNCATE role, work');
	my @results = start_replicas(REPLICAS, $way->client('run', @at_head, @steps, '--post-in-turn'))->wait;
	is(outcomes(@results), REPLICAS . ' x 0', "$name: all are ready") or diag map { $_->{err} } @results;
	is($way->sql('SELECT count(*) FROM work'), REPLICAS, "$name: each has run it");
	is($way->sql('SELECT count(*) FROM work a, work b WHERE a.ctid < b.ctid AND (a.began, a.ended) OVERLAPS (b.began, b.ended)'),
		0, "$name: no two at a time");
	return;
}

# Somebody else has the turn.
sub test_waits
{
	my ($way, $name, @steps) = @_;
	my $holder = $node->background_psql($way->dbname);

	$way->sql('TRUNCATE role, work');
	$holder->query_safe('BEGIN; SELECT pg_advisory_xact_lock(' . TURN . ')');
	is(outcomes(run_client($way->client('run', @at_head, @steps))), '1 x 0', "$name: who takes no turn is ready");
	my $late = run_client($way->client('run', @at_head, @steps, '--post-in-turn', '--timeout=1'));
	is($late->{exit}, 3, "$name: who takes one ends at its deadline") or diag $late->{err};
	like($late->{err}, qr/^gw_bootstrap: .*another replica is running its post step/m, "$name: and says why");
	my $replica = start_replicas(1, $way->client('run', @at_head, @steps, '--post-in-turn'));
	ok(wait_until(sub { $replica->err =~ /waiting for the turn/ }), "$name: or waits");
	my $migrates = run_client($way->client('run', '-e', 'beef', '--migrate', migration_command("UPDATE alembic_version SET version_num = 'beef'")));
	is($migrates->{exit}, 0, "$name: a migration does not wait for it") or diag $migrates->{err};
	$way->sql("UPDATE alembic_version SET version_num = '" . HEAD . "'");
	ok(!$replica->ended, "$name: it still waits");
	$holder->quit;
	is(outcomes($replica->wait), '1 x 0', "$name: until the turn is free");
	is($way->sql('SELECT count(*) FROM work'), 2, "$name: each has run it once");
	return;
}

# A replica is killed in the middle of it.
sub test_killed
{
	my ($way, $name) = @_;
	my ($stopped, $stop) = stop_point();
	my $first = start_replicas(1, $way->client('run', @at_head, '--post-in-turn', '--post', $stop));

	wait_until(sub { -e $stopped }) or die 'the post step did not start';
	is($way->locks, 1, "$name: it has one lock");
	kill 'KILL', $first->pid;
	$first->wait;
	is(outcomes(run_client($way->client('run', @at_head, '--post-in-turn', '--post', $post))), '1 x 0', "$name: the next one gets the turn");
	return;
}

# The connection that has the turn ends: the step is stopped and started over.
sub test_lost
{
	my ($way, $name) = @_;
	my ($stopped, $stop) = stop_point();
	my $replica = start_replicas(1, $way->client('run', @at_head, '--post-in-turn', '--post', "if test ! -e '$stopped'; then $stop; else $post; fi"));

	wait_until(sub { -e $stopped }) or die 'the post step did not start';
	$way->sql('TRUNCATE role, work');
	$way->sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
	my ($result) = $replica->wait;
	is($result->{exit}, 0, "$name: ready in the end") or diag $result->{err};
	like($result->{err}, qr/^gw_bootstrap: warning: the post step has lost its turn, and is started over/m, "$name: says so");
	is($way->sql('SELECT count(*) FROM work'), 1, "$name: it was run to its end once");
	return;
}

# A pool of one: a command cannot have what the turn has; SQL needs no other.
sub test_pool_of_one
{
	my ($way) = @_;
	my $name = $way->name;

	my $result = run_client($way->client('run', @at_head, '--post', $post, '--post-in-turn', '--timeout=2'));
	is($result->{exit}, 3, "$name: a command ends at its deadline") or diag $result->{err};
	like($result->{err}, qr/the post step did not end in time and was stopped\n.*hint: .*a pool of one is too small/, "$name: and says why");
	test_turns($way, "$name, SQL", '--post-sql', $post_sql);
	return;
}

sub open_way
{
	my ($way) = @_;

	$way->create->open;
	$way->sql("CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('" . HEAD . "');"
		  . 'CREATE TABLE role (name text PRIMARY KEY); CREATE TABLE work (began timestamptz, ended timestamptz)');
	return $way;
}

foreach my $way (quiet_ways($node))
{
	my $name = $way->name;

	open_way($way);
	test_turns($way, "$name, a command", '--post', $post);
	test_turns($way, "$name, SQL", '--post-sql', $post_sql);
	test_waits($way, "$name, a command", '--post', $post);
	test_waits($way, "$name, SQL", '--post-sql', $post_sql);
	test_killed($way, "$name, killed");
	test_lost($way, "$name, lost");
	$way->is_clean($name);
	$way->close;
}
foreach my $plain (0, 1)
{
	my $way = open_way(new_way($node, pool_size => 1, plain => $plain));

	test_pool_of_one($way);
	$way->is_clean($way->name);
	$way->close;
}

$node->stop;
done_testing();
