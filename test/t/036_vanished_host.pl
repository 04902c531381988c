# While a migration runs, the server looks every few seconds whether the host
# of its guard is still there: nobody else would ever end that transaction.
#
# TAP, since it takes a migration under way over TCP.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
$node->append_conf('pg_hba.conf', 'host all all 127.0.0.1/32 trust');
$node->start;
$node->safe_psql('postgres', 'CREATE TABLE applied (step text)');

# Seconds until the kernel next asks the other side of the server's connections,
# as proc(5) tells in /proc/net/tcp: timer 2, in hundredths of a second.
sub keepalives
{
	my $port = sprintf '%04X', $node->port;
	return map { hex($_) / 100 } slurp_file('/proc/net/tcp') =~ /^ *\d+: [0-9A-F]{8}:$port \S+ 01 \S+ 02:([0-9A-F]{8}) /mg;
}

foreach my $plain (1, 0)
{
	my $name = $plain ? 'without the extension' : 'with it';
	$node->safe_psql('postgres', 'CREATE EXTENSION gw_bootstrap') unless $plain;
	my ($stopped, $stop) = stop_point();
	my $replica = start_replicas(1, 'gw_bootstrap', 'run',
		'-d', 'host=127.0.0.1 port=' . $node->port . ' dbname=postgres', '-e', HEAD,
		'--migrate', $stop . ' && ' . whole_migration());
	ok(wait_until(sub { -e $stopped }), "$name: the migration runs");
	ok(wait_until(sub { grep { $_ <= 15 } keepalives() }), "$name: the guard's host is looked for")
	  or diag "in @{[keepalives()]} s";
	append_to_file("$stopped.fifo", "go\n");
	my ($result) = $replica->wait;
	is($result->{exit}, 0, "$name: it ends well") or diag $result->{err};
	$node->safe_psql('postgres', 'DROP TABLE alembic_version, item; TRUNCATE applied');
}

$node->stop;
done_testing();
