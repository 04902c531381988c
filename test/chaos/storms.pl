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

sub log_of
{
	my ($lane) = @_;
	return ($ENV{GW_STORM_LOGS} || $PostgreSQL::Test::Utils::log_path) . "/lane$lane";
}

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
		store_fd({ name => $storm->describe, way => $storm->way_name, faults => join("\n", @faults),
			map { $_ => $storm->{$_} } qw(class plain events replicas refused) }, $out);
	}
	$node->stop;
	return;
}

my $table = GwBootstrap::StormTable->new;
my %lanes = map {
	my $lane = $_;
	my $pid = open(my $in, '-|') // die "fork: $!";
	if ($pid == 0)
	{
		# What it notes must not get between the lines of the result.
		open my $out, '>&', \*STDOUT or die "stdout: $!";
		open STDOUT, '>>', log_of($lane) or die "log: $!";
		open STDERR, '>&', \*STDOUT or die "stderr: $!";
		STDOUT->autoflush(1);
		binmode $out;
		lane($lane, $out);
		exit 0;
	}
	$lane => $in;
} 0 .. $lanes - 1;

while (%lanes)
{
	my $ready = '';
	vec($ready, fileno $_, 1) = 1 foreach values %lanes;
	select($ready, undef, undef, undef);
	foreach my $lane (grep { vec($ready, fileno $lanes{$_}, 1) } sort keys %lanes)
	{
		my $storm = eval { fd_retrieve($lanes{$lane}) };
		if ($storm)
		{
			$table->add($storm);
			is($storm->{faults}, '', $storm->{name});
			next;
		}
		close delete $lanes{$lane};
		is($?, 0, 'all storms of a lane were seen through') or diag slurp_file(log_of($lane));
	}
}

append_to_file("$ENV{GW_STORM_LOGS}/table", $table->text) if $ENV{GW_STORM_LOGS};
done_testing();
