# The last word of a replica is about what kept it, with the remedy for that: not
# about something that it did not try, nor with the hint of an earlier round.
#
# TAP, since it takes a deadline that falls into each part of a round.

use strict;
use warnings;

use GwBootstrap::Test;
use FindBin;
use lib "$FindBin::Bin/../perl";
use GwBootstrap::Proxy;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);
use Time::Local qw(timegm);

my $node = start_server();
my $head = HEAD;
my $key = 42424242424242;
my $too_long = 'exec sleep 600';

sub start
{
	my ($way, @options) = @_;
	return start_replicas(1, $way->client('run', '-e', $head, @options));
}

# When the replica wrote its first event, in JSON: not before its time began.
sub first_event
{
	my ($replica) = @_;
	my $time = qr/^\{"time": "(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)(\.\d+)Z"/;

	ok(wait_until(sub { $replica->err =~ $time }), 'an event with its time');
	my ($year, $month, $day, $hour, $minute, $second, $part) = $replica->err =~ $time;
	return timegm($second, $minute, $hour, $day, $month - 1, $year) + $part;
}

# Hold the lock until the replica says that it waits; give it back by the SQL.
sub hold_until_it_waits
{
	my ($way, $take, $give, @options) = @_;
	my $holder = $node->background_psql($way->dbname);

	$holder->query_safe($take);
	my $replica = start($way, @options);
	ok(wait_until(sub { $replica->ended || $replica->err =~ /waiting for .* lock $key/ }),
		$way->name . ': it waits');
	$holder->query_safe($give);
	$holder->quit;
	my ($result) = $replica->wait;
	return $result;
}

sub last_word
{
	my ($result) = @_;
	my ($said) = $result->{err} =~ /.*^(gw_bootstrap: error: .*)/ms;

	return $said || '';
}

foreach my $way (new_way($node), new_way($node, plain => 1))
{
	$way->create->open;
	my $name = $way->name;
	my $migrate = migration_file("INSERT INTO applied VALUES ('late');");

	# The deadline falls into the time that is let pass after somebody gave the lock up.
	foreach my $option ([ '--migrate', $too_long ], [ '--migrate-sql', $migrate ])
	{
		my $result = hold_until_it_waits($way, "BEGIN; SELECT pg_advisory_xact_lock($key)", 'ROLLBACK', '--timeout', 5, @$option);
		is($result->{exit}, 3, "$name, $option->[0]: the deadline is exit code 3") or diag $result->{err};
		like(last_word($result), qr/deadline of 5 s passed: (another replica has given up the lock|lock $key is held)/,
			"$name, $option->[0]: says what it waited for");
		is($way->applied, '', "$name, $option->[0]: did not migrate");
	}

	# An orphan, and then a migration that is too long: the orphan is not what kept it.
	my $result = hold_until_it_waits($way, "SELECT pg_advisory_lock($key)", "SELECT pg_advisory_unlock($key)",
		'--timeout', 6, '--migrate', $too_long);
	is($result->{exit}, 3, "$name, after an orphan: the deadline is exit code 3") or diag $result->{err};
	like(last_word($result), qr/the migration did not end in time and was stopped/, "$name, after an orphan: the migration is why");
	unlike(last_word($result), qr/hint/, "$name, after an orphan: and no hint is given for what has gone");

	# An earlier migration is at work, and the deadline cuts the next question for it short.
	my $earlier = $node->background_psql($way->dbname);
	$earlier->query_safe(q(SET application_name = 'gw_bootstrap migration'; BEGIN));
	my $proxy = GwBootstrap::Proxy->new($node->host, $node->port, at => qr/AS has_role/, total => 1, count => 2);
	($result) = start($way, '--timeout', 4, '--migrate', $too_long, '--migration-url', $proxy->connstr($way->dbname))->wait;
	ok($proxy->reached, "$name, a question cut short: it was asked");
	is($result->{exit}, 3, "$name, a question cut short: the deadline is exit code 3");
	like(last_word($result), qr/deadline of 4 s passed: backend \d+ is still at work under the name of an earlier migration/,
		"$name, a question cut short: the answer before is why");
	$proxy->stop;
	$earlier->quit;

	# The answer comes when the deadline has just passed: no command is started to be stopped.
	$proxy = GwBootstrap::Proxy->new($node->host, $node->port, at => qr/AS has_role/, total => 1, do => 'pause');
	my $late = start($way, '-v', '--log-format', 'json', '--timeout', 6, '--migrate', $too_long, '--migration-url', $proxy->connstr($way->dbname));
	my $passed = first_event($late) + 6;
	ok(wait_until(sub { $proxy->reached && time > $passed }), "$name, an answer after the deadline: it comes");
	$proxy->release;
	($result) = $late->wait;
	is($result->{exit}, 3, "$name, an answer after the deadline: exit code 3") or diag $result->{err};
	unlike($result->{err}, qr/"migrating/, "$name, an answer after the deadline: nothing is started");
	like($result->{err}, qr/deadline of 6 s passed: no second connection/, "$name, an answer after the deadline: says what it waited for");
	$proxy->stop;

	# The migration takes away what the look at its result needs.
	$way->sql('CREATE TABLE alembic_version (version_num text)');
	($result) = start($way, '--migrate', migration_command('ALTER TABLE alembic_version RENAME version_num TO v;'))->wait;
	is($result->{exit}, 4, "$name, without the head column: exit code 4");
	like(last_word($result), qr/column "version_num" .*does not exist/, "$name, without the head column: says so");
	unlike($result->{err}, qr/lost/, "$name, without the head column: the guard was not lost");

	$way->is_clean($name);
	$way->close;
}

# The extension goes while a replica waits, which then goes on in plain SQL.
my $way = new_way($node)->create->open;
my $result = hold_until_it_waits($way, "BEGIN; SELECT pg_advisory_xact_lock($key); DROP EXTENSION gw_bootstrap", 'COMMIT',
	'--timeout', 8, '--migrate', $too_long);
is($result->{exit}, 3, 'the extension has gone: the deadline is exit code 3') or diag $result->{err};
unlike(last_word($result), qr/same version|No function/, 'the extension has gone: that is not what kept it');
$way->close;

# Without time for a second connection none was tried.
$way = new_way($node, pool_size => 1, plain => 1)->create->open;
($result) = start($way, '--timeout', 2, '--migrate', $too_long)->wait;
is($result->{exit}, 3, 'a pool of one, with little time: the deadline is exit code 3');
like(last_word($result), qr/no second connection to the database while the guard holds one: /, 'a pool of one, with little time: says so');
$way->close;

# Nor does the attempt that was cut short tell more than the one before it.
$way = new_way($node, pool_size => 1, plain => 1, pooler_settings => 'query_wait_timeout = 1')->create->open;
($result) = start($way, '--timeout', 4, '--migrate', $too_long)->wait;
is($result->{exit}, 3, 'a pool of one that says so: the deadline is exit code 3');
like(last_word($result), qr/no second connection to the database while the guard holds one: .*query_wait_timeout/, 'a pool of one that says so: in its words');
$way->close;

$node->stop;
done_testing();
