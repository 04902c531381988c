# A migration command that connects another way than the guard.
#
# TAP, since it takes a pooler with a pool of one.

use strict;
use warnings;

use GwBootstrap::Test;
use FindBin;
use IPC::Run ();
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

# What may come is waited for until the deadline, here as with --dbname, and is
# no pool of one.
my $sockets = PostgreSQL::Test::Utils::tempdir_short();
my $late = sprintf 'host=%s port=%s dbname=postgres', $sockets, $node->port;
my $none = PostgreSQL::Test::Cluster::get_free_port();
foreach my $command (\@run, [ 'gw_bootstrap', 'guard', '-d', $pooler->connstr('postgres'), '--timeout', 60, '--', 'true' ])
{
	foreach my $missing ([ $late, 'No such file' ], [ "host=127.0.0.1 port=$none dbname=postgres", 'refused' ],
		[ 'host=nowhere.invalid dbname=postgres', 'could not translate host name' ])
	{
		my @command = map { /^60$/ ? 3 : $_ } @$command;
		splice @command, 2, 0, '--migration-url', $missing->[0];
		($out, $err) = run_command(\@command);
		is($? >> 8, 3, "$command->[1]: $missing->[1]: waited for until the deadline");
		like($err, qr/deadline of 3 s passed: no second connection for the migration command: .*$missing->[1].*\n.*hint: Check what --migration-url leads to\.$/m,
			"$command->[1]: $missing->[1]: which is told");
		unlike($err, qr/larger pool|max_connections/, "$command->[1]: $missing->[1]: without a word of pools");
	}
}
{
	my ($in, $said) = ('', '');
	my $client = IPC::Run::start([ @run, '--migration-url', $late ], '<', \$in, '>', \$out, '2>', \$said,
		IPC::Run::timeout(180));
	$client->pump until $said =~ /waiting for .*no second connection for the migration command/;
	symlink sprintf('%s/.s.PGSQL.%s', $node->host, $node->port), sprintf('%s/.s.PGSQL.%s', $sockets, $node->port);
	$client->finish;
	like($out, qr/^Database ready \(migrated\)/, 'and a socket that comes is used') or diag $said;
	$node->safe_psql('postgres', 'DROP TABLE alembic_version, item; TRUNCATE applied');
}

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
