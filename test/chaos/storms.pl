# Random storms over the client, each from its seed: see test/chaos/run.
#
# TAP, since it takes many clients, real servers and poolers, and what befalls them.

use strict;
use warnings;

use GwBootstrap::Storm;
use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

my $storms = $ENV{GW_STORMS} // 1;
my $seed = $ENV{GW_SEED} // 1;
my $end = $ENV{GW_MINUTES} ? time + 60 * $ENV{GW_MINUTES} : undef;
my $node = GwBootstrap::Storm::server();

foreach my $number (0 .. $storms - 1)
{
	last if defined $end && time > $end;
	my $storm = GwBootstrap::Storm->new($node, $seed + $number);
	my @faults = $storm->run;

	is(join("\n", @faults), '', $storm->describe) or $storm->keep_logs;
}

$node->stop;
done_testing();
