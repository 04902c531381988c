# The lock that a dead legacy replica left on a pooled backend: named without
# --break-orphans, ended with it; and that nothing else ever is.
#
# TAP, since it takes real poolers, legacy sessions and storms of replicas.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant KEY => '42424242424242';
use constant REPLICAS => 24;

my $lock = 'SELECT pg_backend_pid() FROM pg_advisory_lock(' . KEY . ')';
my $node = start_server();
my $head = HEAD;
my @migrate = ('-e', $head, '--migrate', whole_migration());

# A legacy session that is connected, in a database of its own.
sub legacy
{
	my ($way) = @_;
	my $session = $node->background_psql($way->dbname);
	return ($session, $session->query_safe($lock));
}

# One that dies and leaves its lock on a pooled backend.
sub leave_orphan
{
	my ($way) = @_;
	my $dead = $way->pooler->session($way->dbname);
	my $pid = $dead->query_safe($lock);
	$dead->quit;
	return $pid;
}

sub is_alive
{
	my ($pid, $name) = @_;
	return is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE pid = $pid"), 1, $name);
}

sub replica
{
	my ($way, @options) = @_;
	my $result = run_client($way->client('run', @migrate, @options));
	return $result;
}

# Idle from now on, so that these need not be waited for later.
my %idle;
foreach my $kind (qw(ended foreign))
{
	my $way = new_way($node, pool_size => 0)->create;
	$idle{$kind} = [ $way, legacy($way) ];
}

foreach my $way (grep { $_->{pool_size} } all_ways($node))
{
	my $name = $way->name;
	$way->create->open;

	my $pid = leave_orphan($way);
	my @results = start_replicas(REPLICAS, $way->client('run', @migrate, '--timeout', 4))->wait;
	is(outcomes(@results), REPLICAS . ' x 3', "$name: with an orphan all end at their deadline");
	is(scalar(grep { $_->{err} =~ /deadline of 4 s passed: .*held by backend $pid \(/ } @results),
		REPLICAS, "$name: and name its backend");

	# One that only ever looked while the pooler had lent the backend out cannot
	# know better than "active"; most have seen it idle, and remember.
	my @seen = grep { $_->{err} =~ /deadline of 4 s passed: .*\(orphaned\)/ } @results;
	note "$name: " . @seen . ' have seen that it is an orphan';
	cmp_ok(scalar @seen, '>=', 1, "$name: as an orphan");
	my $function = $way->is_plain ? 'pg_terminate_backend\(\d+\)' : "gw_bootstrap_break_orphan\\(@{[KEY]}\\)";
	is(scalar(grep { $_->{err} =~ /$function.*--break-orphans/ } @seen),
		scalar @seen, "$name: and tell both ways out");
	$pid = leave_orphan($way) if $way->has_closed($pid);
	is($way->locks, 1, "$name: it is still there");
	is($way->applied, '', "$name: nothing was migrated");

	@results = start_replicas(REPLICAS, $way->client('run', @migrate, '--break-orphans'))->wait;
	is(outcomes(@results), REPLICAS . ' x 0', "$name: with --break-orphans all are ready")
	  or diag map { $_->{err} } grep { $_->{exit} } @results;
	is(scalar(grep { $_->{out} =~ /\(migrated\)/ } @results), 1, "$name: one has migrated");
	is($way->applied, APPLIED, "$name: exactly once");
	my @ended = map { $_->{err} =~ /warning: ended the orphaned lock @{[KEY]} of backend (\d+)/g } @results;
	is("@ended", $pid, "$name: one ended the orphan and says so");
	unlike(join('', map { $_->{err} } grep { $_->{err} =~ /ended the orphaned lock/ } @results),
		qr/another replica had the lock/, "$name: and takes it for no replica's");

	$way->is_clean($name);
	$way->close;
}

# A session that is idle for long enough is ended.
{
	my ($way, $session, $pid) = @{ $idle{ended} };
	local $ENV{GW_BOOTSTRAP_BREAK_ORPHANS} = 'on';
	my $result = replica($way);
	is($result->{exit}, 0, 'an orphan on a backend of its own is ended, too') or diag $result->{err};
	like($result->{err}, qr/ended the orphaned lock @{[KEY]} of backend $pid$/m, 'and named');
	unlike($result->{err}, qr/another replica had the lock/, 'and not taken for a replica whose migration failed');
	ok($node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid"), 'it is gone');
	eval { $session->quit };
}

# One that our role may not end.
{
	my ($way, $session, $pid) = @{ $idle{foreign} };
	$way->sql(<<SQL);
CREATE ROLE app LOGIN;
GRANT ALL ON SCHEMA public TO app;
GRANT ALL ON applied TO app;
SQL
	my $result = run_client('gw_bootstrap', 'run', '-d', $way->connstr . ' user=app',
		@migrate, '--break-orphans', '--timeout', 3);
	is($result->{exit}, 3, 'who may not end it waits');
	is(scalar(() = $result->{err} =~ /warning: not permitted to end the orphaned lock @{[KEY]} of backend $pid$/mg),
		1, 'having said so once') or diag $result->{err};
	like($result->{err}, qr/hint: GRANT .*pg_signal_backend/, 'with the remedy');
	like($result->{err}, qr/deadline of 3 s passed: .*$pid \(orphaned\).*\n.*hint: .*gw_bootstrap_break_orphan/,
		'which is the end, too');
	is_alive($pid, 'it is still there');

	# Migrations that are skipped have no lock to wait for.
	$result = replica($way, '--break-orphans', '--skip-migrations', '--timeout', 1);
	is($result->{exit}, 5, 'who skips migrations ends none');
	is_alive($pid, 'which is still there');

	# The option can be taken back.
	local $ENV{GW_BOOTSTRAP_BREAK_ORPHANS} = 'true';
	is(replica($way, '--break-orphans=off', '--timeout', 1)->{exit}, 3, 'nor who has the option off');
	is_alive($pid, 'which is still there');
	$session->quit;
}

# A live legacy replica: once seen idle, then at work for longer than an orphan
# has to be idle.
foreach my $work ('in a transaction', 'active')
{
	my $way = new_way($node, pool_size => 0)->create;
	my ($session, $pid) = legacy($way);
	my $replica = start_replicas(1, $way->client('run', @migrate, '--break-orphans', '--timeout', 14));
	ok(wait_until(sub { $replica->err =~ /held by backend $pid \(orphaned\)/ }),
		"$work: it has been seen idle");
	$session->query_safe('BEGIN') if $work eq 'in a transaction';
	$session->query_until(qr/now/, "\\echo now\nSELECT pg_sleep(3600);\n") if $work eq 'active';
	my ($result) = $replica->wait;
	is($result->{exit}, 3, "$work: the replica waits until its deadline") or diag $result->{err};
	is_alive($pid, "$work: the session is alive");
	is($way->locks, 1, "$work: and has its lock");
	unlike($result->{err}, qr/warning/, "$work: nobody says otherwise");
	$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
	eval { $session->quit };
}

$node->stop;
done_testing();
