# A small Debian (test/rig/room), to be used up.
#
#   my $room = GwBootstrap::Room->clean;             # nothing but the release
#   my $room = GwBootstrap::Room->builder;           # what builds packages
#   my $room = GwBootstrap::Room->builder('trixie');  # another release
#   $room->run_ok('it builds', 'make', '-C', '/tmp/tree');   # a test
#   $room->run_ok('it works', '--own-network', 'pg_virtualenv', 'psql');   # see test/rig/in-room
#   my $out = $room->output('cat', '/etc/hostname');
#   $room->dir;
#
# The room itself is kept between runs in $GW_BOOTSTRAP_CACHE (/var/cache/gw_bootstrap);
# what is used, and removed at the end, is a copy.  Needs root.

package GwBootstrap::Room;

use strict;
use warnings;

use Fcntl qw(:flock);
use File::Temp;
use FindBin;
use IPC::Run;
use Test::More;

# The release of PostgreSQL 15, which debian/control is for.
use constant RELEASE => 'bookworm';

my $rig = "$FindBin::Bin/../rig";

sub clean
{
	my ($class, $release) = @_;
	return $class->_new($release, 'clean');
}

sub builder
{
	my ($class, $release) = @_;
	return $class->_new($release, 'build', qw(build-essential debhelper fakeroot libpq-dev lintian lowdown
		  pgxnclient postgresql-all postgresql-server-dev-all unzip));
}

sub _new
{
	my ($class, $release, $name, @packages) = @_;
	$release //= RELEASE;
	my $cache = $ENV{GW_BOOTSTRAP_CACHE} || '/var/cache/gw_bootstrap';
	my ($kept, $said) = ("$cache/debian-$name" . ($release eq RELEASE ? '' : "-$release"), '');

	mkdir $cache;
	# Another run may be making it.
	open my $lock, '>', "$kept.lock" or die "open $kept.lock: $!";
	flock $lock, LOCK_EX or die "flock: $!";
	IPC::Run::run([ "$rig/room", $kept, $release, @packages ], '>&', \$said, '<', \undef)
	  or BAIL_OUT("could not make a Debian in $kept: $said");
	my $dir = File::Temp->newdir('gwroom.XXXXXX', DIR => $cache);
	IPC::Run::run([ 'cp', '-a', '--reflink=auto', "$kept/.", $dir->dirname ]) or die 'cp';
	return bless { dir => $dir }, $class;
}

sub dir { return $_[0]{dir}->dirname; }

# The source tree, at /tmp/tree in there, of an ordinary user.
sub put_tree
{
	my ($self) = @_;

	IPC::Run::run([ "$rig/copy", $self->dir . '/tmp/tree' ]) or die 'copy';
	IPC::Run::run([ "$rig/in-room", $self->dir, 'chown', '-R', 'nobody:', '/tmp/tree' ]) or die 'chown';
	return;
}

sub _run
{
	my ($self, @command) = @_;
	my @options = $command[0] =~ /^--/ ? shift @command : ();
	my $out = '';
	my $ok = IPC::Run::run([ "$rig/in-room", @options, $self->dir, @command ], '>&', \$out, '<', \undef);

	return ($ok, $out);
}

sub run_ok
{
	my ($self, $name, @command) = @_;
	my ($ok, $out) = $self->_run(@command);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return ok($ok, $name) || (diag($out), 0);
}

sub output
{
	my ($self, @command) = @_;
	my ($ok, $out) = $self->_run(@command);

	chomp $out;
	return $ok ? $out : "@command failed: $out";
}

1;
