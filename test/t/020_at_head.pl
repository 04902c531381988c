# At head every replica is ready, whoever holds the lock, and touches no lock.
#
# TAP, since it takes 24 clients at once, over a real PgBouncer and directly.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

use constant REPLICAS => 24;

my $node = start_server();

foreach my $way (all_ways($node))
{
	my $name = $way->name;
	my @run = ('-e', HEAD, '--migrate', whole_migration());

	# One replica migrates; how often the server was asked for the lock then
	# is what it must have been asked for in the end.
	$way->create->open;
	my $first = run_client($way->client('run', @run));
	is(outcomes($first), '1 x 0', "$name: one replica migrates") or diag $first->{err};
	$way->close;
	my $tries = $way->tries;
	cmp_ok($tries, '>', 0, "$name: the server counts what it does");

	# A second start-up with the lock free.
	my $log = -s $node->logfile;
	$way->open;
	my @results = start_replicas(REPLICAS, $way->client('run', @run))->wait;
	is(outcomes(@results), '24 x 0', "$name: all are ready at head");
	$way->is_clean("$name, at head");
	$way->close;
	is($way->tries, $tries, "$name: and none asked for the lock");

	# A third one with the lock held by a session of its own, for ever.
	my $holder = $node->background_psql($way->dbname);
	my $holder_pid = $holder->query_safe('SELECT pg_backend_pid() FROM pg_advisory_lock(42424242424242)');
	$way->open;
	@results = start_replicas(REPLICAS, $way->client('run', @run))->wait;
	is(outcomes(@results), '24 x 0', "$name: all are ready although the lock is held")
	  or diag $results[0]{err};
	is(scalar(grep { $_->{out} =~ /^Database ready \(at head\) in [0-9.]+ s$/ } @results),
		REPLICAS, "$name: and say why");
	is($way->sql(q(SELECT string_agg(pid::text, ' ') FROM pg_locks WHERE locktype = 'advisory')),
		$holder_pid, "$name: the lock is where it was");
	# its backend outlives psql for a moment
	$holder->query_safe('SELECT pg_advisory_unlock_all()');
	$holder->quit;
	$way->is_clean("$name, lock held");
	$way->close;
	is($way->tries, $tries, "$name: and none asked for the lock then");
	is($way->applied, APPLIED, "$name: nothing was applied again");

	$node->log_check($name, $log, log_unlike => [qr/\Q@{[$way->try_text]}\E/]);
}

$node->stop;
done_testing();
