# The images: built by buildah, and a migration with what they hold.  Base images come
# from a registry that need not be within reach, so images of the same names are made of
# small Debians: postgres:15-bookworm is Debian's own PostgreSQL here, without the
# entrypoint of the official one.

use strict;
use warnings;

use Fcntl qw(:flock);
use File::Path qw(make_path remove_tree);
use File::Temp;
use FindBin;
use lib "$FindBin::Bin/../perl";
use GwBootstrap::EmptyRoot;
use GwBootstrap::Room;
use IO::Socket::INET;
use IPC::Run;
use JSON::PP;
use Test::More;

my $top = "$FindBin::Bin/../..";
my $cache = $ENV{GW_BOOTSTRAP_CACHE} || '/var/cache/gw_bootstrap';
my @as_here = qw(--isolation chroot --network host);
my ($store, @buildah);

# Returns what it says.
sub buildah
{
	my (@command) = @_;
	my ($out, $err) = ('', '');
	my $ok = IPC::Run::run([ @buildah, @command ], '>', \$out, '2>', \$err, '<', \undef);

	chomp $out;
	BAIL_OUT("buildah @command: $out$err") unless $ok;
	return $out;
}

sub mounted
{
	my ($folder) = @_;
	open my $mounts, '<', '/proc/mounts' or die "mounts: $!";
	return reverse map { m{ (\Q$folder\E/\S+)} ? $1 : () } <$mounts>;
}

# So that a store can be removed.  buildah itself leaves what it has also run something in.
sub unmount
{
	my ($folder) = @_;
	IPC::Run::run([ 'umount', $_ ], '>&', \my $said) foreach mounted($folder);
	return;
}

# Whoever has stores in a folder holds its lock.  If nobody does, what is there was left by
# those that were killed, and perhaps mounted.
sub hold_stores
{
	my ($folder) = @_;
	open my $lock, '>', "$folder/gwstore.lock" or die "gwstore.lock: $!";
	if (flock $lock, LOCK_EX | LOCK_NB)
	{
		foreach my $old (grep { -d } glob "$folder/gwstore.*")
		{
			unmount($old);
			remove_tree($old);
		}
	}
	flock $lock, LOCK_SH or die "gwstore.lock: $!";
	return $lock;
}

my $held = hold_stores($cache);
$store = File::Temp->newdir('gwstore.XXXXXX', DIR => $cache);
@buildah = ('buildah', '--root', "$store/root", '--runroot', "$store/run");
$SIG{$_} = sub { exit 1 } foreach qw(INT TERM);
END
{
	local $?;
	unmount($store) if $store;
}

# NAME is to be what ROOM holds.
sub make_base
{
	my ($name, $room, @config) = @_;
	my $container = buildah(qw(from scratch));

	buildah('add', '--quiet', $container, $room->dir, '/');
	buildah('config', @config, $container) if @config;
	buildah('commit', '--quiet', '--rm', $container, $name);
	return;
}

# Returns a container of the new image, and its configuration.
sub build
{
	my ($name, $tag, @options) = @_;

	buildah('bud', '--quiet', @as_here, '--pull-never', @options, '-f', "$top/deploy/image/$name.Containerfile", '-t', $tag, $top);
	pass("$tag: it builds");
	return (buildah('from', '--pull-never', $tag), decode_json(buildah(qw(inspect --type image), $tag))->{OCIv1});
}

# All files of an image, under a folder of this machine.
sub files_of
{
	my ($container) = @_;
	my $mounted = buildah('mount', $container);
	my $list = '';

	IPC::Run::run([ 'sh', '-c', 'cd "$1" && find . -type f | sort', 'sh', $mounted ], '>', \$list) or die 'find';
	return ($mounted, [ split /\n/, $list ]);
}

# [--user USER] CONTAINER -- COMMAND [ARG]...
sub in_container { return (@buildah, 'run', @as_here, @_); }

sub run_in
{
	my ($user, $container, @command) = @_;
	my $out = '';

	IPC::Run::run([ in_container(defined $user ? ('--user', $user) : (), $container, '--', @command) ], '>&', \$out, '<', \undef);
	chomp $out;
	return $out;
}

# Stores that were left, and such as somebody uses.
my $folder = File::Temp->newdir;
my $other = "$folder/gwstore.other";
make_path("$other/root/overlay");
is(IPC::Run::run([ 'mount', '-t', 'tmpfs', 'none', "$other/root/overlay" ]), 1, 'a store was left');
my $somebody = hold_stores($folder);
is_deeply([ mounted($other), grep { -e } $other ], [], '... and is removed');
make_path($other);
hold_stores($folder);
ok(-d $other, '... but not while somebody has one');

my $room = GwBootstrap::Room->clean;
make_base('docker.io/library/debian:bookworm-slim', $room);
$room->run_ok('a base like the official image', 'apt-get', '-qq', '-y', '--no-install-recommends', 'install', 'postgresql-15');
make_base('docker.io/library/postgres:15-bookworm', $room, '--env', 'PG_MAJOR=15',
	'--env', 'PATH=/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin');

# The client, for both architectures: what takes minutes is taken from where make
# client-static keeps it.
chomp(my $here = `dpkg --print-architecture`);
my $made = '';
IPC::Run::run([ "$top/deploy/static/build", '--libraries-only' ], '>&', \$made) or BAIL_OUT("no libraries: $made");
my (%client, %folder);
my %emulator = (amd64 => undef, arm64 => '/usr/bin/qemu-aarch64-static');
foreach my $arch (sort keys %emulator)
{
	my ($container, $oci) = build('client', "client-$arch", '--platform', "linux/$arch", '--build-arg', "BUILDPLATFORM=linux/$here",
		map { ('--volume', "$_:$_:ro") } glob "$cache/static-*");
	($folder{$arch}, my $files) = files_of($container);
	is($oci->{architecture}, $arch, "client-$arch: it is for that");
	is($oci->{config}{User}, '65532:65532', '... its user is nobody in particular');
	is_deeply($oci->{config}{Entrypoint}, ['gw_bootstrap'], '... its entrypoint');
	is_deeply($files, [ './etc/ssl/certs/ca-certificates.crt', './usr/bin/gw_bootstrap',
			map { "./usr/share/doc/gw_bootstrap/$_" } qw(LICENSE gw_bootstrap.spdx.json) ], '... nothing else is in there');
	my $root = GwBootstrap::EmptyRoot->new("$folder{$arch}/usr/bin/gw_bootstrap", $emulator{$arch});
	like(($root->run({}, '--version'))[1], qr/^gw_bootstrap \d/, '... it runs where nothing else is');
	$client{$arch} = $container;
}
my $client = $client{amd64};
like(run_in(undef, $client, 'gw_bootstrap', '--version'), qr/^gw_bootstrap \d/, 'client: it runs in its image');

my ($server, $server_config) = build('postgresql', 'postgresql');
is($server_config->{config}{User}, undef, 'postgresql: its user is that of the base');
is(run_in(undef, $server, 'sh', '-c', 'ls -d /src /usr/bin/gcc 2>&- || :'), '', 'postgresql: nothing that built it is in there');

# Both together.  The client waits until the server is there.
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "listen: $!";
my $port = $listener->sockport;
close $listener;
my $said = '';
my $running = IPC::Run::start([ in_container('--user', 'postgres', $server, '--', 'sh', '-c',
	"initdb -A trust -D /tmp/data >/dev/null && exec postgres -D /tmp/data -p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=/tmp") ],
	'>&', \$said, '<', \undef);
my $migration = 'CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES (1);';
open my $file, '>', "$folder{amd64}/migration.sql" or die "migration.sql: $!";
print $file $migration;
close $file;
my @run = ('gw_bootstrap', 'run', '-d', "host=127.0.0.1 port=$port user=postgres dbname=postgres", '--expect-head=1',
	'--create-extension', '--require-extension', '--migrate-sql=/migration.sql', '--timeout=120');
like(run_in(undef, $client, @run), qr/^Database ready \(migrated\)/m, 'the client migrates in that server, with the extension') or diag $said;
like(run_in(undef, $client, @run), qr/^Database ready \(at head\)/m, '... once');
run_in('postgres', $server, 'pg_ctl', '-D', '/tmp/data', '-m', 'fast', '-w', 'stop');
$running->finish;

# The extension for CloudNativePG, laid beside a PostgreSQL 18 as that does.  Its base is
# a release in the making here, which may carry an expired Release file.
my $newer = GwBootstrap::Room->clean('forky');
open my $apt, '>', $newer->dir . '/etc/apt/apt.conf.d/valid' or die "apt.conf.d: $!";
print $apt qq(Acquire::Check-Valid-Until "false";\n);
close $apt;
$newer->run_ok('a base like the newer image', 'apt-get', '-qq', '-y', '--no-install-recommends', 'install', 'postgresql-18');
make_base('localhost/postgresql-18', $newer);
my ($extension, $extension_config) = build('extension', 'extension', '--build-arg', 'BASE=localhost/postgresql-18');
my ($volume, $files) = files_of($extension);
is_deeply([ map { s/--[\d.]*\d/--VERSION/r } @$files ], [ './lib/gw_bootstrap.so', './licenses/gw_bootstrap/LICENSE',
		map { "./share/extension/gw_bootstrap$_" } qw(--VERSION.sql .control) ], 'extension: its files are where they are looked for');
is($extension_config->{config}{User}, '65532:65532', '... its user is nobody in particular');
is(IPC::Run::run([ 'cp', '-r', $volume, $newer->dir . '/extensions' ]), 1, '... it can be laid beside a server');
like($newer->output('--own-network', 'pg_virtualenv', '-v', 18, '-o', 'extension_control_path=$system:/extensions/share',
		'-o', 'dynamic_library_path=$libdir:/extensions/lib', '-o', 'session_preload_libraries=gw_bootstrap',
		'psql', '-XAtc', 'CREATE EXTENSION gw_bootstrap', '-c', "SELECT outcome FROM gw_bootstrap_status(expected_heads => '{a}')"),
	qr/^behind$/m, '... which finds and loads it');

unmount($store);
is_deeply([ mounted($store) ], [], 'nothing stays mounted');
done_testing();
