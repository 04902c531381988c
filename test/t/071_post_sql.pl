# A file of SQL as post step: every replica runs it, on every path, in one
# transaction, and runs it again if that was interrupted.
#
# TAP, since it takes many clients, and backends to kill, over a real
# PgBouncer and directly.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = start_server();
my $dir = PostgreSQL::Test::Utils::tempdir_short();
my $head = HEAD;
my $count = 0;

sub file
{
	my ($sql) = @_;
	my $file = "$dir/" . ++$count . '.sql';
	PostgreSQL::Test::Utils::append_to_file($file, $sql);
	return $file;
}

sub start
{
	my ($way, $replicas, @options) = @_;
	return start_replicas($replicas, $way->client('run', '-e', $head, @options));
}

my $migrate = file(<<SQL);
INSERT INTO applied VALUES ('1 migration');
CREATE TABLE alembic_version (version_num text);
CREATE TABLE role (name text PRIMARY KEY);
INSERT INTO alembic_version VALUES ('$head');
SQL
my $post = file(<<'SQL');
INSERT INTO role VALUES ('admin'), ('user') ON CONFLICT DO NOTHING;
INSERT INTO applied VALUES ('2 post');
SQL

# A storm, then the paths on which nobody migrates.
foreach my $kind ([ 0, 0 ], [ 1, 0 ], [ 2, 1 ])
{
	my $way = new_way($node, pool_size => $kind->[0], plain => $kind->[1])->create->open;
	my $name = $way->name;
	my @results = start($way, 24, '--migrate-sql', $migrate, '--post-sql', $post)->wait;
	is(outcomes(@results), '24 x 0', "$name: all are ready")
	  or diag map { $_->{err} } @results;
	is($way->applied, '1 migration x 1, 2 post x 24', "$name: each runs the post step");

	foreach my $case ([ 'at head' ], [ 'skipped', '--skip-migrations' ], [ 'no timeout', '--timeout', 0 ])
	{
		my ($what, @options) = @$case;
		$way->sql('TRUNCATE applied');
		# The shell command comes last: it sees what the file did.
		my ($result) = start($way, 1, @options, '--post-sql', $post,
			'--post', migration_command(q(INSERT INTO applied SELECT '3 after ' || step FROM applied;)))->wait;
		is($result->{exit}, 0, "$name, $what: ready") or diag $result->{err};
		is($way->applied, '2 post x 1, 3 after 2 post x 1', "$name, $what: the post steps have run in order");
	}
	$way->is_clean($name);

	# Failures.
	$way->sql('TRUNCATE applied');
	my ($result) = start($way, 1, '--post-sql', file("INSERT INTO applied VALUES ('a');\n\nSELECT nothing;"),
		'--post', post_step())->wait;
	is($result->{exit}, 1, "$name: a failure is exit code 1");
	like($result->{err}, qr/post step failed: .*:3: column "nothing" does not exist/, "$name: with file and line");
	is($result->{out}, '', "$name: it is not ready");
	is($way->applied, '', "$name: nothing was applied, and nothing comes after");

	my $begin = time;
	($result) = start($way, 1, '--timeout', 2, '--post-sql', file('SELECT pg_sleep(600);'))->wait;
	is($result->{exit}, 3, "$name: the deadline is exit code 3") or diag $result->{err};
	like($result->{err}, qr/deadline passed: the post step/, "$name: says so");
	cmp_ok(time - $begin, '<', 15, "$name: it is kept");

	# Interrupted once; a sequence is not rolled back.
	$way->sql('CREATE SEQUENCE attempts');
	my $replica = start($way, 1, '--post-sql',
		file(q(INSERT INTO applied VALUES ('a'); SELECT pg_sleep(CASE WHEN nextval('attempts') = 1 THEN 600 ELSE 0 END);)));
	wait_until(sub {
		$way->sql(q(SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active' AND datname = current_database()));
	}) or die 'the post step did not start';
	($result) = $replica->wait;
	is($result->{exit}, 0, "$name: interrupted, ready in the end") or diag $result->{err};
	like($result->{err}, qr/the post step was interrupted, starting over/, "$name: says so");
	is($way->applied, 'a x 1', "$name: applied once");
	$way->is_clean($name);

	# Stopped.
	$replica = start($way, 1, '--post-sql', file('SELECT pg_sleep(600);'));
	wait_until(sub {
		$way->sql(q(SELECT count(*) FROM pg_stat_activity
			WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active' AND datname = current_database()));
	}) or die 'the post step did not start';
	kill 'TERM', $replica->pid;
	($result) = $replica->wait;
	is($result->{exit}, 143, "$name: stopped by SIGTERM");

	# Ready is told of the heads that were there before: a release that is newer may
	# have migrated since.
	($result) = start($way, 1, '--post-sql', file(q(UPDATE alembic_version SET version_num = 'other';)))->wait;
	is($result->{exit}, 0, "$name: a step that changes the heads is not noticed") or diag $result->{err};
	is(run_client($way->client('check', '-e', $head))->{exit}, 5, "$name: but by the next look");
	$way->close;
}

$node->stop;
done_testing();
