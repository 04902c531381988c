# An earlier migration that is committed after a replica has looked at the heads
# under the lock, and before that replica looks for earlier migrations: it is
# not applied again.

use strict;
use warnings;

use GwBootstrap::Test;
use FindBin;
use lib "$FindBin::Bin/../perl";
use GwBootstrap::Proxy;
use PostgreSQL::Test::Cluster;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
$node->start;
my $head = HEAD;
my %migration = (
	'--migrate' => whole_migration(),
	'--migrate-sql' => migration_file(q(INSERT INTO applied VALUES ('again');)));

foreach my $extension (1, 0)
{
	foreach my $way (sort keys %migration)
	{
		my $name = ($extension ? 'with' : 'without') . " the extension, $way";
		my $proxy = GwBootstrap::Proxy->new('127.0.0.1', $node->port, at => qr/pg_stat_activity/, do => 'pause', once => 1);

		$node->safe_psql('postgres', 'CREATE EXTENSION IF NOT EXISTS gw_bootstrap; CREATE TABLE applied (step text)');
		$node->safe_psql('postgres', 'DROP EXTENSION gw_bootstrap') unless $extension;
		my $replica = start_replicas(1, 'gw_bootstrap', 'run', '-d', $proxy->connstr('postgres'),
			'-e', $head, $way, $migration{$way});
		ok(wait_until(sub { $replica->ended || $proxy->reached }), "$name: it has looked at the heads");
		is($node->safe_psql('postgres', q(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')), 1, "$name: and has the lock");
		$node->safe_psql('postgres', "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('$head')");
		$proxy->release;
		my ($result) = $replica->wait;

		is($result->{exit}, 0, "$name: ready") or diag $result->{err};
		like($result->{out}, qr/^Database ready \(at head\)/, "$name: since it is at head");
		unlike($result->{err}, qr/migrating/, "$name: not by migrating");
		is($node->safe_psql('postgres', 'SELECT count(*) FROM applied'), 0, "$name: nothing was applied again");
		is($node->safe_psql('postgres', q(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')), 0, "$name: no lock is left");
		$node->safe_psql('postgres', 'DROP TABLE alembic_version, applied');
		$proxy->stop;
	}
}

$node->stop;
done_testing();
