# Replicas wait while the owner of the extension drops it and puts functions of
# his own in its place: none of them is called, whichever the client needs next.
#
# TAP, since it takes replicas that wait.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE owner LOGIN');

my @signatures = (
	[ 'gw_bootstrap_at_head(text[], text, text)', 'boolean' ],
	[ 'gw_bootstrap_at_head(text[], text[], text, text, text, text, text)', 'boolean' ],
	[ 'gw_bootstrap_try(text[], text, text, bigint, OUT outcome text, OUT current_heads text[], OUT holder_pid integer, OUT holder_state text)', 'record' ],
	[ 'gw_bootstrap_try(text[], text[], text, bigint, text, text, text, text, OUT outcome text, OUT current_heads text[], OUT holder_pid integer, OUT holder_state text, OUT failed_heads text[])', 'record' ],
	[ 'gw_bootstrap_status(text, text, bigint, text[], text[], text, text, text, OUT current_heads text[], OUT lock_key bigint, OUT holder_pid integer,
		OUT holder_state text, OUT holder_since timestamptz, OUT holder_application_name text, OUT holder_client_addr inet, OUT in_recovery boolean,
		OUT outcome text, OUT failed_heads text[])', 'record' ],
	[ 'gw_bootstrap_break_orphan(bigint, interval)', 'integer' ],
	[ 'gw_bootstrap_token(bigint)', 'text' ]);
my $plant = 'SET ROLE owner; DROP EXTENSION gw_bootstrap;' . join '',
  map { "CREATE FUNCTION theirs.$_->[0] RETURNS $_->[1] LANGUAGE plpgsql AS \$\$BEGIN RAISE LOG 'trapped %', session_user; END\$\$;" } @signatures;

my $versions = PostgreSQL::Test::Utils::tempdir_short();
append_to_file("$versions/1.py", "revision = 'old'\ndown_revision = None\n");
append_to_file("$versions/2.py", "revision = 'new'\ndown_revision = 'old'\n");

my $number = 0;
foreach my $case (
	[ 'a transaction has the lock', 'BEGIN; SELECT pg_advisory_xact_lock(42424242424242)', 'COMMIT', '-e', 'new' ],
	[ 'a migration set', 'BEGIN; SELECT pg_advisory_xact_lock(42424242424242)', 'COMMIT', '--alembic', $versions ],
	[ 'an orphan', 'SELECT pg_advisory_lock(42424242424242)', 'SELECT pg_advisory_unlock(42424242424242)', '-e', 'new', '--break-orphans' ])
{
	my ($name, $lock, $unlock, @options) = @$case;
	my $dbname = 'planted' . ++$number;

	$node->safe_psql('postgres', "CREATE DATABASE $dbname; GRANT CREATE ON DATABASE $dbname TO owner");
	$node->safe_psql($dbname, 'SET ROLE owner; CREATE SCHEMA theirs; CREATE EXTENSION gw_bootstrap SCHEMA theirs');
	$node->safe_psql($dbname, q(CREATE TABLE alembic_version AS SELECT 'old'::text AS version_num));
	my $holder = $node->background_psql($dbname);
	$holder->query_safe($lock);
	my $from = -s $node->logfile;
	my $replica = start_replicas(1, 'gw_bootstrap', 'run', '-d', $node->connstr($dbname), @options,
		'--migrate', migration_command(q(UPDATE alembic_version SET version_num = 'new')), '--timeout', 60);
	ok(wait_until(sub { $replica->err =~ /waiting for .*found \{old\}/ }), "$name: a replica waits");
	$node->safe_psql($dbname, $plant);
	ok(wait_until(sub { $replica->err =~ /using plain SQL/ }), '... and goes on in plain SQL without it');
	$holder->query_safe($unlock);
	$holder->quit;
	my ($result) = $replica->wait;
	is($result->{exit}, 0, '... and is ready') or diag $result->{err};
	is(run_client('gw_bootstrap', $_, '-d', $node->connstr($dbname), '-e', 'new')->{exit}, 0, "... $_") foreach 'status', 'check', 'run';
	unlike(slurp_file($node->logfile, $from), qr/LOG:  trapped/, '... and nothing of the owner was called');
}

$node->stop;
done_testing();
