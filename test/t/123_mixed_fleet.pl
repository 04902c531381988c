# A rollout: legacy replicas take the session lock on the same key through the
# same pool, migrate over several transactions, die and leave orphans, while new
# replicas start.  Never does a new one migrate beside another.
#
# TAP, since it takes a PgBouncer and sessions that are killed.
#
# Legacy replicas can hold the "exclusive" lock together, on the same backend.
# That is their fault and the reason for all this; at most one of them migrates
# here, the others die as soon as they have it.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

use constant KEY => '42424242424242';
use constant NEW => 8;

my $node = start_server();
my $head = HEAD;
my $dir = PostgreSQL::Test::Utils::tempdir_short();
my $holder = q(SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted);

# Who migrates has this file locked: new ones alone, legacy ones together.
my $overlap = "$dir/overlap";
my $alone = "exec 9>>$overlap.lock; flock -n 9 || touch $overlap; ";

# A legacy replica: so many tries at the lock, and what it does once it has it.
my $count = 0;

sub legacy
{
	my ($way, $tries, $work) = @_;
	my $file = "$dir/legacy" . ++$count . '.sql';

	append_to_file($file, "\\set locked false\n");
	append_to_file($file, <<SQL) foreach 1 .. $tries;
\\if :locked
\\else
SELECT pg_try_advisory_lock(@{[KEY]}) AS locked \\gset
\\if :locked
\\else
\\! sleep 0.1
\\endif
\\endif
SQL
	append_to_file($file, <<SQL);
\\if :locked
$work
SELECT pg_advisory_unlock(@{[KEY]});
\\endif
SQL
	return start_replicas(1, 'sh', '-c',
		"exec 9>>$overlap.lock; exec psql -X -q -v ON_ERROR_STOP=1 -d '@{[$way->connstr]} application_name=legacy' -f $file");
}

sub migrates
{
	my ($between) = @_;
	my ($first, @others) = migration_steps();

	return join "\n", "\\! flock -n -s 9 || touch $overlap", $first, $between || '', @others, '\! flock -u 9';
}

# New replicas, which can go on where a dead one stopped.
sub new_ones
{
	my ($way, @options) = @_;
	return start_replicas(NEW,
		$way->client('run', '-e', $head, '--migrate', $alone . resumable_migration(), @options));
}

sub all_ready
{
	my ($way, $name, @results) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(outcomes(@results), NEW . ' x 0', "$name: all new ones are ready")
	  or diag map { $_->{err} } grep { $_->{exit} } @results;
	is($way->applied, APPLIED, "$name: each step was applied once");
	ok(!-e $overlap, "$name: never two at a time");
	return;
}

# What a psql waits for, without its lock on the file.
sub stop_in_psql
{
	my ($stopped, $stop) = stop_point();
	return ($stopped, "\\! exec 9>&-; $stop");
}

# Orphans end with their backends, each of which the pooler closes once it is
# not lent out, so that the other traffic does not notice.
sub renew_backends
{
	my ($way) = @_;
	$way->pooler->admin('RECONNECT');
	wait_until(sub { !$way->locks }) or die 'an orphan outlives its backend';
	return;
}

sub again
{
	my ($way) = @_;
	$way->sql('TRUNCATE applied; DROP TABLE IF EXISTS alembic_version, item');
	return;
}

foreach my $way (grep { $_->{pool_size} && ($_->{traffic} || $_->{plain}) } all_ways($node))
{
	my $name = $way->name;
	$way->create->open;

	# A legacy replica is between two transactions of its migration.
	my ($stopped, $stop) = stop_in_psql();
	my $legacy = legacy($way, 50, migrates($stop));
	ok(wait_until(sub { -e $stopped }), "$name: a legacy replica migrates") or diag $legacy->err;
	my $pid = $way->sql($holder);
	my $new = new_ones($way);
	ok(wait_until(sub { !grep { $new->err($_) !~ /lock @{[KEY]} is held by backend $pid \(/ } 0 .. NEW - 1 }),
		"$name: all new ones wait for its backend") or diag map { $new->err($_) } 0 .. NEW - 1;
	is($way->applied, '1 tables x 1', "$name: and do nothing");
	append_to_file("$stopped.fifo", "go\n");
	all_ready($way, "$name, legacy", $new->wait);
	my ($result) = $legacy->wait;
	is($result->{exit}, 0, "$name: the legacy one, too") or diag $result->{err};

	# It may have asked another backend to unlock, and left an orphan.
	note "$name: the legacy replica left " . $way->locks . ' lock(s)';
	again($way);

	# One dies between two transactions.
	($stopped, $stop) = stop_in_psql();
	renew_backends($way);
	$legacy = legacy($way, 50, migrates($stop));
	ok(wait_until(sub { -e $stopped }), "$name: a legacy replica migrates") or diag $legacy->err;
	kill 'KILL', $legacy->pid or die "kill: $!";
	$legacy->wait;
	append_to_file("$stopped.fifo", "go\n");
	$pid = $way->sql($holder);
	my @results = new_ones($way, '--timeout', 4)->wait;
	is(outcomes(@results), NEW . ' x 3', "$name: after its death new ones wait until their deadline");
	is(scalar(grep { $_->{err} =~ /deadline of 4 s passed: lock @{[KEY]} is held by backend $pid \(/ } @results), NEW,
		"$name: and name the backend");
	# Whenever somebody else's traffic has that backend, it is active.
	cmp_ok(scalar(grep { $_->{err} =~ /backend $pid \(orphaned\)/ } @results), '>=', $way->{traffic} ? 1 : NEW / 2,
		"$name: as an orphan");
	is($way->applied, '1 tables x 1', "$name: and have done nothing");
	my $orphans = $way->has_closed($pid) ? 0 : 1;
	@results = new_ones($way, '--break-orphans')->wait;
	all_ready($way, "$name, --break-orphans", @results);
	is(scalar(grep { $_->{err} =~ /ended the orphaned lock @{[KEY]} of backend $pid$/m } @results), $orphans, "$name: one ended the orphan");
	again($way);

	# All at once, and nobody knows who is first.
	my @dying = map { legacy($way, 20, '\! kill -9 $PPID') } 1 .. 3;
	$legacy = legacy($way, 20, migrates());
	$new = new_ones($way, '--timeout', 5);
	@results = $new->wait;
	my ($end) = $legacy->wait;
	$_->wait foreach @dying;
	my $late = scalar grep { $_->{exit} } @results;
	note "$name: at once: " . outcomes(@results) . ", the legacy one: $end->{exit}";
	is(scalar(grep { $_->{exit} && ($_->{exit} != 3 || $_->{err} !~ /deadline of 5 s passed: lock @{[KEY]} is held by backend \d+ \(/) } @results),
		0, "$name, at once: who is not ready names a backend") or diag map { $_->{err} } grep { $_->{exit} } @results;
	ok(!-e $overlap, "$name, at once: never two at a time");
	@results = new_ones($way, '--break-orphans')->wait if $late;
	all_ready($way, "$name, at once and then --break-orphans", @results);

	# At head nobody minds what is left.
	renew_backends($way);
	$way->is_clean($name);
	$way->close;
}

$node->stop;
done_testing();
