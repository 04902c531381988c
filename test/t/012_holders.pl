# Who holds the lock, as shown to those who may see it and to those who may not.
#
# TAP, since idle sessions of several roles and a prepared transaction have to
# stand beside each other; pg_regress has one session, and its server may not
# allow prepared transactions.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant KEY => '42424242424242';

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "max_prepared_transactions = 2\nlisten_addresses = '127.0.0.1'");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION gw_bootstrap;
CREATE ROLE owner LOGIN;
CREATE ROLE stranger LOGIN;
CREATE ROLE monitor LOGIN IN ROLE pg_read_all_stats;
SQL

my $try = q(BEGIN; SELECT outcome, holder_pid, holder_state FROM gw_bootstrap_try('{a}'); ROLLBACK;);
my $status = q(SELECT holder_pid, holder_state, holder_since IS NOT NULL, holder_application_name, holder_client_addr
	FROM gw_bootstrap_status());

sub as
{
	my ($role, $sql) = @_;
	return $node->safe_psql('postgres', $sql, extra_params => [ '-q', '-U', $role ]);
}

sub sqlstate_as
{
	my ($role, $sql) = @_;
	my (undef, undef, $err) = $node->psql('postgres', "\\set VERBOSITY sqlstate\n$sql", extra_params => [ '-U', $role ]);
	return $err =~ /ERROR:  (\w{5})/ ? $1 : 'no error';
}

# A prepared transaction has no backend.
as('owner', 'BEGIN; SELECT pg_advisory_xact_lock(' . KEY . "); PREPARE TRANSACTION 'p'");
is(as('stranger', $try), 'busy||prepared', 'a prepared transaction holds it');
is(as('stranger', $status), '|prepared|f||', 'and has neither pid nor activity');
is(as('owner', "SELECT gw_bootstrap_break_orphan(min_idle => '0')"), '', 'it is not broken');
as('owner', "ROLLBACK PREPARED 'p'");
like(as('stranger', $try), qr/^acquired/, 'it ends as prepared transactions do');

# An orphan of one role, looked at by others.
my $holder = $node->background_psql('postgres', extra_params => [ '-U', 'owner' ]);
$holder->query_safe('\connect postgresql://owner@127.0.0.1:' . $node->port . '/postgres');
$holder->query_safe("SET application_name = 'legacy'");
my $pid = $holder->query_safe('SELECT pg_backend_pid() FROM pg_advisory_lock(' . KEY . ')');
$node->poll_query_until('postgres', "SELECT state = 'idle' FROM pg_stat_activity WHERE pid = $pid")
  or die 'the holder did not become idle';
is(as('stranger', $try), "busy|$pid|orphaned", 'everybody is told that it is orphaned');
is(as('stranger', $status), "$pid|orphaned|f|legacy|", 'a stranger is told no more than by pg_stat_activity');
is(as('owner', $status), "$pid|orphaned|t|legacy|127.0.0.1", 'its own role sees since when and from where');
is(as('monitor', $status), "$pid|orphaned|t|legacy|127.0.0.1", 'so does pg_read_all_stats');
is(sqlstate_as('stranger', "SELECT gw_bootstrap_break_orphan(min_idle => '0')"),
	'42501', 'a stranger may not terminate it');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE pid = $pid"), 1, 'and did not');
is(as('owner', "SELECT gw_bootstrap_break_orphan(min_idle => '0')"), $pid, 'its own role may');
like(as('stranger', $try), qr/^acquired/, 'then the lock can be had');

# Whether a backend is idle is known only while it tells what it does.
$node->safe_psql('postgres', 'ALTER ROLE owner SET track_activities = off');
$holder = $node->background_psql('postgres', extra_params => [ '-U', 'owner' ]);
$pid = $holder->query_safe('SELECT pg_backend_pid() FROM pg_advisory_lock(' . KEY . ')');
is(as('stranger', $try), "busy|$pid|active", 'without track_activities an orphan looks active');
is(as('owner', "SELECT gw_bootstrap_break_orphan(min_idle => '0')"), '', 'and is not broken');
is($holder->query_safe('SELECT gw_bootstrap_break_orphan()'), $pid, 'but for its own backend');
$holder->quit;

$node->stop;
done_testing();
