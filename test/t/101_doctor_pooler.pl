# "gw_bootstrap doctor" through PgBouncer: it sees the mode of the pooler, a
# pool that is too small and a limit that would end a guard.
#
# TAP, since it takes real poolers of each kind.

use strict;
use warnings;

use GwBootstrap::Test;
use GwBootstrap::SessionState;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', $_)
  foreach 'CREATE EXTENSION gw_bootstrap', 'CREATE DATABASE slow', 'CREATE DATABASE hasty', "ALTER DATABASE hasty SET idle_in_transaction_session_timeout = '1s'";

my $second = qr/no second within 10 s/;
my $no_room = qr/^note +pooling: a pool of two.*the service gets no connection\n +.*--migration-url.*--migrate-sql.*larger pool/m;
my $reset = qr/^note +pooling: the pooler resets each backend.*server_reset_query_always\)\n +.*set it to 0.*\n(?:.*\n)*ok +pooling: a pooler in transaction mode$/m;
# Takes longer on the first backend, so that it is never free when the other looks for one.
my $slow = 'DISCARD PLANS; SELECT pg_sleep(0.2) WHERE pg_backend_pid() = (SELECT pid FROM pg_stat_activity'
  . " WHERE datname = 'slow' ORDER BY backend_start LIMIT 1)";
my @cases = (
	[ 'transaction mode', 0, qr/^ok +pooling: a pooler in transaction mode$/m ],
	[ 'transaction mode, pool of 2', 0, qr/^ok +pooling: a pooler in transaction mode$/m, pool_size => 2 ],
	[ 'pool of 2, which leaves the service none', 0, $no_room, pool_size => 2 ],
	[ 'session mode, pool of 2, likewise', 0, $no_room, pool_mode => 'session', pool_size => 2 ],
	[ 'transaction mode, pool of 2, lent in turn', 0, qr/^ok +pooling: a pooler in transaction mode$/m, pool_size => 2,
		settings => 'server_round_robin = 1' ],
	[ 'a reset after each transaction', 0, $reset, settings => 'server_reset_query_always = 1' ],
	[ 'a slow reset', 0, $reset, pool_size => 2, dbname => 'slow', second => 1, settings => "server_reset_query_always = 1\nserver_reset_query = $slow" ],
	[ 'transaction mode, pool of 1', 5, qr/^bad +pooling: a pool of one.*$second\n +.*--migration-url.*--migrate-sql/m, pool_size => 1 ],
	[ 'pool of 1, a limit for idle transactions that a guard lifts', 5, qr/^bad +pooling: a pool of one.*$second$/m, pool_size => 1, dbname => 'hasty' ],
	[ 'pool of 1 that says so', 5, qr/^bad +pooling: a pool of one.*\n +.*--migration-url/m, pool_size => 1,
		settings => 'query_wait_timeout = 3' ],
	[ 'session mode', 0, qr/^ok +pooling: a pooler in session mode/m, pool_mode => 'session' ],
	[ 'session mode, pool of 1', 5, qr/^bad +pooling: a pool of one/m, pool_mode => 'session', pool_size => 1 ],
	[ 'statement mode', 5, qr/^bad +pooling: no transaction: .*\n +.*pool_mode/m, pool_mode => 'statement' ],
	[ 'a limit for idle transactions', 5, qr/^bad +idle transaction: ended within 3.5 s.*\n +.*idle_transaction_timeout/m,
		settings => 'idle_transaction_timeout = 2' ],
	[ 'no more clients', 5, qr/^bad +pooling: no second connection: .*no more connections allowed/m, settings => 'max_client_conn = 1' ],
);

my @runs = map {
	my ($name, $exit, $says, %options) = @$_;
	my $pooler = start_pgbouncer($node, %options);
	my $dbname = $options{dbname} || 'postgres';
	my @second = $options{second} ? ('--migration-url', $node->connstr($dbname)) : ();
	[ $name, $exit, $says, $pooler, start_replicas(1, 'gw_bootstrap', 'doctor', '-d', $pooler->connstr($dbname), @second) ];
} @cases;

foreach my $run (@runs)
{
	my ($name, $exit, $says, $pooler, $replica) = @$run;
	my ($result) = $replica->wait;

	is($result->{exit}, $exit, "$name: exit code") or diag "$result->{out}\n$result->{err}";
	like($result->{out}, $says, "$name: seen");
	like($result->{out}, qr/^ok +lock .* free$/m, "$name: it goes on after that");
	is($result->{err}, '', "$name: nothing on stderr");
}

# It has been on both backends of this one.
my ($two) = map { $_->[3] } grep { $_->[0] eq 'transaction mode, pool of 2' } @runs;
is(GwBootstrap::SessionState::leftovers($node, $two, 'postgres'), '', 'it leaves nothing on the backends');

# A lock that another tool left on the very backend that we are lent.
$node->safe_psql('postgres', 'SELECT pg_advisory_lock(72707369)', connstr => $runs[-2][3]->connstr('postgres'));
$node->safe_psql('postgres', 'SELECT pg_advisory_lock(42424242424242)', connstr => $runs[-2][3]->connstr('postgres'));
is($node->safe_psql('postgres', q(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')), 2, 'two locks are left behind');
my $left = run_client('gw_bootstrap', 'doctor', '-d', $runs[-2][3]->connstr('postgres'));
like($left->{out},
	qr/^bad +other tools: lock of Prisma Migrate on backend \d+, which is idle/m, 'one is seen on our own backend');
like($left->{out}, qr/^bad +lock 42424242424242: held by backend \d+ \(orphaned\)/m, 'and so is the other');

# A way past a pool of one.
my ($one) = map { $_->[3] } grep { $_->[0] eq 'transaction mode, pool of 1' } @runs;
my $result = run_client('gw_bootstrap', 'doctor', '-d', $one->connstr('postgres'),
	'--migration-url', $node->connstr('postgres'));
like($result->{out}, qr/^ok +migration connection: there beside the guard$/m, 'the way past the pooler is tried');
is($result->{exit}, 0, 'and makes a pool of one enough') or diag $result->{out};
like($result->{out}, qr/^note +pooling: a pool of one.*the service gets no connection$/m, '... for itself, not for the service');
unlike(run_client('gw_bootstrap', 'doctor', '-d', $two->connstr('postgres'), '--migration-url', $node->connstr('postgres'))->{out},
	qr/service/, 'and a pool of two enough for both');
unlike($_->{out}, qr/service/, 'so is a larger one')
  foreach map { $_->[4]->wait } grep { $_->[0] eq 'transaction mode' } @runs;

$_->[3]->stop foreach @runs;
$node->stop;
done_testing();
