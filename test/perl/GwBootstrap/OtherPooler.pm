# A real pooler other than PgBouncer in front of a PostgreSQL::Test::Cluster node
# that listens on 127.0.0.1.
#
#   my $pooler = GwBootstrap::OtherPooler->new($node, 'odyssey', $pool_size, $database, $mode);
#   ... $pooler->connstr ...
#   $pooler->stop;
#
# The modes are the pooler's own: Odyssey's pools, pgagroal's pipelines; Pgpool-II lends a
# server connection for a session and knows no other.

package GwBootstrap::OtherPooler;

use strict;
use warnings;

use GwBootstrap::Child;
use IO::Socket::INET;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use POSIX ();
use Time::HiRes qw(usleep);

my %start = (odyssey => \&_odyssey, pgagroal => \&_pgagroal, pgpool => \&_pgpool);

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
		port => short_port(),
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
	my ($self, $user) = @_;
	$user ||= $self->{user};
	return "host=127.0.0.1 port=$self->{port} user=$user dbname=$self->{database}";
}

# A free port of four digits: with five pgagroal 1.6 and 2.1 end with a buffer overflow.
sub short_port
{
	foreach my $port (map { 5000 + int rand 5000 } 1 .. 1000)
	{
		return $port if IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 1);
	}
	die 'no port is free';
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

# For a transaction only those users get a connection that have a password here, and a limit.
sub _pgagroal
{
	my ($self) = @_;
	my @users = ($self->{user}, 'migrations');
	my $known = $self->{mode} eq 'transaction';
	my $limit = int($self->{size} / @users);
	my @command = ('pgagroal', '-c', $self->_file('pgagroal.conf', <<CONF));
[pgagroal]
host = 127.0.0.1
port = $self->{port}
log_type = console
max_connections = $self->{size}
blocking_timeout = 30
validation = off
unix_socket_dir = $self->{dir}
pipeline = $self->{mode}
allow_unknown_users = @{[ $known ? 'off' : 'on' ]}
[primary]
host = 127.0.0.1
port = $self->{server_port}
CONF

	push @command, '-a', $self->_file('hba', "host all all all trust\n");
	return @command unless $known;
	$ENV{HOME} = $self->{dir};
	_quiet('pgagroal-admin', '-P', 'OnlyForThisTest1', 'master-key');
	_quiet('pgagroal-admin', '-f', "$self->{dir}/users", '-U', $_, '-P', 'OnlyForThisTest1', 'user', 'add') foreach @users;
	return (@command, '-u', "$self->{dir}/users",
		'-l', $self->_file('limits', join '', map { "$self->{database} $_ $limit 1 1\n" } @users));
}

sub _quiet
{
	my (@command) = @_;
	my $said;

	IPC::Run::run(\@command, '<', \undef, '>&', \$said) or die "@command: $said";
	return;
}

# In a process group of its own, since some start others.
sub _run
{
	my ($self, @command) = @_;

	local $ENV{PATH} = "$ENV{PATH}:/usr/sbin";
	$self->{pid} = GwBootstrap::Child::start(sub
	{
		POSIX::setpgid(0, 0);
		exec @command;
	}, log => $self->{log}, end => \&_end);

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
	# pgagroal that is broken does not end by itself.
	kill 'INT', $pid;
	foreach (1 .. 200)
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
