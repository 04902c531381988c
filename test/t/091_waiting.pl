# What a replica says while it waits: for whom and what, in a log and on a
# terminal; and that it asks for that only when it says it.
#
# TAP, since it takes a migration that waits for a lock, and a terminal.

use strict;
use warnings;

use GwBootstrap::Test;
use JSON::PP ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $head = HEAD;
my $time = qr/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/;

# Only whole lines: the last may be in the making.
sub events
{
	my ($err) = @_;
	return map { JSON::PP->new->utf8->decode($_) } $err =~ /^(\{.*\})\n/mg;
}

# A migration that waits for a lock until the blocker is told to let it go.
sub start_blocked
{
	my ($way) = @_;
	my $blocker = $node->background_psql($way->dbname);
	$blocker->query_safe('CREATE TABLE item (id integer); CREATE TABLE alembic_version (version_num text)');
	$blocker->query_safe('BEGIN');
	$blocker->query_safe('LOCK item');
	my $migration = migration_command(
		"ALTER TABLE item ADD COLUMN s3cret text DEFAULT 'hunter2';"
		  . "INSERT INTO alembic_version VALUES ('$head');");
	my $replica = start_replicas(1, $way->client('run', '-e', $head, '--migrate', $migration));
	$node->poll_query_until($way->dbname,
		q(SELECT count(*) = 1 FROM pg_stat_activity WHERE query ~ '^ALTER TABLE item' AND wait_event_type = 'Lock'))
	  or die 'the migration does not wait: ' . $replica->err;
	return ($blocker, $replica);
}

foreach my $way (all_ways($node))
{
	my $name = $way->name;
	$way->create->open;
	my ($blocker, $migrating) = start_blocked($way);
	my $guard = $way->sql(q(SELECT pid FROM pg_locks WHERE locktype = 'advisory'));

	# In a log, with all statements that are sent, and one that must not ask.
	my @run = $way->client('run', '-e', $head, '--migrate', 'false', '--log-format', 'json');
	my $waiting = start_replicas(1, @run, '-v');
	# A pool of 2 is exhausted by a guard and its migration.
	my $exhausted = $way->pooler && $way->pooler->pool_size == 2;
	my $quiet = start_replicas(1, @run, '-q');
	my $skipping = start_replicas(1, @run, '--skip-migrations', '--timeout', 100);
	ok(wait_until(sub {
		my @reports = grep { $_->{message} =~ /^waiting/ } events($waiting->err);
		@reports >= 2 && (!$exhausted || $waiting->err =~ /no answer/) && $skipping->err =~ /waiting/;
	}), "$name: a replica says that it waits");
	$blocker->query_safe('COMMIT');
	$blocker->quit;
	is(outcomes(map { $_->wait } $migrating, $waiting, $quiet, $skipping),
		'4 x 0', "$name: then all are ready");

	my @events = events($waiting->err);
	my @reports = grep { $_->{message} =~ /^waiting/ } @events;
	if ($exhausted)
	{
		like($reports[-1]{message}, qr/no answer from the database yet/, "$name: no connection is free");
		like($reports[-1]{hint}, qr/pool/, "$name: which is the reason that is suggested");
		$way->is_clean($name);
		$way->close;
		next;
	}
	like($reports[0]{message}, qr/ is held by backend $guard \(active\); found \{\}, wanted \{$head\}$/,
		"$name: who has the lock, heads found and wanted");
	like($reports[0]{detail}, qr/backend $guard \(gw_bootstrap\b[^)]*\): idle in transaction since $time, last (?:SELECT|ROLLBACK), has the lock/i,
		"$name: since when");
	like($reports[0]{detail}, qr/backend \d+ \(gw_bootstrap migration\b[^)]*\): active since $time, ALTER TABLE, waits for Lock\/relation/i,
		"$name: what the migration waits for");
	unlike($waiting->err . $skipping->err, qr/s3cret|hunter2/i, "$name: its statement is not told");
	like($skipping->err, qr/ALTER TABLE, waits for Lock/, "$name: who skips migrations is told, too");
	is($quiet->err, '', "$name: who is quiet says nothing");

	# B begin and try, C commit, W who has the lock, S sessions, R the report;
	# in plain SQL a look at the table comes first, and messages tell the holder.
	my $sequence = join '', map {
		    /^sending: BEGIN/ ? 'B'
		  : /^sending: COMMIT/ ? 'C'
		  : /^sending: .*(gw_bootstrap_status|AS holder_pid)/ ? 'W'
		  : /^sending: .*pg_stat_activity/ ? 'S'
		  : /^waiting/ ? 'R'
		  : ''
	} map { $_->{message} } @events;
	like($sequence, $way->is_plain ? qr/^(BCW(WSR)?)+$/ : qr/^(BC(WSR)?)+$/, "$name: it asks when it reports, outside of any transaction");
	cmp_ok(scalar(() = $sequence =~ /B/g), '>', scalar @reports, "$name: and not at every look");

	$way->is_clean($name);
	$way->close;
}

# On a terminal: one line, which fits and is written over, and begins with the name that
# the program has here.
my ($way) = all_ways($node);
$way->create->open;
my ($blocker, $migrating) = start_blocked($way);
my $dir = PostgreSQL::Test::Utils::tempdir_short();
my $screen = "$dir/screen";
my ($client) = grep { -x } map { "$_/gw_bootstrap" } split /:/, $ENV{PATH};
symlink $client, "$dir/migrator" or die "symlink: $!";
my (undef, @arguments) = $way->client('run', '-e', $head, '--migrate', 'false');
my $command = join ' ', map { qq('$_') } "$dir/migrator", @arguments;
my $terminal = start_replicas(1, 'script', '-qfec', "stty cols 60; $command", $screen);
ok(wait_until(sub {
	-e $screen && scalar(() = slurp_file($screen) =~ /waiting for/g) >= 3;
}), 'on a terminal a replica says that it waits');
$blocker->query_safe('COMMIT');
$blocker->quit;
is(outcomes(map { $_->wait } $migrating, $terminal), '2 x 0', 'then both are ready');
my $seen = slurp_file($screen);
$seen =~ s/^Script started.*\n//;
$seen =~ s/\n?Script done.*\n//;
my @lines = split /\r?\n/, $seen;
my @written = split /\r/, $lines[0];
is(scalar(grep { /\S/ } @lines), 1, 'it is one line') or diag $seen;
like($lines[0], qr/^\rmigrator: waiting for \d+ s: lock \d+ is held.*\r +\rDatabase ready \(at head\)/,
	'which is erased in the end');
is(scalar(grep { length > 59 } @written), 0, 'and never longer than the terminal is wide');
$way->close;

$node->stop;
done_testing();
