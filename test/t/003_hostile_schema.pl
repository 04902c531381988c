# A schema first in the search_path full of functions, operators, tables and
# types that have the names that the client or the extension may use, and an
# extension that is in a schema with an odd name, or not there at all.
#
# TAP, since it is about the SQL that the client sends.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', "CREATE DATABASE $_") foreach ('hostile', 'hostile_plain');
$node->safe_psql('hostile', <<'SQL');
CREATE SCHEMA "an ""odd"" Schema's name";
CREATE EXTENSION gw_bootstrap SCHEMA "an ""odd"" Schema's name";
SQL

# Every function raises, whatever it is called with; each of them is a better
# match than what it imitates, or the same.
my @functions = (
	'gw_bootstrap_ask(text[], text[]) RETURNS text',
	'gw_bootstrap_at_head(text[], text, text) RETURNS boolean',
	'gw_bootstrap_at_head(text[]) RETURNS boolean',
	'gw_bootstrap_try(text[], text, text, bigint) RETURNS record',
	'gw_bootstrap_try(text[]) RETURNS record',
	'gw_bootstrap_status(text, text, bigint) RETURNS record',
	'gw_bootstrap_status() RETURNS record',
	'gw_bootstrap_break_orphan(bigint, interval) RETURNS integer',
	'gw_bootstrap_break_orphan(bigint) RETURNS integer',
	'pg_backend_pid() RETURNS integer',
	'starts_with(text, text) RETURNS boolean',
	'to_char(timestamp, text) RETURNS text',
	'timezone(text, timestamptz) RETURNS timestamp',
	'upper(text) RETURNS text',
	'regexp_replace(text, text, text, text) RETURNS text',
	'substring(text, text) RETURNS text',
	'host(inet) RETURNS text',
	'pg_is_in_recovery() RETURNS boolean',
	'pg_try_advisory_lock(bigint) RETURNS boolean',
	'pg_try_advisory_xact_lock(bigint) RETURNS boolean',
	'pg_lock_status() RETURNS record',
	'to_regclass(text) RETURNS regclass',
	'pg_input_error_info(text, text) RETURNS record',
	'row_security_active(oid) RETURNS boolean',
	'current_database() RETURNS name',
	'left(text, integer) RETURNS text',
	'array_agg(text) RETURNS text[]',
	'quote_ident(text) RETURNS text',
	'format(text, text) RETURNS text',
	'current_setting(text) RETURNS text',
	'current_setting(text, boolean) RETURNS text',
	'set_config(text, text, boolean) RETURNS text',
	'version() RETURNS text',
	'int8(integer) RETURNS bigint',
	'text_eq(text, text) RETURNS boolean',
	'array_length(text[], integer) RETURNS integer',
	'cardinality(text[]) RETURNS integer',
	'unnest(text[]) RETURNS text');
my @operators = (
	[ 'name', '=', 'unknown_name_eq', 'name' ],
	[ 'name', '=', 'name_text_eq', 'text' ],
	[ 'oid', '=', 'oid_eq', 'oid' ],
	[ '"char"', '=', 'char_eq', '"char"' ],
	[ 'smallint', '=', 'smallint_eq', 'smallint' ],
	[ 'smallint', '>', 'smallint_gt', 'smallint' ],
	[ 'smallint', '>', 'smallint_gt4', 'integer' ],
	[ 'varchar', '=', 'varchar_eq', 'text' ],
	[ 'text', '=', 'text_eq2', 'text' ],
	[ 'text', '||', 'text_cat', 'text' ],
	[ 'integer', '=', 'int_eq', 'integer' ],
	[ 'integer', '<>', 'int_ne', 'integer' ],
	[ 'integer', '>', 'int_gt', 'integer' ],
	[ 'integer', '>=', 'int_ge', 'integer' ]);

my $sql = '';
foreach my $function (@functions)
{
	(my $name = $function) =~ s/\(.*//;
	(my $body = $function) =~ s/ RETURNS record/ RETURNS SETOF record/;
	$sql .= "CREATE FUNCTION trap.$body LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION 'trapped by $name()'; END \$\$;\n";
}
foreach my $operator (@operators)
{
	my ($left, $symbol, $name, $right) = @$operator;
	my $result = $symbol eq '||' ? 'text' : 'boolean';
	$sql .= "CREATE FUNCTION trap.$name($left, $right) RETURNS $result LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION 'trapped by $left $symbol $right'; END \$\$;\n"
	  . "CREATE OPERATOR trap.$symbol (LEFTARG = $left, RIGHTARG = $right, FUNCTION = trap.$name);\n";
}
foreach my $catalog (qw(pg_extension pg_namespace pg_class pg_proc pg_locks pg_stat_activity pg_attribute pg_inherits pg_database))
{
	$sql .= "CREATE FUNCTION trap.$catalog() RETURNS integer LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION 'trapped by $catalog'; END \$\$;\n"
	  . "CREATE VIEW trap.$catalog AS SELECT trap.$catalog() AS oid, 'gw_bootstrap'::name AS extname, trap.$catalog() AS extnamespace, 'trap'::name AS nspname, ''::text AS extversion;\n";
}
$sql .= "CREATE DOMAIN trap.text AS pg_catalog.text CHECK (false);\n"
  . "CREATE DOMAIN trap.\"int8\" AS pg_catalog.int8 CHECK (false);\n";

# pg_catalog comes last only if it is named; public is left for the tables.
my $path = 'trap, public, pg_catalog';
foreach my $dbname ('hostile', 'hostile_plain')
{
	$node->safe_psql($dbname, "CREATE SCHEMA trap;\nCREATE TABLE public.applied (step text);\n$sql");
	$node->safe_psql($dbname, qq{DO \$\$ BEGIN EXECUTE pg_catalog.format('ALTER ROLE %I IN DATABASE $dbname SET search_path = $path', current_user); END \$\$});
	my (undef, undef, $trapped) = $node->psql($dbname, "SELECT 'a'::pg_catalog.text = 'a'::pg_catalog.text");
	like($trapped, qr/trapped by text = text/, "$dbname: the trap is set");
}

# The migration itself keeps out of it.
my $head = HEAD;
my $migration = migration_command("SET search_path = pg_catalog, public;\n"
	  . "CREATE TABLE public.alembic_version (version_num varchar(32));\n"
	  . "INSERT INTO public.applied VALUES ('migrated');\n"
	  . "INSERT INTO public.alembic_version VALUES ('$head');\n");

# More is asked where the migration set is known.
my $versions = PostgreSQL::Test::Utils::tempdir_short();
append_to_file("$versions/1.py", "revision = 'old'\ndown_revision = None\n");
append_to_file("$versions/2.py", "revision = '$head'\ndown_revision = 'old'\n");

sub set_head
{
	my ($id) = @_;
	return "SET search_path = pg_catalog, public; UPDATE public.alembic_version SET version_num = '$id';";
}

sub ends
{
	my ($name, $exit, @command) = @_;
	my $result = run_client('gw_bootstrap', @command);

	is($result->{exit}, $exit, $name) or diag $result->{err};
	unlike($result->{err}, qr/trapped/, "$name: no trap sprung");
	return $result->{err};
}

foreach my $dbname ('hostile', 'hostile_plain')
{
	my @client = ('-d', $node->connstr($dbname), '-e', $head);
	ends("$dbname: check, empty database", 5, 'check', @client);
	ends("$dbname: status", 0, 'status', @client);
	my $holder = $node->background_psql($dbname);
	$holder->query_safe('SELECT pg_catalog.pg_advisory_lock(42424242424242)');
	# Long enough for a report, of an orphan that is not idle for long enough.
	like(ends("$dbname: run, lock held", 3, 'run', @client, '--migrate', $migration, '--break-orphans', '--timeout', 3),
		qr/held by backend \d+ \(orphaned\)/, "$dbname: the holder is found");
	$holder->quit;
	ends("$dbname: run, which migrates", 0, 'run', @client, '--migrate', $migration);
	ends("$dbname: run, at head", 0, 'run', @client, '--migrate', $migration);
	ends("$dbname: check, at head", 0, 'check', @client);
	ends("$dbname: run with migrations skipped", 0, 'run', @client, '--skip-migrations');
	my @set = ('-d', $node->connstr($dbname), '--alembic', $versions, '--migrate', migration_command(set_head($head)));
	$node->safe_psql($dbname, set_head('old'));
	ends("$dbname: run, behind its set", 0, 'run', @set);
	$node->safe_psql($dbname, set_head('newer'));
	ends("$dbname: run, ahead of its set", 6, 'run', @set);
	$node->safe_psql($dbname, set_head($head));
	is($node->safe_psql($dbname, 'SELECT pg_catalog.count(*) FROM public.applied'), 1, "$dbname: migrated once");
}
ends('the extension is created', 0, 'run', '-d', $node->connstr('hostile_plain'), '-e', $head,
	'--create-extension', '--require-extension');

# A name in the encoding of the database, which is that of the client then.
$node->safe_psql('postgres', q(CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'));
$node->safe_psql('latin', qq(SET client_encoding = 'UTF8'; CREATE SCHEMA "\x{c3}\x{a9} \x{c3}\x{a4}"; CREATE EXTENSION gw_bootstrap SCHEMA "\x{c3}\x{a9} \x{c3}\x{a4}"));
$node->safe_psql('latin', "CREATE TABLE alembic_version AS SELECT '$head'::text AS version_num");
ends('a schema whose name is not UTF-8', 0, 'check', '-d', $node->connstr('latin'), '-e', $head);
ends('a schema whose name is not UTF-8: status', 0, 'status', '-d', $node->connstr('latin'), '-e', $head);

$node->stop;
done_testing();
