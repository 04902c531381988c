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

# By a property, and by the URL of the driver.
my $java = join ' ', 'java', '-XX:TieredStopAtLevel=1', @class_path;
$recipe->build('javac', '-Xlint:all', '-Werror', @class_path, 'UnderClient.java');
$recipe->instead('Ready.java', 'Migrate.migrate(connect());', 'Ready.java');
$recipe->build('javac', '-Xlint:all', '-Werror', @class_path, 'Ready.java', 'Migrate.java');
$recipe->try_out_fenced($node, 'jdbc', [ 'guard', split / /, "$java Ready" ], "$java UnderClient",
	qq(JDBC_DATABASE_URL="\$JDBC_DATABASE_URL&ApplicationName=\$(echo "\$PGAPPNAME" | sed 's/ /%20/g')"; PGAPPNAME=none; $java UnderClient));
$recipe->finish($node);
