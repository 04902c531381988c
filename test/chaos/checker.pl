# Whether the storms would see what they are there for: clients that are broken in
# the known ways must be caught within a few storms without any fault, and so must
# a right one that leaves something, does not end, or does not say what is true.
#
# TAP, as the storms themselves.

use strict;
use warnings;

use GwBootstrap::Storm;
use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = GwBootstrap::Storm::server();

# The lock in a retry loop, as many services have it.
my $try = <<'SQL';
SELECT pg_try_advisory_lock(42424242424242) AS locked \gset
\if :locked
\! sh -c "$MIGRATE"
SELECT pg_advisory_unlock(42424242424242);
\q
\endif
\! sleep 0.2
SQL
my $loop = migration_file($try x 15);
my $lock = migration_file('');
my $ready = "\necho 'Database ready (at head) in 0 s'\n";
my %broken = (
	'no lock' => 'sh -c "$MIGRATE"',
	'a session lock' => qq(psql -Xq -v ON_ERROR_STOP=1 -d "\$DATABASE_URL" -f $loop >/dev/null),
	'heads that were read before the lock' => <<"SH");
export VERSION="\$(psql -XAtq -d "\$DATABASE_URL" -c 'SELECT version_num FROM alembic_version')"
flock $lock sh -c "\$MIGRATE"
SH

foreach my $name (sort keys %broken)
{
	my @faults;

	foreach my $seed (1 .. 5)
	{
		my $storm = GwBootstrap::Storm->new($node, $seed, replicas => 8, events => [], fails_over => 0, class => 'by name', plain => 1,
			pool_size => 20, pool_mode => 'transaction',
			program => GwBootstrap::Storm::broken_client($broken{$name} . $ready));
		@faults = $storm->run;
		$storm->tear_down;
		last if @faults;
	}
	isnt(scalar @faults, 0, "a client with $name is caught");
	note "$name: $_" foreach @faults;
}

# What is wrong of a client that goes by the lock, and what must be said of it.  The sleeps
# are the lapses themselves, which end if this test does not: nothing here waits for them.
my $pids = migration_file('');
my $client = 'gw_bootstrap "$@"';
my %lapse = (
	'leaves a process' => [
		qq($client; code=\$?; DATABASE_URL=\$3 sleep 60 >/dev/null 2>&1 & echo \$! >>$pids; exit \$code),
		qr/^a process of a migration is left/m ],
	'leaves a setting' => [
		qq($client && psql -Xq -d "\$3" -c "SET lock_timeout = '1min'"), qr/^left on a pooled backend: .*setting lock_timeout = 60000/m ],
	'leaves a lock' => [
		qq($client && psql -Xqo /dev/null -d "\$3" -c 'SELECT pg_advisory_lock_shared(42424242424242)'), qr/^an advisory lock is left/m ],
	'ends with a code that is not what it says' => [ "$client; exit 1", qr/^exit code 1, last word: \{.*/m ],
	'says nothing' => [ "$client >/dev/null", qr/^exit code 0, last word: $/m ],
	'is ready too early' => [
		"if mkdir $pids.first 2>/dev/null; then exec $client; fi; echo 'Database ready (at head) in 0 s'", qr/^ready [\d.]+ s before the last step$/m ],
	'is ready, and nothing is done' => [ "echo 'Database ready (migrated) in 0 s'", qr/^applied: nothing$/m ],
	'does not end' => [ 'exec sleep 60', qr/^exit code none, it hangs/m ]);

foreach my $name (sort keys %lapse)
{
	my ($script, $said) = @{ $lapse{$name} };
	my $storm = GwBootstrap::Storm->new($node, 1, replicas => 2, events => [], fails_over => 0, class => 'one transaction', plain => 1,
		pool_size => 2, pool_mode => 'transaction', program => [ 'sh', '-c', $script, 'broken' ],
		$name eq 'does not end' ? (timeout => 2, patience => 1) : ());
	my @faults = $storm->run;

	like(join("\n", @faults), $said, "a client that $name is caught");
	$storm->tear_down;
}
kill 'KILL', split /\n/, slurp_file($pids);

$node->stop;
done_testing();
