# Whether the storms would see what they are there for: clients that are broken in
# the known ways must be caught within a few storms without any fault.
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

$node->stop;
done_testing();
