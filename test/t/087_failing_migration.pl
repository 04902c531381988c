# A migration that fails: nobody can tell that from a crash, so each replica that
# waits tries it in its turn, once, and ends; none beside another, and no lock is
# left.  Where that is too often, one migrates and the others only wait.
#
# TAP, since it takes replicas that wait for one another.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $begins = migration_command(q(INSERT INTO applied VALUES ('begins')));
my $fails = migration_command(q(INSERT INTO applied VALUES ('fails'))) . '; exit 3';
my $order = q(SELECT string_agg(step, ' ' ORDER BY at) FROM applied);

foreach my $way (quiet_ways($node))
{
	my $name = $way->name;
	$way->create->open;

	my ($stopped, $stop) = stop_point();
	my $first = start_replicas(1, $way->client('run', '-e', HEAD, '--migrate', "$begins; $stop; $fails"));
	ok(wait_until(sub { -e $stopped }), "$name: one migrates");
	my $waiting = start_replicas(3, $way->client('run', '-e', HEAD, '--migrate', "$begins; $fails"));
	ok(wait_until(sub { 3 == grep { $waiting->err($_) =~ /waiting for/ } 0 .. 2 }), "$name: others wait");
	my $skipping = start_replicas(2, $way->client('run', '-e', HEAD, '--skip-migrations', '--timeout', 3));
	append_to_file("$stopped.fifo", "go\n");
	my @results = map { $_->wait } $first, $waiting;
	is(outcomes(@results), '4 x 1', "$name: each fails, and ends") or diag map { $_->{err} } @results;
	like($_->{err}, qr/error: migration failed: child process exited with exit code 3/, '... and says why') foreach @results;
	my ($one, @others) = map { $_->{err} =~ /another replica had the lock and has left the heads as they were/ ? 'tells' : 'silent' } @results;
	is("$one @others", 'silent tells tells tells', "$name: those that waited say that it was tried before");
	is($way->sql($order), join(' ', ('begins fails') x 4), "$name: each has tried once, none beside another");
	is(outcomes($skipping->wait), '2 x 5', "$name: who skips migrations waits for somebody else, and says that none came");
	is($way->sql($order), join(' ', ('begins fails') x 4), "$name: and has not tried");
	$way->is_clean($name);
	$way->close;
}

$node->stop;
done_testing();
