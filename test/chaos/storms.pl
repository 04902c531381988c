# Random storms over the client, each from its seed: see test/chaos/run.
#
# TAP, since it takes many clients, real servers and poolers, and what befalls them.

use strict;
use warnings;

use GwBootstrap::Storm;
use GwBootstrap::StormTable;
use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Storable qw(store_fd fd_retrieve);
use Test::More;

my $storms = $ENV{GW_STORMS} || 1;
my $seed = $ENV{GW_SEED} || 1;
my $end = $ENV{GW_MINUTES} ? time + 60 * $ENV{GW_MINUTES} : undef;
my $lanes = $ENV{GW_LANES} || 1;

# Most of the time a storm waits, so several go on at once, each with servers of
# its own, in a process of its own that tells of each.
sub lane
{
	my ($lane, $out) = @_;
	my $node = GwBootstrap::Storm::server($lane);

	for (my $number = $lane; $number < $storms; $number += $lanes)
	{
		last if defined $end && time > $end;
		my $storm = GwBootstrap::Storm->new($node, $seed + $number);
		my @faults = eval { $storm->run };

		push @faults, "not seen through: $@" if $@;
		$storm->keep_logs if @faults;
		$storm->tear_down;
		store_fd({ name => $storm->describe, faults => join("\n", @faults), map { $_ => $storm->{$_} } qw(class pool_size pool_mode plain events replicas refused) }, $out);
	}
	$node->stop;
	return;
}

my $table = GwBootstrap::StormTable->new;
my @lanes = map {
	my $lane = $_;
	my $pid = open(my $in, '-|') // die "fork: $!";
	if ($pid == 0)
	{
		# what it notes is no part of the result
		open my $out, '>&', \*STDOUT;
		open STDOUT, '>&', \*STDERR;
		binmode $out;
		lane($lane, $out);
		exit 0;
	}
	$in;
} 0 .. $lanes - 1;

while (@lanes)
{
	my $ready = '';
	vec($ready, fileno $_, 1) = 1 foreach @lanes;
	select($ready, undef, undef, undef);
	foreach my $lane (grep { vec($ready, fileno $_, 1) } @lanes)
	{
		my $storm = eval { fd_retrieve($lane) };
		if ($storm)
		{
			$table->add($storm);
			is($storm->{faults}, '', $storm->{name});
			next;
		}
		@lanes = grep { $_ != $lane } @lanes;
		close $lane;
		is($?, 0, 'all storms of a lane were seen through');
	}
}

append_to_file("$ENV{GW_STORM_LOGS}/table", $table->text) if $ENV{GW_STORM_LOGS};
done_testing();
