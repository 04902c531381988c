# gw_bootstrap guard with a fenced role, and who comes after a guard whose
# command is still at work on the server: the next one, with the extension and
# without, waits for that session, of which only the second tag is left.
#
# TAP, since it takes a role with settings of its own, clients, and sessions that
# stay as they are.

use strict;
use warnings;

use GwBootstrap::Fence;
use GwBootstrap::Migration;
use GwBootstrap::PgBouncer;
use GwBootstrap::Replicas;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $head = GwBootstrap::Migration::HEAD;
my $fence = GwBootstrap::Fence->new(settings => "max_connections = 60\n");
my $node = $fence->node;
my $psql = q(psql -X -q -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -d "$DATABASE_URL");
my $insert = q(INSERT INTO work VALUES ('repair'));

sub guarded
{
	my ($command, @options) = @_;
	return GwBootstrap::Replicas->start(1, 'gw_bootstrap', 'guard', @options, '--', '/bin/sh', '-c', $command);
}

sub applied
{
	my ($dbname) = @_;
	return $node->safe_psql($dbname, 'SELECT count(*) FROM work');
}

$node->safe_psql('postgres', 'CREATE DATABASE bare');
$node->safe_psql('bare', <<'SQL');
CREATE TABLE alembic_version (version_num text);
CREATE TABLE work (step text);
ALTER TABLE work OWNER TO migrations;
SQL
my $user = getpwuid $<;
my @poolers = map { GwBootstrap::PgBouncer->new($node, pool_size => $_, users => qq("$user" ""\n"@{[ROLE]}" ""\n)) } (2, 20);

foreach my $dbname ('postgres', 'bare')
{
	$node->safe_psql($dbname, qq(GRANT ALL ON alembic_version TO migrations; INSERT INTO alembic_version VALUES ('$head')));
	foreach my $through ([ 'directly', $node->connstr($dbname) ], map { [ "pool of $_->{pool_size}", $_->connstr($dbname) ] } @poolers)
	{
		my ($how, $connstr) = ("$dbname, $through->[0]", $through->[1]);
		my $fenced = "$connstr user=migrations";

		$node->safe_psql($dbname, 'TRUNCATE work');
		# Long enough to be seen.
		my ($result) = guarded(qq($psql -c "$insert" -c "SELECT pg_sleep(0.3)"), '-d', $connstr, '--migration-url', $fenced, '--require-fence')->wait;
		is($result->{exit}, 0, "$how: the command may write") or diag $result->{err};
		like($result->{err}, qr/detail: .*fenced/, "$how: and is said to be fenced");
		($result) = guarded(qq($psql -c "$insert"), '-d', $fenced)->wait;
		is($result->{exit}, 0, "$how: also if the guard is of the same role") or diag $result->{err};
		is(applied($dbname), '2', "$how: each once");
		isnt($node->psql($dbname, $insert, connstr => $fenced), 0, "$how: who has no guard may not");
		($result) = guarded(qq(unset PGAPPNAME; $psql -c "$insert"), '-d', $connstr, '--migration-url', $fenced)->wait;
		is($result->{exit}, 1, "$how: nor a command that hides the token");
		like($result->{err}, qr/55000/, "$how: the server refuses it");
		is(applied($dbname), '2', "$how: nothing was written");
	}

	# A session that has written under a guard which is gone.
	my $connstr = $node->connstr($dbname);
	my $guard = $fence->guard(dbname => $dbname, plain => 1);
	my $work = $fence->session($guard->{token}, '-d', "$connstr user=migrations");
	is(sqlstates($work, "BEGIN;\n$insert"), '00000 00000', "$dbname: a session writes under its guard");
	end_guard($guard);
	$node->safe_psql($dbname, 'UPDATE alembic_version SET version_num = $$f1r57$$');
	my $next = guarded('true', '-d', $connstr);
	my $replica = GwBootstrap::Replicas->start(1, 'gw_bootstrap', 'run', '-d', $connstr, '-e', $head, '--migrate',
		qq($psql -c "UPDATE alembic_version SET version_num = '$head'"));
	foreach my $who ([ 'the next guard', $next ], [ 'a replica', $replica ])
	{
		ok(GwBootstrap::Replicas::wait_until(
				sub { $who->[1]->err =~ /waiting for \d+ s: lock \d+ is held by backend $work->{backend} \(active\)/ || $who->[1]->ended }),
			"$dbname: $who->[0] waits for it") or diag $who->[1]->err;
		ok(!$who->[1]->ended, "$dbname: $who->[0] goes on waiting");
	}
	# Each of those two has the key itself for a moment, until it has asked for the tag.
	my $status;
	ok(GwBootstrap::Replicas::wait_until(sub {
		($status) = GwBootstrap::Replicas->start(1, 'gw_bootstrap', 'status', '-d', $connstr)->wait;
		return $status->{out} =~ /holder state: +active\nholder pid: +$work->{backend}\n/;
	}), "$dbname: status shows it as the holder") or diag $status->{out};
	is(sqlstate($work, 'COMMIT'), '55000', "$dbname: it cannot commit");
	is(GwBootstrap::Replicas::outcomes($_->[1]->wait), '1 x 0', "$dbname: then $_->[0] goes on") or diag $_->[1]->err
	  foreach ([ 'the next guard', $next ], [ 'a replica', $replica ]);
	$_->quit foreach $guard->{psql}, $work;
}

my $connstr = $node->connstr('postgres');

# A command that shows no token, and ends after the deadline for the lock.
my ($late) = guarded('true', '-d', $connstr, '--migration-url', "$connstr user=migrations", '--require-fence', '--timeout', 0)->wait;
is($late->{exit}, 1, 'after the deadline, no token: a failure') or diag $late->{err};
like($late->{err}, qr/no session of the fenced role was seen to show the token of this guard/, 'after the deadline, no token: told');
unlike($late->{err}, qr/lost the guard|no answer/, 'after the deadline, no token: the guard is asked, and lives');

my ($result) = guarded('true', '-d', $connstr, '--require-fence')->wait;
is($result->{exit}, 4, 'a role that is not fenced is refused if it has to be');
($result) = guarded('true', '-d', $connstr, '--migration-url', "$connstr user=migrations", '--lock-key', 7)->wait;
is($result->{exit}, 4, 'so is one that is fenced by another key');

$_->stop foreach @poolers;
$node->stop;
done_testing();
