# By what name a migration command is known: with an address that the pooler
# appends to it, and for services that share a database but not the lock.
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
$node->safe_psql('postgres', 'CREATE DATABASE my_application_name');
local @ENV{qw(PGHOST PGPORT)} = ($node->host, $node->port);
foreach my $url (
	[ "$uri&application_name=mine" => "$uri&$ours" ],
	[ "$uri&application_name=mine&application_name=mine+too&connect_timeout=3" => "$uri&$ours&$ours&connect_timeout=3" ],
	[ "$uri&fallback_application_name=mine&connect_timeout=3" => "$uri&fallback_application_name=mine&connect_timeout=3" ],
	[ "$direct application_name=mine" => "application_name='gw_bootstrap migration' $direct" ],
	[ "$direct application_name=mine passfile='none://'" => "application_name='gw_bootstrap migration' $direct passfile='none://'" ],
	[ "$direct application_name=mine options=" => "application_name='gw_bootstrap migration' $direct options=" ],
	[ "$direct application_name=mine passfile=none\\" => "application_name='gw_bootstrap migration' $direct passfile=none\\" ],
	[ $direct => $direct ],
	[ 'my_application_name' => 'my_application_name' ])
{
	my ($given, $wanted) = @$url;
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
