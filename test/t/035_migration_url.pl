# A migration command that connects another way than the guard.
#
# TAP, since it takes a pooler with a pool of one.

use strict;
use warnings;

use GwBootstrap::Test;
use FindBin;
use lib "$FindBin::Bin/../perl";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION gw_bootstrap; CREATE TABLE applied (step text)');
my $pooler = start_pgbouncer($node, pool_size => 1);
my $head = HEAD;
my @run = ('gw_bootstrap', 'run', '-d', $pooler->connstr('postgres'), '-e', $head,
	'--migrate', whole_migration(), '--timeout', 60);

# What cannot be reached is told at once.
my ($out, $err) = run_command([ @run, '--migration-url', $node->connstr('missing') ]);
is($? >> 8, 4, 'a database that is missing: exit code');
like($err, qr/migration command could not connect.*"missing" does not exist/s, '... and message');

# SQLAlchemy's form is understood by the client and handed on as it is.
my $url = sprintf 'postgresql+psycopg://%s@/postgres?host=%s&port=%s', (getpwuid $<)[0],
  $node->host, $node->port;
($out, $err) = run_command([ @run, '--migration-url', $url, '--migrate', 'echo "url=$DATABASE_URL"' ]);
like($err, qr/^url=\Q$url\E$/m, 'DATABASE_URL is the URL as it was given');

{
	local $ENV{MIGRATION_DATABASE_URL} = $node->connstr('postgres');
	($out, $err) = run_command(\@run);
}
is($? >> 8, 0, 'a pool of one suffices with a way past it') or diag($err);
like($out, qr/^Database ready \(migrated\)/, '... and migrates');
is($node->safe_psql('postgres', q(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')), 0, '... and no lock is left');

$pooler->stop;
$node->stop;
done_testing();
