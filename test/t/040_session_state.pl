# What one client leaves on a pooled backend, the next one finds: nothing may
# be left, whatever the client did and however it ended.
#
# TAP, since it is about the backends of a real PgBouncer.  That the storms
# leave nothing is checked where they are.

use strict;
use warnings;

use GwBootstrap::Test;
use GwBootstrap::SessionState;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();

# The check itself: it must find what careless clients leave.
my $way = new_way($node, pool_size => 2)->create->open;
my $careless = $way->pooler->session($way->dbname);
$careless->query_safe($_)
  foreach ('BEGIN', q(SET work_mem = '7MB'), q(SELECT set_config('statement_timeout', '5s', false)),
	'PREPARE question AS SELECT 1', 'LISTEN news', 'CREATE TEMPORARY TABLE draft (a int)',
	'DECLARE pages CURSOR WITH HOLD FOR SELECT 1', 'SELECT pg_advisory_lock(42424242424242)', 'COMMIT');
$careless->quit;
my $left = GwBootstrap::SessionState::leftovers($node, $way->pooler, $way->dbname);
foreach my $thing ('setting work_mem = 7168', 'setting statement_timeout = 5000',
	'prepared statement question', 'listens on news', 'temporary draft', 'cursor pages', 'advisory lock 9877 ')
{
	like($left, qr/^backend \d+: \Q$thing\E/m, "the check finds: $thing");
}
$way->close;

foreach my $kind ([ 2, 0 ], [ 20, 0 ], [ 2, 1 ])
{
	$way = new_way($node, pool_size => $kind->[0], plain => $kind->[1]);
	my $name = $way->name;
	my @head = ('-e', HEAD);
	my @run = (@head, '--migrate', whole_migration(), '--post', 'true');

	$way->create->open;
	foreach my $case (
		[ 'a check of an empty database', 5, 'check', @head ],
		[ 'a failed migration', 1, 'run', @head, '--migrate', 'false' ],
		[ 'a migration that does not reach head', 1, 'run', @head, '--migrate', 'true' ],
		[ 'a migration', 0, 'run', @run ],
		[ 'a start-up at head', 0, 'run', @run ],
		[ 'a check at head', 0, 'check', @head ],
		[ 'another key and table', 1, 'run', @head, '--lock-key', 5, '--head-table', 'other', '--head-column', 'v', '--migrate', 'false' ],
		[ 'skipped migrations', 0, 'run', '--skip-migrations', @head ],
		[ 'a failed post step', 1, 'run', @head, '--post', 'false' ])
	{
		my ($what, $exit, @command) = @$case;
		my $result = run_client($way->client(@command));
		is($result->{exit}, $exit, "$name: $what") or diag $result->{err};
		$way->is_clean("$name, after $what");
	}

	# Stopped while it guards a migration, politely and not.
	foreach my $signal ('TERM', 'KILL')
	{
		my ($stopped, $stop) = stop_point();
		my $replica = start_replicas(1,
			$way->client('run', '-e', 'another', '--migrate', $stop));
		wait_until(sub { -e $stopped }) or die 'the migration did not start';
		kill $signal, $replica->pid;
		my ($result) = $replica->wait;
		is(outcomes($result),
			$signal eq 'TERM' ? '1 x 143' : '1 x killed by 9', "$name: ended by SIG$signal");
		$node->poll_query_until($way->dbname, "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'")
		  or die 'the lock is held';
		$way->is_clean("$name, after SIG$signal");
	}
	$way->close;
}

$node->stop;
done_testing();
