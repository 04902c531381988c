# The Debian packages of a release: built by dpkg-buildpackage as an ordinary user, where
# the build runs the regression tests; looked at by lintian; installed on a clean
# system with nothing but what they depend on; tested there; and removed.
#
#   prove test/deploy/debian.pl :: trixie     # bookworm if none is named

use strict;
use warnings;

use File::Copy;
use FindBin;
use lib "$FindBin::Bin/../perl";
use GwBootstrap::Room;
use Test::More;

my $release = $ARGV[0] // GwBootstrap::Room->RELEASE;
my ($major) = { bullseye => 13, bookworm => 15, trixie => 17, forky => 18 }->{$release} or BAIL_OUT("which PostgreSQL has $release?");
# The client cannot be compiled there, but serves that one from any other Debian.
my $has_client = $major >= 15;
my $extension = "postgresql-$major-gw-bootstrap";

my $build = GwBootstrap::Room->builder($release);
$build->put_tree;
my @as_nobody = qw(runuser -u nobody -- env HOME=/tmp/home);
$build->output(qw(install -d -o nobody /tmp/home /tmp/packages));
$build->output(qw(mv /tmp/tree /tmp/packages/tree));

my $profiles = $has_client ? '' : '--build-profiles=pkg.gw-bootstrap.noclient';
$build->run_ok('the packages build, and the regression tests pass with them',
	'--own-network', @as_nobody, 'sh', '-c', "cd /tmp/packages/tree && pg_buildext updatecontrol && dpkg-buildpackage -b --no-sign $profiles")
  or BAIL_OUT('nothing to install');
# Nobody has asked Debian for the packages, so there is no bug to close.
is($build->output(@as_nobody, 'sh', '-c', 'lintian --suppress-tags initial-upload-closes-no-bugs ' .
		'--fail-on error,warning /tmp/packages/*.changes'),
	'', 'lintian has nothing to say');
my @packages = grep { !/-dbgsym_/ } glob $build->dir . '/tmp/packages/*.deb';
is_deeply([ map { m{([^/]*?)_[^/]*$} } @packages ], [ ($has_client ? 'gw-bootstrap-client' : ()), $extension ], 'the packages');

my $clean = GwBootstrap::Room->clean($release);
my @apt = qw(apt-get -qq -y --no-install-recommends);
copy($_, $clean->dir . '/tmp') or die "copy: $!" foreach @packages;
my @debs = map { m{([^/]*)$}; "/tmp/$1" } @packages;

# The client alone first: it needs no server, nor any of its programs.
if ($has_client)
{
	$clean->run_ok('the client can be installed', @apt, 'install', $debs[0]);
	unlike($clean->output('dpkg-query', '-W', '-f', '${Package}\n'), qr/^postgresql-(\d|server)/m, '... without a server');
	like($clean->output('gw_bootstrap', '--version'), qr/^gw_bootstrap \d/, '... and runs');
	like($clean->output('sh', '-c', 'zcat /usr/share/man/man1/gw_bootstrap.1.gz'), qr/^\.TH /m, '... and has its manual page');
	like($clean->output('gw_bootstrap', 'check', '-d', 'host=127.0.0.1 port=1', '-e', 'a', '--timeout', '0'),
		qr/connection to server.*failed/, '... and says what is wrong where no server is');
}

$clean->run_ok('the extension can be installed', @apt, 'install', $debs[-1]);
if ($has_client)
{
	copy("$FindBin::Bin/../../debian/tests/migrate-once", $clean->dir . '/tmp') or die "copy: $!";
	chmod 0755, $clean->dir . '/tmp/migrate-once';
	$clean->run_ok('of eight replicas one migrates', '--own-network', '/tmp/migrate-once');
}

# As a Debian tester would, with what the test says it depends on.
$clean->run_ok('the tools of the regression tests can be installed', @apt, 'install', qw(make postgresql-server-dev-all));
$clean->put_tree;
$clean->run_ok('the regression tests pass with what is installed',
	'--own-network', 'sh', '-c', 'cd /tmp/tree && debian/tests/installcheck');

$clean->run_ok('the packages can be purged', @apt, 'purge', map { m{/tmp/(.*?)_} } @debs);
is($clean->output('find', '/usr', '/etc', '/var/lib', '-name', '*gw?bootstrap*', '-not', '-path', '*/dpkg/*'),
	'', '... and nothing is left');

done_testing();
