# An earlier migration that is killed in a statement which commits on its way:
# between two of its transactions it is in none, but at work.  No replica may
# begin beside it.
#
# TAP, since it takes a client that is killed, and others that ask again and
# again.  A question that overlooks it does so now and then, so there are many.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant QUESTIONS => 30;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
# Light transactions: much of the time is between them.
fsync = off
autovacuum = off
CONF
$node->start;
my $head = HEAD;
my $questions = '\bvirtualxid\b';

$node->safe_psql('postgres', <<SQL);
CREATE ROLE replica LOGIN;
CREATE ROLE other LOGIN;
ALTER ROLE replica SET log_statement = 'all';
CREATE TABLE applied (step text);
CREATE TABLE go_on ();
CREATE TABLE alembic_version (version_num text);
GRANT ALL ON applied, go_on, alembic_version TO PUBLIC;
CREATE PROCEDURE batches() LANGUAGE plpgsql AS \$\$
BEGIN
	INSERT INTO applied VALUES ('1 begin');
	COMMIT;
	WHILE to_regclass('go_on') IS NOT NULL LOOP
		COMMIT;
	END LOOP;
	INSERT INTO applied VALUES ('2 end');
	DELETE FROM alembic_version;
	INSERT INTO alembic_version VALUES ('$head');
END
\$\$;
SQL

sub asked
{
	my ($offset) = @_;
	return scalar(() = slurp_file($node->logfile, $offset) =~ /$questions/g);
}

sub applied
{
	return $node->safe_psql('postgres', q(SELECT string_agg(step, ', ' ORDER BY step) FROM applied));
}

# A session of the role that asks is seen whole; of another role's, or where
# that is not recorded, only whether it is in a transaction.
my @by_command = ('--migrate', migration_command('CALL batches();'));
my @by_file = ('--migrate-sql', migration_file("INSERT INTO applied VALUES ('beside');"));
foreach my $case (
	[ 'by a command', 'replica', 'on', @by_command ],
	[ 'by a file', 'replica', 'on', @by_file ],
	[ 'by a command, the first of another role', 'other', 'on', @by_command ],
	[ 'by a file, the first not recorded', 'replica', 'off', @by_file ])
{
	my ($name, $role, $recorded, @migrate) = @$case;
	my @run = ('gw_bootstrap', 'run', '-d', $node->connstr('postgres') . ' user=replica', '-e', $head);

	$node->safe_psql('postgres', "ALTER ROLE $role SET track_activities = $recorded");
	my $first = start_replicas(1, @run, '--migrate', $by_command[1] =~ s/\$DATABASE_URL/$& user=$role/r);

	ok(wait_until(sub { $first->ended || applied() }), "$name: a migration is in its statement");
	my $offset = -s $node->logfile;
	kill 'KILL', $first->pid;
	$first->wait;

	# Those that ask soon ask often.
	until (asked($offset) >= QUESTIONS)
	{
		my $result = run_client(@run, '--timeout', 1, @migrate);
		last if $result->{exit} != 3;
	}
	cmp_ok(asked($offset), '>=', QUESTIONS, "$name: others ask whether it is at work");
	is(applied(), '1 begin', "$name: none begins beside it");
	$node->safe_psql('postgres', 'DROP TABLE go_on');
	my $result = run_client(@run, @migrate);
	is($result->{exit}, 0, "$name: ready once it has ended") or diag $result->{err};
	is(applied(), '1 begin, 2 end', "$name: it was applied once");
	$node->safe_psql('postgres', "ALTER ROLE $role RESET track_activities; TRUNCATE applied, alembic_version;
		CREATE TABLE go_on (); GRANT ALL ON go_on TO PUBLIC");
}

$node->stop;
done_testing();
