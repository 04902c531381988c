# A stranger's schema comes first in the search_path of the database, with operators,
# functions, types and relations of all names that our statements use.  Whatever
# the client is asked to do, none of his is run.
#
# His operators tell the server's log and then do what they imitate, so that
# everything after them is tried, too, and whoever swallows an error is found.
#
# TAP, since it is about the SQL that the client sends.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $head = HEAD;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

# All that our sources call by a qualified name.
my $sources = join '', map { slurp_file($_) } glob('client/sql/*.[ch]');
my %names = map { $_ => 1 } $sources =~ /pg_catalog\.\\?"?(\w+)/g;
my $names = join ', ', map { "'$_'" } sort keys %names;
cmp_ok(scalar keys %names, '>', 50, 'the names of our statements were found');

# Each operator of two types that can be named in PL/pgSQL.
my $operators = <<'SQL';
DO $do$
DECLARE
	o record;
	made integer := 0;
BEGIN
	FOR o IN SELECT oprname, oprleft::regtype AS l, oprright::regtype AS r, oprresult::regtype AS result, opr.oid
		FROM pg_operator opr JOIN pg_type lt ON lt.oid = oprleft JOIN pg_type rt ON rt.oid = oprright
		WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprresult <> 0
			AND lt.typtype = 'b' AND rt.typtype = 'b' AND lt.typcategory IN ('S', 'N', 'B', 'D', 'T', 'I', 'Z', 'U')
	LOOP
		BEGIN
			EXECUTE format('CREATE FUNCTION trap.op%s(l %s, r %s) RETURNS %s LANGUAGE plpgsql AS $f$BEGIN RAISE LOG %L, session_user; RETURN l OPERATOR(pg_catalog.%s) r; END$f$',
				o.oid, o.l, o.r, o.result, format('trapped by %s %s %s of %%', o.l, replace(o.oprname, '%', '%%'), o.r), o.oprname);
			EXECUTE format('CREATE OPERATOR trap.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = trap.op%s)', o.oprname, o.l, o.r, o.oid);
			made := made + 1;
		EXCEPTION WHEN invalid_function_definition OR feature_not_supported OR syntax_error THEN NULL;
		END;
	END LOOP;
	ASSERT made > 400, made;
END
$do$;
SQL

# And functions, types and relations, which raise an error besides.
my $objects = <<'SQL';
DO $do$
DECLARE
	o record;
	made integer := 0;
	trap constant text := 'BEGIN RAISE LOG ''trapped by a name''; RAISE ''trapped by a name''; END';
BEGIN
	FOR o IN SELECT p.oid, proname, pg_get_function_identity_arguments(p.oid) AS arguments
		FROM pg_proc p WHERE pronamespace = 'pg_catalog'::regnamespace AND proname IN (NAMES)
	LOOP
		BEGIN
			EXECUTE format('CREATE FUNCTION trap.%I(%s) RETURNS SETOF record LANGUAGE plpgsql AS %L',
				o.proname, regexp_replace(o.arguments, 'OUT ([^,]+)(, )?', '', 'g'), trap);
			made := made + 1;
		EXCEPTION WHEN OTHERS THEN NULL;
		END;
	END LOOP;
	ASSERT made > 40, made;
	EXECUTE format('CREATE FUNCTION trap.spring() RETURNS boolean LANGUAGE plpgsql AS %L', trap);
	FOR o IN SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v') AND relname IN (NAMES)
	LOOP
		EXECUTE format('CREATE VIEW trap.%I AS SELECT trap.spring() AS oid', o.relname);
	END LOOP;
	FOR o IN SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype = 'b' AND typcategory <> 'A' AND typname IN (NAMES)
	LOOP
		EXECUTE format('CREATE DOMAIN trap.%I AS pg_catalog.%I CHECK (trap.spring())', o.typname, o.typname);
	END LOOP;
END
$do$;
SQL
$objects =~ s/NAMES/$names/g;

# The tables of other tools, of each kind of row.
my $tables = <<'SQL';
CREATE TABLE public.knex_migrations_lock (index integer, is_locked integer);
INSERT INTO public.knex_migrations_lock VALUES (1, 1);
CREATE TABLE public.databasechangeloglock (id integer, locked boolean);
INSERT INTO public.databasechangeloglock VALUES (1, true);
CREATE TABLE public.applied (step text);
CREATE TABLE public.alembic_version (version_num varchar(32));
GRANT ALL ON public.alembic_version, public.applied TO migrations;
SQL

$node->safe_psql('postgres', 'CREATE ROLE migrations LOGIN');
foreach my $dbname ('extended', 'plain', 'created')
{
	$node->safe_psql('postgres', "CREATE DATABASE $dbname; GRANT CREATE ON DATABASE $dbname TO migrations");
	$node->safe_psql($dbname, "$tables; CREATE SCHEMA trap; GRANT USAGE ON SCHEMA trap TO PUBLIC; $operators $objects");
	$node->safe_psql($dbname, 'CREATE EXTENSION gw_bootstrap SCHEMA public') if $dbname eq 'extended';
	$node->safe_psql('postgres', "ALTER DATABASE $dbname SET search_path = trap, public, pg_catalog");
	my $from = -s $node->logfile;
	$node->safe_psql($dbname, q(SELECT 'a'::pg_catalog.text IS DISTINCT FROM 'b'::pg_catalog.text));
	like(slurp_file($node->logfile, $from), qr/trapped by text = text of/, "$dbname: the trap is set");
}
$node->safe_psql('postgres', "ALTER ROLE migrations SET session_preload_libraries = 'gw_bootstrap';"
	. "ALTER ROLE migrations SET gw_bootstrap.fence_key = '42424242424242'");

# What a migration or a test does itself keeps out of it.
my $clean = "SET LOCAL search_path = pg_catalog, public;\n";
my $step = migration_command("BEGIN;\n${clean}UPDATE public.alembic_version SET version_num = '$head';\nCOMMIT;\n");
my $step_file = migration_file("${clean}UPDATE public.alembic_version SET version_num = '$head';\n");
my $post_file = migration_file("${clean}INSERT INTO public.applied VALUES ('post');\nSELECT 1;\nSET LOCAL search_path = trap;\n");
my $post = migration_command("BEGIN;\n${clean}INSERT INTO public.applied VALUES ('post');\nCOMMIT;\n");

# A session that --require-fence is to see.
my $long_enough = 'psql -X -q -d "$DATABASE_URL" -c "SELECT pg_catalog.pg_sleep(1)"';
my $versions = PostgreSQL::Test::Utils::tempdir_short();
append_to_file("$versions/1.py", "revision = 'old'\ndown_revision = None\n");
append_to_file("$versions/2.py", "revision = '$head'\ndown_revision = 'old'\n");

sub set_head
{
	my ($dbname, $id) = @_;
	$node->safe_psql($dbname, "BEGIN; $clean TRUNCATE public.alembic_version; INSERT INTO public.alembic_version VALUES ('$id'); COMMIT");
	return;
}

# A client that ends so, if that is given, and springs no trap.
sub ends
{
	my ($name, $exit, @command) = @_;
	my $from = -s $node->logfile;
	my $result = run_client('gw_bootstrap', @command);

	!defined $exit or is($result->{exit}, $exit, $name) or diag $result->{err};
	is(join("\n", slurp_file($node->logfile, $from) =~ /trapped.*/g), '', "$name: no trap sprung");
	return $result->{err} . $result->{out};
}

foreach my $dbname ('extended', 'plain')
{
	my $connstr = $node->connstr($dbname);
	my @client = ('-d', $connstr, '-e', $head);
	my @run = ('run', @client, '--timeout', 60);
	my $idle = $node->background_psql($dbname);
	my $busy = $node->background_psql($dbname);

	foreach my $id ('old', $head, 'newer')
	{
		my $at_head = $id eq $head;

		set_head($dbname, $id);
		ends("$dbname, $id: check", $at_head ? 0 : 5, 'check', @client);
		ends("$dbname, $id: check in an order", $id eq 'newer' ? 6 : $at_head ? 0 : 5, 'check', '-d', $connstr, '--alembic', $versions);
		ends("$dbname, $id: status", 0, 'status', @client, '--json');
		ends("$dbname, $id: doctor", undef, 'doctor', @client);
		next if $id eq 'newer';
		foreach my $options (
			[ '--migrate', $step ],
			[ '--migrate', $step, '--post', $post, '--post-in-turn' ],
			[ '--migrate', $step, '--post-sql', $post_file, '--post-in-turn' ],
			[ '--migrate', "$step; $long_enough", '--migration-url', "$connstr user=migrations", '--require-fence' ],
			[ '--migrate-sql', $step_file, '--post-sql', $post_file ],
			[ '--migrate', $step, '--alembic', $versions, '--allow-ahead' ],
			[ '--migrate-sql', $step_file, '--break-orphans', '--require-extension' ])
		{
			set_head($dbname, $id);
			ends("$dbname, $id: run @$options", $dbname eq 'plain' && grep({ /require-extension/ } @$options) ? 4 : 0, @run, @$options);
		}
	}
	set_head($dbname, 'old');
	$busy->query_safe('BEGIN; SELECT 1');
	ends("$dbname: doctor while others work", undef, 'doctor', @client);
	ends("$dbname: guard", 0, 'guard', @client, '--', 'true');
	ends("$dbname: guard, fenced", 0, 'guard', @client, '--migration-url', "$connstr user=migrations", '--require-fence', '--',
		'sh', '-c', $long_enough);
	$idle->query_safe('SELECT pg_catalog.pg_advisory_lock(42424242424242)');
	ends("$dbname: doctor with an orphan", undef, 'doctor', @client);
	ends("$dbname: status with a holder", 0, 'status', @client, '--json');
	like(ends("$dbname: run, lock held", 3, 'run', @client, '--migrate', $step, '--break-orphans', '--timeout', 3),
		qr/held by backend \d+/, "$dbname: the holder is found");
	$_->quit foreach $idle, $busy;

	# A pooler lends us the backend with the lock on it.
	my $pooler = start_pgbouncer($node, pool_size => 1);
	foreach my $mode ('', '_shared')
	{
		my $dead = $pooler->session($dbname);
		$dead->query_safe("SELECT pg_catalog.pg_advisory_lock$mode(42424242424242)");
		$dead->quit;
		ends("$dbname: doctor on an orphan$mode", undef, 'doctor', '-d', $pooler->connstr($dbname), '-e', $head);
		set_head($dbname, 'old');
		ends("$dbname: an orphan$mode on our own backend", 0, 'run', '-d', $pooler->connstr($dbname), '-e', $head,
			'--migrate-sql', $step_file, '--break-orphans', '--timeout', 60);
	}
	$pooler->stop;
}
set_head('created', 'old');
ends('not at head', 5, 'check', '-d', $node->connstr('created'), '-e', $head);
ends('the extension is created', 0, 'run', '-d', $node->connstr('created'), '-e', $head,
	'--migrate', $step, '--create-extension', '--require-extension');

$node->stop;
done_testing();
