# Without the extension: another replica reaches head, or goes past it, after
# this one has looked and before it takes the lock.  It looks again and does not
# migrate.
#
# TAP, since it takes a real PgBouncer to stop a client between two of its
# messages: with a pool of one, each message waits until the pooler's only
# backend is free, and in between the backend is ours.

use strict;
use warnings;

use GwBootstrap::Test;
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
my $head = HEAD;
my $pooler = start_pgbouncer($node, pool_size => 1);

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
	push @occupants, start_replicas(1, 'psql', '-XAtq', '-d', $pooler->connstr('postgres'),
		'-c', "SELECT pg_advisory_xact_lock($number)");
	wait_until(
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
	return scalar(() = slurp_file($node->logfile, $from) =~ /COPY public\.alembic_version \(version_num\)/g);
}

# Let one message through at a time, until the client has looked for the last
# time before it asks for the lock.  Then another one moves on to a revision.
sub overtaken_by
{
	my ($revision, $looks, @options) = @_;
	my $most = $number + 20;

	$node->safe_psql('postgres', "UPDATE alembic_version SET version_num = 'old'");
	occupy(0);
	my $log = -s $node->logfile;
	my $replica = start_replicas(1, 'gw_bootstrap', 'run', '-d', $pooler->connstr('postgres'),
		@options, '--migration-url', $node->connstr('postgres'), '--migrate', 'echo "it migrates"; exit 9');
	wait_until(sub { waiting() == 1 }) or die 'the client does not wait';
	while (looks($log) < $looks && $number < $most)
	{
		occupy(2);
		release($number - 1);
		wait_until(sub { waiting() == 1 || $replica->ended(0) }) or die 'the client does not go on';
	}
	is(looks($log), $looks, "$revision: the client has looked $looks times");
	unlike(slurp_file($node->logfile, $log), qr/pg_try_advisory_xact_lock/, '... and has not asked for the lock yet');
	is($node->safe_psql('postgres', "UPDATE alembic_version SET version_num = '$revision' RETURNING 1"), 1, '... when another one migrates');
	release($number);

	my ($result) = $replica->wait;
	unlike($result->{err}, qr/it migrates/, '... and does not migrate');
	like(slurp_file($node->logfile, $log), qr/pg_try_advisory_xact_lock/, '... although it got the lock');
	is($node->safe_psql('postgres', q(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')), 0, '... which is gone');
	return $result;
}

my $result = overtaken_by($head, 2, '-e', $head);
is($result->{exit}, 0, 'the client is ready') or diag $result->{err};
like($result->{out}, qr/^Database ready \(at head\)/, '... since it finds head');

# The same with a migration set: what it finds under the lock is ahead of it.
my $versions = PostgreSQL::Test::Utils::tempdir_short();
append_to_file("$versions/1.py", "revision = 'old'\ndown_revision = None\n");
append_to_file("$versions/2.py", "revision = '$head'\ndown_revision = 'old'\n");
$result = overtaken_by('newer', 3, '--alembic', $versions);
is($result->{exit}, 6, 'the client ends') or diag $result->{err};
like($result->{err}, qr/is ahead .*"newer"/, '... since the database is ahead');

$_->wait foreach @occupants;
$gate->quit;
$pooler->stop;
$node->stop;
done_testing();
