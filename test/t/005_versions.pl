# That the right functions answer: those of the extension, in the schema where
# it is, by a library and a script whose versions the client knows.
#
# TAP, since it takes libraries of other versions, which are built here.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE attacker LOGIN');

# A library of that version.
sub library
{
	my ($version) = @_;
	my $dir = PostgreSQL::Test::Utils::tempdir_short();
	# The private installation, first in PATH, has no headers.
	local $ENV{PATH} = $ENV{PATH} =~ s/^[^:]*://r;
	system_or_bail('test/rig/copy', "$dir/build");
	system_or_bail('make', '-s', '-C', "$dir/build", 'with_llvm=no', "EXTVERSION=$version", 'gw_bootstrap.so');
	chmod 0755, $dir;
	return "$dir/build/gw_bootstrap";
}

my $databases = 0;

# A database with the extension and a head, and what comes after that.
sub database
{
	my ($sql, $schema) = @_;
	my $name = 'db' . ++$databases;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, 'CREATE SCHEMA elsewhere; GRANT CREATE ON SCHEMA public TO attacker');
	$node->safe_psql($name, 'CREATE EXTENSION gw_bootstrap SCHEMA ' . ($schema // 'public'));
	$node->safe_psql($name, "CREATE TABLE alembic_version AS SELECT 'a'::text AS version_num");
	$node->safe_psql($name, $sql) if $sql;
	return $name;
}

# "check" and "run" end so, and say these things, with that head expected.
sub ends
{
	my ($name, $database, $head, $exit, @says) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	foreach my $mode ('check', 'run')
	{
		my $result = run_client('gw_bootstrap', $mode, '-d', $node->connstr($database), '-e', $head);
		is($result->{exit}, $exit, "$mode, $name: exit code") or diag $result->{err};
		like($result->{err}, $_, "$mode, $name: message") foreach @says;
		unlike($result->{err}, qr/trapped/, "$mode, $name: nothing else is called");
	}
	return;
}

my $remedy = qr/same version.*ALTER EXTENSION gw_bootstrap UPDATE/;

# The script.  The same first number means that the functions are the same.
foreach my $version ('0.9', '2.0', '10.0')
{
	my $database = database("UPDATE pg_extension SET extversion = '$version' WHERE extname = 'gw_bootstrap'");
	ends("script $version", $database, 'b', 4, qr/client version [0-9.]+ does not work with version \Q$version\E of extension/, $remedy);
	ends("script $version, at head", $database, 'a', 0);
}
ends('script 1.99', database("UPDATE pg_extension SET extversion = '1.99' WHERE extname = 'gw_bootstrap'"), 'b', 5, qr/not at head/);

# The library: the package is newer, and ALTER EXTENSION UPDATE has not been
# run; or it is older, since another server has the package.
sub with_library
{
	my ($library) = @_;
	return database("UPDATE pg_proc SET probin = '$library' WHERE probin = '\$libdir/gw_bootstrap'");
}
my $newer = with_library(library('2.0'));
ends('library 2.0', $newer, $_, 4, qr/client version [0-9.]+ does not work with version 2\.0 of the library of extension/, $remedy)
  foreach 'a', 'b';
ends('library 1.99', with_library(library('1.99')), 'a', 0);
ends('library 0.9', with_library(library('0.9')), 'a', 4, qr/version 0\.9 of the library/, $remedy);
ends('no library', with_library('$libdir/gone'), 'a', 4, qr/could not access file/, $remedy);
ends('a library that lacks a function',
	database("UPDATE pg_proc SET prosrc = 'gw_bootstrap_newer' WHERE proname = 'gw_bootstrap_ask'"),
	'a', 4, qr/could not find function "gw_bootstrap_newer"/, $remedy);

# Functions of that name which are not the extension's.  Those that are
# immutable would be called by the planner.
my $signature = 'gw_bootstrap_ask(text[], text[]) RETURNS text';
my $operator = 'CREATE OPERATOR public.<?> (LEFTARG = text[], RIGHTARG = text[], FUNCTION = public.gw_bootstrap_ask)';
my %planted = (
	'PL/pgSQL' => "CREATE FUNCTION public.$signature IMMUTABLE LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION 'trapped'; END \$\$",
	'SQL' => "CREATE FUNCTION public.$signature IMMUTABLE LANGUAGE sql AS \$\$ SELECT concat('trapped')::int4::text \$\$",
	'SQL that says at head' => "CREATE FUNCTION public.$signature IMMUTABLE LANGUAGE sql AS 'SELECT ''t1.0''::text'",
);
foreach my $language (sort keys %planted)
{
	my $sql = "SET ROLE attacker; $planted{$language}; $operator;";
	ends("$language planted, extension elsewhere", database($sql, 'elsewhere'), 'a', 0);
	ends("$language planted, extension elsewhere, not at head", database($sql, 'elsewhere'), 'b', 5, qr/not at head/);
	my $database = database('DROP EXTENSION gw_bootstrap');
	$node->safe_psql($database, $sql);
	ends("$language planted, no extension", $database, 'a', 0, qr/is not installed .* using plain SQL/);
	local $ENV{GW_BOOTSTRAP_REQUIRE_EXTENSION} = 'true';
	ends("$language planted, no extension, which is required", $database, 'a', 4, qr/is not installed/, qr/CREATE EXTENSION gw_bootstrap/);
}

# One of our names is taken: that does not pass, and plain SQL does.
{
	my $taken = database('DROP EXTENSION gw_bootstrap; CREATE FUNCTION gw_bootstrap_ask(text[], text[]) RETURNS text LANGUAGE sql AS $$ SELECT NULL::text $$');
	my $from = -s $node->logfile;
	my $result = run_client('gw_bootstrap', 'run', '-d', $node->connstr($taken), '-e', 'a', '--create-extension', '--migrate', 'false');
	is($result->{exit}, 0, 'a name is taken: ready') or diag $result->{err};
	like($result->{err}, qr/could not be created .*function "gw_bootstrap_ask" already exists.*; using plain SQL/, '... which is told');
	cmp_ok(scalar(() = slurp_file($node->logfile, $from) =~ /ERROR:  function "gw_bootstrap_ask" already exists/g), '<=', 2, '... and not tried again and again');
}

# It need not be a superuser who asks; but one who may.
{
	my $grant = 'GRANT SELECT ON alembic_version TO attacker';
	my $may = database($grant);
	my $may_not = database("$grant; REVOKE EXECUTE ON FUNCTION gw_bootstrap_ask FROM public");
	local $ENV{PGUSER} = 'attacker';
	ends('an ordinary role', $may, 'a', 0);
	ends('a role without privilege on the function', $may_not, 'a', 4, qr/permission denied for function/);
}
ends('no schema public', database('DROP SCHEMA public CASCADE; CREATE TABLE elsewhere.alembic_version (version_num text)', 'elsewhere'), 'a', 5, qr/not at head/);

$node->stop;
done_testing();
