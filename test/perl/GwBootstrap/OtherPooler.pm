# A real pooler other than PgBouncer in front of a PostgreSQL::Test::Cluster node
# that listens on 127.0.0.1.
#
#   my $pooler = GwBootstrap::OtherPooler->new($node, 'odyssey', $pool_size, $database, $mode);
#   ... $pooler->connstr ...
#   $pooler->stop;
#
# Each is in the mode that lends a server connection for the shortest time: for
# a transaction, with Pgpool-II, which has no such mode, for a session.

package GwBootstrap::OtherPooler;

use strict;
use warnings;

use GwBootstrap::Child;
use IO::Socket::INET;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use POSIX ();
use Time::HiRes qw(usleep);

my %start = (odyssey => \&_odyssey, pgpool => \&_pgpool);
# Those that are installed.
sub installed
{
	local $ENV{PATH} = "$ENV{PATH}:/usr/sbin";
	return grep { system("command -v $_ >/dev/null 2>&1") == 0 } sort keys %start;
}

sub new
{
	my ($class, $node, $name, $pool_size, $database, $mode) = @_;
	my $self = bless {
		dir => PostgreSQL::Test::Utils::tempdir_short(),
		log => "$PostgreSQL::Test::Utils::log_path/$name.log",
		port => PostgreSQL::Test::Cluster::get_free_port(),
		server_port => $node->port,
		size => $pool_size,
		mode => $mode || 'transaction',
		user => scalar getpwuid($<),
		database => $database,
	}, $class;

	$self->_run($start{$name}->($self));
	return $self;
}

sub connstr
{
	my ($self) = @_;
	return "host=127.0.0.1 port=$self->{port} user=$self->{user} dbname=$self->{database}";
}

sub stop
{
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;

	_end($pid);
	return;
}

sub _file
{
	my ($self, $name, $text) = @_;
	my $file = "$self->{dir}/$name";

	PostgreSQL::Test::Utils::append_to_file($file, $text);
	chmod 0600, $file;
	return $file;
}

sub _odyssey
{
	my ($self) = @_;

	return ('odyssey', $self->_file('odyssey.conf', <<CONF));
daemonize no
log_to_stdout yes
log_format "%p %t %l [%i %s] (%c) %m\\n"
workers 1
unix_socket_dir "$self->{dir}"
unix_socket_mode "0644"
locks_dir "$self->{dir}"
listen {
	host "127.0.0.1"
	port $self->{port}
}
storage "server" {
	type "remote"
	host "127.0.0.1"
	port $self->{server_port}
}
database default {
	user default {
		authentication "none"
		storage "server"
		pool "$self->{mode}"
		pool_size $self->{size}
		pool_discard no
	}
}
CONF
}

sub _pgpool
{
	my ($self) = @_;
	my $conf = $self->_file('pgpool.conf', <<CONF);
backend_clustering_mode = 'raw'
listen_addresses = '127.0.0.1'
port = $self->{port}
unix_socket_directories = '$self->{dir}'
pcp_port = @{[PostgreSQL::Test::Cluster::get_free_port()]}
pcp_listen_addresses = '127.0.0.1'
pcp_socket_dir = '$self->{dir}'
pid_file_name = '$self->{dir}/pgpool.pid'
logdir = '$self->{dir}'
work_dir = '$self->{dir}'
backend_hostname0 = '127.0.0.1'
backend_port0 = $self->{server_port}
num_init_children = $self->{size}
max_pool = 1
failover_on_backend_error = off
failover_on_backend_shutdown = off
CONF
	return ('pgpool', '-n', '-f', $conf, '-a', $self->_file('pool_hba.conf', ''));
}

# In a process group of its own, since some start others.
sub _run
{
	my ($self, @command) = @_;

	local $ENV{PATH} = "$ENV{PATH}:/usr/sbin";
	defined($self->{pid} = fork) or die "fork: $!";
	if ($self->{pid} == 0)
	{
		POSIX::setpgid(0, 0);
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', $self->{log};
		open STDERR, '>&', \*STDOUT;
		exec @command or POSIX::_exit(127);
	}
	GwBootstrap::Child::started($self->{pid}, \&_end);

	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return if IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port});
		die "$command[0] did not start: see $self->{log}" if waitpid($self->{pid}, POSIX::WNOHANG) != 0;
		usleep(100_000);
	}
	die "$command[0] does not answer";
}

sub _end
{
	my ($pid) = @_;

	# Pgpool-II that is killed leaves its System V shared memory behind.
	kill 'INT', $pid;
	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		last if waitpid($pid, POSIX::WNOHANG) != 0;
		usleep(100_000);
	}
	kill 'KILL', -$pid, $pid;
	waitpid($pid, 0);
	GwBootstrap::Child::ended($pid);
	return;
}

1;
