# Re-entry through the backend that already has the lock is not ownership, and
# gw_bootstrap_break_orphan() ends an orphan but nothing that lives.
#
# TAP, since the lock must be left by a client of a real PgBouncer, on the very
# backend that the next client is given.

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

# Leave the lock on a pooled backend as a replica that ends does.
sub leave_orphan
{
	my ($pooler) = @_;
	my $replica = $pooler->session('postgres');
	my $pid = $replica->query_safe("SELECT pg_backend_pid() WHERE pg_try_advisory_lock(@{[KEY]})");

	$replica->quit;
	$node->poll_query_until('postgres', "SELECT state = 'idle' FROM pg_stat_activity WHERE pid = $pid")
	  or die "backend $pid did not become idle";
	return $pid;
}

sub lock_count
{
	return $node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'");
}

sub is_alive
{
	my ($pid) = @_;
	return $node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE pid = $pid");
}

# On the same backend: a pool of one gives no other.
my $pooler = start_pgbouncer($node, pool_size => 1);
my $pid = leave_orphan($pooler);
my $next = $pooler->session('postgres');
is($next->query_safe('SELECT pg_backend_pid()'), $pid, 'the next client is on the same backend');
is($next->query_safe("SELECT pg_try_advisory_lock(@{[KEY]})"),
	't', 'pg_try_advisory_lock() says true there, although another client took the lock');
is($next->query_safe("SELECT pg_advisory_unlock(@{[KEY]})"), 't', 'which only counted up');
is(lock_count(), 1, 'the lock is still there');

$next->query_safe('BEGIN');
is($next->query_safe(q(SELECT * FROM gw_bootstrap_try('{a}'))),
	"busy||$pid|orphaned", 'gw_bootstrap_try() says busy, with its own pid, orphaned');
is($next->query_safe(q(SELECT * FROM gw_bootstrap_try('{a}'))),
	"busy||$pid|orphaned", 'and again in the same transaction');
$next->query_safe('COMMIT');
is(lock_count(), 1, 'it neither took nor gave back what it found');

$next->query_safe('BEGIN');
is($next->query_safe(q(SELECT outcome FROM gw_bootstrap_try('{a}'))), 'busy', 'still busy');
is($next->query_safe('SELECT gw_bootstrap_break_orphan()'), $pid, 'gw_bootstrap_break_orphan() releases it there');
is(lock_count(), 0, 'the lock is gone, and the refused attempt left no count of its own');
$next->query_safe('COMMIT');
is($next->query_safe('SELECT pg_backend_pid()'), $pid, 'the backend is not');
$next->query_safe('BEGIN');
is($next->query_safe(q(SELECT outcome FROM gw_bootstrap_try('{a}'))), 'acquired', 'now it can be had');
$next->query_safe('COMMIT');
is($next->query_safe('SELECT gw_bootstrap_break_orphan()'), '', 'with no lock there is nothing to break');
$next->quit;
$pooler->stop;

# On another backend, that is idle.
$pooler = start_pgbouncer($node, pool_size => 2);
$pid = leave_orphan($pooler);
is($node->safe_psql('postgres', "SELECT gw_bootstrap_break_orphan(min_idle => '1 hour')"),
	'', 'a backend that has not been idle for long enough is left alone');
is(is_alive($pid), 1, 'and lives');
is($node->safe_psql('postgres', "SELECT gw_bootstrap_break_orphan(min_idle => '100000000 years')"),
	'', '... nor one that has been idle for less than could ever be');
is($node->safe_psql('postgres', "SELECT gw_bootstrap_break_orphan(min_idle => '0')"),
	$pid, 'one that has been is terminated');
is(is_alive($pid), 0, 'and gone when the function returns');
is(lock_count(), 0, 'its lock too');
is($node->safe_psql('postgres', 'SELECT 1', connstr => $pooler->connstr('postgres')),
	1, 'the pooler goes on with another backend');

# On another backend that is not idle, whatever kind of lock it holds.
my $busy = $pooler->session('postgres');
$busy->query_safe('BEGIN');
$pid = $busy->query_safe("SELECT pg_backend_pid() WHERE pg_try_advisory_lock(@{[KEY]})");
is($node->safe_psql('postgres', "SELECT gw_bootstrap_break_orphan(min_idle => '0')"),
	'', 'a session-level lock is not broken while its backend is in a transaction');
is(is_alive($pid), 1, 'and the backend lives');
is($busy->query_safe("SELECT pg_advisory_unlock(@{[KEY]})"), 't', 'with its lock');
is($busy->query_safe(q(SELECT outcome FROM gw_bootstrap_try('{a}'))), 'acquired', 'the same backend opens a guard');
is($node->safe_psql('postgres', "SELECT gw_bootstrap_break_orphan(min_idle => '0')"),
	'', 'a guard is not broken');
is($busy->query_safe('SELECT gw_bootstrap_break_orphan()'), '', 'not even on its own backend');
is(is_alive($pid), 1, 'and lives');
is(lock_count(), 1, 'with its lock');
$busy->query_safe('COMMIT');
$busy->quit;

$pooler->stop;
$node->stop;
done_testing();
