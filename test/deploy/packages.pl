# test/rig/packages, which every goal begins with: while another program has a
# lock of dpkg or apt, as unattended upgrades have on a fresh machine, it says so
# and waits.

use strict;
use warnings;

use Fcntl qw(F_SETLK F_WRLCK F_UNLCK SEEK_SET);
use FindBin;
use IPC::Run;
use lib "$FindBin::Bin/../perl";
use GwBootstrap::Room;
use Test::More;

my $room = GwBootstrap::Room->clean;
$room->put_tree;

# As apt takes it: not by flock().  The layout is that of Linux on 64 bits.
sub set_lock
{
	my ($file, $type) = @_;
	return fcntl $file, F_SETLK, pack 's s x4 q q i x4', $type, SEEK_SET, 0, 0, 0;
}

foreach my $name (qw(/var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/cache/apt/archives/lock))
{
	my ($out, $waiting) = ('', qr/^packages: waiting for another program to end: .*\Q$name\E/m);

	open my $file, '+>>', $room->dir . $name or die "open $name: $!";
	ok(set_lock($file, F_WRLCK), "$name: taken") or BAIL_OUT("fcntl: $!");
	my $run = IPC::Run::start([ "$FindBin::Bin/../rig/in-room", $room->dir, '/tmp/tree/test/rig/packages', 'matrix' ],
		'<', \undef, '>&', \$out, my $limit = IPC::Run::timeout(300));
	$run->pump until $out =~ $waiting || !$run->pumpable;
	like($out, $waiting, "$name: it says what it waits for");
	ok(set_lock($file, F_UNLCK), "$name: free again");
	$run->finish;
	is($run->result(0), 0, "$name: then it goes on") or diag $out;
	is(() = $out =~ /waiting/g, 1, "$name: it says so once");
	$room->run_ok("$name: the packages are there", 'dpkg', '-s', 'debootstrap');
	$room->run_ok("$name: and are removed", 'apt-get', '-qq', '-y', 'purge', 'debootstrap');
}

done_testing();
