# docs/upgrading.md: its statements, a downgrade under the lock by the image that knows
# the way down, and pg_upgrade with the extension in the database.

use strict;
use warnings;

use GwBootstrap::Recipe;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $recipe = GwBootstrap::Recipe->new('../upgrading');
my $alembic = GwBootstrap::Recipe->new('alembic');
my $node = PostgreSQL::Test::Cluster->new('main');

$node->init;
$node->start;
$node->safe_psql('postgres', "CREATE EXTENSION gw_bootstrap; CREATE DATABASE gateway");

# Alembic's page has migrations with a way down.
my %id = (older => '5f3ac1e7d2b4', newer => '1975ea83b712');
$ENV{PATH} = "$ENV{DRIVER}/bin:$ENV{PATH}";
$ENV{DATABASE_URL} = 'postgresql:///gateway?user=' . getpwuid($<) . '&host=' . $node->host . '&port=' . $node->port;
$node->safe_psql('gateway', 'CREATE EXTENSION gw_bootstrap');
$alembic->build(qw(alembic upgrade heads));

# What a command says on both, and its exit code after that.
sub said { return qx($_[0] 2>&1) . 'exit code ' . ($? >> 8); }

# An image that is older than the database: here one without the last migration.
my $older = PostgreSQL::Test::Utils::tempdir_short();
system_or_bail('cp', '-r', $alembic->dir . '/.', $older);
unlink glob "$older/migrations/versions/$id{newer}_*" or die 'no newer migration';
my $run = "gw_bootstrap run --alembic $older/alembic.ini --migrate false --timeout 30";
like(said($run), qr/exit code 6$/, 'an image older than the database: exit code 6');
like(said("$run --allow-ahead"), qr/^Database ready.*exit code 0$/ms, '... and with --allow-ahead it starts');

# The downgrade is run where the newer scripts are, and where pods leave migrations alone.
$ENV{OLDER_HEAD} = $id{older};
system_or_bail('cp', $recipe->dir . '/downgrade.sh', $alembic->dir);
like(said('cd ' . $alembic->dir . ' && GW_BOOTSTRAP_SKIP_MIGRATIONS=true sh downgrade.sh'), qr/exit code 0$/, 'a downgrade under the lock');
is($node->safe_psql('gateway', 'SELECT version_num FROM alembic_version'), $id{older}, '... is one');
like(said($run), qr/^Database ready \(at head\)/m, '... after which the older image starts');

is($node->safe_psql('postgres', slurp_file($recipe->dir . '/update.sql')), 'gw_bootstrap|1.0', 'the extension can be updated');

# A server without the extension restores all else.
my $dump = PostgreSQL::Test::Utils::tempdir_short() . '/dump';
command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('gateway') ], 'pg_dump');
my ($list) = run_command([ 'pg_restore', '--list', $dump ]);
is(() = $list =~ / EXTENSION .*gw_bootstrap/g, 2, '... has the extension and its comment');

# A fenced role, and the way back.
$node->safe_psql('gateway', "CREATE ROLE gateway_migrations LOGIN; GRANT CREATE ON SCHEMA public TO gateway_migrations;
	ALTER ROLE gateway_migrations SET session_preload_libraries = 'gw_bootstrap'; ALTER ROLE gateway_migrations SET gw_bootstrap.fence_key = '42424242424242'");
my @as_fenced = ('psql', '-Xqd', $node->connstr('gateway') . ' user=gateway_migrations', '-c');
isnt(system(@as_fenced, 'CREATE TABLE fenced ()'), 0, 'a fenced role may not write');
$node->safe_psql('gateway', slurp_file($recipe->dir . '/unfence.sql'));
is(system(@as_fenced, 'CREATE TABLE fenced ()'), 0, '... and may once it is none');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_db_role_setting WHERE setrole = 'gateway_migrations'::regrole"), '0', '... without a trace');

# pg_upgrade takes the extension along.
my $new = PostgreSQL::Test::Cluster->new('new');
$new->init;
$node->stop;
chomp(my $bindir = `pg_config --bindir`);
chdir PostgreSQL::Test::Utils::tempdir_short() or die "chdir: $!";
command_ok([ 'pg_upgrade', '--no-sync', '-d', $node->data_dir, '-D', $new->data_dir, '-b', $bindir, '-B', $bindir,
		'-s', $new->host, '-p', $node->port, '-P', $new->port ], 'pg_upgrade');
$new->start;
is($new->safe_psql('gateway', "SELECT gw_bootstrap_at_head(ARRAY['$id{older}'])"), 't', '... and the extension works');
is($new->safe_psql('gateway', slurp_file($recipe->dir . '/remove.sql') . "SELECT count(*) FROM pg_proc WHERE proname LIKE 'gw\\_%'"), '0', 'removal leaves nothing');
$new->stop;

done_testing();
