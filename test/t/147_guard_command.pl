# gw_bootstrap guard: a command runs under the lock whatever the heads are, once,
# and what ends it is told.
#
# TAP, since it takes clients that run at the same time, and a real pooler.

use strict;
use warnings;

use GwBootstrap::Test;
use GwBootstrap::Processes;
use IPC::Run ();
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $head = HEAD;
my $repair = q(psql -X -q -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -c "INSERT INTO applied VALUES ('repair')");

# A replica of it, whose command is for the shell.
sub guarded
{
	my ($way, $command, @options) = @_;
	return start_replicas(1, $way->client('guard', @options, '--', '/bin/sh', '-c', $command));
}

sub repairs
{
	my ($way, $name, $pattern, @options) = @_;
	my ($result) = guarded($way, $repair, @options)->wait;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($result->{exit}, 0, "$name: the command runs") or diag $result->{err};
	like($result->{err}, $pattern, "$name: and the heads are told");
	is($way->applied, 'repair x 1', "$name: once");
	is($way->locks, 0, "$name: no lock is left");
	$way->sql('TRUNCATE applied');
	return;
}

# Whatever the heads are.
sub whatever_the_heads_are
{
	my ($way, $name) = @_;
	my @latest = (qw(-e 3 --head-table schema_migrations --head-column version --head-rule latest --head-order numeric),
		'--head-condition', 'failed: dirty');

	repairs($way, "$name, no table", qr/heads now: no readable head table\n/);
	$way->sql("CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('f1r57')");
	repairs($way, "$name, behind", qr/heads now: \{f1r57\}, wanted \{$head\}: behind/, '-e', $head);
	$way->sql("UPDATE alembic_version SET version_num = '$head'");
	repairs($way, "$name, at head", qr/heads now: \{$head\}, wanted \{$head\}: at_head/, '-e', $head);
	$way->sql('CREATE TABLE schema_migrations (version bigint, dirty boolean); INSERT INTO schema_migrations VALUES (4, false)');
	repairs($way, "$name, ahead", qr/heads now: \{4\}, wanted \{3\}: ahead/, @latest);
	$way->sql('UPDATE schema_migrations SET version = 3, dirty = true');
	my $result = run_client($way->client('run', '--migrate', 'true', '--timeout', 20, @latest));
	is($result->{exit}, 7, "$name, failed: a replica does not start") or diag $result->{err};
	repairs($way, "$name, failed", qr/heads now: \{3\}, wanted \{3\}: failed/, @latest);
	($result) = guarded($way, 'psql -X -q -d "$DATABASE_URL" -c "UPDATE schema_migrations SET dirty = false"', @latest)->wait;
	like($result->{err}, qr/: at_head$/m, "$name, failed: it repairs that");
	$result = run_client($way->client('run', '--migrate', 'true', @latest));
	is($result->{exit}, 0, "$name, failed: and a replica starts") or diag $result->{err};
	$way->sql('DROP TABLE alembic_version, schema_migrations');
	return;
}

# One of the two is at work, the other waits and says for whom.
sub excludes
{
	my ($way, $name, $first, $second, $stopped) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $one = $first->();
	wait_until(sub { -e $stopped }) or die 'no command runs: ' . $one->err;
	my $holder = $way->sql(q(SELECT pid FROM pg_locks WHERE locktype = 'advisory'));
	my $other = $second->();
	ok(wait_until(sub { $other->err =~ /waiting for \d+ s: lock \d+ is held by backend $holder/ || $other->ended }),
		"$name: the other waits, and says for whom");
	is($way->applied, '', "$name: it does nothing");
	append_to_file("$stopped.fifo", "go\n");
	is(outcomes($one->wait), '1 x 0', "$name: the first is done") or diag $one->err;
	is(outcomes($other->wait), '1 x 0', "$name: then the other") or diag $other->err;
	is($way->locks, 0, "$name: no lock is left");
	return;
}

sub excludes_replicas
{
	my ($way, $name) = @_;
	my ($stopped, $stop) = stop_point();

	excludes($way, "$name, guard first",
		sub { guarded($way, "$stop && $repair") },
		sub { start_replicas(1, $way->client('run', '-e', $head, '--migrate', whole_migration())) }, $stopped);
	is($way->applied, APPLIED . ', repair x 1', "$name, guard first: each once");
	$way->sql('TRUNCATE applied; DROP TABLE alembic_version, item');
	($stopped, $stop) = stop_point();
	excludes($way, "$name, guard second",
		sub { start_replicas(1, $way->client('run', '-e', $head, '--migrate', "$stop && " . whole_migration())) },
		sub { guarded($way, $repair, '-e', $head) }, $stopped);
	is($way->applied, APPLIED . ', repair x 1', "$name, guard second: each once");
	$way->sql('TRUNCATE applied; DROP TABLE alembic_version, item');
	return;
}

# What ends it before its time.
sub ends_early
{
	my ($way, $name) = @_;
	my $begin = sub {
		my ($stopped, $stop) = stop_point();
		my $guard = guarded($way, "$stop && $repair");
		wait_until(sub { -e $stopped }) or die 'no command runs: ' . $guard->err;
		return ($guard, slurp_file($stopped) + 0);
	};

	my ($guard, $shell) = $begin->();
	$way->sql(q(SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'));
	my ($result) = $guard->wait;
	is($result->{exit}, 1, "$name: a lost guard is exit code 1");
	like($result->{err}, qr/lost the guard of the command, and with it the lock.*detail: \S.*hint: See how far/s, "$name: and told");
	is_gone($shell, "$name: the command is stopped");

	($guard, $shell) = $begin->();
	kill 'TERM', $guard->pid;
	is(outcomes($guard->wait), '1 x 143', "$name: SIGTERM ends it");
	is_gone($shell, "$name: with its command");
	is($way->locks, 0, "$name: and the lock");

	($guard, $shell) = $begin->();
	my %tree = GwBootstrap::Processes::tree($guard->pid);
	kill 'KILL', $guard->pid;
	$guard->wait;
	is_gone($shell, "$name: SIGKILL of the client ends the command");
	is_gone($tree{reaper}, "$name: and the processes between");
	ok(wait_until(sub { $way->locks == 0 }), "$name: and the lock");
	is($way->applied, '', "$name: nothing was done");
	return;
}

# The command's own end is that of the client.
sub hands_on
{
	my ($way, $name) = @_;
	my $not_executable = PostgreSQL::Test::Utils::tempdir_short() . '/file';
	append_to_file($not_executable, '');

	foreach my $end ([ 'exit 0', 0 ], [ 'exit 9', 9 ], [ 'kill -KILL $$', 137 ], [ 'kill -TERM $$', 143 ])
	{
		my ($result) = guarded($way, $end->[0])->wait;
		is($result->{exit}, $end->[1], "$name: $end->[0]") or diag $result->{err};
	}
	is(run_client($way->client('guard', '--', '/none/such'))->{exit}, 127, "$name: no such program");
	is(run_client($way->client('guard', '--', $not_executable))->{exit}, 126, "$name: a program that is none");

	IPC::Run::run([ $way->client('guard', '--', 'cat') ], '<', \"in\n", '>', \my $out, '2>', \my $err);
	is($out, "in\n", "$name: the command has stdin and stdout");

	my ($result) = guarded($way, 'echo "$PGAPPNAME <$GW_BOOTSTRAP_TOKEN>"')->wait;
	is($result->{out}, "gw_bootstrap migration <>\n", "$name: its sessions are those of a migration");
	return;
}

foreach my $kind ([ 0, 0 ], [ 2, 0 ], [ 20, 0 ], [ 0, 1 ], [ 2, 1 ], [ 20, 1 ])
{
	my $way = new_way($node, pool_size => $kind->[0], plain => $kind->[1])->create->open;
	my $name = $way->name;

	whatever_the_heads_are($way, $name);
	excludes_replicas($way, $name);
	ends_early($way, $name);
	hands_on($way, $name) if $kind->[0] == 0;
	$way->is_clean($name);
	$way->close;
}

# An orphan on the backend that the guard gets is not its lock.
my $way = new_way($node, pool_size => 2)->create->open;
my $legacy = $node->background_psql($way->dbname, extra_params => [ '-d', $way->connstr ]);
my $orphan = $legacy->query_safe('SELECT pg_backend_pid() FROM pg_advisory_lock(42424242424242)');
my $result = run_client($way->client('guard', '--timeout', 1, '--', 'true'));
is($result->{exit}, 3, 'an orphaned lock is waited for until the deadline');
like($result->{err}, qr/held by backend $orphan \(orphaned\)/, 'and named');
$result = run_client($way->client('guard', '--break-orphans', '--', 'true'));
is($result->{exit}, 0, 'and ended if that is asked for') or diag $result->{err};
$legacy->quit;
$way->close;

# A pool of one.
$way = new_way($node, pool_size => 1)->create->open;
$result = run_client($way->client('guard', '--', 'true'));
is($result->{exit}, 4, 'there has to be a connection for the command');
like($result->{err}, qr/no second connection to the database within 10 s while the guard holds one/, 'as for a migration');
$way->close;

# One look: the command runs if nobody has the lock.
foreach my $plain (0, 1)
{
	$way = new_way($node, pool_size => 20, plain => $plain)->create->open;
	repairs($way, "one look, free, $plain", qr/heads now/, '--timeout', 0);
	my $holder = $node->background_psql($way->dbname);
	$holder->query_safe('SELECT pg_advisory_lock(42424242424242)');
	$result = run_client($way->client('guard', '--timeout', 0, '--', 'true'));
	is($result->{exit}, 3, "one look, held, $plain: not");
	like($result->{err}, qr/error: lock 42424242424242 is held by backend/, "one look, held, $plain: why");
	$holder->quit;
	$way->close;
}

# What means nothing to it is refused; the environment is shared with others.
$way = new_way($node)->create->open;
foreach my $option ('--migrate=true', '--migrate-sql=x', '--post=true', '--post-sql=x', '--skip-migrations', '--allow-ahead',
	'--create-extension', '--require-extension', '--json')
{
	my ($name) = $option =~ /^(--[a-z-]+)/;
	$result = run_client($way->client('guard', $option, '--', 'true'));
	is($result->{exit}, 2, "$name is refused");
	like($result->{err}, qr/"gw_bootstrap guard" has no option $name/, "$name is named");
}
$result = run_client($way->client('guard'));
is($result->{exit}, 2, 'it needs a command');
{
	local @ENV{qw(GW_BOOTSTRAP_SKIP_MIGRATIONS GW_BOOTSTRAP_MIGRATE GW_BOOTSTRAP_MIGRATE_SQL GW_BOOTSTRAP_POST_SQL)} = qw(true false x x);
	($result) = guarded($way, $repair)->wait;
	is($result->{exit}, 0, 'the variables of other commands mean nothing') or diag $result->{err};
}
$way->close;

$node->stop;
done_testing();
