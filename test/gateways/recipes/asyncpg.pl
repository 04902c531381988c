# docs/recipes/asyncpg.md: a guard, and another connection that migrates, with
# CREATE INDEX CONCURRENTLY.

use strict;
use warnings;

use GwBootstrap::Recipe;

my $recipe = GwBootstrap::Recipe->new('asyncpg');
my $node = $recipe->server;

$recipe->try_out($node, 'asyncpg', {}, "$ENV{DRIVER}/bin/python", 'ready.py');
$recipe->instead('ready.py', 'await migrate(connect)', 'fenced.py');
$recipe->try_out_fenced($node, 'asyncpg', [ 'guard', "$ENV{DRIVER}/bin/python", 'fenced.py' ], "$ENV{DRIVER}/bin/python under_client.py");
$recipe->finish($node);
