# docs/recipes/alembic.md: a guard in env.py, and Alembic migrating over another
# connection, in one transaction and in one per migration, with CREATE INDEX
# CONCURRENTLY.

use strict;
use warnings;

use GwBootstrap::Recipe;
use PostgreSQL::Test::Utils;

my $recipe = GwBootstrap::Recipe->new('alembic');
my $node = $recipe->server;

$ENV{PATH} = "$ENV{DRIVER}/bin:$ENV{PATH}";
$recipe->try_out($node, 'alembic', {}, 'sh', 'start.sh');

$recipe->build('sed', '-i', 's/^transaction_per_migration = false$/transaction_per_migration = true/', 'alembic.ini');
$recipe->try_out($node, 'alembic-each', { ways => [qw(direct transaction pool2)] }, 'sh', 'start.sh');
$recipe->finish($node);
