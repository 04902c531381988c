# Replicas that use the extension and replicas that use plain SQL exclude each
# other: they take the same lock.
#
# TAP, since it takes clients of both kinds at once, over a real PgBouncer.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $head = HEAD;

# One of either kind migrates, while one of the other waits.  A replica that
# has begun without the extension goes on so, whoever creates it meanwhile.
foreach my $first_is_plain (0, 1)
{
	my $way = new_way($node, pool_size => 20, plain => $first_is_plain)->create->open;
	my $name = $first_is_plain ? 'plain SQL first' : 'the extension first';
	my ($stopped, $stop) = stop_point();
	my $migrate = whole_migration();

	my $first = start_replicas(1, $way->client('run', '-e', $head, '--migrate', "$stop && $migrate"));
	ok(wait_until(sub { -e $stopped }), "$name: a replica migrates");
	my $pid = $way->sql(q(SELECT pid FROM pg_locks WHERE locktype = 'advisory'));
	$way->sql(($first_is_plain ? 'CREATE' : 'DROP') . ' EXTENSION gw_bootstrap');

	my $second = start_replicas(1, $way->client('run', '-e', $head, '--migrate', $migrate));
	ok(wait_until(sub { $second->err =~ /waiting/ || $second->ended(0) }),
		"$name: one of the other kind waits");
	like($second->err, qr/held by backend $pid \(active\)/, "$name: and names the first as the holder");
	is($second->err =~ /using plain SQL/ ? 1 : 0, !$first_is_plain || 0, "$name: it is of the other kind");
	is($way->applied, '', "$name: and does nothing");

	if (!$first_is_plain)
	{
		# The guard asks again by the extension's function.
		$way->sql('CREATE EXTENSION gw_bootstrap');
	}
	append_to_file("$stopped.fifo", "go\n");
	is(outcomes($first->wait, $second->wait), '2 x 0', "$name: both are ready")
	  or diag $first->err, $second->err;
	is($way->applied, APPLIED, "$name: migrated once");
	$way->is_clean($name);
	$way->close;
}

# Half of a fleet may create the extension, and does while the others start.
foreach my $way (plain_ways($node))
{
	my $name = $way->name . ' at first';
	my @run = ('-e', $head, '--migrate', whole_migration(), '--post', post_step());

	$way->create->open;
	my @fleets = map { start_replicas(12, $way->client('run', @run, @$_)) } ([], ['--create-extension']);
	my @results = map { $_->wait } @fleets;
	is(outcomes(@results), '24 x 0', "$name: all end well")
	  or diag map { $_->{err} } grep { !defined $_->{exit} || $_->{exit} } @results;
	is($way->applied, APPLIED . ', 4 post x 24', "$name: the migration ran once");
	is($way->sql(q(SELECT count(*) FROM pg_extension WHERE extname = 'gw_bootstrap')), 1, "$name: the extension is there");
	note scalar(grep { $_->{err} =~ /using plain SQL/ } @results), ' replicas used plain SQL';
	$way->is_clean($name);
	$way->close;
}

$node->stop;
done_testing();
