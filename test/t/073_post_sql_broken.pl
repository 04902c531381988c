# A file of SQL as post step whose connection breaks at each of the things that
# the client sends for it, and then again at the first of the next attempt: of
# the attempts before, nothing is left but what the server has.
#
# TAP, since it takes two faults of the network in one start.  One of those with
# which memory is watched (test/rig/sanitizers).

use strict;
use warnings;

use GwBootstrap::Test;
use GwBootstrap::Proxy;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE applied (step text);
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('a');
CREATE ROLE steps;
GRANT INSERT ON applied TO steps;
SQL

my $post = migration_file(<<'SQL');
SET LOCAL search_path = public, pg_temp /* statement 1 */;
SET LOCAL ROLE steps /* statement 2 */;
INSERT INTO applied VALUES ('post') /* statement 3 */;
SQL
my $first = qr/standard_conforming_strings/;

# Where the first attempt breaks, where the second does, and how often each is
# sent in a whole start.
foreach my $break (
	[ 'the first question' => $first ],
	[ 'the limit of time' => qr/client_connection_check_interval/ ],
	(map { [ "statement $_" => qr/statement $_ / ] } 1 .. 3),
	[ 'the look for names' => qr/set_config\('role'/ ],
	[ 'COMMIT' => qr/Q....COMMIT\0/s ])
{
	my ($what, $at) = @$break;

	foreach my $do ('reset', 'close')
	{
		my $again = GwBootstrap::Proxy->new('127.0.0.1', $node->port, at => $first, count => 2, total => 1, once => 1, do => $do);
		my $once = GwBootstrap::Proxy->new('127.0.0.1', $again->port, at => $at, total => 1, once => 1, do => $do);
		my $result = run_client('gw_bootstrap', 'run', '-d', $once->connstr('postgres'),
			'-e', 'a', '--post-sql', $post);
		my $name = "$do at $what";

		ok($once->reached, "$name: the first attempt breaks");
		is($again->reached, 1, "$name: the second, too") unless $at eq $first;
		is($result->{exit}, 0, "$name: ready") or diag $result->{err};
		is($node->safe_psql('postgres', 'SELECT count(*) FROM applied'), 1, "$name: applied once");
		$node->safe_psql('postgres', 'TRUNCATE applied');
		$_->stop foreach $once, $again;
	}
}

$node->stop;
done_testing();
