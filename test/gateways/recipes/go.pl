# docs/recipes/go.md: a guard, and another connection that migrates, with
# CREATE INDEX CONCURRENTLY.

use strict;
use warnings;

use GwBootstrap::Recipe;

my $recipe = GwBootstrap::Recipe->new('go');
my $node = $recipe->server;

$recipe->build('cp', "$ENV{DRIVER}/go.mod", "$ENV{DRIVER}/go.sum", '.');
{
	local $ENV{GOMODCACHE} = "$ENV{DRIVER}/modules";
	local $ENV{GOCACHE} = "$ENV{DRIVER}/objects";
	local $ENV{GOFLAGS} = '-mod=readonly -modcacherw -buildvcs=false';
	local $ENV{GOPROXY} = 'off';
	$recipe->build('go', 'vet', '.');
	$recipe->build('go', 'build', '-o', 'ready', '.');
	$recipe->build('go', 'build', '-o', 'under_client', 'under_client.go', 'migrate.go');
	$recipe->instead('ready.go', 'if err := migrate(ctx, connect); err != nil {', 'ready.go');
	$recipe->build('go', 'vet', '.');
	$recipe->build('go', 'build', '-o', 'fenced', '.');
}
$recipe->try_out($node, 'go', {}, './ready');
$recipe->try_out_fenced($node, 'go', [ 'guard', './fenced' ], './under_client');
$recipe->finish($node);
