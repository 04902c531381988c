# What the pages of docs/ show in YAML: that it is YAML, and that what it names is there.
# Where a page's commands are tried out, that is among the gateways and the recipes.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";
use GwBootstrap::Tools;
use Test::More;

my $top = "$FindBin::Bin/../..";
my %shown;

sub slurp
{
	my ($file) = @_;
	open my $in, '<', "$top/$file" or die "$file: $!\n";
	local $/ = undef;
	return scalar <$in>;
}

foreach my $page (map { s{^\Q$top\E/}{}r } glob "$top/docs/*.md")
{
	my $text = slurp($page);
	while ($text =~ /^```yaml (\S+)\n(.*?)^```/gms)
	{
		my ($name, $yaml) = ($1, $2);
		$shown{$name} = [ eval { documents(write_file($yaml)->filename) } ];
		ok(@{ $shown{$name} }, "$name of $page is YAML") or diag $@;
	}
}

# CloudNativePG: the extension is that of the control file, in the database of the cluster.
my ($cluster, $database) = @{ $shown{'cluster.yaml'} };
my ($volume) = @{ $cluster->{spec}{postgresql}{extensions} };
my ($created) = @{ $database->{spec}{extensions} };
ok(-f "$top/control/$_->{name}.control", "cluster.yaml: there is an extension $_->{name}") foreach $volume, $created;
is($database->{spec}{cluster}{name}, $cluster->{metadata}{name}, '... created in that cluster');
my ($base) = slurp('deploy/image/extension.Containerfile') =~ /^ARG BASE=(\S+)$/m;
is($cluster->{spec}{imageName}, $base, '... whose image is the base of the one that is laid beside it');
my ($major) = slurp('deploy/image/extension.Containerfile') =~ /^ARG PG_MAJOR=(\d+)$/m;
like($volume->{image}{reference}, qr/:$major$/, '... of the same version of PostgreSQL');

# A forge: the release has what make client-static and make dist leave, and waits for the tests.
my ($forge) = @{ $shown{'forge.yaml'} };
my %steps = map { my $job = $_; $job => [ map { $_->{run} // () } @{ $forge->{jobs}{$job}{steps} } ] } keys %{ $forge->{jobs} };
ok((grep { $_ eq '.ci/run' && -x "$top/$_" } @{ $steps{test} }), 'forge.yaml: the tests are those of CI');
is($forge->{jobs}{release}{needs}, 'test', '... and a release waits for them');
ok((grep { /^make client-static dist$/ } @{ $steps{release} }), '... and makes what is released');
my ($key) = map { $_->{with}{key} // () } @{ $forge->{jobs}{test}{steps} };
foreach my $pattern ($key =~ /'([^']+)'/g)
{
	ok((grep { -f } glob "$top/$pattern"), "... what is kept depends on $pattern, which is there");
}

done_testing();
