# A replica stamps head and dies before its post steps are done: the next one
# finds the database at head and runs them all the same.
#
# TAP, since it takes clients to kill, over a real PgBouncer and directly.

use strict;
use warnings;

use GwBootstrap::Migration;
use GwBootstrap::Replicas;
use GwBootstrap::Ways;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = GwBootstrap::Ways->server;

foreach my $way (GwBootstrap::Ways->all($node))
{
	my $name = $way->name;
	my ($stopped, $stop) = GwBootstrap::Migration::stop_point();
	my @run = ('-e', GwBootstrap::Migration::HEAD, '--migrate', GwBootstrap::Migration::whole(), '--post');
	my $post = GwBootstrap::Migration::post();

	$way->create->open;
	my $first = GwBootstrap::Replicas->start(1, $way->client('run', @run, "$stop && $post"));
	GwBootstrap::Replicas::wait_until(sub { -e $stopped }) or die 'the post steps did not start';
	is($way->sql('SELECT version_num FROM alembic_version'),
		GwBootstrap::Migration::HEAD, "$name: the first replica has stamped head");
	is($way->locks, 0, "$name: it holds no lock during its post steps");
	kill 'KILL', $first->pid;
	is(GwBootstrap::Replicas::outcomes($first->wait), '1 x killed by 9', "$name: it dies");
	is($way->applied, GwBootstrap::Migration::APPLIED, "$name: before its post steps ran");

	my ($second) = GwBootstrap::Replicas->start(1, $way->client('run', @run, $post))->wait;
	is(GwBootstrap::Replicas::outcomes($second), '1 x 0', "$name: the second is ready") or diag $second->{err};
	like($second->{out}, qr/^Database ready \(at head\)/, "$name: by the fast path");
	is($way->applied, GwBootstrap::Migration::APPLIED . ', 4 post x 1', "$name: and ran the post steps");
	$way->is_clean($name);
	$way->close;
}

$node->stop;
done_testing();
