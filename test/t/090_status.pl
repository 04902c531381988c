# What "status" tells, to those who may see it and to those who may not, and
# that it tells no secret and leaves nothing behind.
#
# TAP, since it takes migrations that run meanwhile, poolers and several roles.

use strict;
use warnings;

use GwBootstrap::Test;
use IPC::Run ();
use JSON::PP ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant KEY => '42424242424242';

my $node = start_server();
my $time = qr/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/;

sub client
{
	my (@command) = @_;
	my ($out, $err);

	IPC::Run::run(\@command, '<', '/dev/null', '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

sub as_json
{
	my (@command) = @_;
	my ($exit, $out, $err) = client(@command, '--json');

	is($exit, 0, "@command[-2, -1] --json: exit code") or diag $err;
	is($out =~ tr/\n//, 1, 'one line');
	my $object = eval { JSON::PP->new->utf8->decode($out) };
	ok($object, 'which is JSON') or diag $out;
	return $object || {};
}

# Used wrongly.
foreach my $command ([ 'run', '--json' ], [ 'check', '--json' ], [ 'status', '--', 'true' ])
{
	my ($exit, $out, $err) = client('gw_bootstrap', @$command, '-e', 'a');
	is($exit, 2, "@$command is bad usage");
	like($err, qr/"gw_bootstrap \w+" (has no option --json|starts no command)/, 'which is told');
}

# Nothing to look at.
is((client('gw_bootstrap', 'status', '-d', 'host=127.0.0.1 port=1'))[0], 3, 'no server is exit code 3');
is((client('gw_bootstrap', 'status', '-d', $node->connstr('no_such')))[0], 4, 'no database is exit code 4');
my ($code, $stdout, $stderr) = client('gw_bootstrap', 'status', '-d', $node->connstr('postgres'), '--require-extension');
is($code, 4, 'so is no extension, where it is required');
like($stderr, qr/CREATE EXTENSION gw_bootstrap/, 'with the remedy');

foreach my $way (all_ways($node))
{
	my $name = $way->name;
	my @status = $way->client('status');
	my ($exit, $out, $err);
	$way->create->open;

	# Nobody has the lock, and there is no table.
	($exit, $out, $err) = client(@status);
	is($exit, 0, "$name: no expected head is needed") or diag $err;
	$out =~ s/^session: .*\n//mg;
	like($out, qr/^heads now: +no readable head table\nlock key: +@{[KEY]}\nholder state: +none\nholder pid: +none\nholder since: +none\nholder application: +none\nholder address: +none\nin recovery: +no\nmigration: +class c: by name\nextension version: +@{[$way->is_plain ? 'none' : '1\.\d+']}\n\z/,
		"$name: all that is to be told");
	$err =~ s/^gw_bootstrap: extension gw_bootstrap is not installed .*; using plain SQL\n.*hint: .*\n// if $way->is_plain;
	is($err, '', "$name: and nothing else");
	my $json = as_json(@status);
	ok(!defined $json->{current_heads} && !defined $json->{holder}, "$name: nothing is null in JSON");
	ok(!exists $json->{expected_heads} && !exists $json->{outcome}, "$name: what was not asked for is not there");
	is($json->{lock_key}, KEY, "$name: the key is a number");
	is($json->{migration}, 'class c: by name', "$name: how safe a migration is");

	# A migration that waits for a lock, under its guard.
	$way->sql('CREATE TABLE alembic_version (version_num text)');
	$way->sql(q(INSERT INTO alembic_version VALUES (E'two\nlines'), ('quo"te')));
	my $blocker = $node->background_psql($way->dbname);
	$blocker->query_safe('BEGIN; CREATE TABLE IF NOT EXISTS item (id integer, name text); COMMIT; BEGIN; LOCK item');
	my $migration = migration_command(
		"CREATE  unique index\nCONCURRENTLY s3cret ON item (name) WHERE name = 'hunter2';" . head_step());
	my $replica = start_replicas(1, $way->client('run', '-e', 'b', '--migrate', $migration));
	$node->poll_query_until($way->dbname,
		q(SELECT count(*) = 1 FROM pg_stat_activity WHERE query ~ 's3cret' AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()))
	  or die 'the migration does not wait: ' . $replica->err;

	($exit, $out, $err) = client(@status, '-e', 'b');
	is($exit, 0, "$name: while a migration runs") or diag $err;
	like($out, qr/^heads now: +\{"quo\\"te","two lines"\}\nheads wanted: +\{b\}\noutcome: +behind\n/, "$name: heads found and wanted");
	like($out, qr/^holder state: +active\nholder pid: +\d+\nholder since: +$time\nholder application: +gw_bootstrap\n/m,
		"$name: the guard");
	like($out, qr/^session: +backend \d+ \(gw_bootstrap migration(, 127\.0\.0\.1)?\): active since $time, CREATE UNIQUE INDEX CONCURRENTLY, waits for Lock\/relation\n/m,
		"$name: the migration, and what it waits for");
	unlike($out, qr/hunter2|s3cret/i, "$name: no more of its statement than the kind");
	my $pid = $way->sql(q(SELECT pid FROM pg_locks WHERE locktype = 'advisory'));
	$json = as_json(@status, '-e', 'b');
	is_deeply($json->{current_heads}, [ 'quo"te', "two\nlines" ], "$name: heads in JSON");
	is_deeply($json->{expected_heads}, ['b'], "$name: and those wanted");
	is($json->{outcome}, 'behind', "$name: and the outcome");
	is("$json->{holder}{pid} $json->{holder}{state} $json->{holder}{application_name}",
		"$pid active gw_bootstrap", "$name: the holder in JSON");
	like($json->{holder}{since}, qr/^$time$/, "$name: since when");
	my ($session) = grep { $_->{application_name} eq 'gw_bootstrap migration' && $_->{state} eq 'active' } @{ $json->{sessions} };
	is("$session->{statement}, $session->{wait_event_type}, $session->{wait_event}",
		'CREATE UNIQUE INDEX CONCURRENTLY, Lock, relation', "$name: the migration in JSON");
	is(scalar(grep { $_->{pid} == $pid } @{ $json->{sessions} }), 1, "$name: the guard is among the sessions");

	$blocker->query_safe('COMMIT');
	$blocker->quit;
	$replica->wait;
	$way->is_clean($name);
	$way->close;
}

# Heads that are more than a message has room for: all of them here, and there a
# mark where they are cut.
foreach my $way (quiet_ways($node))
{
	my $name = $way->name . ', many long heads';
	$way->create->open;
	$way->sql(q(CREATE TABLE alembic_version AS SELECT rpad(to_char(i, 'FM000'), 1000, '"') AS version_num FROM generate_series(1, 100) i));
	my @heads = map { sprintf('%03d', $_) . '"' x 997 } 1 .. 100;

	is_deeply(as_json($way->client('status'))->{current_heads}, \@heads, "$name: JSON");
	my ($exit, $out, $err) = client($way->client('status'));
	is($out =~ /^heads now: +(\{.*\})$/m ? $1 =~ s/\\//gr : '', '{' . join(',', map { qq("$_") } @heads) . '}', "$name: text");
	($exit, $out, $err) = client($way->client('check', '-e', '001'));
	like($err, qr/not at head: found \{"001.{1000,4096}\.\.\., wanted \{001\}$/m, "$name: a message is cut, and says so");
	$way->close;
}

# What a stranger is not told.
my ($way) = all_ways($node);
$way->create->open;
$way->sql('CREATE ROLE stranger LOGIN');
my $orphan = $node->background_psql($way->dbname);
my $pid = $orphan->query_safe('SELECT pg_backend_pid() FROM pg_advisory_lock(' . KEY . ')');
my @status = $way->client('status');
($code, $stdout, $stderr) = client(@status);
like($stdout, qr/^holder state: +orphaned\nholder pid: +$pid\nholder since: +$time\n.*\nholder address: +local, or not visible\n/m, 'an orphan');
like($stdout, qr/^session: +backend $pid \(.*\): idle since $time, last SELECT\n/m, 'what it did last');
($code, $stdout, $stderr) = client('gw_bootstrap', 'status', '-d', $way->connstr . ' user=stranger');
like($stdout, qr/^holder pid: +$pid\nholder since: +not visible\n/m, 'a stranger is not told since when') or diag $stderr;
like($stdout, qr/^session: +backend $pid \(.*\): state not visible\n/m, 'nor what it does');
$orphan->quit;

# An answer that cannot be written is no answer.
is(system("@{[map { qq('$_') } @status]} >/dev/full 2>/dev/null") >> 8, 1, 'a full disk is a failure');

$node->stop;
done_testing();
