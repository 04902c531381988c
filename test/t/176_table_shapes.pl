# The tables of tools in other shapes than this release of the tool makes: of older
# ones, with columns missing, NULLs and duplicate rows, in another schema, with
# names that want quotes, of another owner, and long.
#
# TAP, since it takes the client.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $dir = PostgreSQL::Test::Utils::tempdir_short();
$node->safe_psql('postgres', 'CREATE ROLE stranger LOGIN; CREATE ROLE owner');

# What there is, the tool, what it expects, further options; and what "check" says.
my @cases = (
	[ 'duplicate rows and NULLs', 'CREATE TABLE goose_db_version (version_id bigint, is_applied boolean); INSERT INTO goose_db_version VALUES (1, true), (2, true), (2, true), (NULL, true), (3, NULL)', 'goose', [ 1, 2 ], [], 0 ],
	[ 'a row of NULLs is none', undef, 'goose', [ 1, 2, 3 ], [], 5 ],
	[ 'a NULL among names', 'CREATE TABLE knex_migrations (name char(9)); INSERT INTO knex_migrations VALUES (NULL), ($$a.js$$)', 'knex', ['a.js'], [], 0 ],
	[ 'a schema that wants quotes', 'CREATE SCHEMA "My App" CREATE TABLE flyway_schema_history (version text, type text, success boolean); INSERT INTO "My App".flyway_schema_history VALUES ($$1$$, $$SQL$$, true)', 'flyway', [1], ['--head-table="My App".flyway_schema_history'], 0 ],
	[ 'which is not found without being named', undef, 'flyway', [1], [], 5 ],
	[ 'columns that want quotes', 'CREATE TABLE "DATABASECHANGELOG" ("ID" text, "AUTHOR" text, "FILENAME" text, exectype text); INSERT INTO "DATABASECHANGELOG" VALUES ($$1$$, $$me$$, $$f$$, $$EXECUTED$$)', 'liquibase', ['1::me::f'], [ '--head-table="DATABASECHANGELOG"', '--head-column=ID::AUTHOR::FILENAME' ], 0 ],
	[ 'a naming convention', 'CREATE TABLE "__EFMigrationsHistory" (migration_id text); INSERT INTO "__EFMigrationsHistory" VALUES ($$20240101000000_a$$)', 'efcore', ['20240101000000_a'], [], qr/column "MigrationId" of relation "__EFMigrationsHistory" does not exist/ ],
	[ 'a naming convention, named', undef, 'efcore', ['20240101000000_a'], ['--head-column=migration_id'], 0 ],
	[ 'ids instead of names', 'CREATE SCHEMA sqitch CREATE TABLE changes (change_id text, change text); INSERT INTO sqitch.changes VALUES ($$ab$$, $$a$$), ($$cd$$, $$a$$)', 'sqitch', [ 'ab', 'cd' ], ['--head-column=change_id'], 0 ],
	[ 'names without their project', undef, 'sqitch', ['a'], [], qr/"a" is nothing that Sqitch records/ ],
	[ 'the table of another tool', 'CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES (1)', 'golang-migrate', [1], [], qr/column "dirty" of relation "schema_migrations" does not exist/ ],
	[ 'of another owner', 'CREATE TABLE _yoyo_migration (migration_id text); ALTER TABLE _yoyo_migration OWNER TO owner', 'yoyo', ['a'], ['user=stranger'], qr/permission denied for table _yoyo_migration\n.*hint: GRANT SELECT/ ],
	[ 'a view', 'CREATE VIEW kysely_migration AS SELECT 1 AS name', 'kysely', [1], [], qr/"kysely_migration" is not a plain table/ ],
	[ 'no text of UTF-8', 'CREATE TABLE pgmigrations (name text)', 'node-pg-migrate', ["1_\xff"], [], qr/"1_\\xff"/ ],
	[ '10,000 rows', 'CREATE TABLE refinery_schema_history (version int4); INSERT INTO refinery_schema_history SELECT generate_series(1, 10000)', 'refinery', [ 1 .. 10000 ], [], 0 ],
	[ '10,000 rows, one too few', undef, 'refinery', [ 1 .. 10001 ], [], 5 ],
	[ '10,000 rows, one too many', undef, 'refinery', [ 1 .. 9999 ], [], 6 ],
	[ '10,000 rows of two columns', 'CREATE TABLE django_migrations (app text, name text); INSERT INTO django_migrations SELECT $$a$$, generate_series(1, 10000)', 'django', [ map { "a.$_" } 1 .. 10000 ], [], 0 ],
);

sub list
{
	my (@heads) = @_;

	unlink "$dir/list";
	append_to_file("$dir/list", join '', map { "$_\n" } @heads);
	return "$dir/list";
}

# Drizzle 1.0 adds the column itself, under a guard.
sub test_upgrade
{
	my ($way, $name) = @_;
	my $set = '--migrations=drizzle:' . list('20240101000000_a');

	$way->sql('CREATE SCHEMA drizzle CREATE TABLE __drizzle_migrations (hash text, created_at bigint)');
	my $result = run_client($way->client('run', $set, '--migrate=false'));
	is($result->{exit}, 4, "$name: run") or diag $result->{err};
	like($result->{err}, qr/column "name" of relation "__drizzle_migrations" does not exist/, "$name: says which column");
	$result = run_client($way->client('guard', $set, '--',
		migration_argv("ALTER TABLE drizzle.__drizzle_migrations ADD name text; INSERT INTO drizzle.__drizzle_migrations (name) VALUES ('20240101000000_a')")));
	is($result->{exit}, 0, "$name: guard") or diag $result->{err};
	is(run_client($way->client('run', $set, '--migrate=false'))->{exit}, 0, "$name: at head");
	return;
}

sub migration_argv { return ('sh', '-c', migration_command(@_)); }

foreach my $plain (0, 1)
{
	my $way = new_way($node, pool_size => 0, plain => $plain)->create->open;

	foreach (@cases)
	{
		my ($shape, $change, $tool, $heads, $options, $expected) = @$_;
		my $name = $way->name . ": $shape";
		my @as = grep { /^user=/ } @$options;

		$way->sql($change) if $change;
		my @client = $way->client('check', "--migrations=$tool:" . list(@$heads), grep { !/^user=/ } @$options);
		my $result = run_client(@as ? ('env', 'PGUSER=stranger', @client) : @client);
		ref $expected ? like($result->{err}, $expected, $name) : is($result->{exit}, $expected, $name) || diag $result->{err};
	}
	test_upgrade($way, $way->name . ': an older table');
	$way->close;
}

$node->stop;
done_testing();
