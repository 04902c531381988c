# "gw_bootstrap doctor": each finding about server, role, heads and locks is
# told with its remedy, and a healthy set-up is found healthy.
#
# TAP, since it takes servers and roles with settings of their own.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant KEY => '42424242424242';

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', <<'CONF');
max_connections = 40
max_prepared_transactions = 2
listen_addresses = '127.0.0.1'
CONF
$node->start;

# All of it at once, since each run takes some seconds: returns a sub that
# checks one.
sub doctor
{
	my ($name, $exit, $connstr, @options) = @_;
	my $replicas = start_replicas(1, 'gw_bootstrap', 'doctor', '-d', $connstr, @options);
	return sub {
		my ($result) = $replicas->wait;
		is($result->{exit}, $exit, "$name: exit code") or diag "$result->{out}\n$result->{err}";
		is($result->{err}, '', "$name: nothing on stderr");
		return $result->{out};
	};
}

# One line with a verdict, and what to do.
sub says
{
	my ($out, $name, $verdict, $text, $remedy) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return like($out, qr/^$verdict +$text.*\n@{[ defined $remedy ? "      .*$remedy" : '' ]}/m, $name);
}

$node->safe_psql('postgres', $_) foreach 'CREATE DATABASE healthy', 'CREATE DATABASE bare', 'CREATE DATABASE crowded CONNECTION LIMIT 1',
  'CREATE DATABASE locked', 'CREATE DATABASE tools', 'CREATE DATABASE wrong';
$node->safe_psql('healthy', <<'SQL');
CREATE EXTENSION gw_bootstrap;
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('a'), ('b');
SQL
$node->safe_psql('postgres', <<'SQL');
ALTER DATABASE healthy SET client_connection_check_interval = '10s';
CREATE ROLE limited LOGIN;
ALTER ROLE limited SET default_transaction_read_only = on;
ALTER ROLE limited SET statement_timeout = '30s';
ALTER ROLE limited SET lock_timeout = '5s';
ALTER ROLE limited SET idle_in_transaction_session_timeout = '1s';
CREATE ROLE single LOGIN CONNECTION LIMIT 1;
ALTER ROLE single SET default_transaction_isolation = 'serializable';
ALTER ROLE single SET search_path = nowhere;
CREATE ROLE patient LOGIN;
ALTER ROLE patient SET tcp_keepalives_idle = 7200;
ALTER ROLE patient SET tcp_keepalives_interval = 75;
ALTER ROLE patient SET tcp_keepalives_count = 9;
CREATE ROLE gm LOGIN;
CREATE ROLE svc LOGIN;
CREATE ROLE alert LOGIN;
ALTER ROLE alert SET tcp_keepalives_idle = 30;
ALTER ROLE alert SET tcp_keepalives_interval = 10;
ALTER ROLE alert SET tcp_keepalives_count = 3;
SQL

# Who is in the way.
$node->safe_psql('locked', 'CREATE TABLE alembic_version (version_num text)');
my $orphan = $node->background_psql('locked');
my $pid = $orphan->query_safe('SELECT pg_backend_pid() FROM pg_advisory_lock(' . KEY . ')');
my %tools = (
	goose => '5887940537704921958',
	'node-pg-migrate' => '7241865325823964',
	tern => '9628173550095224',
	'Prisma Migrate' => '72707369',
	'Graphile Migrate' => '4727445306447283',
	Kysely => '3853314791062309107',
	'postgres-migrations' => '-8525285245963000605',
	authentik => '1000',
	Rails => '8095386071473213275',    # 2053462845 * crc32('tools')
	sqlx => '4047693033765451890',    # 0x3d32ad9e * crc32('tools')
	'golang-migrate' => '1875283015',    # 1486364155 * crc32("public\0schema_migrations\0tools"), 32 bits of it
	Atlas => '2686470616',    # FNV-1 of "atlas_migrate_execute"
	Flyway => '77433833903597',    # magic number + hash of "public"."flyway_schema_history"
);
# Since v3.26.0, and two that came later.
my %newer = ('goose' => '4097083626', 'Sqitch' => '75474063', 'reshape' => '4036779288569897133');
$node->safe_psql('postgres', 'CREATE DATABASE newer');
my %newer_sessions = map { $_ => $node->background_psql('newer') } sort keys %newer;
$newer_sessions{$_}->query_safe("SELECT pg_advisory_lock($newer{$_})") foreach keys %newer;
# Of nobody we know: of one key and of two, and in a transaction.
my @unknown = map { $node->background_psql('newer') } 0 .. 3;
$unknown[0]->query_safe('SELECT pg_advisory_lock(4711)');
$unknown[1]->query_safe('SELECT pg_advisory_lock(-1, 2)');
$unknown[2]->query_safe('SELECT pg_advisory_lock_shared(-4712)');
$unknown[3]->query_safe('BEGIN; SELECT pg_advisory_xact_lock(4713)');

# Lock rows: all that say "locked", in a schema of their own; in another none does.
my $rows = <<'SQL';
CREATE TABLE %1$sknex_migrations_lock (index int PRIMARY KEY, is_locked int);
INSERT INTO %1$sknex_migrations_lock VALUES (1, %2$d);
CREATE TABLE %1$sdatabasechangeloglock (id int PRIMARY KEY, locked boolean NOT NULL, lockgranted timestamp, lockedby text);
INSERT INTO %1$sdatabasechangeloglock VALUES (1, %2$d = 1, now(), 'somebody');
CREATE TABLE %1$syoyo_lock (locked int PRIMARY KEY, ctime timestamp, pid int NOT NULL);
CREATE TABLE %1$sschema_lock (lock_id bigint PRIMARY KEY);
CREATE TABLE %1$sgoose_lock (lock_id bigint PRIMARY KEY, locked boolean NOT NULL DEFAULT false, lease_expires_at timestamptz);
INSERT INTO %1$sgoose_lock VALUES (4097083626, %2$d = 1);
CREATE TABLE %1$skysely_migration_lock (id text PRIMARY KEY, is_locked int NOT NULL DEFAULT 0);
INSERT INTO %1$skysely_migration_lock VALUES ('migration_lock', %2$d);
SQL
$node->safe_psql('postgres', "CREATE DATABASE $_") foreach 'stale', 'released';
$node->safe_psql('released', sprintf $rows, '', 0);
$node->safe_psql('stale', 'CREATE SCHEMA "Their own"; ' . sprintf($rows, '"Their own".', 1)
	  . 'INSERT INTO "Their own".yoyo_lock VALUES (1, now(), 1); INSERT INTO "Their own".schema_lock VALUES (1)');
my %rows = (knex => 'knex_migrations_lock', Liquibase => 'databasechangeloglock', yoyo => 'yoyo_lock', goose => 'goose_lock',
	'golang-migrate' => 'schema_lock', Kysely => 'kysely_migration_lock');
my %remedies = (knex => '"knex migrate:unlock"', Liquibase => '"liquibase release-locks"', yoyo => '"yoyo break-lock"',
	goose => 'UPDATE "Their own".goose_lock SET locked = false', 'golang-migrate' => 'DELETE FROM "Their own".schema_lock',
	Kysely => 'UPDATE "Their own".kysely_migration_lock SET is_locked = 0');

my %sessions = map { $_ => $node->background_psql('tools') } sort keys %tools;
$sessions{$_}->query_safe("SELECT pg_advisory_lock($tools{$_})") foreach keys %tools;
$sessions{tern}->query_safe('BEGIN');
$node->safe_psql('wrong', <<'SQL');
CREATE VIEW alembic_version AS SELECT 'a'::text AS version_num;
CREATE EXTENSION gw_bootstrap;
UPDATE pg_extension SET extversion = '9.0' WHERE extname = 'gw_bootstrap';
SQL
$node->safe_psql('bare', "BEGIN; SELECT pg_advisory_xact_lock(@{[KEY]}); PREPARE TRANSACTION 'left'");

# Alone, since other sessions of gw_bootstrap are worth a note.
my $out = doctor('healthy', 0, $node->connstr('healthy'), '-e', 'a', '-e', 'b')->();
unlike($out, qr/^(bad|note (?! *safety))/m, 'healthy: nothing to tell');
says($out, 'healthy: safety', 'note', 'safety: class c: by name', 'Fence a role .*session_preload_libraries = .*gw_bootstrap\.fence_key = \'' . KEY . "'");
says($out, 'healthy: server', 'ok', 'server: PostgreSQL \d+.*primary');
says($out, 'healthy: pooling', 'ok', 'pooling: none');
says($out, 'healthy: idle', 'ok', 'idle transaction: lives');
says($out, 'healthy: timeouts', 'ok', 'timeouts: none');
says($out, 'healthy: transactions', 'ok', 'transactions: READ COMMITTED and writable');
says($out, 'healthy: interval', 'ok', 'client_connection_check_interval: 10s');
says($out, 'healthy: connections', 'ok', 'connections: \d+ more');
says($out, 'healthy: extension', 'ok', 'extension: version 1\.\d+ in schema public');
says($out, 'healthy: heads', 'ok', 'heads: at head, \{a,b\}');
says($out, 'healthy: privileges', 'ok', 'privileges: role \S+ may create in schema public');
says($out, 'healthy: lock', 'ok', 'lock ' . KEY . ': free');

my $bare = doctor('bare', 5, $node->connstr('bare'), '--require-extension');
my $limited = doctor('limited', 5, $node->connstr('healthy') . ' user=limited', '-e', 'c');
my $locked = doctor('locked', 5, $node->connstr('locked'), '-e', 'a');
my $tools = doctor('tools', 5, $node->connstr('tools'), '-e', 'a');
my $newer = doctor('newer', 5, $node->connstr('newer'), '-e', 'a');
my $released = doctor('released', 0, $node->connstr('released'), '-e', 'a');
my $stale = doctor('stale', 5, $node->connstr('stale'), '-e', 'a');
my $wrong = doctor('wrong', 5, $node->connstr('wrong'), '-e', 'a');

$out = $bare->();
says($out, 'bare: extension', 'bad', 'extension: not installed, and required', 'CREATE EXTENSION');
says($out, 'bare: heads', 'note', 'heads: no readable head table', '--expect-head');
says($out, 'bare: prepared', 'bad', 'lock ' . KEY . ': held by a prepared transaction', 'ROLLBACK PREPARED');
says($out, 'bare: interval', 'note', 'client_connection_check_interval: 0', 'seconds');

$out = $limited->();
says($out, 'limited: read only', 'bad', 'transactions: default_transaction_read_only is on', 'off');
says($out, "limited: $_->[0]", 'note', "timeouts: $_->[0] is $_->[1]", 'Set it to 0')
  foreach [ 'statement_timeout', '30s' ], [ 'lock_timeout', '5s' ], [ 'idle_in_transaction_session_timeout', '1s' ];
says($out, 'limited: which a guard survives', 'ok', 'idle transaction: lives');
says($out, 'limited: heads', 'bad', 'heads: permission denied', 'GRANT SELECT');
says($out, 'limited: privileges', 'bad', 'privileges: role limited may not', '--migration-url');

$out = $locked->();
says($out, 'locked: orphan', 'bad', 'lock ' . KEY . ": held by backend $pid \\(orphaned\\), idle since \\d", '--break-orphans');
says($out, 'locked: extension', 'note', 'extension: not installed; a replica uses plain SQL', '--create-extension');
says($out, 'locked: heads', 'note', 'heads: not at head: found \{\}, wanted \{a\}');

$out = $tools->();
says($out, "tools: $_", 'bad', "other tools: lock of $_ on backend \\d+, which is idle", 'pg_terminate_backend')
  foreach grep { $_ ne 'tern' } sort keys %tools;
says($out, 'tools: at work', 'note', 'other tools: tern has its lock, on backend \d+ \(idle in transaction\)');

$out = $newer->();
says($out, "newer: $_", 'bad', "other tools: lock of $_ on backend \\d+, which is idle", 'pg_terminate_backend') foreach sort keys %newer;
says($out, "newer: $_", 'note', "other tools: session-level lock \Q$_\E of somebody on backend \\d+, which is idle", 'pg_terminate_backend')
  foreach '4711', '(-1, 2)', '-4712';
unlike($out, qr/4713/, 'newer: nothing of a lock in a transaction');

unlike($released->(), qr/other tools/, 'released: nothing');
$out = $stale->();
says($out, "stale: $_", 'bad', "other tools: \"Their own\"\\.$rows{$_} says that $_ is migrating, but no other session is at work", "If no migration of $_ is running, run $remedies{$_}\\.\$")
  foreach sort keys %rows;
$node->safe_psql('stale', 'INSERT INTO "Their own".knex_migrations_lock VALUES (2, 0)');
my $at_work = $node->background_psql('stale');
$at_work->query_safe('BEGIN; LOCK "Their own".goose_lock');
$out = doctor('at work', 5, $node->connstr('stale'), '-e', 'a')->();
says($out, "at work: $_", 'note', "other tools: \"Their own\"\\.$rows{$_} says that $_ is migrating\$", "If no migration") foreach qw(Liquibase yoyo Kysely golang-migrate);
says($out, 'at work: two rows', 'bad', 'other tools: "Their own".knex_migrations_lock has 2 rows, with which knex cannot migrate', 'Leave one row in "Their own".knex_migrations_lock, with is_locked = 0');
unlike($out, qr/goose_lock/, 'at work: what is locked is passed over');
$at_work->quit;
$_->quit foreach values %newer_sessions, @unknown;

$out = $wrong->();
says($out, 'wrong: version', 'bad', 'extension: version 9.0 does not work', 'ALTER EXTENSION');
says($out, 'wrong: heads', 'bad', 'heads: "alembic_version" is not a plain table', 'Name the table');

$_->quit foreach values %sessions, $orphan;

# A migration under way; a lock that may be looked at, but not its holder; and
# roles and databases with too few connections.
my $holder = $node->background_psql('locked');
$holder->query_safe("SET application_name = 'gw_bootstrap'; BEGIN; SELECT pg_advisory_xact_lock(" . KEY . '); LOCK alembic_version');
my $busy = doctor('busy', 0, $node->connstr('locked'), '-e', 'a');
my $stranger = doctor('stranger', 5, $node->connstr('locked') . ' user=limited', '-e', 'a');
my $single = doctor('single', 5, $node->connstr('healthy') . ' user=single');
my $tcp = 'host=127.0.0.1 port=' . $node->port . ' dbname=healthy';
my $patient = doctor('patient', 5, "$tcp user=patient");
my $alert = doctor('alert', 5, "$tcp user=alert");
my $crowded = doctor('crowded', 5, $node->connstr('crowded') . ' user=limited');
$out = $busy->();
says($out, 'busy: lock', 'note', 'lock ' . KEY . ': held by backend \d+ \(active\), application gw_bootstrap', 'under way');
says($out, 'busy: heads', 'note', 'heads: somebody has locked table alembic_version', 'wait');
says($out, 'busy: session', 'note', 'session: backend \d+ \(gw_bootstrap\): idle in transaction since');
says($stranger->(), 'stranger: lock', 'note', 'lock ' . KEY . ': held by backend \d+', 'pg_read_all_stats');
$out = $single->();
says($out, 'single: second connection', 'bad', 'pooling: no second connection: .*too many connections');
says($out, 'single: connections', 'bad', 'connections: the limit of the role leaves none', 'Raise it');
says($out, 'single: isolation', 'note', 'transactions: default_transaction_isolation is serializable', 'READ COMMITTED');
says($out, 'single: head table elsewhere', 'note',
	'heads: table alembic_version is not in the search_path of role single, but in schema public', '--head-table');
says($out, 'single: schema', 'bad', 'privileges: no schema for new tables in the search_path of role single', 'search_path');
says($patient->(), 'patient: keepalives', 'note', 'keepalives: the server notices only after 7875 s', 'tcp_keepalives_idle');
says($alert->(), 'alert: keepalives', 'ok', 'keepalives: the server notices after 60 s');
says($crowded->(), 'crowded: connections', 'bad', 'connections: the limit of the database leaves none', 'Raise it');
$holder->quit;

# What a migration meets is asked of its own role.
$node->safe_psql('healthy', <<'SQL');
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO gm;
GRANT ALL ON alembic_version TO gm;
GRANT SELECT ON alembic_version TO svc;
SQL
my ($svc, $gm) = map { $node->connstr('healthy') . " user=$_" } qw(svc gm);
$out = doctor('fit role', 0, $svc, '--migration-url', $gm, '-e', 'a', '-e', 'b')->();
says($out, 'fit role: privileges', 'ok', 'privileges: role gm may create in schema public');
says($out, 'fit role: timeouts', 'ok', 'timeouts: role gm: none');
says($out, 'fit role: transactions', 'ok', 'transactions: role gm: READ COMMITTED and writable');
says($out, 'fit role: interval', 'ok', 'client_connection_check_interval: role gm: 10s');
# As sql.md and deploy/compose/fence-role.sql have a role that is fenced.
$node->safe_psql('postgres', "CREATE ROLE gmo LOGIN IN ROLE gm; ALTER ROLE gmo SET role = 'gm'; ALTER ROLE gmo SET idle_in_transaction_session_timeout = '5min'");
$out = doctor('a role that sets another', 0, $svc, '--migration-url', $svc =~ s/svc$/gmo/r, '-e', 'a', '-e', 'b')->();
says($out, 'a long limit is no fault', 'ok', 'timeouts: role gmo: idle_in_transaction_session_timeout is 5min, which ends only what was left behind');
unlike($out, qr/timeouts: role gmo: none/, '... and is not left out');
$node->safe_psql('postgres', $_) foreach 'ALTER ROLE gm SET default_transaction_read_only = on', "ALTER ROLE gm SET statement_timeout = '5s'",
  'ALTER ROLE gm SET exit_on_error = on', 'ALTER ROLE gm SET client_connection_check_interval = 0';
$out = doctor('limited role', 5, $svc, '--migration-url', $gm, '-e', 'a', '-e', 'b')->();
says($out, 'limited role: read only', 'bad', 'transactions: role gm: default_transaction_read_only is on', 'off');
says($out, 'limited role: timeout', 'note', 'timeouts: role gm: statement_timeout is 5s', 'Set it to 0');
says($out, 'limited role: errors', 'note', 'errors: role gm: exit_on_error is on', 'off');
says($out, 'limited role: interval', 'note', 'client_connection_check_interval: role gm: 0', 'seconds');
$node->safe_psql('postgres', "ALTER ROLE gm SET default_transaction_read_only = off");
$node->safe_psql('postgres', "ALTER ROLE gm SET default_transaction_isolation = 'serializable'");
$node->safe_psql('healthy', 'GRANT CREATE ON SCHEMA public TO svc; GRANT ALL ON alembic_version TO svc; REVOKE CREATE ON SCHEMA public FROM gm');
$out = doctor('unfit role', 5, $svc, '--migration-url', $gm, '-e', 'a', '-e', 'b')->();
says($out, 'unfit role: privileges', 'bad', 'privileges: role gm may not create in schema public', 'Grant it, or let another role migrate\.$');
says($out, 'unfit role: isolation', 'note', 'transactions: role gm: default_transaction_isolation is serializable');
$out = doctor('role without a way', 5, $svc, '--migration-url', "$gm dbname=nowhere", '-e', 'a', '-e', 'b')->();
says($out, 'role without a way', 'bad', 'migration connection: none beside the guard');
unlike($out, qr/role svc/, 'role without a way: nothing of another role');

# A standby, and nothing at all.
$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
says(doctor('standby', 5, $standby->connstr('healthy'))->(), 'standby', 'bad', 'server: PostgreSQL .* is a standby', 'target_session_attrs');
$standby->stop;
$node->stop;

my $result = run_client('gw_bootstrap', 'doctor', '-d', $node->connstr('healthy'), '--timeout', 5);
is($result->{exit}, 3, 'no server is exit code 3');
like($result->{err}, qr/connection to server .* failed/, 'as the error tells');

done_testing();
