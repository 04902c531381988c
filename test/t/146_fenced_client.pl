# The client and a role that is fenced: its command is given the token of the
# guard, so it may write, and nobody else may.
#
# TAP, since it takes a role with settings of its own, and clients.

use strict;
use warnings;

use GwBootstrap::Fence;
use GwBootstrap::Migration;
use GwBootstrap::PgBouncer;
use GwBootstrap::Replicas;
use PostgreSQL::Test::Utils;
use Test::More;

my $head = GwBootstrap::Migration::HEAD;
my $fence = GwBootstrap::Fence->new;
my $node = $fence->node;
my $psql = q(psql -X -q -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -d "$DATABASE_URL");
my $migrate = qq($psql -c "INSERT INTO work VALUES ('once'); UPDATE alembic_version SET version_num = '$head'");

sub prepare
{
	my ($dbname) = @_;
	$node->safe_psql($dbname, <<'SQL');
CREATE TABLE IF NOT EXISTS alembic_version (version_num text);
CREATE TABLE IF NOT EXISTS work (step text);
TRUNCATE alembic_version, work;
INSERT INTO alembic_version VALUES ('f1r57');
GRANT ALL ON alembic_version, work TO migrations;
SQL
	return;
}

sub run
{
	my ($service, $url, @options) = @_;
	my ($result) = GwBootstrap::Replicas->start(1,
		'gw_bootstrap', 'run', '-d', $service, '--migration-url', $url, '-e', $head, '--timeout', 60, @options)->wait;
	return $result;
}

sub is_refused
{
	my ($result, $exit, $pattern, $name) = @_;

	is($result->{exit}, $exit, "$name: refused") or diag $result->{err};
	like($result->{err}, $pattern, "$name: with the reason");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM work'), '0', "$name: nothing was written");
	return;
}

$node->safe_psql('postgres', 'CREATE DATABASE bare');
my $user = getpwuid $<;
my $pooler = GwBootstrap::PgBouncer->new($node, pool_size => 2, users => qq("$user" ""\n"@{[ROLE]}" ""\n));
foreach my $dbname ('postgres', 'bare')
{
	foreach my $through ([ 'directly', $node->connstr($dbname) ], [ 'pooled', $pooler->connstr($dbname) ])
	{
		my ($how, $connstr) = @$through;
		prepare($dbname);
		my $result = run($connstr, "$connstr user=migrations", '--migrate',
			qq([ "\$GW_BOOTSTRAP_TOKEN" ] && [ "\$PGAPPNAME" = "gw_bootstrap migration \$GW_BOOTSTRAP_TOKEN" ] && $migrate -c "SELECT pg_sleep(0.3)"),
			'--require-fence');
		is($result->{exit}, 0, "$dbname, $how: the command may write") or diag $result->{err};
		like($result->{err}, qr/migrating \(class b: fenced\)\n.*detail: The role is fenced/, "$dbname, $how: which class it is, is told");
		is($node->safe_psql($dbname, 'SELECT count(*) FROM work'), '1', "$dbname, $how: once");
	}
}

my $service = $node->connstr('postgres');
my $fenced = "$service user=migrations";
prepare('postgres');
is_refused(run($service, $fenced, '--migrate', "unset PGAPPNAME; $migrate"), 1, qr/ERROR:  55000/, 'a command that hides the name');
is_refused(run($service, $fenced, '--migrate', "PGAPPNAME=alembic $migrate"), 1, qr/ERROR:  55000/, 'one with another name');
is_refused(run($service, $fenced, '--migrate', $migrate, '--lock-key', 7), 4,
	qr/fenced by key 42424242424242, but the lock is 7.*hint: Use --lock-key=42424242424242/s, 'another key');
is_refused(run($service, $service, '--migrate', $migrate, '--require-fence'), 4,
	qr/the role of the migration is not fenced, which --require-fence asks for.*hint: .*fence_key/s, 'no fence');

# Whatever names the sessions otherwise.
local $ENV{PGSERVICEFILE} = PostgreSQL::Test::Utils::tempdir_short() . '/services';
append_to_file($ENV{PGSERVICEFILE}, join "\n", '[fenced]', 'application_name=gateway', 'user=migrations', split(/ /, $service =~ s/'//gr), '');
my $uri = 'postgresql://migrations@/postgres?host=' . $node->host . '&port=' . $node->port;
foreach my $url ('service=fenced', 'postgresql:///?service=fenced', "$uri&application%5Fname=gateway", "$fenced application_name=gateway")
{
	prepare('postgres');
	my $result = run($service, $url, '--migrate', $migrate);
	is($result->{exit}, 0, "$url: the command may write") or diag $result->{err};
	is($node->safe_psql('postgres', 'SELECT count(*) FROM work'), '1', "$url: once");
}
prepare('postgres');
{
	local $ENV{PGSERVICE} = 'fenced';
	my $result = GwBootstrap::Replicas->start(1, 'gw_bootstrap', 'run', '-e', $head, '--migrate', $migrate)->wait;
	is($node->safe_psql('postgres', 'SELECT count(*) FROM work'), '1', 'PGSERVICE: the command may write');
}

# The token is nobody else's.
prepare('postgres');
my $token = PostgreSQL::Test::Utils::tempdir_short() . '/token';
my $result = run($service, $fenced, '--migrate', $migrate, '--post', qq(echo "<\$GW_BOOTSTRAP_TOKEN \$PGAPPNAME>" >$token));
is($result->{exit}, 0, 'with a post step: ready') or diag $result->{err};
is(slurp_file($token), "< gw_bootstrap post step>\n", 'which has no token');

$pooler->stop;
$node->stop;
done_testing();
