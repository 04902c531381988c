# docs/recipes/node.md: a guard, and another connection that migrates, with
# CREATE INDEX CONCURRENTLY.

use strict;
use warnings;

use GwBootstrap::Recipe;

my $recipe = GwBootstrap::Recipe->new('node');
my $node = $recipe->server;

# Modules are looked for beside the program.
$recipe->build('ln', '-s', "$ENV{DRIVER}/node_modules", 'node_modules');
$recipe->try_out($node, 'node', {}, 'node', 'ready.mjs');
$recipe->instead('ready.mjs', 'await migrate(connect);', 'fenced.mjs');
$recipe->try_out_fenced($node, 'node', [ 'guard', 'node', 'fenced.mjs' ], 'node under_client.mjs');
$recipe->finish($node);
