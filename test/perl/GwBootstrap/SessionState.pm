# What a client finds on the pooled backends, compared to what it would find
# had nobody used them before.

package GwBootstrap::SessionState;

use strict;
use warnings;

use GwBootstrap::PgBouncer;

# A library's own settings show that it is loaded and cannot be otherwise.
my $query = <<'SQL';
SELECT 'setting ' || name || ' = ' || setting FROM pg_settings
 WHERE name NOT LIKE 'gw\_bootstrap.%' AND name NOT LIKE 'plpgsql.%'
UNION ALL
SELECT 'advisory lock ' || classid || ' ' || objid || ' ' || mode FROM pg_locks
 WHERE locktype = 'advisory' AND pid = pg_backend_pid()
UNION ALL
SELECT 'prepared statement ' || name FROM pg_prepared_statements
UNION ALL
SELECT 'cursor ' || name FROM pg_cursors
UNION ALL
SELECT 'listens on ' || c FROM pg_listening_channels() c
UNION ALL
SELECT 'temporary ' || relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()
UNION ALL
SELECT 'user ' || current_user || ' of ' || session_user
SQL

# A transaction pins its backend, so one in each of as many sessions as the
# pool has backends sees them all; on a busy machine that takes its time.
sub _look
{
	my ($pooler, $dbname) = @_;
	$pooler->admin('SET idle_transaction_timeout = 0') // die 'pgbouncer keeps its limit';
	my @sessions = map { $pooler->session($dbname) } 1 .. $pooler->pool_size;
	my %found;

	$_->query_safe('BEGIN') foreach @sessions;
	foreach my $session (@sessions)
	{
		my $pid = $session->query_safe('SELECT pg_backend_pid()');
		$found{$pid} = [ split /\n/, $session->query_safe($query) ];
	}
	$_->query_safe('COMMIT') foreach @sessions;
	$_->quit foreach @sessions;
	return %found;
}

# One line for each thing that somebody left on a backend of the pool.
sub leftovers
{
	my ($node, $pooler, $dbname) = @_;
	my $untouched = GwBootstrap::PgBouncer->new($node, pool_size => 1);
	my ($expected) = values %{ { _look($untouched, $dbname) } };
	my %expected = map { $_ => 1 } @$expected;
	$untouched->stop;

	my %found = _look($pooler, $dbname);
	die "saw " . keys(%found) . " backends" unless keys %found == $pooler->pool_size;
	return join "\n", map { my $pid = $_; map { "backend $pid: $_" } grep { !$expected{$_} } @{ $found{$pid} } }
	  sort keys %found;
}

1;
