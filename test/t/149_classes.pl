# How safe a migration is, is told: in one transaction, fenced, or by name; what
# a role that is fenced cannot do is refused before anything is done; and a fence
# that is required is proven, not assumed.
#
# TAP, since it takes roles with settings of their own, and clients.

use strict;
use warnings;

use GwBootstrap::Fence;
use GwBootstrap::Migration;
use GwBootstrap::Replicas;
use JSON::PP ();
use PostgreSQL::Test::Utils;
use Test::More;

my $head = GwBootstrap::Migration::HEAD;
my $fence = GwBootstrap::Fence->new;
my $node = $fence->node;
my $step = "INSERT INTO work VALUES ('once'); UPDATE alembic_version SET version_num = '$head';";
my $psql = q(psql -X -q -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -d "$DATABASE_URL");
my $migrate = qq($psql -c "$step");
# Long enough to be seen.
my $slowly = qq($psql -c "$step" -c "SELECT pg_sleep(0.5)");
my $file = GwBootstrap::Migration::file($step);

sub client
{
	my ($command, @options) = @_;
	my ($result) = GwBootstrap::Replicas->start(1, 'gw_bootstrap', $command, @options)->wait;
	return $result;
}

sub prepare
{
	my ($dbname, $now) = @_;
	$node->safe_psql($dbname, "TRUNCATE alembic_version, work; INSERT INTO alembic_version VALUES ('" . ($now || 'f1r57') . "')");
	return;
}

sub is_refused
{
	my ($result, $exit, $pattern, $name) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($result->{exit}, $exit, "$name: refused") or diag $result->{err};
	like($result->{err}, $pattern, "$name: with the reason");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM work'), '0', "$name: nothing was written");
	return;
}

$node->safe_psql('postgres', 'CREATE DATABASE bare');
$node->safe_psql('bare', 'CREATE TABLE alembic_version (version_num text); CREATE TABLE work (step text)');
$node->safe_psql($_, 'CREATE ROLE other LOGIN') foreach 'postgres';
$node->safe_psql($_, 'GRANT ALL ON alembic_version, work TO migrations, other') foreach 'postgres', 'bare';

foreach my $dbname ('postgres', 'bare')
{
	my $service = $node->connstr($dbname);
	my $fenced = "$service user=migrations";

	foreach my $class (
		[ 'class a: one transaction', '--migrate-sql', $file ],
		[ 'class a: one transaction', '-d', $fenced, '--migrate-sql', $file ],
		[ 'class b: fenced', '--migration-url', $fenced, '--migrate', $migrate ],
		[ 'class b: fenced', '-d', $fenced, '--migrate', $migrate ],
		[ 'class c: by name', '--migration-url', "$service user=other", '--migrate', $migrate ],
		[ 'class c: by name', '--migrate', $migrate ])
	{
		my ($text, @options) = @$class;
		my $name = "$dbname, $text, $options[0]";

		prepare($dbname);
		my $result = client('run', '-d', $service, '-e', $head, @options);
		is($result->{exit}, 0, "$name: ready") or diag $result->{err};
		like($result->{err}, qr/: migrating \($text\)$/m, "$name: run tells it");
		prepare($dbname);
		$result = client('run', '-d', $service, '-e', $head, '--log-format=json', @options);
		is(scalar(grep { $_->{message} eq "migrating ($text)" } map { JSON::PP->new->decode($_) } grep { /^\{/ } split /\n/, $result->{err}),
			1, "$name: also in JSON");
		$result = client('status', '-d', $service, @options);
		like($result->{out}, qr/^migration: +$text$/m, "$name: status tells it") or diag $result->{err};
		$result = client('doctor', '-d', $service, '-e', $head, @options);
		like($result->{out}, qr/^\w+ +safety: $text/m, "$name: doctor tells it") or diag $result->{err};
	}
}

# Of a client that is stopped while its command does what it waits to do.
sub client_that_stands_still
{
	my ($command, @options) = @_;
	my ($stopped, $stop) = GwBootstrap::Migration::stop_point();
	my $replica = GwBootstrap::Replicas->start(1, 'gw_bootstrap', @options, "$stop; $command; touch $stopped.done");

	ok(GwBootstrap::Replicas::wait_until(sub { -e $stopped }), 'the command has begun');
	kill 'STOP', $replica->pid;
	PostgreSQL::Test::Utils::append_to_file("$stopped.fifo", "go\n");
	ok(GwBootstrap::Replicas::wait_until(sub { -e "$stopped.done" }), 'and ends while the client stands still');
	$node->poll_query_until('postgres', q(SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = 'migrations'));
	kill 'CONT', $replica->pid;
	my ($result) = $replica->wait;
	return $result;
}

# What the service does without a guard, its role has to be able to do.
my $service = $node->connstr('postgres');
my $fenced = "$service user=migrations";
my $remedy = qr/the role of -?-?\S+ is fenced.*hint: Name the role of the service in --dbname, and the fenced one in --migration-url/s;
foreach my $option ([ '--post', 'true' ], [ '--post-sql', $file ])
{
	prepare('postgres');
	is_refused(client('run', '-d', $fenced, '-e', $head, '--migrate', $migrate, @$option), 2, $remedy, "a fenced service with $option->[0]");
	prepare('postgres', $head);
	is_refused(client('run', '-d', $fenced, '-e', $head, @$option), 2, $remedy, "at head, with $option->[0]");
	like(client('doctor', '-d', $fenced, '-e', $head, @$option)->{out}, qr/^bad +safety: $option->[0] cannot write/m, "doctor knows of $option->[0]");
}
prepare('postgres');
is_refused(client('run', '-d', $fenced, '-e', $head, '--migrate', $migrate, '--create-extension'), 2, $remedy, 'with --create-extension');
my $bare = $node->connstr('bare') . ' user=migrations';
prepare('bare');
is(client('run', '-d', $bare, '-e', $head, '--migrate', $migrate, '--create-extension')->{exit}, 2, 'also if it is not there yet');

# A fence that is required.
my @required = ('run', '-d', $service, '--migration-url', $fenced, '-e', $head, '--require-fence', '--migrate');
my $unseen = qr/no session of the fenced role was seen to show the token of this guard/;
prepare('postgres');
my $result = client(@required, $slowly);
is($result->{exit}, 0, 'a session that shows the token proves it') or diag $result->{err};
my $elsewhere = $slowly =~ s/\$DATABASE_URL/$service/r;
prepare('postgres');
$result = client(@required, $elsewhere);
is($result->{exit}, 1, 'a command that goes another way, with the name, does not');
like($result->{err}, $unseen, 'which is told');
prepare('postgres');
$result = client(@required, qq(PGAPPNAME=alembic PGOPTIONS="-c gw_bootstrap.token=\$GW_BOOTSTRAP_TOKEN" psql -X -q -v ON_ERROR_STOP=1 -d "\$DATABASE_URL" -c "BEGIN" -c "$step" -c "SELECT pg_sleep(0.5)" -c "COMMIT"));
is($result->{exit}, 0, 'a session that shows it by the setting does, while it writes') or diag $result->{err};
$result = client('guard', '-d', $service, '--migration-url', $fenced, '--require-fence', '--', 'true');
is($result->{exit}, 1, 'a guarded command without any session does not');
like($result->{err}, $unseen, 'which is told, too');

# A session that was not looked at while it lasted proves nothing, though it did everything
# right: here the client stands still meanwhile.  That is told, and the next start is ready.
{
	prepare('postgres');
	my $quick = client_that_stands_still($migrate, @required);
	is($quick->{exit}, 1, 'a session that was not seen does not prove it');
	like($quick->{err}, qr/$unseen.*detail: What it has committed stays.*hint: .*a start at head is ready/s, 'which is told, with the way out');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM work'), '1', 'and it has migrated');
	$result = client(@required, $migrate);
	is($result->{exit}, 0, 'the next start is ready') or diag $result->{err};
	like($result->{out}, qr/Database ready \(at head\)/, 'at head');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM work'), '1', 'and has not migrated again');
}

# One that only warns is none.
$node->safe_psql('postgres', 'ALTER ROLE migrations SET gw_bootstrap.fence_mode = warn');
prepare('postgres');
is_refused(client(@required, $migrate), 4, qr/is not fenced, which --require-fence asks for.*detail: Its gw_bootstrap.fence_mode is warn/s, 'a fence that only warns');
$result = client('run', '-d', $fenced, '-e', $head, '--migrate', $migrate, '--post', 'true');
is($result->{exit}, 0, 'otherwise it hinders nobody') or diag $result->{err};
like($result->{err}, qr/migrating \(class c: by name\)/, 'and is said to be none');
unlike($result->{err}, qr/WARNING/, 'though its command shows the token');
$node->safe_psql('postgres', 'ALTER ROLE migrations RESET gw_bootstrap.fence_mode');

# By another key.
$result = client('run', '-d', $fenced, '-e', $head, '--migrate-sql', $file, '--lock-key', 7);
is($result->{exit}, 0, 'at head no key matters') or diag $result->{err};
prepare('postgres');
is_refused(client('run', '-d', $fenced, '-e', $head, '--migrate-sql', $file, '--lock-key', 7), 4,
	qr/fenced by key 42424242424242, but the lock is 7/, 'a file of SQL under another key');
like(client('doctor', '-d', $service, '--migration-url', $fenced, '--lock-key', 7)->{out}, qr/^bad +safety: .*fenced by key 42424242424242/m, 'doctor knows');

$node->stop;
done_testing();
