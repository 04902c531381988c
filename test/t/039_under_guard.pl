# A client that is itself the command of a client, and asks for the lock that its
# own guard has: told at once, and only then.
#
# TAP, since it takes clients that start each other.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $head = HEAD;
my $told = qr/error: lock 42424242424242 is held by the guard under which this client runs itself\n.*hint: .*--lock-key/;
$node->safe_psql('postgres', 'CREATE ROLE other LOGIN');

# Two guards and a migration take three connections.
foreach my $kind ([ 0, 0 ], [ 20, 0 ], [ 0, 1 ], [ 20, 1 ])
{
	my $way = new_way($node, pool_size => $kind->[0], plain => $kind->[1],
		pooler_users => join '', map { qq("$_" ""\n) } scalar getpwuid($<), 'other');
	my $name = $way->name;
	my @inner = ('gw_bootstrap', 'run', '-e', $head, '--timeout', 100, '--migrate', 'true');
	my $result;
	$way->create->open;
	my @guard = $way->client('guard', '--timeout', 100, '--');
	my @run = ($way->client('run', '-e', $head, '--timeout', 100), '--migrate', whole_migration());
	$way->sql('GRANT ALL ON applied TO other; GRANT CREATE ON SCHEMA public TO other');

	foreach my $case ([ 'run', @inner ], [ 'guard', 'gw_bootstrap', 'guard', '--', 'true' ],
		[ 'as another role', 'sh', '-c', 'DATABASE_URL="$DATABASE_URL user=other" exec "$@"', 'sh', @inner ],
		[ 'skipping the pooler', 'env', 'DATABASE_URL=' . $node->connstr($way->dbname), @inner ],
		[ 'by a file', 'gw_bootstrap', 'run', '-e', $head, '--migrate-sql', migration_file('SELECT 1') ])
	{
		my ($what, @command) = @$case;
		$result = run_client(@guard, @command);
		is($result->{exit}, 4, "$name, $what: refused") or diag $result->{err};
		like($result->{err}, $told, "$name, $what: the reason");
	}
	$result = run_client($way->client('run', '-e', $head, '--timeout', 100, '--migrate', "@inner"));
	is($result->{exit}, 1, "$name, in a migration: refused");
	like($result->{err}, $told, "$name, in a migration: the reason");

	# Two guards, of which the outer one has the lock.
	$result = run_client($way->client('guard', '--lock-key', 7, '--'), @guard, @inner, '--lock-key', 7);
	is($result->{exit}, 4, "$name, an outer guard: refused");
	like($result->{err}, qr/error: lock 7 is held by the guard under which this client runs itself/, "$name, an outer guard: the reason");

	# Another lock; and what asks for none.
	is(run_client(@guard, 'gw_bootstrap', 'check', '-e', $head)->{exit}, 5, "$name, check");
	is(run_client(@guard, 'gw_bootstrap', 'status')->{exit}, 0, "$name, status");
	$result = run_client($way->client('guard', '--lock-key', 7, '--'), @run);
	is($result->{exit}, 0, "$name, another lock: migrates") or diag $result->{err};
	is($way->applied, APPLIED, "$name, another lock: once");
	is(run_client(@guard, @run)->{exit}, 0, "$name, at head: ready");

	# What is left of a guard that has ended, or of another program, is not that of
	# who has the lock now.
	my $ended = run_client(@guard, 'printenv', 'GW_BOOTSTRAP_GUARD')->{out};
	like($ended, qr{^\d+/\d+@\d+\n\z}, "$name: a guard has a name");
	chomp $ended;
	foreach my $variable ($ended, "x'; y", '')
	{
		local $ENV{GW_BOOTSTRAP_GUARD} = $variable;
		my ($stopped, $stop) = stop_point();
		my $holder = start_replicas(1, $way->client('guard'), '--', 'sh', '-c', $stop);
		wait_until(sub { -e $stopped }) or die 'no command runs: ' . $holder->err;
		my $waits = start_replicas(1, $way->client('guard', '--timeout', 100, '--', 'true'));
		ok(wait_until(sub { $waits->ended || $waits->err =~ /is held by backend/ }), "$name, with <$variable>: waits");
		append_to_file("$stopped.fifo", "go\n");
		is(outcomes($holder->wait, $waits->wait), '2 x 0', "$name, with <$variable>: and goes on") or diag $waits->err;
	}
	$way->is_clean($name);
	$way->close;
}

$node->stop;
done_testing();
