# Where the names of sessions do not arrive at the server, since a pooler gives
# its own (pgagroal) or a driver sends none, the sessions of an earlier migration
# are known by a role that only migrates; and where there is no such role, that
# is said.
#
# TAP, since it takes a client that is killed while its statement runs on, and
# something between client and server that changes names.

use strict;
use warnings;

use GwBootstrap::Proxy;
use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE service LOGIN; CREATE ROLE migrator LOGIN');

my $warning = qr/warning: an earlier migration that is still at work could not be seen: application_name does not arrive/;
my $pooler = start_pgbouncer($node, users => join '', map { qq("$_" ""\n) } 'service', 'migrator', scalar getpwuid($<));
my %renaming = (replace => [ "application_name\0gw_bootstrap", "application_name\0pooler_names" ]);
my $count = 0;

sub connstr
{
	my ($through, $dbname, $role) = @_;
	return "host=127.0.0.1 port=@{[$through->port]} dbname=$dbname user=$role";
}

# Where nobody may be mistaken for an earlier migration.
sub start
{
	my ($through, $dbname, $migrator, $migrate, @options) = @_;

	return start_replicas(1, 'gw_bootstrap', 'run', '-d', connstr($through, $dbname, 'service'), '-e', HEAD,
		'--migration-url', connstr($through, $dbname, $migrator), '--migrate', $migrate, @options);
}

sub create_database
{
	my ($plain) = @_;
	my $dbname = 'names' . ++$count;

	$node->safe_psql('postgres', "CREATE DATABASE $dbname");
	$node->safe_psql($dbname, <<'SQL');
CREATE TABLE applied (step text);
CREATE TABLE gate (is_open boolean);
INSERT INTO gate VALUES (true);
GRANT ALL ON applied, gate TO service, migrator;
GRANT ALL ON SCHEMA public TO service, migrator;
ALTER DEFAULT PRIVILEGES FOR ROLE migrator GRANT SELECT ON TABLES TO service;
SQL
	$node->safe_psql($dbname, 'CREATE EXTENSION gw_bootstrap') unless $plain;
	return $dbname;
}

# A statement that runs on although its client is killed, until the gate opens.
my $statement = migration_command(q(INSERT INTO applied SELECT '0 earlier' FROM gate;));
my $waits = q(SELECT count(*) > 0 FROM pg_locks WHERE relation = 'gate'::regclass AND NOT granted);
my $nameless = $statement =~ s/^/unset PGAPPNAME; /r;

foreach my $case (
	[ 'names overwritten, directly', $node, $statement, %renaming ],
	[ 'names overwritten, pooled', $pooler, $statement, %renaming ],
	[ 'names overwritten, without the extension', $node, $statement, %renaming, plain => 1 ],
	[ 'a driver without a name', $node, $nameless ],
	[ 'a driver without a name, pooled', $pooler, $nameless ])
{
	my ($name, $server, $migrate, %options) = @$case;
	my $dbname = create_database(delete $options{plain});
	my $through = GwBootstrap::Proxy->new('127.0.0.1', $server->port, at => qr/never/, %options);
	my $gate = $node->background_psql($dbname);

	$gate->query_safe('BEGIN; LOCK TABLE gate');
	my $first = start($through, $dbname, 'migrator', $migrate);
	ok(wait_until(sub { $first->ended || $node->safe_psql($dbname, $waits) eq 't' }), "$name: a statement runs");
	kill 'KILL', $first->pid;
	$first->wait;

	my $second = start($through, $dbname, 'migrator', whole_migration());
	ok(wait_until(sub { $second->ended || $second->err =~ /is at work for role "migrator"/ }) && !$second->ended,
		"$name: the next replica sees it, and waits") or diag $second->err;
	is($node->safe_psql($dbname, 'SELECT count(*) FROM applied'), 0, "$name: and does not migrate beside it");
	$gate->query_safe('COMMIT');
	$gate->quit;
	my ($result) = $second->wait;
	is($result->{exit}, 0, "$name: ready once it has ended") or diag $result->{err};
	unlike($result->{err}, $warning, "$name: nothing could be overlooked");
	is($node->safe_psql($dbname, q(SELECT string_agg(step, ', ' ORDER BY step) FROM applied)),
		'0 earlier, 1 tables, 2 rows, 3 head', "$name: each was applied once");
	$through->stop;
}

# Without a role of its own.
foreach my $plain (0, 1)
{
	foreach my $case ([ 'names overwritten', 1, %renaming ], ['names left alone', 0])
	{
		my ($name, $warns, %options) = @$case;
		my $dbname = create_database($plain);
		my $through = GwBootstrap::Proxy->new('127.0.0.1', $node->port, at => qr/never/, %options);
		my $result = run_client('gw_bootstrap', 'run', '-d', connstr($through, $dbname, 'service'), '-e', HEAD,
			'--migrate', whole_migration());

		$name .= ', without the extension' if $plain;
		is($result->{exit}, 0, "$name, one role for all: ready") or diag $result->{err};
		my $class = $warns ? 'class c: by name, which does not arrive' : 'class c: by name';
		like($result->{err}, qr/migrating \($class\)$/m, "$name, one role for all: how safe that is");
		is(scalar(() = $result->{err} =~ /$warning/g), $warns, "$name, one role for all: a warning if it is needed");
		my $doctor = run_client('gw_bootstrap', 'doctor', '-d', connstr($through, $dbname, 'service'));
		like($doctor->{out}, $warns ? qr/^bad +names: application_name does not arrive: sent "gw_bootstrap", found "pooler_names"/m :
			  qr/^ok +names: application_name arrives/m, "$name: doctor knows");
		like($result->{err}, qr/Sent "gw_bootstrap", found "pooler_names"\..*hint: .*--migration-url/s, "$name: with the remedy") if $warns;
		$through->stop;
	}
}

my $ungated = migration_command(sprintf q(CREATE TABLE alembic_version AS SELECT '%s'::text AS version_num), HEAD);

# Services that share a database and that role, but not the lock, do not wait for each
# other's commands; but for what is left of one whose guard has gone.
foreach my $case ([ 'the other has a key', ['--lock-key=1'], [] ], [ 'ours has a key', [], ['--lock-key=1'] ],
	[ 'keys that begin alike', ['--lock-key=-12'], ['--lock-key=-1'] ], [ 'without the extension', ['--lock-key=1'], ['--lock-key=2'], 1 ])
{
	my ($name, $theirs, $ours, $plain) = @$case;
	my $dbname = create_database($plain);
	my $gate = $node->background_psql($dbname);

	$gate->query_safe('BEGIN; LOCK TABLE gate');
	my $other = start($node, $dbname, 'migrator', $statement, @$theirs);
	ok(wait_until(sub { $other->ended || $node->safe_psql($dbname, $waits) eq 't' }), "$name: a statement of another service runs");
	my ($result) = start($node, $dbname, 'migrator', $ungated, @$ours)->wait;
	is($result->{exit}, 0, "$name: nobody waits for it") or diag $result->{err};
	unlike($result->{err}, qr/at work/, "$name: nor tells of it");

	kill 'KILL', $other->pid;
	$other->wait;
	$node->safe_psql($dbname, 'DROP TABLE alembic_version');
	my $late = start($node, $dbname, 'migrator', migration_command(q(INSERT INTO applied VALUES ('4 late'))), @$ours);
	ok(wait_until(sub { $late->ended || $late->err =~ /is at work for role "migrator"/ }) && !$late->ended,
		"$name: without its guard, it is waited for") or diag $late->err;
	kill 'TERM', $late->pid;
	$late->wait;
	$gate->query_safe('COMMIT');
	$gate->quit;
}

# What a role that migrates has besides: an idle session, one in another
# database, and a guard of another key.
my $dbname = create_database();
my $idle = $node->background_psql('postgres', extra_params => [ '-d', connstr($node, $dbname, 'migrator') ]);
my $elsewhere = $node->background_psql('postgres', extra_params => [ '-d', connstr($node, 'postgres', 'migrator') ]);
my $guard = $node->background_psql('postgres', extra_params => [ '-d', connstr($node, $dbname, 'migrator') . ' application_name=gw_bootstrap' ]);
$idle->query_safe('SELECT 1');
$elsewhere->query_safe('BEGIN; SELECT 1');
$guard->query_safe('BEGIN; SELECT pg_advisory_xact_lock(5)');
my ($result) = start($node, $dbname, 'migrator', whole_migration())->wait;
is($result->{exit}, 0, 'sessions that are no migration: ready') or diag $result->{err};
unlike($result->{err}, qr/at work/, 'sessions that are no migration: nobody waits for them');
my $doctor = run_client('gw_bootstrap', 'doctor', '-d', connstr($node, $dbname, 'service'), '--migration-url', connstr($node, $dbname, 'migrator'));
like($doctor->{out}, qr/^ok +names: role migrator is for migrations/m, 'doctor knows the role');
$_->quit foreach $idle, $elsewhere, $guard;

$pooler->stop;
$node->stop;
done_testing();
