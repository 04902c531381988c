# The owner of the extension drops it and puts functions of his own in its place,
# of every kind that he may make: none of them is called.  There is no moment for
# that which is better than another, so they are just there (the call itself
# refuses them, whatever was looked at before it); then while replicas wait,
# whichever function they need next; and then again and again while the client
# looks.
#
# TAP, since it takes replicas that wait.

use strict;
use warnings;

use GwBootstrap::Test;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE owner LOGIN');

# He may make none that returns cstring, nor turn anything into that.
my $arguments = 'text[], text[]';
my $operator = 'CREATE OPERATOR public.<?> (LEFTARG = text[], RIGHTARG = text[], FUNCTION = public.gw_bootstrap_ask)';
my $trapped = q(BEGIN RAISE LOG 'trapped %', session_user; RETURN NULL; END);
$node->safe_psql('postgres', 'CREATE DATABASE kinds; GRANT CREATE ON DATABASE kinds TO owner');
$node->safe_psql('kinds', 'GRANT ALL ON SCHEMA public TO owner');
$node->safe_psql('kinds', q(CREATE TABLE alembic_version AS SELECT 'a'::text AS version_num));

# How often something of his has run since then.
sub trapped
{
	my ($from) = @_;
	return scalar(() = slurp_file($node->logfile, $from) =~ /LOG:  trapped postgres/g);
}

sub as_owner
{
	my ($sql) = @_;
	my ($code, $out, $err) = $node->psql('kinds', "\\set VERBOSITY sqlstate\nSET ROLE owner;\n$sql");
	return $err =~ /ERROR:\s+(\w+)/ ? $1 : 'done';
}

foreach my $language ('sql', 'plpgsql', 'plperl', 'pltcl')
{
	my ($there) = $node->psql('kinds', "CREATE EXTENSION IF NOT EXISTS $language") unless $language eq 'sql';
  SKIP:
	{
		skip "the server has no $language", 1 if $there;
		my $made = as_owner("SET check_function_bodies = off; CREATE FUNCTION one() RETURNS cstring LANGUAGE $language AS 'x'");

		# PL/Tcl refuses it when it is called, before anything of it is run.
		$made = as_owner('SELECT one()') if $language eq 'pltcl';
		like($made, qr/^(42P13|0A000)$/, "$language: no function of cstring");
	}
}
is(as_owner('CREATE DOMAIN d AS cstring'), '42804', 'nor a domain');
is(as_owner(q(CREATE TYPE e AS ENUM ('h'); CREATE FUNCTION f(e) RETURNS text LANGUAGE sql AS 'SELECT NULL::text';
	CREATE CAST (e AS cstring) WITH FUNCTION f(e) AS IMPLICIT)), '42809', 'nor a cast');

# What he may make: each is there, can be called, and does its work if it is.
my %kinds = (
	'the type that it gives in the end' => "CREATE FUNCTION public.gw_bootstrap_ask($arguments) RETURNS text LANGUAGE plpgsql AS \$\$$trapped\$\$",
	'another type' => "CREATE FUNCTION public.gw_bootstrap_ask($arguments) RETURNS json LANGUAGE plpgsql AS \$\$$trapped\$\$",
	'an immutable one' => "CREATE FUNCTION public.gw_bootstrap_ask($arguments) RETURNS text IMMUTABLE LANGUAGE plpgsql AS \$\$$trapped\$\$",
	'in SQL' => "CREATE FUNCTION public.trap() RETURNS text LANGUAGE plpgsql AS \$\$$trapped\$\$;
		CREATE FUNCTION public.gw_bootstrap_ask($arguments) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT public.trap()'",
	'polymorphic' => "CREATE FUNCTION public.trap() RETURNS text LANGUAGE plpgsql AS \$\$$trapped\$\$;
		CREATE FUNCTION public.gw_bootstrap_ask(anyarray, anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT public.trap(); SELECT \$1[1]';
		CREATE OPERATOR public.<?> (LEFTARG = anyarray, RIGHTARG = anyarray, FUNCTION = public.gw_bootstrap_ask)",
	'variadic' => "CREATE FUNCTION public.gw_bootstrap_ask(text[], VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS \$\$$trapped\$\$",
	'a set' => "CREATE FUNCTION public.gw_bootstrap_ask($arguments) RETURNS SETOF text LANGUAGE plpgsql AS \$\$@{[$trapped =~ s/RETURN NULL/RETURN/r]}\$\$",
	'a row' => "CREATE FUNCTION public.gw_bootstrap_ask($arguments, OUT text, OUT text) LANGUAGE plpgsql AS \$\$@{[$trapped =~ s/RETURN NULL/RETURN/r]}\$\$",
	'a domain' => "CREATE FUNCTION public.trap() RETURNS boolean LANGUAGE plpgsql AS \$\$$trapped\$\$; CREATE DOMAIN public.d AS text CHECK (public.trap());
		CREATE FUNCTION public.gw_bootstrap_ask($arguments) RETURNS public.d LANGUAGE sql AS 'SELECT NULL::text'",
	'a type with a cast' => "CREATE TYPE public.e AS ENUM ('h'); CREATE FUNCTION public.trap(public.e) RETURNS text LANGUAGE plpgsql AS \$\$$trapped\$\$;
		CREATE CAST (public.e AS text) WITH FUNCTION public.trap(public.e) AS IMPLICIT;
		CREATE FUNCTION public.gw_bootstrap_ask($arguments) RETURNS public.e LANGUAGE sql AS 'SELECT ''h''::public.e'",
	'operands that are cast' => "CREATE TYPE public.e AS (x text[]); CREATE FUNCTION public.trap(text[]) RETURNS public.e LANGUAGE plpgsql AS \$\$$trapped\$\$;
		CREATE CAST (text[] AS public.e) WITH FUNCTION public.trap(text[]) AS IMPLICIT;
		CREATE FUNCTION public.gw_bootstrap_ask(public.e, public.e) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN ''t1.0''; END';
		CREATE OPERATOR public.<?> (LEFTARG = public.e, RIGHTARG = public.e, FUNCTION = public.gw_bootstrap_ask)",
	'a default that makes the type' => "CREATE FUNCTION public.trap() RETURNS text LANGUAGE plpgsql AS \$\$$trapped\$\$;
		CREATE FUNCTION public.gw_bootstrap_ask($arguments, x anyelement DEFAULT pg_catalog.textout(public.trap())) RETURNS anyelement LANGUAGE plpgsql AS 'BEGIN RETURN x; END'",
	'an array of such defaults' => "CREATE FUNCTION public.trap() RETURNS text LANGUAGE plpgsql AS \$\$$trapped\$\$;
		CREATE FUNCTION public.gw_bootstrap_ask($arguments, VARIADIC x anyarray DEFAULT ARRAY[pg_catalog.textout(public.trap())]) RETURNS anyelement LANGUAGE plpgsql AS 'BEGIN RETURN x[1]; END'",
	'an aggregate, of cstring in the end' => "CREATE FUNCTION public.trap(text, $arguments) RETURNS text LANGUAGE plpgsql AS \$\$$trapped\$\$;
		CREATE AGGREGATE public.gw_bootstrap_ask($arguments) (SFUNC = public.trap, STYPE = text, FINALFUNC = pg_catalog.textout)",
	'a procedure' => "CREATE PROCEDURE public.gw_bootstrap_ask($arguments) LANGUAGE plpgsql AS \$\$@{[$trapped =~ s/RETURN NULL/RETURN/r]}\$\$");
my $operands = q(ARRAY['a'] OPERATOR(public.<?>) ARRAY['a']);
my $call = q(public.gw_bootstrap_ask(ARRAY['a'], ARRAY['a']));
is(as_owner("CREATE FUNCTION two($arguments) RETURNS cstring LANGUAGE internal AS 'textout'"), '42501', 'nor a function of another language');
is($node->safe_psql('kinds', q(SELECT count(*) FROM pg_proc WHERE prorettype = 'cstring'::regtype AND pronargs <> 1)), 0,
	"PostgreSQL's own functions of cstring make no operator between two operands");

foreach my $kind (sort keys %kinds)
{
	$node->safe_psql('kinds', 'DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION owner');
	$node->safe_psql('kinds', q(CREATE TABLE alembic_version AS SELECT 'a'::text AS version_num));
	my $from = -s $node->logfile;
	is(as_owner($kinds{$kind}), 'done', "$kind: can be made");
	my $has_operator = as_owner($kinds{$kind} =~ /OPERATOR/ ? 'SELECT' : $operator);
	is($has_operator, $kind =~ /default/ ? '42883' : $kind =~ /aggregate|procedure/ ? $has_operator : 'done', "... with an operator, or without");
	as_owner($kind eq 'a procedure' ? "CALL $call" : $has_operator eq 'done' && $kind !~ /aggregate/ ? "SELECT $operands" : "SELECT $call");
	cmp_ok(trapped($from), '>', 0, '... and does something')
	  unless $kind =~ /domain|a type with a cast/;
	$from = -s $node->logfile;
	is(run_client('gw_bootstrap', @$_, '-d', $node->connstr('kinds'))->{exit}, 0, "... @$_")
	  foreach [ 'check', '-e', 'a' ], [ 'status', '-e', 'b' ], [ 'run', '-e', 'a' ];
	is(run_client('gw_bootstrap', 'check', '-d', $node->connstr('kinds'), '-e', 'b')->{exit}, 5, '... check, not at head');
	run_client('gw_bootstrap', 'doctor', '-d', $node->connstr('kinds'), '-e', 'a');
	is(trapped($from), 0, '... and is not called');
}

my @signatures = (
	[ "gw_bootstrap_ask($arguments)", 'text' ],
	[ 'gw_bootstrap_at_head(text[], text, text)', 'boolean' ],
	[ 'gw_bootstrap_at_head(text[], text[], text, text, text, text, text)', 'boolean' ],
	[ 'gw_bootstrap_try(text[], text, text, bigint, OUT outcome text, OUT current_heads text[], OUT holder_pid integer, OUT holder_state text)', 'record' ],
	[ 'gw_bootstrap_try(text[], text[], text, bigint, text, text, text, text, OUT outcome text, OUT current_heads text[], OUT holder_pid integer, OUT holder_state text, OUT failed_heads text[])', 'record' ],
	[ 'gw_bootstrap_status(text, text, bigint, text[], text[], text, text, text, OUT current_heads text[], OUT lock_key bigint, OUT holder_pid integer,
		OUT holder_state text, OUT holder_since timestamptz, OUT holder_application_name text, OUT holder_client_addr inet, OUT in_recovery boolean,
		OUT outcome text, OUT failed_heads text[])', 'record' ],
	[ 'gw_bootstrap_break_orphan(bigint, interval)', 'integer' ],
	[ 'gw_bootstrap_token(bigint)', 'text' ]);
my $plant = 'SET ROLE owner; DROP EXTENSION gw_bootstrap;' . join '',
  map({ "CREATE FUNCTION theirs.$_->[0] RETURNS $_->[1] LANGUAGE plpgsql AS \$\$BEGIN RAISE LOG 'trapped %', session_user; END\$\$;" } @signatures),
  $operator =~ s/public/theirs/gr . ';';

my $versions = PostgreSQL::Test::Utils::tempdir_short();
append_to_file("$versions/1.py", "revision = 'old'\ndown_revision = None\n");
append_to_file("$versions/2.py", "revision = 'new'\ndown_revision = 'old'\n");

my $number = 0;
foreach my $case (
	[ 'a transaction has the lock', 'BEGIN; SELECT pg_advisory_xact_lock(42424242424242)', 'COMMIT', '-e', 'new' ],
	[ 'a migration set', 'BEGIN; SELECT pg_advisory_xact_lock(42424242424242)', 'COMMIT', '--alembic', $versions ],
	[ 'an orphan', 'SELECT pg_advisory_lock(42424242424242)', 'SELECT pg_advisory_unlock(42424242424242)', '-e', 'new', '--break-orphans' ])
{
	my ($name, $lock, $unlock, @options) = @$case;
	my $dbname = 'planted' . ++$number;

	$node->safe_psql('postgres', "CREATE DATABASE $dbname; GRANT CREATE ON DATABASE $dbname TO owner");
	$node->safe_psql($dbname, 'SET ROLE owner; CREATE SCHEMA theirs; CREATE EXTENSION gw_bootstrap SCHEMA theirs');
	$node->safe_psql($dbname, q(CREATE TABLE alembic_version AS SELECT 'old'::text AS version_num));
	my $holder = $node->background_psql($dbname);
	$holder->query_safe($lock);
	my $from = -s $node->logfile;
	my $replica = start_replicas(1, 'gw_bootstrap', 'run', '-d', $node->connstr($dbname), @options,
		'--migrate', migration_command(q(UPDATE alembic_version SET version_num = 'new')), '--timeout', 60);
	ok(wait_until(sub { $replica->err =~ /waiting for .*found \{old\}/ }), "$name: a replica waits");
	$node->safe_psql($dbname, $plant);
	ok(wait_until(sub { $replica->err =~ /using plain SQL/ }), '... and goes on in plain SQL without it');
	$holder->query_safe($unlock);
	$holder->quit;
	my ($result) = $replica->wait;
	is($result->{exit}, 0, '... and is ready') or diag $result->{err};
	is(run_client('gw_bootstrap', $_, '-d', $node->connstr($dbname), '-e', 'new')->{exit}, 0, "... $_") foreach 'status', 'check', 'run';
	is(trapped($from), 0, '... and nothing of the owner was called');
}

# Now he does it all the time.
$node->safe_psql('postgres', 'CREATE DATABASE race; GRANT CREATE ON DATABASE race TO owner');
$node->safe_psql('race', 'CREATE SCHEMA theirs AUTHORIZATION owner');
$node->safe_psql('race', q(CREATE TABLE alembic_version AS SELECT 'a'::text AS version_num));
my $swaps = PostgreSQL::Test::Utils::tempdir() . '/swaps';
append_to_file($swaps, "SET ROLE owner;\nBEGIN;\nCREATE EXTENSION gw_bootstrap SCHEMA theirs;\nCOMMIT;\nBEGIN;\n"
	. $plant =~ s/^SET ROLE owner;//r
	. "\nCOMMIT;\n" . join('', map { 'DROP FUNCTION theirs.' . $_->[0] =~ s/(, )?OUT .*(?=\))//sr . " CASCADE;\n" } @signatures));
my $from = -s $node->logfile;
my $swapping = IPC::Run::start([ 'pgbench', '-n', '-f', $swaps, '-t', 1000000, $node->connstr('race') ], '<', \undef, '>&', \my $swapped);
ok(wait_until(sub { slurp_file($node->logfile, $from) =~ /DROP EXTENSION/ }), 'the extension comes and goes');
my @results = map { start_replicas(2, 'gw_bootstrap', @$_, '-d', $node->connstr('race'), '-e', 'a')->wait } map { ([ 'check' ], [ 'run', '--timeout', 60 ]) } 1 .. 20;
is(outcomes(@results), '80 x 0', '... and a client that looks is never led astray') or diag map { $_->{err} } grep { $_->{exit} } @results;
is(trapped($from), 0, '... nor calls what comes in between');
$swapping->kill_kill;

$node->stop;
done_testing();
