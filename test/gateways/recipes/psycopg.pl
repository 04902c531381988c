# docs/recipes/psycopg.md: SQLAlchemy, once with each driver, and the migration in
# the lock's own transaction.

use strict;
use warnings;

use GwBootstrap::Recipe;

my $recipe = GwBootstrap::Recipe->new('psycopg');
my $node = $recipe->server;

foreach my $driver (qw(psycopg3 psycopg2))
{
	local $ENV{PYTHONPATH} = $recipe->dir . "/$driver";
	$recipe->try_out($node, $driver, {}, "$ENV{DRIVER}/bin/python", 'ready.py');
	$recipe->try_out_fenced($node, $driver, [ 'one transaction', "$ENV{DRIVER}/bin/python", 'ready.py' ],
		"$ENV{DRIVER}/bin/python under_client.py");
}
$recipe->finish($node);
