# The fence and the less usual ways to write: each is refused without a guard, has no
# effect then, and is done under one.  The role is a superuser, so that nobody but the
# fence refuses.  And what the fence does not see, as the documents say.
#
# TAP, since what was refused is looked for by another session, and the guard is one.

use strict;
use warnings;

use GwBootstrap::Fence;
use PostgreSQL::Test::Utils;
use Test::More;

my $fence = GwBootstrap::Fence->new(settings => "wal_level = logical\n");
my $node = $fence->node;
my $version = $fence->sql('SHOW server_version_num');
my $superuser = $fence->sql('SELECT current_user');
my $insert = q(INSERT INTO work VALUES ('x'));

$fence->sql(<<'SQL');
ALTER ROLE migrations SUPERUSER;
CREATE ROLE other;
CREATE EXTENSION dblink;
INSERT INTO work VALUES ('old');
CREATE SEQUENCE numbers;
CREATE MATERIALIZED VIEW seen AS SELECT step FROM work;
CREATE UNIQUE INDEX ON seen (step);
CREATE TABLE pages AS SELECT generate_series(1, 100) AS id;
CREATE INDEX by_id ON pages (id);
CREATE INDEX ranges ON pages USING brin (id);
CREATE TABLE parts (id integer) PARTITION BY LIST (id);
CREATE TABLE part PARTITION OF parts FOR VALUES IN (1);
SELECT lo_create(7);
CREATE FUNCTION write() RETURNS integer LANGUAGE sql AS $$ INSERT INTO work VALUES ('function'); SELECT 1 $$;
CREATE FUNCTION definer() RETURNS integer LANGUAGE sql SECURITY DEFINER AS $$ INSERT INTO work VALUES ('definer'); SELECT 1 $$;
CREATE FUNCTION as_other() RETURNS integer LANGUAGE sql SET role = 'other' AS $$ INSERT INTO work VALUES ('other'); SELECT 1 $$;
CREATE FUNCTION catches() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    INSERT INTO work VALUES ('caught');
  EXCEPTION WHEN object_not_in_prerequisite_state THEN PERFORM lo_create(0);
  END;
  RETURN 1;
END $$;
CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO work VALUES ('event'); END $$;
GRANT ALL ON work TO other;
SQL

# All that the statements below would change.
my $state = <<'SQL';
SELECT (SELECT string_agg(step, ',' ORDER BY step) FROM work), (SELECT count(*) FROM seen),
       (SELECT sum(hashtext(c.oid::text || relname || relfilenode || relowner || coalesce(relacl::text, ''))) FROM pg_class c),
       (SELECT sum(hashtext(l.loid::text || l.data::text)) FROM pg_largeobject l), (SELECT count(*) FROM pg_largeobject_metadata),
       (SELECT string_agg(rolname || rolsuper, ',' ORDER BY oid) FROM pg_roles), (SELECT string_agg(datname, ',' ORDER BY oid) FROM pg_database),
       (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_type), (SELECT count(*) FROM pg_namespace), (SELECT count(*) FROM pg_collation),
       (SELECT count(*) FROM pg_extension), (SELECT count(*) FROM pg_event_trigger), (SELECT count(*) FROM pg_subscription),
       (SELECT count(*) FROM pg_publication), (SELECT count(*) FROM pg_replication_origin), (SELECT count(*) FROM pg_default_acl),
       (SELECT count(*) FROM pg_statistic_ext), (SELECT sum(hashtext(classoid::text || description)) FROM pg_shdescription),
       (SELECT string_agg(setconfig::text, ',' ORDER BY setrole) FROM pg_db_role_setting), (SELECT count(*) FROM pg_prepared_xacts),
       (SELECT count(*) FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf')
SQL

# Queries, which run in a transaction under the guard.
my @queries = (
	[ 'SELECT that makes a temporary table', 'SELECT step INTO TEMP kept FROM work' ],
	[ 'INSERT that does nothing on conflict', "$insert ON CONFLICT DO NOTHING" ],
	[ 'TABLE with row locks', 'TABLE work FOR NO KEY UPDATE' ],
	[ 'row locks in a subquery', 'SELECT * FROM (SELECT * FROM work FOR SHARE) s' ],
	[ 'a WITH that deletes, whose rows nobody reads', 'WITH w AS (DELETE FROM work) SELECT 1' ],
	[ 'a key that is taken in the same statement', "WITH w AS ($insert) SELECT pg_try_advisory_xact_lock(@{[KEY]})" ],
	[ 'a function in VALUES', 'VALUES (write())' ],
	[ 'a function as a table', 'SELECT * FROM write()' ],
	[ 'a function in WHERE', 'SELECT 1 WHERE write() = 1' ],
	[ 'a function of another owner', 'SELECT definer()' ],
	[ 'a function under another role', 'SELECT as_other()' ],
	[ 'a function that catches the refusal and writes otherwise', 'SELECT catches()' ],
	[ 'a function in COPY TO', q(COPY (SELECT write()) TO '/dev/null') ],
	[ 'INSERT in COPY TO', "COPY ($insert RETURNING 1) TO '/dev/null'" ],
	[ 'WITH in COPY TO', "COPY (WITH w AS ($insert RETURNING 1) SELECT * FROM w) TO '/dev/null'" ],
	[ 'COPY FROM a file', q(COPY work FROM '/etc/hostname') ],
	[ 'EXPLAIN ANALYZE of a function', 'EXPLAIN ANALYZE SELECT write()' ],
	[ 'EXPLAIN ANALYZE of row locks', 'EXPLAIN ANALYZE SELECT * FROM work FOR UPDATE' ],
	[ 'EXPLAIN ANALYZE of EXECUTE', "PREPARE p AS $insert;\nEXPLAIN ANALYZE EXECUTE p", '00000 55000' ],
	[ 'EXPLAIN ANALYZE of CREATE MATERIALIZED VIEW', 'EXPLAIN ANALYZE CREATE MATERIALIZED VIEW m AS SELECT 1 AS one' ],
	[ 'CREATE TABLE AS EXECUTE', "PREPARE p AS SELECT 1 AS one;\nCREATE TABLE copied AS EXECUTE p", '00000 55000' ],
	[ 'lo_import', q(SELECT lo_import('PG_VERSION')) ],
	[ 'lo_from_bytea', q(SELECT lo_from_bytea(0, 'x')) ],
	[ 'lo_put', q(SELECT lo_put(7, 0, 'x')) ],
	[ 'lowrite', q(SELECT lowrite(lo_open(7, 131072), 'x')) ],
	[ 'lo_truncate', 'SELECT lo_truncate(lo_open(7, 131072), 5)' ],
	[ 'lo_unlink', 'SELECT lo_unlink(7)' ],
	[ 'a message of the transaction', q(SELECT pg_logical_emit_message(true, 'a', 'b')) ],
	[ 'a replication origin', q(SELECT pg_replication_origin_create('o')) ],
	[ 'collations', q(DELETE FROM pg_collation WHERE collname = 'C.utf8') ],
	[ 'a catalog', q(UPDATE pg_class SET relhassubclass = relhassubclass) ],
);
push @queries, [ 'MERGE', 'MERGE INTO work USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE' ] if $version >= 150000;
push @queries, [ 'MERGE in WITH', 'WITH w AS (MERGE INTO work USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE RETURNING step) TABLE w' ]
  if $version >= 170000;

# Utility statements that may be in a transaction.
my @utilities = map { [ $_, $_ ] } (
	'REFRESH MATERIALIZED VIEW seen', 'REFRESH MATERIALIZED VIEW CONCURRENTLY seen', 'CLUSTER pages USING by_id', 'REINDEX INDEX by_id',
	'ANALYZE pages', 'CREATE TEMP VIEW v AS SELECT 1', 'CREATE SCHEMA s CREATE TABLE t ()', 'CREATE TYPE t AS (i integer)', 'CREATE DOMAIN d AS integer',
	'CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$', 'DROP FUNCTION write()', 'CREATE EXTENSION pg_trgm', 'DROP EXTENSION gw_bootstrap',
	'CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION note()', 'CREATE PUBLICATION p FOR ALL TABLES',
	q(CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)), 'CREATE STATISTICS st ON id, (id) FROM pages',
	'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO other', 'GRANT other TO migrations', 'REVOKE ALL ON work FROM other', 'REASSIGN OWNED BY other TO migrations',
	'DROP OWNED BY other', 'ALTER TABLE work OWNER TO other', 'ALTER SEQUENCE numbers RESTART', 'ALTER ROLE migrations NOSUPERUSER', 'ALTER ROLE migrations RESET ALL',
	'ALTER DATABASE postgres SET work_mem = 64', q(COMMENT ON DATABASE postgres IS 'x'), 'CREATE RULE r AS ON INSERT TO work DO ALSO SELECT 1', 'DROP ROLE other',
	'ALTER TABLE parts DETACH PARTITION part', 'IMPORT FOREIGN SCHEMA s FROM SERVER s INTO public');
$_->[1] = 'CREATE STATISTICS st (ndistinct) ON id, tableoid FROM pages' foreach grep { $_->[0] =~ /STATISTICS/ } @utilities;

# Those that may not, with what undoes them.
my @alone = (
	[ 'CREATE DATABASE', 'CREATE DATABASE made', 'DROP DATABASE made' ],
	[ 'VACUUM FULL', 'VACUUM FULL pages', undef ],
	[ 'CLUSTER of all', 'CLUSTER', undef ],
	[ 'REINDEX of all', 'REINDEX DATABASE postgres', undef ],
	[ 'CREATE INDEX CONCURRENTLY', 'CREATE INDEX CONCURRENTLY c ON pages (id)', 'DROP INDEX CONCURRENTLY c' ],
	[ 'ALTER SYSTEM', q(ALTER SYSTEM SET work_mem = '1MB'), 'ALTER SYSTEM RESET ALL' ],
	[ 'CHECKPOINT', 'CHECKPOINT', undef ],
	[ 'CREATE TABLESPACE', q(CREATE TABLESPACE ts LOCATION '') , undef ],
	[ 'DROP DATABASE', 'DROP DATABASE IF EXISTS made', undef ],
	[ 'CALL that commits', 'CALL two()', undef ],
);
push @alone, [ 'DETACH PARTITION CONCURRENTLY', 'ALTER TABLE parts DETACH PARTITION part CONCURRENTLY',
	'ALTER TABLE parts ATTACH PARTITION part FOR VALUES IN (1)' ] if $version >= 140000;
$fence->sql(q(CREATE PROCEDURE two() LANGUAGE plpgsql AS $$ BEGIN PERFORM write(); COMMIT; PERFORM write(); END $$));

my $guard = $fence->guard;
my $other = $fence->session(undef);
my $work = $fence->session($guard->{token});
my $before = $fence->sql($state);

sub tries
{
	my ($what, $sql, $expected) = @_;

	is(sqlstates($other, $sql), $expected, "$what: without a guard");
	$other->query('ROLLBACK; DEALLOCATE ALL');
	is($fence->sql($state), $before, "$what: no effect") or $before = $fence->sql($state);
	return;
}

foreach my $case (@queries, @utilities)
{
	my ($what, $sql, $expected) = @$case;

	tries($what, $sql, $expected || '55000');
	# Some fail there, since what they name does not exist.
	unlike(sqlstates($work, "BEGIN;\n$sql;\nROLLBACK"), qr/55000/, "$what: not refused under one");
	$work->query('DEALLOCATE ALL');
}
foreach my $case (@alone)
{
	my ($what, $sql, $undo) = @$case;

	tries($what, $sql, '55000');
	unlike(sqlstate($work, $sql), qr/55000/, "$what: not refused under a guard");
	is(sqlstate($work, $undo), '00000', "$what: undone") if $undo;
	$before = $fence->sql($state);
}

# Roles that are taken on are no way round.
foreach my $role ("SET ROLE other", 'SET SESSION AUTHORIZATION other', "SET SESSION AUTHORIZATION $superuser", "BEGIN;\nSET LOCAL ROLE other")
{
	is(sqlstates($other, "$role;\n$insert"), join(' ', map { '00000' } split /;/, $role) . ' 55000', "$role: still fenced");
	$other->query('ROLLBACK; RESET SESSION AUTHORIZATION; RESET ROLE');
}

# A cursor that is held is filled by the COMMIT.
is(sqlstates($other, 'DECLARE c CURSOR WITH HOLD FOR SELECT write()'), '55000', 'a held cursor that writes');
is(sqlstates($other, "DECLARE c CURSOR WITH HOLD FOR TABLE work;\nFETCH c;\nCLOSE c"), '00000 00000 00000', 'one that reads');
is($fence->sql($state), $before, 'held cursors: no effect');

# What is free, and what only looks as if it wrote.
foreach my $sql (
	'LOCK TABLE ONLY work IN ACCESS SHARE MODE NOWAIT', 'SELECT pg_try_advisory_lock_shared(1)', 'SELECT pg_advisory_unlock_all()',
	q(SELECT set_config('work_mem', '1MB', true)), q(SELECT pg_notify('c', 'x')), 'COPY work TO STDOUT', q(COPY work TO PROGRAM 'cat >/dev/null'), 'DISCARD PLANS',
	'DISCARD SEQUENCES', 'DISCARD TEMP', q(SELECT query_to_xml('SELECT 1', true, true, '')), 'SELECT pg_export_snapshot()', 'SELECT lo_get(7)', 'EXPLAIN DELETE FROM work')
{
	is(sqlstates($other, "BEGIN;\n$sql;\nCOMMIT"), '00000 00000 00000', "free: $sql");
}
is($fence->sql($state), $before, 'free: no effect');

# What is not caught, as docs/sql.md says.
is(sqlstate($other, q(SELECT setval('numbers', 77))), '55000', 'a sequence is refused');
is($fence->sql('SELECT last_value FROM numbers'), 77, 'but too late');
is(sqlstate($other, q(SELECT pg_logical_emit_message(false, 'a', 'b'))), '00000', 'a message of no transaction');
is(sqlstate($other, q(SELECT FROM pg_create_logical_replication_slot('s', 'test_decoding'))), '00000', 'a replication slot');
is(sqlstate($other, q(SELECT count(*) FROM pg_logical_slot_get_changes('s', NULL, NULL))), '00000', 'and what is taken from it');
is(sqlstate($other, q(SELECT pg_drop_replication_slot('s'))), '00000', 'and its end');
is(sqlstate($other, q(SELECT brin_summarize_new_values('ranges'))), '00000', 'upkeep of an index by a function');
is(sqlstate($other, q(SELECT pg_reload_conf())), '00000', 'what is said to the server');
SKIP:
{
	skip 'pg_surgery is there since PostgreSQL 14', 2 if $version < 140000;
	$fence->sql(q(CREATE EXTENSION pg_surgery; CREATE TABLE patient AS SELECT 1 AS id));
	is(sqlstate($other, q(SELECT heap_force_kill('patient', ARRAY['(0,1)']::tid[]))), '00000', 'rows that pg_surgery kills');
	is($fence->sql('SELECT count(*) FROM patient'), 0, 'in no transaction, so they are dead');
	$fence->sql('DROP EXTENSION pg_surgery; DROP TABLE patient');
}

# Another session is judged by itself, whoever asks for it.
sub by_dblink { return sprintf q(SELECT dblink_exec('host=%s port=%s dbname=postgres user=%s', $q$%s$q$)), $node->host, $node->port, $_[0], $insert; }
is(sqlstate($_, by_dblink(ROLE)), '55000', 'dblink, as the same role') foreach $other, $work;
is($fence->sql($state), $before, 'has no effect');
is(sqlstate($other, by_dblink($superuser)), '00000', 'dblink, as another role');
isnt($fence->sql($state), $before, 'which writes');

# Temporary tables that a session leaves when its guard has gone do not keep it from ending well.
is(sqlstate($work, 'CREATE TEMP TABLE mine AS SELECT 1 AS one'), '00000', 'a temporary table under the guard');
end_guard($guard);
is(sqlstate($work, 'INSERT INTO mine VALUES (2)'), '55000', 'is not written without it');
$work->quit;
$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $work->{backend}");
is($fence->sql(q(SELECT count(*) FROM pg_class WHERE relname = 'mine')), 0, 'and goes with its session');
unlike(slurp_file($node->logfile), qr/FATAL:.*may write only/, 'without an error');

$_->quit foreach $guard->{psql}, $other;
$node->stop;
done_testing();
