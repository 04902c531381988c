# A file of SQL migrates in the transaction that is the lock: exactly once,
# wholly or not at all, over a single connection.
#
# TAP, since it takes many clients, and clients and backends to kill, over a
# real PgBouncer and directly.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = start_server();

# So that a COMMIT can be made to wait.
$node->append_conf('postgresql.conf', "wal_level = replica\nmax_wal_senders = 2");
$node->restart;
my $dir = PostgreSQL::Test::Utils::tempdir_short();
my $count = 0;

sub file
{
	my ($sql) = @_;
	my $file = "$dir/" . ++$count . '.sql';
	PostgreSQL::Test::Utils::append_to_file($file, $sql);
	return $file;
}

# The steps of the tool, in one transaction; with something in their midst.
my $head = HEAD;

sub migration
{
	my ($midst) = @_;
	$midst = '' unless defined $midst;
	return file(<<SQL);
INSERT INTO applied VALUES ('1 tables');
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE item (id integer, name text);
$midst
INSERT INTO applied VALUES ('2 rows');
INSERT INTO item SELECT i, 'item; ' || i FROM generate_series(1, 5000) i;
CREATE FUNCTION items() RETURNS bigint LANGUAGE sql AS \$\$ SELECT count(*) FROM item; \$\$;
INSERT INTO applied VALUES ('3 head');
INSERT INTO alembic_version VALUES ('$head');
SQL
}

sub way
{
	my ($pool_size, $plain) = @_;
	return new_way($node, pool_size => $pool_size, plain => $plain)->create->open;
}

sub start
{
	my ($way, $replicas, @options) = @_;
	return start_replicas($replicas, $way->client('run', '-e', $head, @options));
}

# What a migration that was rolled back leaves.
sub is_untouched
{
	my ($way, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($way->sql('SELECT count(*) FROM applied'), 0, "$name: no row is left");
	is($way->sql(q(SELECT count(*) FROM pg_class WHERE relname IN ('item', 'alembic_version'))),
		0, "$name: no table is left");
	$way->is_clean($name);
	return;
}

# Until the migration runs a statement that it will be in for long.
my $long = 'SELECT pg_sleep(600);';

sub wait_for_long
{
	my ($way) = @_;
	my $pid;
	wait_until(sub {
		$pid = $way->sql(q(SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'
			AND state = 'active' AND datname = current_database()));
	}) or die 'the long statement did not start';
	return $pid;
}

sub lock_is_free
{
	my ($way) = @_;
	return wait_until(sub { $way->locks == 0 });
}

# A storm.
foreach my $kind ([ 0, 0 ], [ 1, 0 ], [ 2, 0 ], [ 20, 0 ], [ 1, 1 ], [ 20, 1 ])
{
	my $way = way(@$kind);
	my $name = $way->name;
	my @results = start($way, 24, '--migrate-sql', migration())->wait;
	is(outcomes(@results), '24 x 0', "$name: all are ready")
	  or diag map { $_->{err} } @results;
	is(scalar(grep { $_->{out} =~ /\(migrated\)/ } @results), 1, "$name: one of them has migrated");
	is($way->applied, APPLIED, "$name: exactly once");
	is($way->sql('SELECT items()'), 5000, "$name: strings and bodies came through");
	$way->is_clean($name);
	$way->close;
}

# Migrations that fail are rolled back.
foreach my $kind ([ 1, 0 ], [ 0, 1 ])
{
	my $way = way(@$kind);
	foreach my $case (
		[ 'an error', migration("\n/* a\n*/ INSERT INTO item\nSELECT nothing;"), qr/:7: column "nothing" does not exist \(SQLSTATE 42703\)\n/ ],
		[ 'detail and hint', migration(q(DO $$ BEGIN RAISE 'no' USING DETAIL = 'Too late.', HINT = 'Go on.'; END $$;)),
			qr/:4: no \(SQLSTATE P0001\)\n.*detail: Too late\. Nothing of the file was applied\. The statement is: DO \$\$ BEGIN.*\n.*hint: Go on\.\n/ ],
		[ 'an error at COMMIT', migration('CREATE TABLE a (b int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO a VALUES (1), (1);'),
			qr/: at COMMIT: duplicate key.*\n.*detail: Key \(b\)=\(1\) already exists\./ ],
		[ 'CREATE INDEX CONCURRENTLY', migration('CREATE INDEX CONCURRENTLY ON item (id);'), qr/:4: CREATE INDEX CONCURRENTLY cannot run/ ],
		[ 'not at head', file("INSERT INTO applied VALUES ('1 tables');"), qr/does not bring the database to head\n.*Nothing of the file was applied/ ],
		[ 'a COMMIT in a DO block', migration('DO $$ BEGIN COMMIT; END $$;'), qr/:4: invalid transaction termination/ ])
	{
		my ($what, $file, $message) = @$case;
		my $name = $way->name . ", $what";
		my ($result) = start($way, 1, '--migrate-sql', $file)->wait;
		is($result->{exit}, 1, "$name: exit code 1") or diag $result->{err};
		like($result->{err}, $message, "$name: says where and why");
		is_untouched($way, $name);
	}

	# What takes long is named.
	my ($result) = start($way, 1, '--migrate-sql', migration("SELECT pg_sleep(2.5);\nSELECT nothing;"))->wait;
	like($result->{err}, qr/waiting for \d s: the statement of \S+:4 is running/, $way->name . ': what it waits for');
	unlike($result->{err}, qr/no answer/, $way->name . ': nothing else');

	# A long statement is cut, and no password is told, even to -v.
	($result) = start($way, 1, '-v', '--migrate-sql', migration(
		q(INSERT INTO item (id, password) VALUES (1, 'hunter2');)))->wait;
	unlike($result->{err}, qr/hunter2/, $way->name . ': no password is shown');
	($result) = start($way, 1, '--migrate-sql', migration(
		q(CREATE SUBSCRIPTION s CONNECTION 'postgresql://u:hunter2@127.0.0.1/d' PUBLICATION p;)))->wait;
	unlike($result->{err}, qr/hunter2/, $way->name . ': nor that of a URI');
	like($result->{err}, qr/CONNECTION 'postgresql:\/\/ \.\.\./, $way->name . ': but what is before it');
	($result) = start($way, 1, '--migrate-sql', migration('SELECT nothing, ' . ('x' x 5000) . ';'))->wait;
	unlike($result->{err}, qr/x{1000}/, $way->name . ': a long statement is cut');
	$way->close;
}

# What a migration sets for itself changes neither the tables that are meant
# nor what the next client finds.
foreach my $plain (0, 1)
{
	my $way = way(1, $plain);
	my $name = $way->name . ', SET LOCAL';
	my ($result) = start($way, 1, '--migrate-sql', file(<<SQL))->wait;
INSERT INTO applied VALUES ('1 tables'), ('2 rows'), ('3 head');
CREATE TABLE alembic_version AS SELECT '$head'::text AS version_num;
CREATE ROLE nobody_$plain;
CREATE SCHEMA other AUTHORIZATION nobody_$plain;
SET LOCAL search_path = other;
SET LOCAL statement_timeout = 0;
SET LOCAL ROLE nobody_$plain;
CREATE TABLE alembic_version (version_num text);
SQL
	is($result->{exit}, 0, "$name: ready") or diag $result->{err};
	is($way->applied, APPLIED, "$name: once");
	$way->is_clean($name);
	$way->close;
}

# The backend dies in the middle, once: the client starts over.
foreach my $kind ([ 0, 0 ], [ 1, 0 ], [ 2, 1 ])
{
	my $way = way(@$kind);
	my $name = $way->name . ', backend terminated';
	# A sequence is not rolled back: only the first attempt is slow.
	$way->sql('CREATE SEQUENCE attempts');
	my $replicas = start($way, 3, '--migrate-sql',
		migration(q(SELECT pg_sleep(CASE WHEN nextval('attempts') = 1 THEN 600 ELSE 0 END);)));
	$way->sql('SELECT pg_terminate_backend(' . wait_for_long($way) . ')');
	my @results = $replicas->wait;
	is(outcomes(@results), '3 x 0', "$name: all are ready")
	  or diag map { $_->{err} } @results;
	like(join('', map { $_->{err} } @results), qr/the migration was rolled back, starting over/, "$name: one says so");
	is($way->applied, APPLIED, "$name: applied once");
	$way->is_clean($name);
	$way->close;
}

# Somebody else has a table for longer than the migration wants to wait.
{
	my $way = way(2, 0);
	my $name = $way->name . ', lock_timeout';
	$way->sql('CREATE TABLE wanted (a int)');
	my $other = $node->background_psql($way->dbname);
	$other->query_safe('BEGIN');
	$other->query_safe('LOCK TABLE wanted');
	my $replica = start($way, 1, '--migrate-sql',
		migration(q(SET LOCAL lock_timeout = '50ms'; ALTER TABLE wanted ADD b int;)));
	ok(wait_until(sub { $replica->err =~ /starting over: canceling statement due to lock timeout/ || $replica->ended(0) }),
		"$name: the migration is rolled back and tried again");
	ok(!$replica->ended(0), "$name: the client does not give up");
	$other->query_safe('COMMIT');
	$other->quit;
	my ($result) = $replica->wait;
	is($result->{exit}, 0, "$name: ready once the table is free") or diag $result->{err};
	is($way->applied, APPLIED, "$name: applied once");
	$way->is_clean($name);
	$way->close;
}

# The client dies in the middle; on servers that look after their clients its
# lock goes with it, though its statement would run on.
foreach my $kind ($node->pg_version >= 14 ? ([ 0, 0 ], [ 1, 0 ], [ 2, 1 ]) : ())
{
	foreach my $signal ('KILL', 'TERM')
	{
		my $way = way(@$kind);
		my $name = $way->name . ", client ended by SIG$signal";
		my $first = start($way, 1, '--migrate-sql', migration($long));
		wait_for_long($way);
		kill $signal, $first->pid;
		my $begin = time;
		is(outcomes($first->wait),
			$signal eq 'TERM' ? '1 x 143' : '1 x killed by 9', "$name: ends");
		cmp_ok(time - $begin, '<', 15, "$name: at once") if $signal eq 'TERM';
		my ($second) = start($way, 1, '--migrate-sql', migration())->wait;
		is($second->{exit}, 0, "$name: the next is ready") or diag $second->{err};
		like($second->{out}, qr/\(migrated\)/, "$name: and has migrated");
		is($way->applied, APPLIED, "$name: applied once");
		$way->is_clean($name);
		$way->close;
	}
}

# The deadline, in a statement and over many, with a limit that was set, too.
foreach my $case (
	[ 'a long statement', 0, $long ],
	[ 'a long statement', 1, $long ],
	[ 'a limit lifted', 2, "SET LOCAL statement_timeout = 0; SET LOCAL client_connection_check_interval = 0; $long" ],
	[ 'many statements', 1, 'SELECT pg_sleep(0.05);' x 1000 ])
{
	my ($what, $pool_size, $midst) = @$case;
	next if $midst =~ /client_connection/ && $node->pg_version < 14;
	my $way = way($pool_size, 0);
	my $name = $way->name . ", deadline in $what";
	my $begin = time;
	my ($result) = start($way, 1, '--timeout', 2, '--migrate-sql', migration($midst))->wait;
	my $took = time - $begin;
	is($result->{exit}, 3, "$name: exit code 3") or diag $result->{err};
	like($result->{err}, qr/deadline of 2 s passed: the migration did not end in time and was rolled back/, "$name: says so");
	cmp_ok($took, '<', 15, "$name: kept");
	ok(lock_is_free($way), "$name: the lock is free");
	is_untouched($way, $name);
	$way->close;
}

# A COMMIT whose answer is lost is looked into, not guessed at.  Here it came
# through: a standby that never comes is to confirm it.
{
	my $way = way(1, 0);
	my $name = $way->name . ', killed after COMMIT';
	my $set = sub {
		$node->safe_psql('postgres', "ALTER SYSTEM SET synchronous_standby_names = '$_[0]'");
		$node->reload;
	};
	my $file = migration();
	$set->('nobody');
	my $replica = start($way, 1, '--migrate-sql', $file);
	my $pid;
	wait_until(sub {
		$pid = $node->safe_psql('postgres', q(SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'));
	}) or die 'COMMIT does not wait';
	$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
	my ($result) = $replica->wait;
	$set->('');
	is($result->{exit}, 0, "$name: ready") or diag $result->{err};
	like($result->{err}, qr/no answer to the COMMIT of the migration, starting over/, "$name: says so");
	like($result->{out}, qr/\(at head\)/, "$name: by looking again");
	is($way->applied, APPLIED, "$name: applied once");
	$way->is_clean($name);
	$way->close;
}

# And here it did not: a trigger ends the backend at the last moment.
{
	my $way = way(1, 0);
	my $name = $way->name . ', killed at COMMIT';
	$way->sql('CREATE SEQUENCE attempts');
	my ($result) = start($way, 1, '--migrate-sql', migration(<<'SQL'))->wait;
CREATE FUNCTION die_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF nextval('attempts') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
	RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER last_moment AFTER INSERT ON item
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die_once();
SQL
	is($result->{exit}, 0, "$name: ready") or diag $result->{err};
	like($result->{err}, qr/no answer to the COMMIT of the migration, starting over/, "$name: says so");
	is($way->applied, APPLIED, "$name: applied once");
	$way->is_clean($name);
	$way->close;
}

# A deferred trigger changes the heads at COMMIT: the database is not ready then.
foreach my $plain (0, 1)
{
	my $way = way(2, $plain);
	my $name = $way->name . ', changed at COMMIT';
	my ($result) = start($way, 1, '--migrate-sql', migration(<<'SQL'))->wait;
CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN UPDATE alembic_version SET version_num = 'changed'; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER last_moment AFTER INSERT ON item
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change();
SQL
	is($result->{exit}, 1, "$name: exit code 1") or diag $result->{err};
	like($result->{err}, qr/committed, and then the database was not at head\n.*Found \{changed\}/, "$name: says so");
	is($result->{out}, '', "$name: and is not ready");
	is($way->applied, APPLIED, "$name: applied once");
	$way->is_clean($name);
	$way->close;
}

# A limit of the server's that a long migration exceeds: how to lift it is said.
{
	my $way = way(2, 0);
	my $name = $way->name . ', statement_timeout';
	$way->sql('ALTER DATABASE ' . $way->dbname . q( SET statement_timeout = '1s'));
	my ($result) = start($way, 1, '--migrate-sql', migration('SELECT pg_sleep(60);'))->wait;
	is($result->{exit}, 1, "$name: exit code 1") or diag $result->{err};
	like($result->{err}, qr/57014(?s:.*)hint: SET LOCAL statement_timeout = 0/, "$name: how to lift it");
	is_untouched($way, $name);
	$way->close;
}

$node->stop;
done_testing();
