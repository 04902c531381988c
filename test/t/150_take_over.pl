# Whoever waited for a lock lets the command of the former holder end before its
# own migration begins, 3 seconds; but not where nothing of it can live on: a
# fenced role writes nothing without its guard, and a file of SQL has gone with
# its transaction.
#
# TAP, since it takes a client that is killed while another waits.  What is
# tested is what the client says that it does; how long it takes is noted.

use strict;
use warnings;

use GwBootstrap::Fence;
use GwBootstrap::Migration;
use GwBootstrap::PgBouncer;
use GwBootstrap::Replicas;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $head = GwBootstrap::Migration::HEAD;
my $fence = GwBootstrap::Fence->new;
my $node = $fence->node;
my $user = getpwuid $<;
my $pooler = GwBootstrap::PgBouncer->new($node, pool_size => 20, users => qq("$user" ""\n"@{[ROLE]}" ""\n));
my $set_head = "UPDATE alembic_version SET version_num = '$head';";
my $psql = q(psql -X -q -v ON_ERROR_STOP=1 -d "$DATABASE_URL");
my $grace = qr/its command may live on for 3 s/;
my $unknown = qr/who had the lock cannot be told any more/;

$node->safe_psql('postgres', 'CREATE DATABASE bare');
$node->safe_psql('bare', 'CREATE TABLE alembic_version (version_num text); CREATE TABLE work (step text)');
foreach my $dbname ('postgres', 'bare')
{
	$node->safe_psql($dbname, 'CREATE TABLE gate (); GRANT ALL ON alembic_version, work, gate TO migrations');
	foreach my $through ([ 'directly', $node->connstr($dbname) ], [ 'pool of 20', $pooler->connstr($dbname) ])
	{
		my ($how, $connstr) = ("$dbname, $through->[0]", $through->[1]);
		my @fenced = ('--migration-url', "$connstr user=migrations");

		foreach my $case ([ 'by name', 1 ], [ 'fenced', 0, @fenced ], [ 'one transaction', 0 ])
		{
			my ($class, $waits, @options) = @$case;
			my $name = "$how, $class";
			my @run = ('gw_bootstrap', 'run', '-v', '-d', $connstr, '-e', $head, @options);
			my ($stopped, $stop) = GwBootstrap::Migration::stop_point();
			my $gate = $node->background_psql($dbname);

			$node->safe_psql($dbname, "TRUNCATE alembic_version, work; INSERT INTO alembic_version VALUES ('f1r57')");
			$gate->query_safe('BEGIN; LOCK gate');
			my @first = $class eq 'one transaction'
			  ? ('--migrate-sql', GwBootstrap::Migration::file("INSERT INTO work VALUES ('lost'); LOCK gate; $set_head"))
			  : ('--migrate', $stop);
			my @second = $class eq 'one transaction' ? ('--migrate-sql', GwBootstrap::Migration::file($set_head))
			  : ('--migrate', qq($psql -c "$set_head"));
			my $first = GwBootstrap::Replicas->start(1, @run, @first);
			my $works = $class eq 'one transaction' ? sub {
				$node->safe_psql($dbname, q(SELECT count(*) FROM pg_locks WHERE relation = 'gate'::regclass AND NOT granted)) eq '1'
			} : sub { -e $stopped };
			GwBootstrap::Replicas::wait_until($works) or die "$name: no migration runs: " . $first->err;
			my $holder = $node->safe_psql($dbname,
				q(SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())));
			my $second = GwBootstrap::Replicas->start(1, @run, @second);
			ok(GwBootstrap::Replicas::wait_until(sub { $second->err =~ /waiting for .*held by backend $holder \(active\)/ }), "$name: the second waits")
			  or diag $second->err;

			my $killed = time;
			kill 'KILL', $first->pid;
			$first->wait;
			# What is left of a file of SQL waits for the gate on the server.
			$node->safe_psql($dbname, "SELECT pg_terminate_backend($holder)") if $class eq 'one transaction';
			my ($result) = $second->wait;
			note sprintf '%s: ready %.1f s after the kill', $name, time - $killed;
			is($result->{exit}, 0, "$name: then it migrates") or diag $result->{err};
			# who has given the lock up while it was looked for may have been anybody
			my $excused = $class eq 'one transaction' && $result->{err} =~ $unknown;
			is($result->{err} =~ $grace && !$excused ? 1 : 0, $waits, "$name: " . ($waits ? 'after the grace' : 'without a grace'))
			  or diag $result->{err};
			is($node->safe_psql($dbname, 'SELECT count(*) FROM work'), '0', "$name: nothing is left of the first");
			$gate->quit;
		}
	}
}

$pooler->stop;
$node->stop;
done_testing();
