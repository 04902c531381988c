# "run" and "check" expect the heads of the migration set that --alembic names.
#
# TAP, since it is about the client.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION gw_bootstrap;
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('a');
SQL

my $versions = PostgreSQL::Test::Utils::tempdir_short();
append_to_file("$versions/a.py", "revision = 'a'\ndown_revision = None\n");
append_to_file("$versions/b.py", "revision = 'b'\ndown_revision = 'a'\n");
append_to_file("$versions/c.py", "revision = 'c'\ndown_revision = 'a'\n");
my @client = ('-d', $node->connstr('postgres'), '--alembic', $versions);

my ($out, $err) = run_command([ 'gw_bootstrap', 'check', @client ]);
is($? >> 8, 5, 'not at its heads: exit code');
like($err, qr/found \{a\}, wanted \{b,c\}/, '... and both are wanted');

my $sql = "DELETE FROM alembic_version; INSERT INTO alembic_version VALUES ('b'), ('c')";
($out, $err) = run_command([ 'gw_bootstrap', 'run', @client, '--migrate', qq(psql -Xq -d "\$DATABASE_URL" -c "$sql") ]);
is($? >> 8, 0, 'migrated to them: exit code') or diag $err;
like($out, qr/^Database ready \(migrated\)/, '... and the line');
run_command([ 'gw_bootstrap', 'check', @client ]);
is($? >> 8, 0, 'at its heads');

# Heads that are named as well count instead.
run_command([ 'gw_bootstrap', 'check', @client, '-e', 'b' ]);
is($? >> 8, 5, 'one of the two only');

# Two sets in one start, each with a head table of its own; and an application
# that reads another variable.
{
	my ($first, $second) = map { PostgreSQL::Test::Utils::tempdir_short() } 1, 2;
	append_to_file("$first/a.py", "revision = 'first'\ndown_revision = None\n");
	append_to_file("$second/a.py", "revision = 'second'\ndown_revision = None\n");
	local %ENV = (%ENV, THEIR_DATABASE_URL => $node->connstr('postgres'));
	delete $ENV{DATABASE_URL};
	my @run = ('gw_bootstrap', 'run', '-d', $ENV{THEIR_DATABASE_URL});
	my $migrate = 'THEIR_DATABASE_URL="$DATABASE_URL" sh -c \'psql -Xq -d "$THEIR_DATABASE_URL" -c "CREATE TABLE %1$s AS SELECT %2$s AS version_num"\'';
	($out, $err) = run_command([ @run, '--alembic', $first, '--head-table=version_one', '--migrate', sprintf($migrate, 'version_one', "'\\''first'\\''::text"), '--',
		@run, '--alembic', $second, '--head-table=version_two', '--migrate', sprintf($migrate, 'version_two', "'\\''second'\\''::text"), '--', 'echo', 'service' ]);
	is($? >> 8, 0, 'two sets in one start: exit code') or diag $err;
	like($out, qr/^Database ready \(migrated\).*\nDatabase ready \(migrated\).*\nservice$/, '... each is migrated, then the service starts');
}

# A set that makes no sense is refused before anything is done.
append_to_file("$versions/d.py", "revision = 'd'\ndown_revision = 'gone'\n");
($out, $err) = run_command([ 'gw_bootstrap', 'run', @client, '--migrate', 'echo migrates' ]);
is($? >> 8, 2, 'a parent that is missing: exit code');
like($err, qr/"gone".*--expect-head/s, '... and the remedy');
unlike($err, qr/^migrates/m, '... and nothing is migrated');

$node->stop;
done_testing();
