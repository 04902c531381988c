# Poolers other than PgBouncer: exactly one of 24 replicas migrates, nobody waits
# for a lock at head, and a migration whose client is killed is taken over.
#
# Not in test/t, since few releases of Debian have these poolers; test/rig/matrix
# runs it where one has.

use strict;
use warnings;

use GwBootstrap::Test;
use GwBootstrap::OtherPooler;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant REPLICAS => 24;

my %mode = (odyssey => 'transaction', pgpool => 'session');
# Pgpool-II hands out the server's own process id, so it cannot be seen.
my %seen = (odyssey => 'a pooler in transaction mode', pgpool => 'none seen, the session has a server connection to itself');
my $node = PostgreSQL::Test::Cluster->new('main');
my $head = HEAD;
my $locks = q(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database()));
my @poolers = GwBootstrap::OtherPooler->installed;

plan skip_all => 'none of them is installed' unless @poolers;
diag 'not installed: ', join ' ', grep { my $pooler = $_; !grep { $_ eq $pooler } @poolers } sort keys %mode;
$node->init;
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
$node->start;

foreach my $pooler (@poolers)
{
	foreach my $extension (1, 0)
	{
		my $name = "$pooler, " . ($extension ? 'with' : 'without') . ' the extension';
		my $dbname = "${pooler}_$extension";
		my $sql = sub { return $node->safe_psql($dbname, @_); };

		$node->safe_psql('postgres', "CREATE DATABASE $dbname");
		$sql->('CREATE EXTENSION gw_bootstrap') if $extension;
		$sql->('CREATE TABLE applied (step text)');
		# Where a session is lent, whoever waits keeps it.
		my $running = GwBootstrap::OtherPooler->new($node, $pooler, $mode{$pooler} eq 'session' ? 2 * REPLICAS : 4, $dbname);
		my @run = ('gw_bootstrap', 'run', '-d', $running->connstr, '-e', $head);

		# Killed in the midst of its migration, before it has done anything.
		my $marker = PostgreSQL::Test::Utils::tempdir_short() . '/begun';
		my $killed = start_replicas(1, @run, '--migrate', "touch $marker; sleep 600");
		ok(wait_until(sub { $killed->ended || -e $marker }), "$name: one migrates") or diag $killed->err;
		is($sql->($locks), 1, "$name: under the lock");
		kill 'KILL', $killed->pid;
		$killed->wait;

		my @results = start_replicas(REPLICAS, @run, '--migrate', whole_migration())->wait;
		is(outcomes(@results), '24 x 0', "$name: then 24 replicas start, and all end well")
		  or diag map { $_->{err} } grep { !defined $_->{exit} || $_->{exit} } @results;
		is($sql->(q(SELECT string_agg(step || ' x ' || n, ', ' ORDER BY step) FROM (SELECT step, count(*) n FROM applied GROUP BY 1) s)),
			APPLIED, "$name: the migration ran once");
		is($sql->($locks), 0, "$name: no lock is left");

		my $holder = $node->background_psql($dbname);
		$holder->query_safe('SELECT pg_advisory_lock(42424242424242)');
		@results = start_replicas(REPLICAS, @run, '--migrate', 'false')->wait;
		is(outcomes(@results), '24 x 0', "$name: at head nobody asks for a lock");
		$holder->quit;

		my $doctor = run_client('gw_bootstrap', 'doctor', '-d', $running->connstr, '-e', $head);
		like($doctor->{out}, qr/^ok +pooling: $seen{$pooler}$/m, "$name: doctor sees what it is") or diag $doctor->{out}, $doctor->{err};
		$running->stop;
	}
}

# Odyssey does not refuse transactions in statement mode, but cuts them up.
foreach my $extension (1, 0)
{
	last unless grep { $_ eq 'odyssey' } @poolers;
	my $name = 'odyssey, statement mode, ' . ($extension ? 'with' : 'without') . ' the extension';
	my $dbname = "statement_$extension";
	$node->safe_psql('postgres', "CREATE DATABASE $dbname");
	$node->safe_psql($dbname, 'CREATE EXTENSION gw_bootstrap') if $extension;
	$node->safe_psql($dbname, 'CREATE TABLE applied (step text)');
	my $running = GwBootstrap::OtherPooler->new($node, 'odyssey', 4, $dbname, 'statement');
	my @common = ('-d', $running->connstr, '-e', $head);
	my $told = qr/statement mode/;
	my $file = PostgreSQL::Test::Utils::tempdir_short() . '/migration.sql';
	my $says = sub {
		my ($what, $exit, @command) = @_;
		my ($result) = GwBootstrap::Replicas->start(1, @command)->wait;
		ok($result->{exit} == $exit && "$result->{out}$result->{err}" =~ $told, "$name: $what says so") or diag "exit $result->{exit}", $result->{out}, $result->{err};
	};

	PostgreSQL::Test::Utils::append_to_file($file, "INSERT INTO applied VALUES ('file'); SELECT 1/0;");
	$says->('run', 4, 'gw_bootstrap', 'run', @common, '--migrate', GwBootstrap::Migration::whole());
	$says->('--migrate-sql', 4, 'gw_bootstrap', 'run', @common, '--migrate-sql', $file);
	$says->('doctor', 5, 'gw_bootstrap', 'doctor', @common);
	$node->safe_psql($dbname, "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('$head')");
	$says->('--post-sql at head', 4, 'gw_bootstrap', 'run', @common, '--post-sql', $file);
	is($node->safe_psql($dbname, 'SELECT count(*) FROM applied'), 0, "$name: nothing was done");
	$running->stop;
}

$node->stop;
done_testing();
