# The role that deploy/compose makes for migrations: it is fenced, and what it makes is the
# service's.
#
# TAP, since it takes roles, and the client under which that role migrates.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
$node->safe_psql('postgres', 'CREATE ROLE gateway LOGIN CREATEROLE; CREATE DATABASE gateway OWNER gateway');
$node->safe_psql('gateway', 'CREATE EXTENSION gw_bootstrap; ALTER SCHEMA public OWNER TO gateway');
command_ok([ 'psql', '-X', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('gateway'), '-v', 'service=gateway', '-v', "password=it's",
		'-f', 'deploy/compose/fence-role.sql' ], 'the role is made');

my $service = $node->connstr('gateway') . ' user=gateway';
my $migrations = $node->connstr('gateway') . ' user=gateway_migrations';
my @run = ('run', '-d', $service, '--migration-url', $migrations, '-e', HEAD, '--require-fence');
my $create = sprintf q(CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('%s');), HEAD;
my $result = run_client('gw_bootstrap', @run, '--migrate', migration_command("$create SELECT pg_sleep(0.3);"));
is($result->{exit}, 0, 'it migrates') or diag $result->{err};
like($result->{err}, qr/migrating \(class b: fenced\)/, 'fenced');
is($node->safe_psql('gateway', q(SELECT tableowner FROM pg_tables WHERE tablename = 'alembic_version')), 'gateway',
	'what it makes is the service\'s');
is($node->safe_psql('gateway', q(SELECT 1), connstr => $service), '1', 'the service is not fenced');
isnt($node->psql('gateway', 'CREATE TABLE more ()', connstr => $migrations, on_error_die => 0), 0, 'without a guard it makes nothing');
$result = run_client('gw_bootstrap', 'guard', '-d', $service, '--migration-url', $migrations, '--', 'psql', '-X', '-d', $migrations,
	'-v', 'ON_ERROR_STOP=1', '-c', 'CREATE TABLE more ()');
is($result->{exit}, 0, 'by hand it does under gw_bootstrap guard') or diag $result->{err};

$node->stop;
done_testing();
