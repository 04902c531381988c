# A server that is restarted, crashes, starts or is full: what goes away by
# itself is waited for, and each migration is applied exactly once all the same.
#
# TAP, since it takes servers to be killed under real replicas.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant REPLICAS => 5;

my $node = start_server();
my $head = HEAD;
my $guards = q(SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted);
my $dir = PostgreSQL::Test::Utils::tempdir_short();

# Prefix for a command that notes if another one is running.
my $overlap = "$dir/overlap";
my $alone = "exec 9>$overlap.lock; flock -n 9 || touch $overlap; ";

sub migrated_once
{
	my ($way, $name, $replicas) = @_;
	my @results = $replicas->wait;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(outcomes(@results), @results . ' x 0', "$name: ready")
	  or diag map { $_->{err} } grep { $_->{exit} || $_->{signal} } @results;
	is($way->applied, APPLIED, "$name: each step once");
	is($way->locks, 0, "$name: no lock is left");
	ok(!-e $overlap, "$name: never two at a time");
	$way->sql('TRUNCATE applied; DROP TABLE alembic_version, item');
	return @results;
}

# Its other processes have to notice the postmaster's death before it starts again.
sub crash_postmaster
{
	my @pids = split /\n/, $node->safe_psql('postgres', 'SELECT pid FROM pg_stat_activity');

	$node->kill9;
	wait_until(sub { !grep { kill 0, $_ } @pids }) or die 'processes outlive their postmaster';
	$node->start;
	return;
}

# A crash of one backend is a restart of all; what crashes is not ours.
sub crash_backend
{
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	my $pid = $session->query_safe('SELECT pg_backend_pid()');

	kill 'KILL', $pid or die "kill: $!";
	$node->poll_query_until('postgres', 'SELECT true') or die 'no recovery from a crash';
	eval { $session->quit };
	return;
}

my %faults = (
	'restarted' => sub { $node->restart },
	'stopped at once' => sub { $node->stop('immediate'); $node->start },
	'crash of a backend' => \&crash_backend,
	'crash of the postmaster' => \&crash_postmaster);

# A commit waits for a standby only where there could be one.
$node->append_conf('postgresql.conf', "restart_after_crash = on\nwal_level = replica\nmax_wal_senders = 5\n");
$node->restart;
foreach my $plain (0, 1)
{
	# Not the pooler's usual 15 s until it asks a server again that was away.
	my $way = new_way($node, pool_size => 0, plain => $plain)->create;
	my $pooler = $plain && start_pgbouncer($node, pool_size => 2, settings => 'server_login_retry = 1');
	$way = bless { %$way, pooler => $pooler }, ref $way if $pooler;

	# To a pooler an end is an end.
	foreach my $name (grep { !$plain || /backend|restarted/ } sort keys %faults)
	{
		my $title = $name . ($plain ? ', pool of 2, without the extension' : '');

		# One is between two steps, or inside a statement; the others wait.
		my ($stopped, $stop) = stop_point();
		my $between = $plain ? migration_command('SELECT pg_sleep(3600);') : $stop;
		my $migrate = resumable_migration("[ -e $stopped.again ] || { touch $stopped.again; $between; }");
		my $replicas = start_replicas(REPLICAS, $way->client('run', '-e', $head, '--migrate', $alone . $migrate));
		wait_until($plain ? sub { $way->sql(q(SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep')) } :
			sub { -e $stopped }) or die 'nobody migrates';
		ok(wait_until(sub { (grep { $replicas->err($_) =~ /waiting/ } 0 .. REPLICAS - 1) == REPLICAS - 1 }),
			"$title: the others wait");
		$faults{$name}->();
		my @results = migrated_once($way, $title, $replicas);
		is(scalar(grep { $_->{err} =~ /lost the guard, and with it the lock/ } @results), 1, "$title: one has lost its guard");
	}
	$pooler->stop if $pooler;
}

# By a file of SQL in one transaction: inside a statement, and at COMMIT, which
# the server has made but not told since it waits for a standby.
my $sql = "$dir/migrate.sql";
(my $once = tables_step() . rows_step() . head_step()) =~
  s/^(BEGIN|COMMIT);$|CONCURRENTLY//mg;
append_to_file($sql, "$once\nSELECT pg_sleep(3600) WHERE current_setting('gw.sleep', true) = 'on';\n");
my $file = new_way($node, pool_size => 0)->create;
foreach my $name (sort keys %faults)
{
	foreach my $place ('in a statement', 'at COMMIT')
	{
		my $dbname = $file->dbname;
		my $waits = $place eq 'at COMMIT' ? 'SyncRep' : 'PgSleep';
		$node->safe_psql('postgres', "ALTER DATABASE $dbname SET gw.sleep = 'on'") if $waits eq 'PgSleep';
		# A commit that waits for nobody in particular is the test's own.
		$node->safe_psql('postgres', $_) foreach $waits eq 'SyncRep' ?
		  ("ALTER DATABASE $dbname SET synchronous_commit = on", 'ALTER SYSTEM SET synchronous_commit = local',
			q(ALTER SYSTEM SET synchronous_standby_names = 'nobody'), 'SELECT pg_reload_conf()') : ();
		my $replicas = start_replicas(2, $file->client('run', '-e', $head, '--migrate-sql', $sql));
		ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = '$waits'"),
			"$name $place: it is there") or diag map { $replicas->err($_) } 0, 1;
		$node->safe_psql('postgres', $_) foreach "ALTER DATABASE $dbname RESET gw.sleep",
		  "ALTER DATABASE $dbname RESET synchronous_commit", 'ALTER SYSTEM RESET ALL';
		# What waits has to end by the fault, not by the new setting.
		$faults{$name}->();
		my @results = migrated_once($file, "$name $place", $replicas);
		is(scalar(grep { $_->{out} =~ /\(migrated\)/ } @results), $waits eq 'PgSleep' ? 1 : 0,
			"$name $place: who " . ($waits eq 'PgSleep' ? 'migrated' : 'got no answer') . ' knows');
	}
}

# The server is not there yet, then starts, then works.
my $way = new_way($node, pool_size => 0)->create;
my $migrate = whole_migration();
my @run = $way->client('run', '-e', $head, '--migrate', $alone . $migrate);
sub ends
{
	my ($exit, $pattern, $name, @options) = @_;
	my $result = run_client(@run, @options);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($result->{exit}, $exit, "$name: exit code $exit") or diag $result->{err};
	like($result->{err}, $pattern, "$name: and says why");
	return;
}

sub all_say
{
	my ($replicas, $pattern, $name) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return ok(wait_until(sub { !grep { $replicas->err($_) !~ $pattern } 0 .. REPLICAS - 1 }), $name)
	  || diag map { $replicas->err($_) } 0 .. REPLICAS - 1;
}

$node->stop;
ends(3, qr/deadline of 1 s passed: .*No such file|refused/, 'no server', '--timeout', 1);
my $replicas = start_replicas(REPLICAS, @run);
all_say($replicas, qr/waiting for/, 'no server: all wait');
append_to_file($node->data_dir . '/standby.signal', '');
$node->append_conf('postgresql.conf', 'hot_standby = off');
$node->start;
ends(3, qr/deadline of 1 s passed: .*not accepting connections|starting up/, 'it starts', '--timeout', 1);
all_say($replicas, qr/waiting for .*(not accepting connections|starting up)/, 'it starts: all wait');
$node->promote;
migrated_once($way, 'it works', $replicas);
$node->stop;

# A server with few connections, all of which others have; then one; then two.
my $small = PostgreSQL::Test::Cluster->new('small');
$small->init;
$small->append_conf('postgresql.conf', <<'CONF');
max_connections = 6
superuser_reserved_connections = 2
max_wal_senders = 0
CONF
$small->start;
$small->safe_psql('postgres', 'CREATE ROLE app LOGIN; CREATE EXTENSION gw_bootstrap; GRANT ALL ON SCHEMA public TO app');
$way = bless { node => $small, pool_size => 0, dbname => 'postgres' }, 'GwBootstrap::Ways';
$way->sql('CREATE TABLE applied (step text); GRANT ALL ON applied TO app');
# The command has to bear that a replica which looks takes the last one for a moment.
my $whole = whole_migration_file();
$migrate = qq(until psql -X -q -1 -v ON_ERROR_STOP=1 -d "\$DATABASE_URL" -f $whole; do :; done);
@run = ('gw_bootstrap', 'run', '-d', $way->connstr . ' user=app', '-e', $head, '--migrate', $alone . $migrate);
my @others = map { $small->background_psql('postgres', extra_params => [ '-U', 'app' ]) } 1 .. 4;
ends(3, qr/deadline of 1 s passed: .*(reserved|too many clients)/, 'no connection left', '--timeout', 1);
$replicas = start_replicas(REPLICAS, @run);
all_say($replicas, qr/waiting for .*(reserved|too many clients)/, 'no connection left: all wait');
$_->quit foreach splice @others, 0, 2;
migrated_once($way, 'two left', $replicas);

# Replicas that wait for a lock do not keep the connections that the migration needs.
my $holder = $small->background_psql('postgres');
$holder->query_safe('BEGIN; SELECT pg_advisory_xact_lock(42424242424242)');
$replicas = start_replicas(REPLICAS, @run);
all_say($replicas, qr/waiting for .*(held by backend|reserved|too many clients)/, 'two left, and the lock is taken: all wait');
$holder->quit;
migrated_once($way, 'two left, and free', $replicas);

# The same of a pool in session mode, where a client that is connected has one.
my $pooler = start_pgbouncer($small, pool_mode => 'session', pool_size => 2);
my @pooled = ('gw_bootstrap', 'run', '-d', $pooler->connstr('postgres'), '-e', $head, '--migrate', $alone . whole_migration());
migrated_once($way, 'pool of two in session mode', start_replicas(24, @pooled));
$pooler->stop;

push @others, $small->background_psql('postgres', extra_params => [ '-U', 'app' ]);
$replicas = start_replicas(1, @run);
ok(wait_until(sub { $replicas->err =~ /waiting for .*(reserved|too many clients)/ }), 'one left: the guard has it') or diag $replicas->err;
$_->quit foreach @others;
migrated_once($way, 'one left, then more', $replicas);
$small->stop;

done_testing();
