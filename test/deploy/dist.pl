# The archive for PGXN: valid metadata, and an extension that PGXN's client builds
# from it, checks and loads on a system with the server's headers.

use strict;
use warnings;

use File::Copy;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../perl";
use GwBootstrap::Room;
use IPC::Run;
use JSON::PP;
use Test::More;

my $top = "$FindBin::Bin/../..";
my $meta = do { local (@ARGV, $/) = "$top/META.json"; decode_json(<>) };
my ($major) = $meta->{version} =~ /^(\d+\.\d+)\./;

my $said = '';
ok(IPC::Run::run([ '/usr/bin/python3', "$FindBin::Bin/validate_meta.py", "$top/META.json", $ENV{PGXN_SCHEMAS} ], '>&', \$said),
	'META.json is valid') or diag $said;
foreach my $provided (values %{ $meta->{provides} })
{
	ok(-f "$top/$provided->{file}", "$provided->{file} is there");
	ok(-f "$top/$provided->{docfile}", "$provided->{docfile} is there");
	like($provided->{file}, qr/--\Q$major\E\.sql$/, '... of the version that META.json names');
}

ok(IPC::Run::run([ 'make', '-s', '-C', $top, 'dist' ], '>&', \$said), 'make dist') or diag $said;
my $archive = "gw_bootstrap-$meta->{version}.zip";

# A runner's tree may be another user's than that who runs make.
my $clone = tempdir(CLEANUP => 1) . '/tree';
foreach ([ 'git', '-c', 'safe.directory=*', 'clone', '-q', $top, $clone ], [ 'chown', '-R', 'nobody', $clone ], [ 'make', '-s', '-C', $clone, 'dist' ])
{
	ok(IPC::Run::run($_, '>&', \$said), "the tree of another user: $_->[0]") or diag $said;
}
ok(-s "$clone/$archive", '... has its archive');

my $room = GwBootstrap::Room->builder;
copy("$top/$archive", $room->dir . '/tmp') or die "copy: $!";
unlink "$top/$archive";

$room->run_ok("PGXN's client builds and installs the archive", 'pgxn', 'install', '--unstable', "/tmp/$archive");
$room->run_ok('... and the regression tests pass with it',
	'--own-network', 'pg_virtualenv', '-o', 'max_prepared_transactions=10', 'pgxn', 'check', '--unstable', "/tmp/$archive");
$room->run_ok('... and loads it into a database', '--own-network', 'pg_virtualenv', 'sh', '-c',
	"pgxn load --unstable --yes -d postgres /tmp/$archive && psql -qXAtc 'SELECT gw_bootstrap_at_head(array[1::text])' postgres");

# Other rooms build from the archive, too.
$room->run_ok('the client builds from the archive', 'sh', '-c',
	"cd /tmp && unzip -q $archive && make -s -C gw_bootstrap-$meta->{version} client-all client-install");
like($room->output('sh', '-c', '$(pg_config --bindir)/gw_bootstrap --version'), qr/^gw_bootstrap \d/, '... and runs');

done_testing();
