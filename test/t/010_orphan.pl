# A session-level lock outlives its client behind a transaction pooler, and
# stops everybody else.
#
# TAP, since it takes a real PgBouncer.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant KEY => '42424242424242';

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION gw_bootstrap');

my $holder_query = <<'SQL';
SELECT l.pid, a.state FROM pg_locks l JOIN pg_stat_activity a USING (pid)
 WHERE l.locktype = 'advisory' AND l.granted
   AND (l.classid::bigint << 32 | l.objid::bigint) = 42424242424242 AND l.objsubid = 1
SQL

foreach my $pool_size (2, 20)
{
	my $pooler = start_pgbouncer($node, pool_size => $pool_size);
	my $with = "pool of $pool_size";

	# The mechanism: the client is gone, its lock is not.
	my $replica = $pooler->session('postgres');
	is($replica->query_safe("SELECT pg_try_advisory_lock(@{[KEY]})"), 't', "$with: a replica takes the lock");
	my $pid = $replica->query_safe('SELECT pg_backend_pid()');
	$replica->quit;
	ok( $node->poll_query_until('postgres', "SELECT state = 'idle' FROM pg_stat_activity WHERE pid = $pid"),
		"$with: the replica is gone and its backend idle");
	unlike($pooler->admin('SHOW CLIENTS'), qr/^C\|[^|]*\|postgres\|/m, "$with: PgBouncer has no client in the database");
	is($node->safe_psql('postgres', $holder_query), "$pid|idle", "$with: the backend still has the lock");

	# The symptom: a session of its own cannot have it, now or later.
	is($node->safe_psql('postgres', "SELECT pg_try_advisory_lock(@{[KEY]})"),
		'f', "$with: another session does not get it");
	my ($status, undef, $stderr) =
	  $node->psql('postgres', "SET lock_timeout = '200ms'; SELECT pg_advisory_lock(@{[KEY]})");
	like($stderr, qr/canceling statement due to lock timeout/, "$with: nor if it waits");
	is( $node->safe_psql('postgres', q(BEGIN; SELECT * FROM gw_bootstrap_try('{a}'); COMMIT)),
		"busy||$pid|orphaned",
		"$with: gw_bootstrap_try() names the backend and what it is");

	# Ending the pooler's connection is what ends it.
	$pooler->stop;
	ok( $node->poll_query_until('postgres', "SELECT NOT EXISTS ($holder_query)"),
		"$with: the lock ends with the backend");
}

$node->stop;
done_testing();
