# docs/recipes/psql.md: a shell loop, and the migration in the lock's own
# transaction, so that a pool of one is enough.

use strict;
use warnings;

use GwBootstrap::Recipe;

my $recipe = GwBootstrap::Recipe->new('psql');
my $node = $recipe->server;

$recipe->try_out($node, 'psql', {}, 'sh', 'ready.sh');
$recipe->try_out_fenced($node, 'psql', [ 'one transaction', 'sh', 'ready.sh' ], 'psql -X -q -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrate.sql');
$recipe->finish($node);
