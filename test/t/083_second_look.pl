# Without the extension: another replica reaches head after this one has looked
# and before it takes the lock.  It looks again and does not migrate.
#
# TAP, since it takes a real PgBouncer to stop a client between two of its
# messages: with a pool of one, each message waits until the pooler's only
# backend is free, and in between the backend is ours.

use strict;
use warnings;

use GwBootstrap::Migration;
use GwBootstrap::PgBouncer;
use GwBootstrap::Replicas;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('old');
SQL
my $head = GwBootstrap::Migration::HEAD;
my $pooler = GwBootstrap::PgBouncer->new($node, pool_size => 1);

# How many clients wait for the backend.
sub waiting
{
	my $pools = $pooler->admin('SHOW POOLS') // '';
	my ($pool) = grep { /^postgres\|/ } split /\n/, $pools;
	return defined $pool ? (split /\|/, $pool)[3] : 0;
}

# Somebody who has the backend, or waits for it, until the test lets go.
my $gate = $node->background_psql('postgres');
my $number = 0;
my @occupants;

sub occupy
{
	my ($waiters) = @_;
	$gate->query_safe('SELECT pg_advisory_lock(' . ++$number . ')');
	push @occupants, GwBootstrap::Replicas->start(1, 'psql', '-XAtq', '-d', $pooler->connstr('postgres'),
		'-c', "SELECT pg_advisory_xact_lock($number)");
	GwBootstrap::Replicas::wait_until(
		$waiters
		? sub { waiting() == $waiters }
		: sub { $node->safe_psql('postgres', q(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)) == 1 })
	  or die "$waiters do not wait";
	return;
}

sub release
{
	my ($which) = @_;
	$gate->query_safe("SELECT pg_advisory_unlock($which)");
	return;
}

sub looks
{
	my ($from) = @_;
	return scalar(() = slurp_file($node->logfile, $from) =~ /FROM ONLY public\.alembic_version h WHERE NOT/g);
}

# Let one message through at a time, until the client has looked for the second
# time, which it does right before it asks for the lock.
occupy(0);
my $log = -s $node->logfile;
my $replica = GwBootstrap::Replicas->start(1, 'gw_bootstrap', 'run', '-d', $pooler->connstr('postgres'),
	'-e', $head, '--migration-url', $node->connstr('postgres'), '--migrate', 'echo "it migrates"; exit 9');
GwBootstrap::Replicas::wait_until(sub { waiting() == 1 }) or die 'the client does not wait';
while (looks($log) < 2 && $number < 20)
{
	occupy(2);
	release($number - 1);
	GwBootstrap::Replicas::wait_until(sub { waiting() == 1 || $replica->ended(0) }) or die 'the client does not go on';
}
is(looks($log), 2, 'the client has looked twice');
unlike(slurp_file($node->logfile, $log), qr/pg_try_advisory_xact_lock/, 'and has not asked for the lock yet');
is($node->safe_psql('postgres', "UPDATE alembic_version SET version_num = '$head' RETURNING 1"), 1, 'another one reaches head');
release($number);

my ($result) = $replica->wait;
is($result->{exit}, 0, 'the client is ready') or diag $result->{err};
like($result->{out}, qr/^Database ready \(at head\)/, '... since it finds head');
unlike($result->{err}, qr/it migrates/, '... and does not migrate');
like(slurp_file($node->logfile, $log), qr/pg_try_advisory_xact_lock/, '... although it got the lock');
is($node->safe_psql('postgres', q(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')), 0, '... which is gone');

$_->wait foreach @occupants;
$gate->quit;
$pooler->stop;
$node->stop;
done_testing();
