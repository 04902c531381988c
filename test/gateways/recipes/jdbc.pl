# docs/recipes/jdbc.md: a guard, and another connection that migrates, with
# CREATE INDEX CONCURRENTLY.

use strict;
use warnings;

use GwBootstrap::Recipe;

my $recipe = GwBootstrap::Recipe->new('jdbc');
my $node = $recipe->server;
my @class_path = ('-cp', "$ENV{DRIVER}/postgresql.jar:.");

$recipe->build('javac', '-Xlint:all', '-Werror', @class_path, 'Ready.java', 'Migrate.java');
$recipe->try_out($node, 'jdbc', {}, 'java', '-XX:TieredStopAtLevel=1', @class_path, 'Ready');
$recipe->finish($node);
