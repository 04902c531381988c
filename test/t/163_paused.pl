# A replica is paused as a whole, client and command, for longer than its pooler
# bears an idle transaction, and goes on while the next one migrates: the
# command first, the client last.  Without a fence the command may send what it
# has ready; then it is killed.
#
# TAP, since it takes a pooler's limit, and processes that go on in a given order.

use strict;
use warnings;

use GwBootstrap::Test;
use GwBootstrap::Processes;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $head = HEAD;
my $way = new_way($node, pool_size => 0)->create;
my $pooler = start_pgbouncer($node, pool_size => 5, settings => 'idle_transaction_timeout = 5');
my @run = ('gw_bootstrap', 'run', '-d', $pooler->connstr($way->dbname), '-e', $head, '--migrate');
my ($stopped, $stop) = stop_point();
my $whole = whole_migration();
my $again = q(echo "INSERT INTO paused VALUES (DEFAULT) \watch 0.1" | psql -X -q -d "$DATABASE_URL" >/dev/null);

# The first one writes in steps that commit by themselves, until it is killed.
$way->sql('CREATE TABLE paused (at timestamptz DEFAULT clock_timestamp())');
my $first = start_replicas(1, @run, "[ -e $stopped ] && exec true; $again");
ok($node->poll_query_until($way->dbname, 'SELECT count(*) > 0 FROM paused'), 'the first replica writes');
my %tree = GwBootstrap::Processes::tree($first->pid);
my @command = GwBootstrap::Processes::family($tree{command});
kill 'STOP', @tree{qw(client reaper watcher)}, @command;
ok(wait_until(sub { $way->locks == 0 }), 'it is paused, and loses its guard');

my $second = start_replicas(1, @run, "$stop; $whole");
ok(wait_until(sub { -e $stopped }), 'the second one migrates');
my $before = $way->sql('SELECT count(*) FROM paused');
kill 'CONT', $_ foreach @command, @tree{qw(watcher reaper client)};
ok(wait_until(sub { !grep { GwBootstrap::Processes::is_alive($_) } @command }), 'the first command is killed');
my $sent = $way->sql('SELECT count(*) FROM paused') - $before;
cmp_ok($sent, '<=', 1, 'and has sent one statement at most');
note "statements sent after the pause: $sent";
append_to_file("$stopped.fifo", "go\n");
my @results = ($second->wait, $first->wait);
is(outcomes(@results), '2 x 0', 'both are ready') or diag map { $_->{err} } @results;
is($way->applied, APPLIED, 'migrated once');
like($results[1]{err}, qr/lost the guard, and with it the lock/, 'the first one says that it lost its guard');

$pooler->stop;
$node->stop;
done_testing();
