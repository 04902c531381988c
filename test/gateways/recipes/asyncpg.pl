# docs/recipes/asyncpg.md: a guard, and another connection that migrates, with
# CREATE INDEX CONCURRENTLY.

use strict;
use warnings;

use GwBootstrap::Recipe;

my $recipe = GwBootstrap::Recipe->new('asyncpg');
my $node = $recipe->server;

$recipe->try_out($node, 'asyncpg', {}, "$ENV{DRIVER}/bin/python", 'ready.py');
$recipe->finish($node);
