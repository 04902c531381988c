# A real pgagroal gives its server connections a name of its own, so that the
# statement of a migration whose client was killed is known by the role that only
# migrates, as 162_dropped_names.pl has it with names overwritten on the way.
#
# TAP, since it takes a client that is killed while its statement runs on.

use strict;
use warnings;

use GwBootstrap::OtherPooler;
use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main', port => GwBootstrap::OtherPooler::short_port());
$node->init;
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE migrations LOGIN');

my $statement = migration_command(q(INSERT INTO applied SELECT '0 earlier' FROM gate;));
my $waits = q(SELECT count(*) > 0 FROM pg_locks WHERE relation = 'gate'::regclass AND NOT granted);
my $count = 0;

foreach my $case ([ 'performance', 0 ], [ 'performance', 1 ], [ 'session', 0 ], [ 'session', 1 ])
{
	my ($mode, $plain) = @$case;
	my $name = $mode . ($plain ? ', without the extension' : '');
	my $dbname = 'names' . ++$count;

	$node->safe_psql('postgres', "CREATE DATABASE $dbname");
	$node->safe_psql($dbname, <<'SQL');
CREATE TABLE applied (step text);
CREATE TABLE gate AS SELECT true AS is_open;
GRANT ALL ON applied, gate TO migrations;
GRANT ALL ON SCHEMA public TO migrations;
SQL
	$node->safe_psql($dbname, 'CREATE EXTENSION gw_bootstrap') unless $plain;
	my $gate = $node->background_psql($dbname);
	$gate->query_safe('BEGIN; LOCK TABLE gate');

	# Each replica has a pgagroal of its own, since one does not bear a client that is killed.
	my @poolers = map { GwBootstrap::OtherPooler->new($node, 'pgagroal', 20, $dbname, $mode) } 1, 2;
	my ($first, $second) = map {
		my $pooler = $_;
		sub { return start_replicas(1, 'gw_bootstrap', 'run', '-d', $pooler->connstr, '-e', HEAD, '--timeout', 120,
				'--migration-url', $pooler->connstr('migrations'), '--migrate', $_[0]); }
	} @poolers;

	$first = $first->($statement);
	ok(wait_until(sub { $first->ended || $node->safe_psql($dbname, $waits) eq 't' }), "$name: a statement runs") or diag $first->err;
	is($node->safe_psql($dbname, q(SELECT count(*) FROM pg_stat_activity WHERE usename = 'migrations' AND application_name LIKE 'gw_bootstrap%')),
		0, "$name: under another name");
	kill 'KILL', $first->pid;
	$first->wait;

	$second = $second->(whole_migration());
	ok(wait_until(sub { $second->ended || $second->err =~ /is at work for role "migrations"/ }) && !$second->ended,
		"$name: the next replica sees it, and waits") or diag $second->err;
	is($node->safe_psql($dbname, 'SELECT count(*) FROM applied'), 0, "$name: and does not migrate beside it");
	$gate->query_safe('COMMIT');
	$gate->quit;
	my ($result) = $second->wait;
	is($result->{exit}, 0, "$name: ready once it has ended") or diag $result->{err};
	is($node->safe_psql($dbname, q(SELECT string_agg(step, ', ' ORDER BY step) FROM applied)),
		'0 earlier, 1 tables, 2 rows, 3 head', "$name: each was applied once");
	$_->stop foreach @poolers;
}

$node->stop;
done_testing();
