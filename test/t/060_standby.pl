# On a standby the probe works and the atomic step refuses.
#
# TAP, since it takes a second server that replays the first one's WAL.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->start;
$primary->safe_psql('postgres', 'CREATE DATABASE bare');
$primary->safe_psql('bare', q(CREATE TABLE alembic_version AS SELECT 'a' AS version_num));
$primary->safe_psql('postgres', <<'SQL');
CREATE EXTENSION gw_bootstrap;
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('a');
CREATE UNLOGGED TABLE unlogged (version_num text);
SQL
$primary->backup('base');

my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

# The SQLSTATE of a statement that must fail.
sub sqlstate
{
	my ($sql) = @_;
	my ($rc, $out, $err) = $standby->psql('postgres', "\\set VERBOSITY sqlstate\n$sql");
	return $err =~ /ERROR:  (\w{5})/ ? $1 : "no error: $out";
}

is($standby->safe_psql('postgres', q(SELECT gw_bootstrap_at_head('{a}'), gw_bootstrap_at_head('{b}'))),
	't|f', 'the probe tells');
is($standby->safe_psql('postgres', q(SELECT outcome FROM gw_bootstrap_try('{a}'))),
	'at_head', 'the atomic step, too, while there is nothing to do');
is(sqlstate(q(BEGIN; SELECT gw_bootstrap_try('{b}');)), '25006', 'but refuses if there is');
is(sqlstate(q(SELECT gw_bootstrap_at_head('{a}', 'unlogged'))), '0A000', 'an unlogged table cannot be read there');
is($standby->safe_psql('postgres', 'SELECT current_heads, in_recovery FROM gw_bootstrap_status()'),
	'{a}|t', 'the status says where it is');

# A replica that finds a standby waits for the failover, unless that cannot help.
my $versions = PostgreSQL::Test::Utils::tempdir_short();
append_to_file("$versions/b.py", "revision = 'b'\ndown_revision = None\n");
foreach my $dbname ('postgres', 'bare')
{
	my $name = $dbname eq 'bare' ? 'without the extension' : 'with the extension';
	my @run = ('gw_bootstrap', 'run', '-d', $standby->connstr($dbname), '--migrate', 'true', '--create-extension');
	my ($out, $err) = run_command([ @run, '-e', 'a' ]);
	like($out, qr/^Database ready \(at head\)/, "$name: at head, a standby will do");
	($out, $err) = run_command([ @run, '-e', 'b', '--timeout', '1' ]);
	like($err, qr/deadline of 1 s passed: .*recovery/, "$name: if not, a replica waits until its deadline");
	run_command([ @run, '--alembic', $versions ]);
	is($? >> 8, 6, "$name: a database that is ahead is so there, too");
}

# Among several hosts libpq takes the first that answers, unless it is told otherwise.
my $hosts = sprintf 'host=%1$s,%1$s port=%2$s,%2$s dbname=postgres', $standby->host, $standby->port;
foreach my $case ([ 'several hosts', $hosts, 1 ], [ 'several hosts, any of them', "$hosts target_session_attrs=any", 1 ],
	[ 'several hosts, not the primary', "$hosts target_session_attrs=read-only", 0 ], [ 'one host', $standby->connstr('postgres'), 0 ])
{
	my ($name, $connstr, $advised) = @$case;
	my ($out, $err) = run_command([ 'gw_bootstrap', 'run', '-d', $connstr, '-e', 'b', '--migrate', 'true', '--timeout', 1 ]);
	like($err, qr/deadline of 1 s passed: .*recovery/, "$name: waits for a primary");
	is($err =~ /hint: .*target_session_attrs=read-write takes the primary/ ? 1 : 0, $advised, "$name: " . ($advised ? 'told how' : 'no advice') . ' to reach it') or diag $err;
}

$standby->stop;
$primary->stop;
done_testing();
