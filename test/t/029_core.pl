# The core by itself: the client without the rooms that .ci/rooms calls optional can be
# built, starts at head, migrates by a command exactly once, waits, and refuses what
# it has not.
#
# TAP, since it builds a client of its own, and takes replicas that start at once.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

use constant REPLICAS => 24;

my $core = PostgreSQL::Test::Utils::tempdir();
{
	# That of the system: the private installation has nothing to compile with.
	local $ENV{PATH} = $ENV{PATH} =~ s/^[^:]*://r;

	system_or_bail('.ci/rooms', '--core', $core);
	system_or_bail('make', '-s', '-C', "$core/client", 'with_llvm=no', 'gw_bootstrap');
}
$ENV{PATH} = "$core/client:$ENV{PATH}";
my $node = start_server();

foreach my $way (all_ways($node))
{
	next if $way->is_plain;
	my $name = $way->name;
	my @run = ('-e', HEAD, '--migrate', whole_migration());

	$way->create->open;
	my @results = start_replicas(REPLICAS, $way->client('run', @run))->wait;
	is(outcomes(@results), REPLICAS . ' x 0', "$name: all are ready") or diag $results[0]{err};
	is(scalar(grep { $_->{out} =~ /^Database ready \(migrated\)/ } @results), 1, "$name: one has migrated");
	is($way->applied, APPLIED, "$name: once");

	@results = start_replicas(REPLICAS, $way->client('run', @run))->wait;
	is(outcomes(@results), REPLICAS . ' x 0', "$name: and again, at head");
	is($way->applied, APPLIED, "$name: nothing was applied again");
	$way->is_clean($name);
	$way->close;
}

# Without the extension there is nothing that it can ask.
my $plain = (plain_ways($node))[0]->create->open;
like(run_client($plain->client('run', '-e', HEAD))->{err}, qr/extension gw_bootstrap is not installed/, 'no plain SQL');
$plain->close;

foreach my $word (qw(check status guard doctor heads))
{
	like(run_client('gw_bootstrap', $word)->{err}, qr/unknown command "$word"/, "no $word");
}
foreach my $option (qw(migrate-sql post post-sql post-in-turn migrations alembic expect-heads-from json break-orphans create-extension require-extension require-fence log-format version help head-condition))
{
	like(run_client('gw_bootstrap', 'run', "--$option=x")->{err}, qr/unknown or ambiguous option --$option\b/, "no --$option");
}

$node->stop;
done_testing();
