# Through Pgpool-II, which has words of its own for a server that restarts: all
# replicas wait for it, and one of them migrates.
#
# TAP, since it takes a pooler whose server goes away; test/poolers has the rest
# of what is tried with poolers other than PgBouncer.

use strict;
use warnings;

use GwBootstrap::OtherPooler;
use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use Test::More;

use constant REPLICAS => 24;

plan skip_all => 'Pgpool-II is not installed' unless grep { $_ eq 'pgpool' } GwBootstrap::OtherPooler->installed;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
$node->start;

foreach my $extension (1, 0)
{
	my $name = 'the server restarts, ' . ($extension ? 'with' : 'without') . ' the extension';
	my $dbname = "restarts_$extension";

	$node->safe_psql('postgres', "CREATE DATABASE $dbname");
	$node->safe_psql($dbname, 'CREATE EXTENSION gw_bootstrap') if $extension;
	$node->safe_psql($dbname, 'CREATE TABLE applied (step text)');
	# Whoever waits gives its session back, but 24 may ask at the same moment.
	my $pooler = GwBootstrap::OtherPooler->new($node, 'pgpool', 2 * REPLICAS, $dbname);

	$node->stop('fast');
	my $replicas = start_replicas(REPLICAS, 'gw_bootstrap', 'run', '-d', $pooler->connstr, '-e', HEAD, '--migrate', whole_migration());
	my $told = sub { return scalar grep { $replicas->err($_) =~ /waiting for .*backend/ } 0 .. REPLICAS - 1; };
	ok(wait_until(sub { $replicas->ended || $told->() == REPLICAS }), "$name: all wait, and say what the pooler said")
	  or diag map { $replicas->err($_) } 0 .. REPLICAS - 1;
	$node->start;

	my @results = $replicas->wait;
	is(outcomes(@results), REPLICAS . ' x 0', "$name: 24 replicas are ready")
	  or diag map { $_->{err} } grep { !defined $_->{exit} || $_->{exit} } @results;
	is($node->safe_psql($dbname, q(SELECT string_agg(step || ' x ' || n, ', ' ORDER BY step) FROM (SELECT step, count(*) n FROM applied GROUP BY 1) s)),
		APPLIED, "$name: migrated once");
	$pooler->stop;
}

$node->stop;
done_testing();
