# A replica stamps head and dies before its post steps are done: the next one
# finds the database at head and runs them all the same.
#
# TAP, since it takes clients to kill, over a real PgBouncer and directly.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();

foreach my $way (all_ways($node))
{
	my $name = $way->name;
	my ($stopped, $stop) = stop_point();
	my @run = ('-e', HEAD, '--migrate', whole_migration(), '--post');
	my $post = post_step();

	$way->create->open;
	my $first = start_replicas(1, $way->client('run', @run, "$stop && $post"));
	wait_until(sub { -e $stopped }) or die 'the post steps did not start';
	is($way->sql('SELECT version_num FROM alembic_version'),
		HEAD, "$name: the first replica has stamped head");
	is($way->locks, 0, "$name: it holds no lock during its post steps");
	kill 'KILL', $first->pid;
	is(outcomes($first->wait), '1 x killed by 9', "$name: it dies");
	is($way->applied, APPLIED, "$name: before its post steps ran");

	my $second = run_client($way->client('run', @run, $post));
	is(outcomes($second), '1 x 0', "$name: the second is ready") or diag $second->{err};
	like($second->{out}, qr/^Database ready \(at head\)/, "$name: by the fast path");
	is($way->applied, APPLIED . ', 4 post x 1', "$name: and ran the post steps");
	$way->is_clean($name);
	$way->close;
}

$node->stop;
done_testing();
