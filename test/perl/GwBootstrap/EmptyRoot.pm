# A root folder with nothing in it but one program, as in an image made from scratch, and
# what a test puts there.
#
#   my $root = GwBootstrap::EmptyRoot->new('dist/gw_bootstrap-1.0-linux-arm64', '/usr/bin/qemu-aarch64-static');
#   $root->put('/etc/hosts', "127.0.0.1 db\n");
#   my ($status, $said) = $root->run({ PGHOST => 'db' }, 'check', '-e', 'a');
#
# The program runs as nobody in particular, like the image's, by its own kernel's calls or
# by an emulator of them.  Needs root.

package GwBootstrap::EmptyRoot;

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Copy;
use File::Path qw(make_path);
use File::Temp;
use IPC::Run;

use constant USER => 65532;

sub new
{
	my ($class, $program, $emulator) = @_;
	# Short, since sockets are in there.
	my $dir = File::Temp->newdir('gwroot.XXXXXX', DIR => '/tmp');
	my $self = bless { dir => $dir, start => [ ($emulator ? '/emulator' : ()), '/gw_bootstrap' ] }, $class;

	chmod 0755, "$dir" or die "chmod: $!";
	mkdir "$dir/proc" or die "mkdir: $!";
	$self->put_program('/gw_bootstrap', $program);
	$self->put_program('/emulator', $emulator) if $emulator;
	return $self;
}

sub dir { return $_[0]{dir}->dirname; }

sub put_program
{
	my ($self, $path, $from) = @_;

	copy($from, $self->dir . $path) or die "copy $from: $!";
	chmod 0755, $self->dir . $path or die "chmod: $!";
	return;
}

# A file that belongs to whom the program runs as.
sub put
{
	my ($self, $path, $text, $mode) = @_;
	my $file = $self->dir . $path;

	make_path(dirname($file));
	open my $out, '>', $file or die "$file: $!";
	print $out $text;
	close $out or die "$file: $!";
	chmod $mode // 0644, $file or die "chmod: $!";
	chown USER, USER, $file or die "chown: $!";
	return;
}

sub remove
{
	my ($self, $path) = @_;
	unlink $self->dir . $path or die "unlink $path: $!";
	return;
}

# Exit code, and what it says on stdout and stderr.
sub run
{
	my ($self, $environment, @arguments) = @_;
	my $dir = $self->dir;
	my $said = '';

	my @variables = map { "$_=$environment->{$_}" } sort keys %$environment;
	IPC::Run::run([ 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', @variables,
			'unshare', '--mount', '--pid', '--fork', '--kill-child', "--mount-proc=$dir/proc",
			'chroot', '--userspec=' . USER . ':' . USER, $dir, @{ $self->{start} }, @arguments ],
		'>&', \$said, '<', \undef);
	my $status = $?;
	chomp $said;
	return ($status & 127 ? 128 + ($status & 127) : $status >> 8, $said);
}

1;
