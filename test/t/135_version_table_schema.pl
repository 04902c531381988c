# A migration tool that keeps its heads in another schema than the replica looks
# in, as with Alembic's version_table_schema: the failure names that schema.

use strict;
use warnings;

use GwBootstrap::Test;
use Test::More;

my $node = start_server();
my $head = HEAD;
my $sql = <<"SQL";
CREATE SCHEMA IF NOT EXISTS "App";
CREATE TABLE IF NOT EXISTS "App".alembic_version AS SELECT '$head'::text AS version_num;
SQL

foreach my $way (quiet_ways($node))
{
	$way->create->open;

	# The table that is looked at is missing, or another service's.
	foreach my $other ('', 'CREATE TABLE alembic_version (version_num text)')
	{
		$way->sql($other) if $other;
		foreach my $option ([ '--migrate', migration_command($sql) ], [ '--migrate-sql', migration_file($sql) ])
		{
			my $name = $way->name . ", $option->[0]" . ($other ? ', with another of that name' : '');
			my $result = run_client($way->client('run', '-e', $head, @$option));

			is($result->{exit}, 1, "$name: is not at head") or diag $result->{err};
			like($result->{err}, qr/also in schema "App": .*--head-table/, "$name: names the schema and the option");
			unlike($result->{err}, qr/--expect-head/, "$name: does not lead elsewhere");
		}
	}
	my $result = run_client($way->client('run', '-e', $head, '--head-table', '"App".alembic_version', '--migrate', 'false'));
	is($result->{exit}, 0, $way->name . ': with that schema it is at head') or diag $result->{err};
	$way->is_clean($way->name);
	$way->close;
}

$node->stop;
done_testing();
