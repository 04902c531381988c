# A replica dies by SIGKILL in the middle of its migration: what it started
# dies with it, and a replica that waits takes over.
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
	my @run = ('-e', GwBootstrap::Migration::HEAD, '--migrate');

	# The first replica stops between two steps of its migration.
	$way->create->open;
	my $first = GwBootstrap::Replicas->start(1,
		$way->client('run', @run,
			join ' && ',
			GwBootstrap::Migration::command(GwBootstrap::Migration::tables()),
			$stop,
			GwBootstrap::Migration::command(GwBootstrap::Migration::rows() . GwBootstrap::Migration::head())));
	ok(GwBootstrap::Replicas::wait_until(sub { -e $stopped }), "$name: a replica is in the middle of its migration");
	chomp(my $shell = PostgreSQL::Test::Utils::slurp_file($stopped));

	# Three others wait; each would finish what the first began.
	my $others = GwBootstrap::Replicas->start(3,
		$way->client('run', @run,
			GwBootstrap::Migration::command(GwBootstrap::Migration::rows() . GwBootstrap::Migration::head())));
	ok(GwBootstrap::Replicas::wait_until(sub { 3 == grep { $others->err($_) =~ /waiting/ || $others->ended($_) } 0 .. 2 }),
		"$name: three others wait");
	is($way->applied, '1 tables x 1', "$name: and do nothing");

	kill 'KILL', $first->pid;
	is(GwBootstrap::Replicas::outcomes($first->wait), '1 x killed by 9', "$name: the first is killed");
	my @results = $others->wait;
	is(GwBootstrap::Replicas::outcomes(@results), '3 x 0', "$name: the others are ready")
	  or diag map { $_->{err} } @results;
	is($way->applied, GwBootstrap::Migration::APPLIED, "$name: one of them went on where it was left");
	ok(GwBootstrap::Replicas::wait_until(sub { !kill 0, $shell }), "$name: the command of the dead replica is gone");
	$way->is_clean($name);
	$way->close;
}

$node->stop;
done_testing();
