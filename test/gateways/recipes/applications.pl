# docs/applications.md: services that are not ours, as they are published, each in three
# replicas at once on an empty database, through a pooler.

use strict;
use warnings;

use File::Basename qw(dirname);
use GwBootstrap::PgBouncer;
use GwBootstrap::Recipe;
use GwBootstrap::Replicas;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $recipe = GwBootstrap::Recipe->new('../applications');
my $dir = $recipe->dir;
my $node = PostgreSQL::Test::Cluster->new('main');
my $path = $ENV{PATH};

$node->init;
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
$node->start;
my $pooler = GwBootstrap::PgBouncer->new($node, pool_mode => 'session');

# The table of each set of migrations, and its head.
sub try_out
{
	my ($name, $variable, $driver, %heads) = @_;
	my ($package) = glob "$ENV{DRIVER}/$name/lib/python3*/site-packages/$name";
	my $url = $pooler->connstr($name);
	my ($host, $port, $user) = map { $url =~ /$_=(\S+)/ } qw(host port user);

	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, 'CREATE EXTENSION gw_bootstrap');
	local $ENV{PATH} = "$ENV{DRIVER}/$name/bin:$path";
	local $ENV{$variable} = "postgresql+$driver://$user\@$host:$port/$name";
	local $ENV{ uc($name) . '_PACKAGE' } = $package;
	local $ENV{ uc($name) . '_HOME' } = "$dir/$name";
	my @results = GwBootstrap::Replicas->start(3, 'sh', "$dir/$name.sh", 'version')->wait;
	my $said = join '', map { $_->{out} . $_->{err} } @results;

	is(GwBootstrap::Replicas::outcomes(@results), '3 x 0', "$name: three replicas start") or diag $said;
	cmp_ok(scalar(() = $said =~ /^Database ready \(migrated\)/mg), '<=', scalar keys %heads, '... no set is migrated twice');
	foreach my $table (sort keys %heads)
	{
		my $head = `gw_bootstrap heads --alembic "$package/$heads{$table}"`;
		is($node->safe_psql($name, "SELECT version_num FROM $table"), $head =~ s/\n\z//r, "... $table is at head");
	}
	return;
}

try_out('prefect', 'PREFECT_API_DATABASE_CONNECTION_URL', 'asyncpg',
	alembic_version => 'server/database/_migrations/versions/postgresql');
try_out('airflow', 'AIRFLOW__DATABASE__SQL_ALCHEMY_CONN', 'psycopg2',
	alembic_version => 'alembic.ini', alembic_version_fab => 'providers/fab/alembic.ini');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), '0', 'no lock is left');

# Of a variable with another name.
$node->safe_psql('postgres', 'CREATE DATABASE renamed');
open my $tool, '>', "$dir/service-migrate" or die "service-migrate: $!";
print $tool qq(#!/bin/sh\npsql -Xqd "\$SERVICE_DB" -c "CREATE TABLE alembic_version AS SELECT text 'a' AS version_num"\n);
close $tool;
chmod 0755, "$dir/service-migrate";
{
	local $ENV{PATH} = "$dir:$path";
	local $ENV{SERVICE_DB} = $node->connstr('renamed');
	local $ENV{HEAD} = 'a';
	my ($out) = run_command([ 'sh', "$dir/rename.sh" ]);
	like($out, qr/^Database ready \(migrated\)/m, 'a variable of another name');
}

$pooler->stop;
$node->stop;
done_testing();
