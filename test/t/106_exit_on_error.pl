# exit_on_error, which makes each error end its session: a start goes on after the
# errors that it expects, in each way, and "doctor" tells.
#
# TAP, since it is about the client.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $head = HEAD;

# With the extension where the client does not look for it first, too.
foreach my $way (quiet_ways($node), map { new_way($node, pool_size => $_, elsewhere => 1) } 0, 2)
{
	my $name = $way->name . ($way->{elsewhere} ? ', the extension elsewhere' : '');
	$way->create;
	$way->sql('CREATE SCHEMA elsewhere; ALTER EXTENSION gw_bootstrap SET SCHEMA elsewhere') if $way->{elsewhere};
	$way->sql('ALTER DATABASE ' . $way->dbname . ' SET exit_on_error = on');
	$way->open;
	my @run = $way->client('run', '-e', $head, '--timeout', 60, '--migrate', whole_migration());

	my $result = run_client($way->client('check', '-e', $head));
	is($result->{exit}, 5, "$name: check, not at head") or diag $result->{err};
	is(run_client($way->client('status'))->{exit}, 0, "$name: status");

	# The head table is locked, so that a look without the extension fails.
	$way->sql('CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)');
	my $locker = $node->background_psql($way->dbname);
	$locker->query_safe('BEGIN; LOCK alembic_version');
	my $waits = start_replicas(1, @run);
	ok(wait_until(sub { $waits->ended || $waits->err =~ /the head table is locked/ }), "$name: a locked head table is waited for");
	$locker->query_safe('DROP TABLE alembic_version; COMMIT');
	$locker->quit;

	my @results = ($waits->wait, start_replicas(4, @run)->wait);
	is(outcomes(@results), '5 x 0', "$name: run") or diag join '', map { $_->{err} } @results;
	is($way->applied, APPLIED, "$name: each step once");
	is(run_client($way->client('check', '-e', $head))->{exit}, 0, "$name: check, at head");

	# A file of SQL that expects an error.
	my $file = PostgreSQL::Test::Utils::tempdir() . '/file.sql';
	append_to_file($file, q(DO $$BEGIN PERFORM 1/0; EXCEPTION WHEN division_by_zero THEN NULL; END$$; UPDATE alembic_version SET version_num = 'next';));
	$result = run_client($way->client('run', '-e', 'next', '--migrate-sql', $file));
	is($result->{exit}, 0, "$name: a file of SQL that goes on after an error") or diag $result->{err};

	# Without the extension: it is made, or cannot be.
	$result = run_client($way->client('run', '-e', 'next', '--create-extension'));
	is($result->{exit}, 0, "$name: --create-extension") or diag $result->{err};
	like(run_client($way->client('doctor'))->{out}, qr/^note +errors: exit_on_error is on.*\n +Set it to off/m, "$name: doctor tells");
	$way->is_clean($name);
	$way->close;
}

# Nothing is told where it is off.
my ($way) = quiet_ways($node);
$way->create->open;
unlike(run_client($way->client('doctor'))->{out}, qr/exit_on_error/, 'doctor tells nothing where it is off');
$way->close;

$node->stop;
done_testing();
