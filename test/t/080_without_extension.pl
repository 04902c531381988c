# Without the extension the client does the same in plain SQL: the same answer
# for every head table, a guard that holds nothing but the lock, and no
# ownership by re-entry.
#
# TAP, since it is about the client.  The storms without the extension are
# where those with it are: see GwBootstrap::Ways.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant KEY => '42424242424242';

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "max_prepared_transactions = 2\nlisten_addresses = '127.0.0.1'");
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE stranger LOGIN');

sub client
{
	my (@command) = @_;
	my $result = run_client('gw_bootstrap', @command);
	return $result;
}

# Tables that hold heads, or what could be taken for one.
my $tables = <<'SQL';
CREATE TABLE empty (version_num text);
CREATE TABLE one (version_num varchar(32) PRIMARY KEY);
INSERT INTO one VALUES ('a');
CREATE TABLE two (version_num text);
INSERT INTO two VALUES ('b'), ('a');
CREATE TABLE many (version_num text);
INSERT INTO many SELECT CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 5000) i;
CREATE TABLE nothing (version_num text);
INSERT INTO nothing VALUES (NULL), ('a'), (NULL);
CREATE TABLE padded (version_num char(10));
INSERT INTO padded VALUES ('a');
CREATE TABLE number (version_num bigint);
INSERT INTO number VALUES (20240101);
CREATE TABLE ident (version_num uuid);
INSERT INTO ident VALUES ('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11');
CREATE SCHEMA "odd ""schema";
CREATE TABLE "odd ""schema"."Odd.table" ("the ""column" text);
INSERT INTO "odd ""schema"."Odd.table" VALUES ('it''s \ a');
CREATE TABLE secured (version_num text);
INSERT INTO secured VALUES ('a');
ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_of_it ON secured USING (true);
GRANT SELECT ON secured TO stranger;
CREATE TABLE hidden (version_num text);
ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
CREATE TABLE by_column (version_num text, secret text);
INSERT INTO by_column VALUES ('a');
GRANT SELECT (version_num) ON by_column TO stranger;
CREATE VIEW seen AS SELECT 'a'::text AS version_num;
CREATE TABLE parts (version_num text) PARTITION BY LIST (version_num);
CREATE TABLE parent (version_num text);
CREATE TABLE child () INHERITS (parent);
CREATE TABLE huge AS SELECT i::text AS version_num FROM generate_series(1, 100001) i;
SQL
foreach my $dbname ('with', 'without')
{
	$node->safe_psql('postgres', qq(CREATE DATABASE "$dbname"));
	$node->safe_psql($dbname, 'CREATE EXTENSION gw_bootstrap') if $dbname eq 'with';
	$node->safe_psql($dbname, $tables);
}

my @ab = ('-e', 'a', '-e', 'b');
my @a = ('-e', 'a');
foreach my $case (
	[ 'no table', 5, '', [ @a, '--head-table', 'nowhere' ] ],
	[ 'no schema', 5, '', [ @a, '--head-table', 'nowhere.one' ] ],
	[ 'an empty table', 5, '\{\}', [ @a, '--head-table', 'empty' ] ],
	[ 'the head', 0, '', [ @a, '--head-table', 'one' ] ],
	[ 'another head', 5, '\{a\}', [ '-e', 'b', '--head-table', 'one' ] ],
	[ 'a head in capitals', 5, '\{a\}', [ '-e', 'A', '--head-table', 'one' ] ],
	[ 'fewer heads', 5, '\{a\}', [ @ab, '--head-table', 'one' ] ],
	[ 'more heads', 5, '\{a,b\}', [ @a, '--head-table', 'two' ] ],
	[ 'two heads', 0, '', [ @ab, @a, '--head-table', 'two' ] ],
	[ 'many rows', 0, '', [ @ab, '--head-table', 'many' ] ],
	[ 'many rows of others', 5, '\{a,b(,\.\.\.)?\}', [ @a, '--head-table', 'many' ] ],
	[ 'NULLs', 0, '', [ @a, '--head-table', 'nothing' ] ],
	[ 'NULLs, another head', 5, '\{a\}', [ '-e', 'b', '--head-table', 'nothing' ] ],
	[ 'a padded head', 0, '', [ @a, '--head-table', 'padded' ] ],
	[ 'a number', 0, '', [ '-e', '20240101', '--head-table', 'number' ] ],
	[ 'a uuid', 0, '', [ '-e', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '--head-table', 'ident' ] ],
	[ 'a qualified name', 0, '', [ @a, '--head-table', 'public.one' ] ],
	[ 'odd names', 0, '', [ '-e', q(it's \ a), '--head-table', '"odd ""schema"."Odd.table"', '--head-column', 'the "column' ] ],
	[ 'a column that is not there', 4, 'column "v" of relation "one" does not exist', [ @a, '--head-table', 'one', '--head-column', 'v' ] ],
	[ 'a system column', 4, 'column "ctid" of relation "one" does not exist', [ @a, '--head-table', 'one', '--head-column', 'ctid' ] ],
	[ 'a function for a column', 4, 'column "one" of relation "one" does not exist', [ @a, '--head-table', 'one', '--head-column', 'one' ] ],
	[ 'a view', 4, '"seen" is not a plain table', [ @a, '--head-table', 'seen' ] ],
	[ 'a partitioned table', 4, '"parts" is not a plain table', [ @a, '--head-table', 'parts' ] ],
	[ 'a parent', 4, '"parent" is not a plain table', [ @a, '--head-table', 'parent' ] ],
	[ 'a child', 5, '\{\}', [ @a, '--head-table', 'child' ] ],
	[ 'row security', 4, 'row security of table "secured" applies to role "stranger"', [ @a, '--head-table', 'secured' ], 'stranger' ],
	[ 'row security, and no such column', 4, 'row security of table "secured" applies', [ @a, '--head-table', 'secured', '--head-column', 'v' ], 'stranger' ],
	[ 'row security, and no privilege', 4, 'row security of table "hidden" applies', [ @a, '--head-table', 'hidden' ], 'stranger' ],
	[ 'row security that does not apply', 0, '', [ @a, '--head-table', 'secured' ] ],
	[ 'no privilege', 4, 'permission denied for table one', [ @a, '--head-table', 'one' ], 'stranger' ],
	[ 'privilege on the column', 0, '', [ @a, '--head-table', 'by_column' ], 'stranger' ],
	[ 'no privilege on the schema', 4, 'permission denied for schema', [ @a, '--head-table', '"odd ""schema"."Odd.table"' ], 'stranger' ],
	[ 'a malformed name', 4, 'invalid name syntax', [ @a, '--head-table', 'a..b' ] ],
	[ 'too many parts', 4, 'improper (relation|qualified) name', [ @a, '--head-table', 'a.b.c.d' ] ],
	[ 'another database', 4, 'cross-database references', [ @a, '--head-table', 'other.public.one' ] ],
	[ 'too many rows', 4, 'table "huge" has more than 100000 rows', [ @a, '--head-table', 'public.huge', '--head-rule', 'contain' ] ],
	[ 'a condition without its column', 4, 'column "w" of relation "one" does not exist', [ @a, '--head-table', 'one', '--head-condition', 'count: w' ] ],
	[ 'a condition that is none', 4, 'a value of column "version_num" is neither true nor false',
		[ @a, '--head-table', 'one', '--head-condition', 'count: version_num' ] ])
{
	my ($name, $exit, $says, $options, $role) = @$case;
	my %words;
	foreach my $dbname ('with', 'without')
	{
		my $connstr = $node->connstr($dbname) . ($role ? " user=$role" : '');
		my $result = client('check', '-d', $connstr, @$options);
		is($result->{exit}, $exit, "$name, $dbname the extension") or diag $result->{err};
		like($result->{err}, qr/$says/, "$name, $dbname the extension: message") if $says;

		# What the extension says of a rule that reads the whole table is always so without.
		$words{$dbname} = $result->{err} =~ s/^\N*using plain SQL\n\N*\n//mr =~ s/^\N*detail: With this\N*\n//mr;
	}
	is($words{without}, $words{with}, "$name: the same words") if $exit == 4;
}

# One line tells; --require-extension refuses.
my @one = ('-d', $node->connstr('without'), @a, '--head-table', 'one');
my $plain = qr/extension gw_bootstrap is not installed in database "without"; using plain SQL/;
my $result = client('run', @one);
is($result->{exit}, 0, 'run, at head');
is(scalar(() = $result->{err} =~ /$plain/g), 1, '... says once that it uses plain SQL');
like($result->{out}, qr/^Database ready \(at head\)/, '... and is ready by the fast path');
is(client('run', @one, '-q')->{err}, '', 'quietly if asked to');
foreach my $command ('check', 'run')
{
	$result = client($command, @one, '--require-extension');
	is($result->{exit}, 4, "$command: the extension can be required");
	like($result->{err}, qr/is not installed.*CREATE EXTENSION gw_bootstrap/s, '... and the remedy is told');
}
is(client('run', @one, '--require-extension=false')->{exit}, 0, '... or not');

# A locked head table is waited for only briefly, and not at head.
my $session = $node->background_psql('without');
$session->query_safe('BEGIN');
$session->query_safe('LOCK TABLE one IN ACCESS EXCLUSIVE MODE');
is(client('check', @one)->{exit}, 5, 'a head table that is locked: not at head');
$result = client('run', @one, '--migrate', 'false', '--timeout', 1);
is($result->{exit}, 3, '... a replica waits for it');
like($result->{err}, qr/the head table is locked/, '... and says so');
$session->query_safe('COMMIT');

# Who has the lock.
sub waits_for
{
	my ($name, $holder, $hint, $connstr) = @_;
	my $waiter = client('run', '-d', $connstr || $node->connstr('without'), '-e', 'new', '--head-table', 'one',
		'--migrate', 'false', '--timeout', 1);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($waiter->{exit}, 3, "$name: a replica waits") or diag $waiter->{err};
	like($waiter->{err}, qr/lock @{[KEY]} is held by $holder.*found \{a\}, wanted \{new\}/, "$name: and names the holder");
	like($waiter->{err}, qr/$hint/, "$name: and the remedy") if $hint;
	return;
}

my $pid = $session->query_safe('SELECT pg_backend_pid()');
$session->query_safe('BEGIN');
$session->query_safe("SELECT pg_advisory_xact_lock(@{[KEY]})");
waits_for('a transaction', "backend $pid \\(active\\)");
$session->query_safe("PREPARE TRANSACTION 'p'");
waits_for('a prepared transaction', 'a prepared transaction \(prepared\)', 'ROLLBACK PREPARED');
$session->query_safe("ROLLBACK PREPARED 'p'");
$session->query_safe("SELECT pg_advisory_lock_shared(@{[KEY]})");
waits_for('a session', "backend $pid \\(orphaned\\)", "pg_terminate_backend\\($pid\\)");
$session->quit;
my $stranger = $node->background_psql('without');
$pid = $stranger->query_safe("SELECT pg_backend_pid() FROM pg_advisory_lock(@{[KEY]})");
$node->safe_psql('without', 'GRANT SELECT ON one TO stranger');
waits_for('somebody hidden', "backend $pid \\(state unknown\\)", undef, $node->connstr('without') . ' user=stranger');
$stranger->quit;

# The same key in another database, or of two integers, is another lock.
my $other = $node->background_psql('with');
$other->query_safe("SELECT pg_advisory_lock(@{[KEY]})");
$session = $node->background_psql('without');
$session->query_safe('SELECT pg_advisory_lock(9877, (2850441650 - 4294967296)::int)');
$result = client('run', @one, '-e', 'new', '--migrate', 'exit 9');
like($result->{err}, qr/exit code 9/, 'other locks are nobody\'s business');
$_->quit foreach ($session, $other);

# Re-entry through the very backend that an orphan is on.
my $pooler = start_pgbouncer($node, pool_size => 1);
$session = $pooler->session('without');
$pid = $session->query_safe("SELECT pg_backend_pid() FROM pg_advisory_lock(@{[KEY]})");
$session->quit;
waits_for('an orphan on its own backend', "backend $pid \\(orphaned\\)", "pg_terminate_backend\\($pid\\)",
	$pooler->connstr('without'));
my $orphans = $pooler->has_closed($pid, 'without', 0) ? 0 : 1;
is($node->safe_psql('without', q(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')), $orphans, '... and leaves the orphan alone');

# A temporary table left on a pooled backend is no head table of the database,
# nor one that the file itself makes.
foreach my $dbname ('with', 'without')
{
	my @d = ('-d', $pooler->connstr($dbname), '-e', 'h', '--head-table', 'heads');
	$session = $pooler->session($dbname);
	$session->query_safe("CREATE TEMP TABLE heads AS SELECT 'h' AS version_num");
	$session->quit;
	my $result = client('run', @d);
	is($result->{exit}, 4, "$dbname: a temporary table of the pool is not believed") or diag $result->{out};
	like($result->{err}, qr/"heads" is not a plain table/, '... as the error says');
	$session = $pooler->session($dbname);
	$session->query_safe('DROP TABLE heads; SELECT pg_advisory_unlock_all()');
	$session->quit;
	my $file = PostgreSQL::Test::Utils::tempdir_short() . '/temp.sql';
	PostgreSQL::Test::Utils::append_to_file($file,
		q(DO $$BEGIN EXECUTE 'CREATE TEMP TABLE heads AS SELECT ''h'' AS version_num'; END$$));
	$result = client('run', @d, '--migrate-sql', $file);
	is($result->{exit}, 4, "$dbname: a temporary table of the file is not believed") or diag $result->{out};
}
$pooler->stop;

# The guard holds the lock and nothing else, while its command runs.
my ($stopped, $stop) = stop_point();
my $replica = start_replicas(1, 'gw_bootstrap', 'run', @one, '-e', 'new', '--migrate', "$stop && exit 9");
ok(wait_until(sub { -e $stopped }), 'a replica migrates');
my $guard = q(pid = (SELECT pid FROM pg_locks WHERE locktype = 'advisory'));
is($node->safe_psql('without', "SELECT string_agg(locktype, ' ' ORDER BY locktype) FROM pg_locks WHERE $guard"),
	'advisory virtualxid', 'its guard holds the lock, and nothing else');
is($node->safe_psql('without', "SELECT state, backend_xid, backend_xmin FROM pg_stat_activity WHERE $guard"),
	'idle in transaction||', 'neither snapshot nor transaction ID');
{
	# Whoever had to wait for the guard would wait for ever.
	local $ENV{PGOPTIONS} = '-c statement_timeout=20s';
	foreach my $sql ('ALTER TABLE one ADD COLUMN at timestamptz', 'CREATE INDEX CONCURRENTLY one_at ON one (at)',
		'VACUUM FULL one', 'VACUUM FULL pg_database', 'ALTER TABLE one RENAME TO gone', 'DROP TABLE gone',
		'CREATE TABLE one (version_num text)')
	{
		is($node->psql('without', $sql), 0, "nobody waits for it: $sql");
	}
}

# What it finds afterwards is what is there then.
$node->safe_psql('without', q(INSERT INTO one VALUES ('a'), ('new')));
append_to_file("$stopped.fifo", "go\n");
($result) = $replica->wait;
is($result->{exit}, 1, 'a failed migration') or diag $result->{err};
my $sql = migration_command(q(DROP TABLE one; CREATE TABLE one (version_num uuid, x int);
	INSERT INTO one VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11');));
$result = client('run', '-d', $node->connstr('without'), '--head-table', 'one', '-e', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '--migrate', $sql);
like($result->{out}, qr/^Database ready \(migrated\)/, 'a head table that the migration makes anew is seen') or diag $result->{err};
$result = client('run', @one, '--migrate', 'true');
like($result->{err}, qr/Found \{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\}, wanted \{a\}/, 'success without reaching head is failure');
is($node->safe_psql('without', q(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')), 0, 'no lock is left');

$node->stop;
done_testing();
