# Every pooler that is here, in every mode of its own, with the extension and without:
# what test/poolers/table expects of it.  One that serves: one is killed and the next
# takes over; exactly one of 24 replicas migrates; nobody waits for a lock at head; a file of SQL;
# a server that restarts; a fenced role; and what doctor sees.  One that cannot: that is
# told before anything was done.
#
# Not in test/t, since few releases of Debian have these poolers; test/rig/matrix
# runs it where one has, and makes a page of the lines that GW_MATRIX_CELLS collects.

use strict;
use warnings;

use File::Basename qw(dirname);
use GwBootstrap::OtherPooler;
use GwBootstrap::PgBouncer;
use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant REPLICAS => 24;

my $user = getpwuid $<;
# Its port has to be short for pgagroal only, and with PostgreSQL 13 it cannot be chosen.
my $needs_short = grep { $_ eq 'pgagroal' } GwBootstrap::OtherPooler->installed;
my $node = PostgreSQL::Test::Cluster->new('main', $needs_short ? (port => GwBootstrap::OtherPooler::short_port()) : ());
my $dir = PostgreSQL::Test::Utils::tempdir_short();
my $locks = q(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database()));
my $applied = q(SELECT string_agg(step || ' x ' || n, ', ' ORDER BY step)
	FROM (SELECT step, count(*) n FROM applied GROUP BY 1) s);

# What pgagroal logs when it fails.
my $own_fault = qr/Assertion|Bad file descriptor|Failure during obtaining connection|transfer_connection|Server error|Transfer connection/;

# What is tried, in this order.
my %scenarios = (
	serves => [
		[ 'one is killed' => \&killed ],
		[ '24 start' => \&storm ],
		[ 'at head under a foreign lock' => \&at_head ],
		[ 'a file of SQL' => \&file_of_sql ],
		[ 'the server restarts' => \&restart ],
		[ 'a fenced role' => \&fenced ],
		[ 'doctor' => \&doctor ] ],
	refuses => [ [ 'told before anything is done' => \&refused ], [ 'doctor' => \&doctor ] ]);

sub rows
{
	open my $table, '<', dirname($0) . '/table' or die "table: $!";
	my @columns = qw(pooler mode size expected names bears doctor);
	my @rows;

	while (<$table>)
	{
		chomp;
		next if /^#/;
		my %row;
		@row{@columns} = split /\t/;
		push @rows, \%row;
	}
	return @rows;
}

# As its program says it.
sub version
{
	my ($pooler) = @_;
	my ($option) = $pooler eq 'pgpool' ? '-v' : '--version';
	my $said = `PATH=\$PATH:/usr/sbin $pooler $option 2>&1`;

	return $said =~ /(\d+\.\d+(\.\d+)?)/ ? $1 : '';
}

# Of a row, in a database of its own; it has sql, connstr and run.
sub start_pooler
{
	my ($row, $extension) = @_;
	my $at = { %$row, extension => $extension, dbname => "$row->{pooler}_$row->{mode}_$extension" };

	$node->safe_psql('postgres', "CREATE DATABASE $at->{dbname}");
	sql($at, 'CREATE EXTENSION gw_bootstrap') if $extension;
	sql($at, 'CREATE TABLE applied (step text); GRANT ALL ON applied TO migrations; GRANT ALL ON SCHEMA public TO migrations');
	$at->{running} = $row->{pooler} eq 'pgbouncer'
	  ? GwBootstrap::PgBouncer->new($node, pool_mode => $row->{mode}, pool_size => $row->{size}, settings => 'server_login_retry = 1',
		users => qq("$user" ""\n"migrations" ""\n))
	  : GwBootstrap::OtherPooler->new($node, $row->{pooler}, $row->{size}, $at->{dbname}, $row->{mode});
	return $at;
}

sub sql { return $node->safe_psql($_[0]{dbname}, $_[1]); }

sub connstr
{
	my ($at, $role) = @_;
	return $at->{running}->connstr($at->{dbname}) . ' user=' . ($role || $user);
}

sub client
{
	my ($at, $command, @options) = @_;
	return ('gw_bootstrap', $command, '-d', connstr($at), '-e', HEAD, '--timeout', $at->{bears} eq 'frail' ? 30 : 90, @options);
}

# All of them ended with this code.
sub all_ended
{
	my ($exit, @results) = @_;

	my @others = grep { ($_->{exit} // -1) != $exit } @results;
	return 1 if !@others;
	diag outcomes(@results), "\n", map { "$_->{out}$_->{err}" } @others;
	return 0;
}

# In the midst of its migration, before it has done anything, and the next one takes over.
sub killed
{
	my ($at) = @_;
	my $marker = "$dir/begun." . $at->{dbname};
	my $killed = start_replicas(1, client($at, 'run', '--migrate', "touch $marker; sleep 600"));

	my $begun = wait_until(sub { $killed->ended || -e $marker });
	my $held = sql($at, $locks);
	kill 'KILL', $killed->pid;
	$killed->wait;
	my $next = run_client(client($at, 'run', '--migrate', whole_migration()));
	my $good = $begun && $held == 1 && all_ended(0, $next) && once($at);
	sql($at, 'TRUNCATE applied; DROP TABLE IF EXISTS alembic_version, item');
	return $good;
}

# Each step of the migration was applied, and nobody has a lock.
sub once
{
	my ($at) = @_;
	return sql($at, $applied) eq APPLIED && sql($at, $locks) == 0;
}

sub storm
{
	my ($at) = @_;
	return all_ended(0, start_replicas(REPLICAS, client($at, 'run', '--migrate', whole_migration()))->wait) && once($at);
}

sub at_head
{
	my ($at) = @_;
	my $holder = $node->background_psql($at->{dbname});

	$holder->query_safe('SELECT pg_advisory_lock(42424242424242)');
	my @results = start_replicas(REPLICAS, client($at, 'run', '--migrate', 'false'))->wait;
	$holder->quit;
	return all_ended(0, @results);
}

sub file_of_sql
{
	my ($at) = @_;
	sql($at, 'TRUNCATE applied; DROP TABLE IF EXISTS alembic_version, item');
	my @results = start_replicas(4, client($at, 'run', '--migrate-sql', whole_migration_file()))->wait;

	return all_ended(0, @results) && once($at);
}

# The replicas start while it is away.
sub restart
{
	my ($at) = @_;

	$node->stop('fast');
	my $replicas = start_replicas(4, client($at, 'run', '--migrate', 'false'));
	$node->start;
	return all_ended(0, $replicas->wait);
}

# Where its name does not arrive the server refuses it, and a way past the pooler is needed.
sub fenced
{
	my ($at) = @_;
	my $arrives = $at->{names} eq 'arrive';
	# Long enough to be seen.
	my $migrate = migration_command("SELECT pg_sleep(0.5);\nUPDATE alembic_version SET version_num = '@{[HEAD]}';\n");
	my $start = sub {
		sql($at, "UPDATE alembic_version SET version_num = 'f1r57'; GRANT ALL ON alembic_version TO migrations");
		return start_replicas(2, client($at, 'run', '--migration-url', $_[0], '--migrate', $migrate))->wait;
	};
	my @results = $start->(connstr($at, 'migrations'));
	return all_ended(0, @results) if $arrives;

	my $told = all_ended(1, @results) && !grep { $_->{err} !~ /ERROR/ } @results;
	return $told && all_ended(0, $start->($node->connstr($at->{dbname}) . ' user=migrations'));
}

sub doctor
{
	my ($at) = @_;
	my $result = run_client(client($at, 'doctor'));
	my $expected = $at->{expected} eq 'refuses' ? qr/$at->{doctor}/ : qr/^ok +pooling: $at->{doctor}$/m;

	return 1 if "$result->{out}$result->{err}" =~ $expected;
	diag $result->{out}, $result->{err};
	return 0;
}

# At head a start that has nothing to run needs no transaction.
sub refused
{
	my ($at) = @_;
	my $file = migration_file("INSERT INTO applied VALUES ('file'); SELECT 1/0;");
	my $says = sub {
		my $result = run_client(client($at, 'run', @_));
		return 1 if ($result->{exit} // -1) == 4 && "$result->{out}$result->{err}" =~ /$at->{doctor}/;
		diag "@_: exit $result->{exit}: $result->{err}";
		return 0;
	};
	my $all = $says->('--migrate', whole_migration()) && $says->('--migrate-sql', $file);

	sql($at, "CREATE TABLE alembic_version AS SELECT '@{[HEAD]}' AS version_num");
	return $all && $says->('--post-sql', $file) && all_ended(0, run_client(client($at, 'run'))) && sql($at, 'SELECT count(*) FROM applied') == 0;
}

sub note_cell
{
	my (@columns) = @_;
	my $file = $ENV{GW_MATRIX_CELLS} or return;

	PostgreSQL::Test::Utils::append_to_file($file, join("\t", 'cell', @columns) . "\n");
	return;
}

my %here = map { $_ => version($_) } 'pgbouncer', GwBootstrap::OtherPooler->installed;
my %wanted = map { $_ => 1 } split ' ', $ENV{GW_POOLERS} // join ' ', keys %here;
my ($server) = `postgres --version` =~ /(\d+\S*)/;

diag "PostgreSQL $server; ", join ', ', map { "$_ $here{$_}" } sort keys %here;
$node->init;
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\nmax_connections = 200");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE migrations LOGIN;
ALTER ROLE migrations SET session_preload_libraries = 'gw_bootstrap';
ALTER ROLE migrations SET gw_bootstrap.fence_key = '42424242424242';
SQL

foreach my $row (grep { $here{ $_->{pooler} } && ($wanted{ $_->{pooler} } || $wanted{"$_->{pooler}/$_->{mode}"}) } rows())
{
	foreach my $extension (1, 0)
	{
		my $at = start_pooler($row, $extension);

		foreach my $scenario (@{ $scenarios{ $row->{expected} } })
		{
			my ($name, $try) = @$scenario;
			next if $at->{bears} eq 'frail' && ($try == \&killed || $try == \&restart);
			my $with = ($extension ? 'with' : 'without') . ' the extension';
			my $good = eval { $try->($at) };
			diag $@ if $@;
			my $log = $good ? '' : slurp_file($at->{running}{log});
			my $result = $good ? $try == \&fenced && $at->{names} eq 'vanish' ? 'past the pooler' : 'ok'
			  : $at->{bears} eq 'frail' && $log =~ $own_fault ? 'the pooler failed'
			  : 'not ok';

			isnt($result, 'not ok', "$row->{pooler} $here{$row->{pooler}}, $row->{mode}, $with: $name")
			  or diag "its log ends so:\n", $log =~ /((?:.*\n){1,20})\z/;
			note_cell($server, $row->{pooler}, $here{ $row->{pooler} }, $row->{mode}, $with, $name, $result);
		}
		$at->{running}->stop;
	}
}

$node->stop;
done_testing();
