# By what name a migration command is known: whatever names its sessions otherwise,
# with an address that the pooler appends to it, and for services that share a
# database but not the lock.
#
# TAP, since it takes a pooler that rewrites names.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
my $seen = PostgreSQL::Test::Utils::tempdir_short() . '/name';

sub name_of_command
{
	my ($pooler, @options) = @_;
	my $result = run_client('gw_bootstrap', 'run', '-d', $pooler->connstr('postgres'),
		'-e', 'a', @options, '--migrate', "printenv PGAPPNAME >$seen; false");

	is($result->{exit}, 1, 'a command was started') or diag $result->{err};
	chomp(my $name = slurp_file($seen));
	return $name;
}

# A replica finds a session of that name in a transaction: does it wait for it?
sub finds
{
	my ($pooler, $name, $waits, %migrate) = @_;
	local $ENV{PGAPPNAME} = $name;
	my $other = $pooler->session('postgres');
	my $way = $migrate{by} || '--migrate';
	my $with = join ' ', $name, '<-', @{ $migrate{options} || [] }, $way;

	$node->safe_psql('postgres', 'CREATE TABLE applied (step text)');
	$other->query_safe('BEGIN; SELECT 1');
	delete local $ENV{PGAPPNAME};
	my $replica = start_replicas(1, 'gw_bootstrap', 'run', '-d', $pooler->connstr('postgres'),
		'-e', HEAD, @{ $migrate{options} || [] },
		$way => $way eq '--migrate' ? whole_migration() : whole_migration_file());
	if ($waits)
	{
		ok(wait_until(sub { $replica->ended || $replica->err =~ /under the name of an earlier migration/ })
			&& !$replica->ended, "$with: it waits") or diag $replica->err;
		is($node->safe_psql('postgres', 'SELECT count(*) FROM applied'), 0, "$with: and does not migrate");
		$other->query_safe('COMMIT');
	}
	my ($result) = $replica->wait;
	is($result->{exit}, 0, "$with: ready") or diag $result->{err};
	unlike($result->{err}, qr{under the name of an earlier migration}, "$with: it does not wait for it") unless $waits;
	$other->quit;
	$node->safe_psql('postgres', 'DROP TABLE applied, alembic_version, item');
	return;
}

# A service that has a name in its URL: the command gets that URL, but not the name.
my $direct = $node->connstr('postgres');
my $uri = 'postgresql:///postgres?host=' . $node->host . '&port=' . $node->port;
my $ours = 'application_name=gw_bootstrap%20migration';
$node->safe_psql('postgres', "CREATE DATABASE $_") foreach 'my_application_name', 'served';
local @ENV{qw(PGHOST PGPORT)} = ($node->host, $node->port);
my $name = 'postgresql:///postgres?application_name=gw_bootstrap%20migration';
my $pair = "application_name='gw_bootstrap migration'";
local $ENV{PGSERVICEFILE} = PostgreSQL::Test::Utils::tempdir_short() . '/services';
append_to_file($ENV{PGSERVICEFILE}, "[mine]\napplication_name=mine\nport=@{[$node->port]}\nhost=@{[$node->host]}\n"
	  . "keepalives_idle=9\ndbname=served\n");
foreach my $url (
	[ "$uri&application_name=mine" => "$uri&$ours" ],
	[ "$uri&application_name=mine&application_name=mine+too&connect_timeout=3" => "$uri&$ours&$ours&connect_timeout=3" ],
	[ "$uri&fallback_application_name=mine&connect_timeout=3" => "$uri&fallback_application_name=mine&connect_timeout=3" ],
	[ "$direct application_name=mine" => "application_name='gw_bootstrap migration' $direct" ],
	[ "$direct application_name=mine passfile='none://'" => "application_name='gw_bootstrap migration' $direct passfile='none://'" ],
	[ "$direct application_name=mine options=" => "application_name='gw_bootstrap migration' $direct options=" ],
	[ "$direct application_name=mine passfile=none\\" => "application_name='gw_bootstrap migration' $direct passfile=none\\" ],
	[ $direct => $direct ],
	[ 'my_application_name' => 'my_application_name' ],
	[ "$uri&application%5Fname=mine" => "$uri&application%5Fname=gw_bootstrap%20migration" ],
	[ "$uri&%61pplication%5fname=mine&connect_timeout=3" => "$uri&%61pplication%5fname=gw_bootstrap%20migration&connect_timeout=3" ],
	[ 'postgresql:///postgres?service=mine' => "$name&service=mine" ],
	[ 'postgresql:///postgres?s%65rvice=mine&' => "$name&s%65rvice=mine&" ],
	[ "postgresql:///postgres?service=mine&application_name=a" => "postgresql:///postgres?service=mine&$ours" ],
	[ 'dbname=postgres service=mine' => "$pair dbname=postgres service=mine" ],
	[ "application_name=a service='mine'" => "$pair service='mine'" ],
	[ 'postgresql:///postgres' => $name, 'mine' ],
	[ 'postgresql:///postgres?' => $name, 'mine' ],
	[ 'postgresql:///postgres?connect_timeout=3' => "$name&connect_timeout=3", 'mine' ],
	[ 'postgres' => "$pair dbname=postgres", 'mine' ],
	[ 'connect_timeout=3' => "$pair connect_timeout=3", 'mine' ])
{
	my ($given, $wanted, $service) = @$url;
	local $ENV{PGSERVICE} = $service if $service;
	my $result = run_client('gw_bootstrap', 'run', '-d', $given, '-e', 'a', '--migrate',
		qq(printenv DATABASE_URL >$seen; psql -XAtqc 'SHOW application_name' -d "\$DATABASE_URL" >>$seen; false));

	is(slurp_file($seen), "$wanted\ngw_bootstrap migration\n", "$given: its sessions are known") or diag $result->{err};
}
my $driver = 'postgresql+psycopg://' . getpwuid($<) . '@/postgres?host=' . $node->host . '&port=' . $node->port . '&application_name=';
start_replicas(1, 'gw_bootstrap', 'run', '-d', $driver . 'mine', '-e', 'a', '--migrate', "printenv DATABASE_URL >$seen; false")->wait;
is(slurp_file($seen), $driver . "gw_bootstrap%20migration\n", 'and of a URL that names a driver');
my $password = "postgresql://me:a&application_name=b?c\@/postgres?host=" . $node->host . '&port=' . $node->port;
$node->safe_psql('postgres', 'CREATE ROLE me LOGIN SUPERUSER');
start_replicas(1, 'gw_bootstrap', 'run', '-d', "$password&application_name=mine", '-e', 'a', '--migrate', "printenv DATABASE_URL >$seen; false")->wait;
is(slurp_file($seen), "$password&$ours\n", 'but not a password that looks so');

my $by_libpq = 'postgresql+psycopg://' . getpwuid($<) . '@/postgres?service=mine';
foreach my $url ($by_libpq, $by_libpq =~ s/psycopg/asyncpg/r)
{
	my $wanted = $url =~ /asyncpg/ ? $url : $url =~ s/\?/?$ours&/r;
	run_client('gw_bootstrap', 'run', '-d', $url, '-e', 'a', '--migrate', "printenv DATABASE_URL >$seen; false");
	is(slurp_file($seen), "$wanted\n", "$url: named for a driver that knows services");
}

# PGSERVICE alone: there is no string that could name the sessions.
my $at_head = qq(CREATE TABLE IF NOT EXISTS alembic_version (version_num text); INSERT INTO alembic_version VALUES ('@{[HEAD]}'));
$node->safe_psql('served', $at_head);
foreach my $case (
	[ 'guard' => 'gw_bootstrap migration', '--', 'sh', '-c' ],
	[ 'run' => 'gw_bootstrap migration', '-e', 'a', '--migrate' ],
	[ 'run' => 'gw_bootstrap post step', '-e', HEAD, '--post' ])
{
	my ($mode, $wanted, @options) = @$case;
	my $psql = q(psql -XAtqc "SELECT current_setting('application_name'), current_database()");
	local @ENV{qw(PGSERVICE PGHOST PGPORT PGDATABASE)} = ('mine', '/nowhere', 1, 'nowhere');
	my $result = run_client('gw_bootstrap', $mode, @options, "{ printenv DATABASE_URL; $psql; } >$seen");

	is(slurp_file($seen), "$wanted|served\n", "$mode, $options[-1], by PGSERVICE: its sessions are known") or diag $result->{err};
	like($result->{err}, qr/warning: what service "mine" sets, no variable can tell a command: keepalives_idle\n/, 'what is lost is told');
}

# The command of a client that is killed goes on: the next one finds it.
foreach my $case ([ 'service=mine' ], [ 'postgresql:///?service=mine' ], [ "$uri&dbname=served&application%5Fname=mine" ], [ 'PGSERVICE' ])
{
	my ($url) = @$case;
	local $ENV{PGSERVICE} = 'mine' if $url eq 'PGSERVICE';
	my @run = ('gw_bootstrap', 'run', $url eq 'PGSERVICE' ? () : ('-d', $url), '-e', HEAD, '--migrate',
		qq(psql -XqAt -d "\$DATABASE_URL" -c "SELECT pg_advisory_xact_lock(7); $at_head"));
	my $lock = $node->background_psql('served');
	my $at_work = q(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted);
	$lock->query_safe('DROP TABLE alembic_version; SELECT pg_advisory_lock(7)');
	my $first = start_replicas(1, @run);
	ok($node->poll_query_until('served', "SELECT 1 = ($at_work)"), "$url: a command is at work");
	kill 'KILL', $first->pid;
	$first->wait;
	my $second = start_replicas(1, @run);
	ok(wait_until(sub { $second->ended || $second->err =~ /under the name of an earlier migration/ || $node->safe_psql('served', $at_work) > 1 })
		&& !$second->ended, "$url: the next replica has looked") or diag $second->err;
	is($node->safe_psql('served', $at_work), 1, "$url: and waits for the command");
	$lock->quit;
	is(outcomes($second->wait), '1 x 0', "$url: then it is ready") or diag $second->err;
	is($node->safe_psql('served', 'SELECT count(*) FROM alembic_version'), 1, "$url: migrated once");
}

foreach my $add (0, 1)
{
	my $pooler = start_pgbouncer($node, settings => "application_name_add_host = $add");
	my $name = name_of_command($pooler);
	my $name_of_5 = name_of_command($pooler, '--lock-key=5');

	note("application_name_add_host = $add");
	finds($pooler, $name, 1, by => $_) foreach '--migrate', '--migrate-sql';
	finds($pooler, $name_of_5, 1, options => ['--lock-key=5']);
	finds($pooler, $name_of_5, 0);
	finds($pooler, $name, 0, options => ['--lock-key=5']);
	finds($pooler, $name_of_5, 0, options => ['--lock-key=55']);
	finds($pooler, "$name_of_5-5", 0, options => ['--lock-key=5']);
	$pooler->stop;
}

$node->stop;
done_testing();
