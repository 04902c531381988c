# CREATE INDEX CONCURRENTLY within a migration finishes while 23 replicas wait:
# it waits for every snapshot that is older, and no waiter may hold one.
#
# TAP, since it takes 24 clients at once, over a real PgBouncer and directly.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

use constant REPLICAS => 24;

my $node = start_server();

# Go on when the server has been asked for the lock so often that every other
# replica waits.  Its log tells, and goes on while they wait, which ends tail;
# the count is shown, since grep would stop at the first line if it went to
# /dev/null.
sub all_wait
{
	my ($way) = @_;
	return sprintf q(tail -c +%d -f '%s' | grep -m 48 -cF "%s"),
	  (-s $node->logfile) + 1, $node->logfile, $way->try_text;
}

foreach my $way (all_ways($node))
{
	my $name = $way->name;

	$way->create->open;
	my @results = start_replicas(REPLICAS,
		$way->client('run', '-e', HEAD, '--migrate',
			join "\n",
			'set -e',
			migration_command(tables_step()),
			all_wait($way),
			migration_command(rows_step() . head_step())))->wait;

	is(outcomes(@results), '24 x 0', "$name: all end well")
	  or diag map { $_->{err} } grep { !defined $_->{exit} || $_->{exit} } @results;
	is($way->sql("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('item_name')"),
		't', "$name: the index was built");
	is($way->applied, APPLIED, "$name: the migration ran once");
	$way->is_clean($name);
	$way->close;
}

$node->stop;
done_testing();
