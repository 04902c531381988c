# What may end a guard: either it is survived, or the command is stopped at
# once and the client starts over; and there are never two migrations at a time.
#
# TAP, since it takes poolers with limits, and backends that are stopped.

use strict;
use warnings;

use GwBootstrap::Processes;
use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $head = HEAD;
my $whole = whole_migration();
my $guards = q(SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted);

# Prefix for a command that notes if another one is running.
my $overlap = PostgreSQL::Test::Utils::tempdir_short() . '/overlap';
my $alone = "exec 9>$overlap.lock; flock -n 9 || touch $overlap; ";

sub run
{
	my ($way, $count, $migrate, @options) = @_;
	return start_replicas($count, $way->client('run', '-e', $head, '--migrate', $alone . $migrate, @options));
}

sub migrated_once
{
	my ($way, $name, @results) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(outcomes(@results), @results . ' x 0', "$name: ready") or diag map { $_->{err} } @results;
	is($way->applied, APPLIED, "$name: migrated once");
	ok(!-e $overlap, "$name: never two at a time");
	$way->sql('TRUNCATE applied; DROP TABLE alembic_version, item');
	return;
}

# What limits the life of a transaction that is idle.
sub limits
{
	my ($direct) = @_;

	# Limits of the server, set where they are hardest to see.
	my $user = getpwuid $<;
	my @limits = ('idle_in_transaction_session_timeout');
	push @limits, 'transaction_timeout' if $node->pg_version >= 17;
	foreach my $limit (@limits)
	{
		foreach my $object ("ROLE \"$user\"", 'DATABASE ' . $direct->dbname)
		{
			# The command outlasts the limit, and is not subject to it.
			$node->safe_psql('postgres', "ALTER $object SET $limit = '500ms'");
			my ($result) = run($direct, 1, "sleep 2; export PGOPTIONS='-c $limit=0'; $whole")->wait;
			migrated_once($direct, "$limit of the " . lc((split ' ', $object)[0]), $result);
			unlike($result->{err}, qr/lost the guard/, '... and the guard is not lost');
			$node->safe_psql('postgres', "ALTER $object RESET $limit");
		}
	}

	# Limits of the pooler that the heartbeat keeps below.
	my $pooler = start_pgbouncer($node,
		pool_size => 2,
		settings => join "\n", map { "$_ = 5" } qw(idle_transaction_timeout client_idle_timeout server_idle_timeout query_timeout server_lifetime));
	my $pooled = bless { %$direct, pooler => $pooler }, ref $direct;
	my ($result) = run($pooled, 1, "sleep 12; $whole")->wait;
	migrated_once($pooled, 'limits of a pooler', $result);
	unlike($result->{err}, qr/lost the guard/, '... and the guard is not lost');
	$pooler->stop;

	# One below the heartbeat: the command never gets to its end.
	$pooler = start_pgbouncer($node, pool_size => 5, settings => 'idle_transaction_timeout = 1');
	$pooled = bless { %$direct, pooler => $pooler }, ref $direct;
	my @results = run($pooled, 3, "sleep 30; $whole", '--timeout', 8)->wait;
	is(outcomes(@results), '3 x 3', 'a limit below the heartbeat: all end at the deadline');
	ok((grep { $_->{err} =~ /lost the guard, and with it the lock: .*idle transaction timeout/ } @results),
		'... and one says why') or diag map { $_->{err} } @results;
	is($pooled->applied, '', '... nothing was done');
	ok(!-e $overlap, '... never two at a time');
	$pooler->stop;
	return;
}

# The client is stopped, so it does not see that its guard is lost, and its
# command goes on until the watcher kills it.  Nobody else begins before.
sub stalled_client
{
	my ($way, @migrate) = @_;
	my $name = $way->name . ", stalled client, then $migrate[0]";
	my ($again) = stop_point();
	my $busy = "[ -e $again ] || { touch $again;"
	  . q( echo 'SELECT 1 \watch 0.1' | psql -X -q -d "$DATABASE_URL" >/dev/null; };);
	my $first = run($way, 1, "$busy $whole");

	ok(wait_until(sub { $way->sql(q(SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT 1 %'
		AND application_name = 'gw_bootstrap migration')) }), "$name: a command is at work");
	my %tree = GwBootstrap::Processes::tree($first->pid);
	my @command = GwBootstrap::Processes::family($tree{command});
	my $is_beside = 0;
	kill 'STOP', $first->pid;
	$way->sql("SELECT pg_terminate_backend(pid) FROM ($guards) g");
	my $second = start_replicas(1, $way->client('run', '-e', $head, @migrate));
	ok(wait_until(sub {
		my $has_begun = $second->err =~ /migrating/;
		my $is_alive = grep { GwBootstrap::Processes::is_alive($_) } @command;
		$is_beside ||= $has_begun && $is_alive;
		return !$is_alive;
	}), "$name: that command is ended");
	ok(!$is_beside, "$name: before the next replica migrates") or diag $second->err;
	kill 'CONT', $first->pid;
	migrated_once($way, $name, $first->wait, $second->wait);
	return;
}

foreach my $way (quiet_ways($node))
{
	my $name = $way->name;
	$way->create->open;

	# An administrator terminates the guard while the command is inside a long
	# statement: that goes on, and nobody begins anew before it has ended.
	my $long = migration_command(<<'SQL' . tables_step());
SELECT pg_sleep(3600) WHERE to_regclass('let_through') IS NULL;
SQL
	my $rest = migration_command(rows_step() . head_step());
	my $replicas = run($way, 3, "$long && $rest");
	my $sleeper = q(SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep');
	ok($node->poll_query_until($way->dbname, "SELECT count(*) = 1 FROM ($sleeper) s"), "$name: a command is inside a statement");
	my $pid = $way->sql($sleeper);
	$way->sql("SELECT pg_terminate_backend(pid) FROM ($guards) g");
	ok(wait_until(sub { grep { $replicas->err($_) =~ /lost the guard/ } 0 .. 2 }),
		"$name: the loss of the guard is noticed");
	ok(wait_until(sub { grep { $replicas->err($_) =~ /waiting .*backend $pid is still at work/ } 0 .. 2 }),
		"$name: the statement that was left is waited for");
	is($way->sql($sleeper), $pid, "$name: no other has begun");
	$way->sql("CREATE TABLE let_through (); SELECT pg_terminate_backend($pid)");
	migrated_once($way, $name, $replicas->wait);

	# The command ignores SIGTERM, so it lives on for a while after its guard.
	my $first = "$overlap.first$name";
	my $deaf = "[ -e '$first' ] || { touch '$first'; trap '' TERM;"
	  . q( echo 'SELECT 1 \watch 0.1' | psql -X -q -d "$DATABASE_URL" >/dev/null; };);
	$replicas = run($way, 3, "$deaf $whole");
	ok(wait_until(sub { $way->sql(q(SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT 1 %'
		AND application_name = 'gw_bootstrap migration')) }), "$name: a deaf command is at work");
	$way->sql("SELECT pg_terminate_backend(pid) FROM ($guards) g");
	migrated_once($way, "$name, deaf", $replicas->wait);

	# The guard falls silent.  Its server has the lock all the same.
	my ($stopped, $stop) = stop_point();
	my $silent = run($way, 1, "[ -e '$first.silent' ] || { touch '$first.silent'; $stop; }; $whole");
	ok(wait_until(sub { -e $stopped }), "$name: the command runs");
	chomp(my $shell = slurp_file($stopped));
	my $guard = $way->sql($guards);
	kill 'STOP', $guard;
	ok(wait_until(sub { $silent->err =~ /lost the guard.*no answer from the database for 6 s/ }),
		"$name: a silent guard is given up after two heartbeats") or diag $silent->err;
	ok(wait_until(sub { !kill 0, $shell }), "$name: and the command stopped");
	ok(wait_until(sub { $silent->err =~ /waiting .*held by backend $guard/ }),
		"$name: the lock is waited for") or diag $silent->err;
	kill 'CONT', $guard;
	migrated_once($way, "$name, silent", $silent->wait);

	# One that is silent for less time than that is survived.
	($stopped, $stop) = stop_point();
	$silent = run($way, 1, "$stop; $whole", '-v');
	ok(wait_until(sub { -e $stopped }), "$name: the command runs");
	$guard = $way->sql($guards);
	kill 'STOP', $guard;
	ok(wait_until(sub { $silent->err =~ /migrating.*pg_stat_get_activity\(CASE[^\n]*\n\z/s }), "$name: a heartbeat has no answer");
	kill 'CONT', $guard;
	append_to_file("$stopped.fifo", "go\n");
	my ($result) = $silent->wait;
	migrated_once($way, "$name, stalled", $result);
	unlike($result->{err}, qr/lost the guard/, "$name: the guard is not lost");

	if (!$way->pooler)
	{
		stalled_client($way, '--migrate', $alone . $whole);
		stalled_client($way, '--migrate-sql', whole_migration_file());
		limits($way);
	}
	$way->is_clean($name);
	$way->close;
}

$node->stop;
done_testing();
