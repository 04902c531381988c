# --create-extension: 24 replicas at once make it once; where it cannot be made,
# plain SQL does, unless --require-extension is given.
#
# TAP, since it takes 24 clients at once, over a real PgBouncer and directly.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant REPLICAS => 24;

my $node = start_server();
my $head = HEAD;

foreach my $way (plain_ways($node))
{
	# Not what the name of this way says: the extension is made.
	(my $name = $way->name) =~ s/, without the extension//;
	my @run = ('-e', $head, '--migrate', whole_migration(), '--create-extension');

	$way->create->open;
	my @results = start_replicas(REPLICAS, $way->client('run', @run, '--require-extension'))->wait;
	is(outcomes(@results), '24 x 0', "$name: all end well")
	  or diag map { $_->{err} } grep { !defined $_->{exit} || $_->{exit} } @results;
	is($way->applied, APPLIED, "$name: the migration ran once");
	is($way->sql(q(SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'gw_bootstrap')),
		'public', "$name: the extension is there");
	my $created = grep { $_->{err} =~ /extension gw_bootstrap is installed now/ } @results;
	cmp_ok($created, '>=', 1, "$name: and somebody says so");
	is(scalar(grep { $_->{err} =~ /plain SQL/ } @results), 0, "$name: nobody used plain SQL");
	my $again = run_client($way->client('run', @run));
	is($again->{err}, '', "$name: where it is, nothing is made or said");
	$way->is_clean($name);
	$way->close;
	cmp_ok($way->calls('gw_bootstrap_ask'), '>', 0, "$name: the extension was used");
}

# One replica, with these options, in a database of its own.
my ($way) = plain_ways($node);
$way->create;
$way->sql('CREATE ROLE app LOGIN; CREATE TABLE alembic_version (version_num text); GRANT ALL ON alembic_version TO app');
$way->sql("INSERT INTO alembic_version VALUES ('$head')");

sub client
{
	my ($command, @options) = @_;
	my $result = run_client($way->client($command, '-e', $head, @options));
	return $result;
}

sub is_not_created
{
	my ($name) = @_;
	return is($way->sql(q(SELECT count(*) FROM pg_extension WHERE extname = 'gw_bootstrap')), 0, "$name: nothing is created");
}

my @as_app = ('-d', $way->connstr . ' user=app');
my $result = client('run', '--create-extension', @as_app);
is($result->{exit}, 0, 'not permitted: plain SQL does');
like($result->{err}, qr/could not be created in database "\w+": permission denied to create extension "gw_bootstrap"; using plain SQL/,
	'... and the reason is told');
$result = client('run', '--create-extension', '--require-extension', @as_app);
is($result->{exit}, 4, 'not permitted, but required');
like($result->{err}, qr/could not be created .*: permission denied/, '... and the reason is told');
is_not_created('not permitted');

# A server that does not have its files.  The installation is this test's own.
my $control = $way->sql(q(SELECT setting FROM pg_config WHERE name = 'SHAREDIR')) . '/extension/gw_bootstrap.control';
rename $control, "$control.away" or die "$control: $!";
$result = client('run', '--create-extension');
my $required = client('run', '--create-extension', '--require-extension');
rename "$control.away", $control or die "$control: $!";
is($result->{exit}, 0, 'not available: plain SQL does') or diag $result->{err};
like($result->{err}, qr/could not be created .*gw_bootstrap.*; using plain SQL/, '... and the reason is told');
is($required->{exit}, 4, 'not available, but required');

# Who is to change nothing does not create it.
is(client('check', '--create-extension')->{exit}, 0, 'check');
is_not_created('check');
is(client('run', '--create-extension', '--skip-migrations')->{exit}, 0, 'skipped migrations');
is_not_created('skipped migrations');
is(client('run', '--create-extension=no')->{exit}, 0, 'told not to');
is_not_created('told not to');
{
	local $ENV{GW_BOOTSTRAP_REQUIRE_EXTENSION} = 'true';
	is(client('run')->{exit}, 4, 'required by the environment');
}

# Somebody who creates it too, and does not come to an end, is not waited for
# beyond the deadline; who gives up leaves it to the next.
my $session = $node->background_psql($way->dbname);
$session->query_safe('BEGIN');
$session->query_safe('CREATE EXTENSION gw_bootstrap');
$result = client('run', '--create-extension', '--timeout', 1);
is($result->{exit}, 3, 'somebody else creates it: waited for until the deadline');
{
	local $ENV{GW_BOOTSTRAP_CREATE_EXTENSION} = 'true';
	my $replica = start_replicas(1, $way->client('run', '-e', $head, '--require-extension'));
	$node->poll_query_until($way->dbname,
		q(SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%CREATE EXTENSION IF%' AND wait_event = 'transactionid'))
	  or die 'the replica does not wait';
	$session->query_safe('ROLLBACK');
	($result) = $replica->wait;
	is($result->{exit}, 0, '... and succeeded if it gives up') or diag $result->{err};
}
is($way->sql(q(SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'gw_bootstrap')), 'public', '... by this replica');
$session->quit;

$node->stop;
done_testing();
