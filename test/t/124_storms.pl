# 24 replicas at once, and a migration that expects two heads, or alters, drops
# and makes anew what they look at, or a pooler in statement mode.
#
# TAP, since it takes 24 clients at once, over a real PgBouncer and directly.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

use constant REPLICAS => 24;

my $node = start_server();
$node->safe_psql('postgres', 'CREATE ROLE owner');

# Each begins where the one before ended: what stands in front of it, and the
# heads that it brings, in app.alembic_version. Between its transactions, and
# inside them, the others ask all the time.
my @migrations = (
	[ 'no table', ['a'], <<'SQL' ],
BEGIN; CREATE SCHEMA app; CREATE TABLE app.alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO app.alembic_version VALUES ('a'); COMMIT;
SQL
	[ 'two heads', [ 'b', 'c' ], <<'SQL' ],
BEGIN; UPDATE app.alembic_version SET version_num = 'b'; COMMIT;
BEGIN; INSERT INTO app.alembic_version VALUES ('c'); COMMIT;
SQL
	[ 'altered', ['d'], <<'SQL' ],
BEGIN; ALTER TABLE app.alembic_version ADD COLUMN at timestamptz DEFAULT now(), ALTER COLUMN version_num TYPE text; SELECT pg_sleep(1); COMMIT;
BEGIN; DELETE FROM app.alembic_version WHERE version_num = 'c'; UPDATE app.alembic_version SET version_num = 'd'; COMMIT;
VACUUM FULL app.alembic_version;
SQL
	[ 'dropped and made anew', ['e'], <<'SQL' ],
DROP TABLE app.alembic_version;
SELECT pg_sleep(1);
BEGIN; CREATE TABLE app.alembic_version (n integer, version_num text); INSERT INTO app.alembic_version VALUES (1, 'e'); COMMIT;
SQL
	[ 'schema of another owner', ['f'], <<'SQL' ],
BEGIN; DROP SCHEMA app CASCADE; CREATE SCHEMA app AUTHORIZATION owner; SET LOCAL ROLE owner;
CREATE TABLE app.alembic_version (version_num text); INSERT INTO app.alembic_version VALUES ('f');
SELECT pg_sleep(1); COMMIT;
SQL
	[ 'schema of the extension', ['g'], <<'SQL' ]);
BEGIN; CREATE TABLE kept AS TABLE applied; DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE applied AS TABLE kept;
UPDATE app.alembic_version SET version_num = 'g'; COMMIT;
SQL
$migrations[-1][2] =~ s/kept/app.kept/g;

foreach my $way (grep { $_->{plain} ? $_->{pool_size} == 2 : $_->{pool_size} == 20 || !($_->{pool_size} || $_->{traffic}) } all_ways($node))
{
	$way->create->open;
	foreach my $migration (@migrations)
	{
		my ($what, $heads, $sql) = @$migration;
		my $name = $way->name . ", $what";
		my $command = migration_command("INSERT INTO applied VALUES ('$what');\n$sql");
		my @expected = map { ('-e', $_) } @$heads;
		my @results = start_replicas(REPLICAS,
			$way->client('run', @expected, '--head-table', 'app.alembic_version', '--migrate', $command))->wait;

		is(outcomes(@results), REPLICAS . ' x 0', "$name: all end well")
		  or diag map { $_->{err} } grep { !defined $_->{exit} || $_->{exit} } @results;
		is(scalar(grep { $_->{out} =~ /\(migrated\)/ } @results), 1, "$name: one has migrated");
		is($way->sql("SELECT count(*) FROM applied WHERE step = '$what'"), 1, "$name: once");
	}
	$way->is_clean($way->name);

	# What only the owner may read is refused, with the remedy, not waited for.
	$way->sql('CREATE ROLE app' . $way->dbname . ' LOGIN; GRANT USAGE ON SCHEMA app TO PUBLIC');
	my $result = run_client('gw_bootstrap', 'run', '-d',
		$node->connstr($way->dbname) . ' user=app' . $way->dbname, '-e', 'h', '--head-table', 'app.alembic_version', '--migrate', 'true');
	is($result->{exit}, 4, $way->name . ': a table of another owner is refused') or diag $result->{err};
	like($result->{err}, qr/permission denied.*hint: .*GRANT SELECT/s, $way->name . ': with the remedy');
	$way->close;
}

my ($way) = all_ways($node);
$way->create;
my $pooler = start_pgbouncer($node, pool_mode => 'statement');
my @results = start_replicas(REPLICAS, 'gw_bootstrap', 'run', '-d', $pooler->connstr($way->dbname), '-e', 'a', '--migrate', 'true')->wait;
is(outcomes(@results), REPLICAS . ' x 4', 'statement pooling: all are refused');
is(scalar(grep { $_->{err} =~ /statement pooling.*hint: Set pool_mode/s } @results), REPLICAS, 'statement pooling: with the remedy')
  or diag $results[0]{err};
$pooler->stop;

$node->stop;
done_testing();
