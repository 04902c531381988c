# A command that takes the lock of its own guard, as a tool or a service does
# that locks by itself: it would wait for ever, so that is said within seconds.
#
# TAP, since it takes a command that waits while its guard is watched.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $head = HEAD;
my $key = 42424242424242;
my $told = qr/warning: the migration (waits|seems to wait) for lock \d+, which its own guard has.*hint: .*--migrate.*--lock-key/s;

# Asks for the lock in one session again and again, as most of them do.
sub asking
{
	my ($lock) = @_;
	return qq((while :; do echo 'SELECT pg_try_advisory_lock($lock);'; sleep 1; done) | psql -X -q -d "\$DATABASE_URL" >/dev/null);
}

sub waiting
{
	my ($lock) = @_;
	return qq(psql -X -q -d "\$DATABASE_URL" -c 'SELECT pg_advisory_lock($lock)');
}

sub is_told
{
	my ($way, $name, $command, $told_as, @options) = @_;
	my $replica = start_replicas(1, $way->client('run', '-e', $head, '--migrate', $command, @options));

	ok(wait_until(sub { $replica->ended || $replica->err =~ $told }), "$name: told");
	like($replica->err, $told_as, "$name: as what it is") or diag $replica->err;
	kill 'TERM', $replica->pid;
	my ($result) = $replica->wait;
	is(() = $result->{err} =~ /which its own guard has/g, 1, "$name: once");
	return;
}

foreach my $way (quiet_ways($node))
{
	my $name = $way->name;
	$way->create->open;

	is_told($way, "$name, waiting", waiting($key), qr/waits for lock $key.*detail: Backend \d+ waits for it/s);
	is_told($way, "$name, asking", asking($key), qr/seems to wait for lock $key.*detail: The last statement of backend \d+/s);
	is_told($way, "$name, another key", waiting(7), qr/waits for lock 7,/, '--lock-key', 7);

	# Another lock, or the same one held by somebody else for a while, is not that.
	my $whole = whole_migration();
	my $own = q(SELECT pg_try_advisory_lock(8); SELECT pg_sleep(10); SELECT pg_advisory_unlock(8););
	my $result = run_client($way->client('run', '-e', $head, '--migrate', migration_command($own) . " && $whole"));
	is($result->{exit}, 0, "$name, a lock of its own: ready") or diag $result->{err};
	unlike($result->{err}, $told, "$name, a lock of its own: nothing is told");
	is($way->locks, 0, "$name: no lock is left");
	$way->close;
}

# Where our role may not look, the guard is as good as ever.
my $way = new_way($node, pool_size => 0)->create->open;
$way->sql('CREATE ROLE blind LOGIN; GRANT CREATE ON SCHEMA public TO blind; GRANT ALL ON applied TO blind;'
	  . 'REVOKE EXECUTE ON FUNCTION pg_stat_clear_snapshot() FROM PUBLIC');
my ($stopped, $stop) = stop_point();
my $blind = start_replicas(1, 'gw_bootstrap', 'run', '-d', $way->connstr . ' user=blind', '-v', '-e', $head,
	'--migrate', "$stop; " . whole_migration());
ok(wait_until(sub { $blind->ended || (() = $blind->err =~ /^gw_bootstrap: sending: SELECT 1$/mg) >= 2 }),
	'without privileges: the guard is looked at, and again');
append_to_file("$stopped.fifo", "go\n");
my ($result) = $blind->wait;
is($result->{exit}, 0, 'without privileges: ready') or diag $result->{err};
unlike($result->{err}, qr/lost the guard/, 'without privileges: the guard is not lost');
$way->close;

$node->stop;
done_testing();
