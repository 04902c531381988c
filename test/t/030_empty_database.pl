# An empty database and 24 replicas at once: one migrates, all are ready.
#
# TAP, since it takes 24 clients at once, over a real PgBouncer and directly.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

use constant REPLICAS => 24;

my $node = start_server();

foreach my $way (all_ways($node))
{
	my $name = $way->name;

	$way->create->open;
	my @results = start_replicas(REPLICAS,
		$way->client('run', '-e', HEAD,
			'--migrate', whole_migration(),
			'--post', post_step()))->wait;

	is(outcomes(@results), '24 x 0', "$name: all end well")
	  or diag map { $_->{err} } grep { !defined $_->{exit} || $_->{exit} } @results;
	is($way->applied, APPLIED . ', 4 post x 24',
		"$name: the migration ran once, the post steps in every replica");
	is(scalar(grep { $_->{out} =~ /^Database ready \(migrated\) in [0-9.]+ s$/ } @results),
		1, "$name: one says that it migrated");
	is(scalar(grep { $_->{out} =~ /^Database ready \(at head\) in [0-9.]+ s$/ } @results),
		REPLICAS - 1, "$name: the others found it done");
	$way->is_clean($name);
	$way->close;
}

$node->stop;
done_testing();
