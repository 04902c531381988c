# The images: built by buildah, and a migration with what they hold.  Base images come
# from a registry that need not be within reach, so images of the same names are made of
# small Debians: postgres:15-bookworm is Debian's own PostgreSQL here, without the
# entrypoint of the official one.

use strict;
use warnings;

use File::Temp;
use FindBin;
use lib "$FindBin::Bin/../perl";
use GwBootstrap::Room;
use IO::Socket::INET;
use IPC::Run;
use JSON::PP;
use Test::More;

my $top = "$FindBin::Bin/../..";
my $store = File::Temp->newdir('gwimage.XXXXXX', DIR => $ENV{GW_BOOTSTRAP_CACHE} || '/var/cache/gw_bootstrap');
my @buildah = ('buildah', '--root', "$store/root", '--runroot', "$store/run");
my @as_here = qw(--isolation chroot --network host);

# Returns what it says.
sub buildah
{
	my (@command) = @_;
	my $out = '';
	my $ok = IPC::Run::run([ @buildah, @command ], '>&', \$out, '<', \undef);

	chomp $out;
	BAIL_OUT("buildah @command: $out") unless $ok;
	return $out;
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
	my ($name) = @_;

	buildah('bud', '--quiet', @as_here, '--pull-never', '-f', "$top/deploy/image/$name.Containerfile", '-t', $name, $top);
	pass("$name: it builds");
	return (buildah('from', '--pull-never', $name), decode_json(buildah(qw(inspect --type image), $name))->{OCIv1}{config});
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

my $room = GwBootstrap::Room->clean;
make_base('docker.io/library/debian:bookworm-slim', $room);
$room->run_ok('a base like the official image', 'apt-get', '-qq', '-y', '--no-install-recommends', 'install', 'postgresql-15');
make_base('docker.io/library/postgres:15-bookworm', $room, '--env', 'PG_MAJOR=15',
	'--env', 'PATH=/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin');

my ($client, $config) = build('client');
is($config->{User}, '65532:65532', 'client: its user is nobody in particular');
is_deeply($config->{Entrypoint}, ['gw_bootstrap'], 'client: its entrypoint');
like(run_in(undef, $client, 'gw_bootstrap', '--version'), qr/^gw_bootstrap \d/, 'client: it runs');
is(run_in(undef, $client, 'sh', '-c', 'ls -d /src /usr/bin/gcc /usr/bin/make /usr/lib/postgresql /var/lib/apt/lists/*_* 2>&- || :'),
	'', 'client: nothing that built it is in there');

my ($server, $server_config) = build('postgresql');
is($server_config->{User}, undef, 'postgresql: its user is that of the base');
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
run_in(undef, $client, 'sh', '-c', "echo '$migration' >/tmp/migration.sql");
my @run = ('gw_bootstrap', 'run', '-d', "host=127.0.0.1 port=$port user=postgres dbname=postgres", '--expect-head=1',
	'--create-extension', '--require-extension', '--migrate-sql=/tmp/migration.sql', '--timeout=120');
like(run_in(undef, $client, @run), qr/^Database ready \(migrated\)/m, 'the client migrates in that server, with the extension') or diag $said;
like(run_in(undef, $client, @run), qr/^Database ready \(at head\)/m, '... once');
run_in('postgres', $server, 'pg_ctl', '-D', '/tmp/data', '-m', 'fast', '-w', 'stop');
$running->finish;

done_testing();
