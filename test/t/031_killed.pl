# A replica dies by SIGKILL in the middle of its migration: what it started
# dies with it, and a replica that waits takes over.
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
	my @run = ('-e', HEAD, '--migrate');

	# The first replica stops between two steps of its migration.
	$way->create->open;
	my $first = start_replicas(1,
		$way->client('run', @run,
			join ' && ',
			migration_command(tables_step()),
			$stop,
			migration_command(rows_step() . head_step())));
	ok(wait_until(sub { -e $stopped }), "$name: a replica is in the middle of its migration");
	chomp(my $shell = PostgreSQL::Test::Utils::slurp_file($stopped));

	# Three others wait; each would finish what the first began.
	my $others = start_replicas(3,
		$way->client('run', @run,
			migration_command(rows_step() . head_step())));
	ok(wait_until(sub { 3 == grep { $others->err($_) =~ /waiting/ || $others->ended($_) } 0 .. 2 }),
		"$name: three others wait");
	is($way->applied, '1 tables x 1', "$name: and do nothing");

	kill 'KILL', $first->pid;
	is(outcomes($first->wait), '1 x killed by 9', "$name: the first is killed");
	my @results = $others->wait;
	is(outcomes(@results), '3 x 0', "$name: the others are ready")
	  or diag map { $_->{err} } @results;
	is($way->applied, APPLIED, "$name: one of them went on where it was left");
	ok(wait_until(sub { !kill 0, $shell }), "$name: the command of the dead replica is gone");
	$way->is_clean($name);
	$way->close;
}

$node->stop;
done_testing();
