# The primary is lost during a migration and its synchronous standby promoted:
# replicas end ready on the new primary, each step applied exactly once there.
#
# TAP, since it takes streaming replication, and servers to be lost.

use strict;
use warnings;

use GwBootstrap::Pair;
use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant REPLICAS => 4;

my $head = HEAD;
my $dir = PostgreSQL::Test::Utils::tempdir_short();

# Every case starts with a pair of copies of this one.
my $base = PostgreSQL::Test::Cluster->new('base');
$base->init(allows_streaming => 1);
$base->append_conf('postgresql.conf', 'max_connections = 50');
$base->start;
$base->safe_psql('postgres', $_)
  foreach 'CREATE TABLE applied (step text, at timestamptz DEFAULT clock_timestamp())',
  'CREATE DATABASE extended TEMPLATE postgres', 'CREATE DATABASE bare TEMPLATE postgres';
$base->safe_psql('extended', 'CREATE EXTENSION gw_bootstrap');
$base->backup('base');
$base->stop;

sub pair { return GwBootstrap::Pair::make($base, 'base'); }

sub is_ready
{
	my ($node, $dbname, $name, @results) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(outcomes(@results), REPLICAS . ' x 0', "$name: all are ready")
	  or diag map { $_->{err} } grep { $_->{exit} } @results;
	is($node->safe_psql($dbname, q(SELECT string_agg(step || ' x ' || n, ', ' ORDER BY step)
		FROM (SELECT step, count(*) AS n FROM applied GROUP BY step) s)),
		APPLIED, "$name: each step is applied once on the new primary");
	is($node->safe_psql($dbname, q(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')), 0, "$name: no lock is left there");
	ok(!-e "$dir/overlap", "$name: never two at a time");
	return;
}

my $alone = "exec 9>>$dir/overlap.lock; flock -n 9 || touch $dir/overlap; ";

# Replicas of which one is between two steps.
sub start
{
	my ($connstr, @how) = @_;
	my ($stopped, $stop) = stop_point();
	my $once = "[ -e $stopped.again ] || { touch $stopped.again; $stop; }";

	@how = ('--migrate', $alone . resumable_migration($once)) unless @how;
	my $replicas = start_replicas(REPLICAS, 'gw_bootstrap', 'run', '-d', $connstr, '-e', $head, @how);
	return ($replicas, sub { -e $stopped });
}

# The primary dies, with libpq to find the new one.
{
	my ($primary, $standby) = pair();
	my ($replicas, $is_there) = start(GwBootstrap::Pair::either($primary, $standby, 'extended'));
	ok(wait_until($is_there), 'dead: one migrates') or diag map { $replicas->err($_) } 0 .. REPLICAS - 1;
	$primary->stop('immediate');
	ok(wait_until(sub { grep { $replicas->err($_) =~ /lost the guard/ } 0 .. REPLICAS - 1 }), 'dead: it loses its guard');
	ok(wait_until(sub { grep { $replicas->err($_) =~ /waiting .*(read-only|recovery|refused|No such file)/ } 0 .. REPLICAS - 1 }),
		'dead: and waits for a primary') or diag map { $replicas->err($_) } 0 .. REPLICAS - 1;
	$standby->promote;
	is_ready($standby, 'extended', 'dead', $replicas->wait);
	$standby->stop;
}

# It falls silent. What it may have told before it did was also told to the
# standby, or not committed.
{
	my ($primary, $standby) = pair();
	my ($replicas, $is_there) = start(GwBootstrap::Pair::either($primary, $standby, 'bare'));
	ok(wait_until($is_there), 'silent: one migrates') or diag map { $replicas->err($_) } 0 .. REPLICAS - 1;
	my @pids = GwBootstrap::Pair::silence($primary);
	$standby->promote;
	is_ready($standby, 'bare', 'silent', $replicas->wait);
	GwBootstrap::Pair::bury($primary, @pids);
	$standby->stop;
}

# By a file of SQL: inside a statement, and where a COMMIT waits for a standby
# that has it already but cannot say so.
(my $steps = tables_step() . rows_step() . head_step()) =~
  s/^(BEGIN|COMMIT);$|CONCURRENTLY//mg;
foreach my $at_commit (0, 1)
{
	my $name = $at_commit ? 'at COMMIT' : 'in a statement';
	my $wait = $at_commit ? 'SyncRep' : 'PgSleep';
	my ($primary, $standby) = pair();

	my $sql = "$dir/$wait.sql";
	append_to_file($sql, "SELECT pg_sleep(3600) WHERE current_setting('port')::int = " . $primary->port . ";\n") unless $at_commit;
	append_to_file($sql, $steps);
	$standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()') if $at_commit;
	my ($replicas) = start(GwBootstrap::Pair::either($primary, $standby, 'extended'), '--migrate-sql', $sql);
	ok($primary->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = '$wait' AND datname = 'extended'"),
		"$name: one is there") or diag map { $replicas->err($_) } 0 .. REPLICAS - 1;
	$primary->wait_for_catchup($standby, 'flush') if $at_commit;
	$primary->stop('immediate');
	$standby->safe_psql('postgres', 'SELECT pg_wal_replay_resume()') if $at_commit;
	$standby->promote;
	my @results = $replicas->wait;
	is_ready($standby, 'extended', $name, @results);
	is(scalar(grep { $_->{out} =~ /\(migrated\)/ } @results), $at_commit ? 0 : 1, "$name: who migrated is known") or diag map { $_->{err} } @results;
	$standby->stop;
}

# Through a pooler that is told where to find the new one.
{
	my ($primary, $standby) = pair();
	my $pooler = start_pgbouncer($primary, pool_size => 2, settings => 'server_login_retry = 1');
	my ($replicas, $is_there) = start($pooler->connstr('extended'));
	ok(wait_until($is_there), 'pooler: one migrates') or diag map { $replicas->err($_) } 0 .. REPLICAS - 1;
	$primary->stop('immediate');
	ok(wait_until(sub { grep { $replicas->err($_) =~ /lost the guard/ } 0 .. REPLICAS - 1 }), 'pooler: it loses its guard');
	$pooler->point_to($standby);
	ok(wait_until(sub { grep { $replicas->err($_) =~ /waiting .*recovery/ } 0 .. REPLICAS - 1 }),
		'pooler: and finds a standby') or diag map { $replicas->err($_) } 0 .. REPLICAS - 1;
	$standby->promote;
	is_ready($standby, 'extended', 'pooler', $replicas->wait);
	$pooler->stop;
	$standby->stop;
}

done_testing();
