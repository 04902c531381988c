# A real PgBouncer in front of a PostgreSQL::Test::Cluster node.
#
#   my $pooler = GwBootstrap::PgBouncer->new($node, pool_size => 2);
#   $node->safe_psql('postgres', $sql, connstr => $pooler->connstr('postgres'));
#   $pooler->stop;
#
# It listens on a free port of the loopback interface only.

package GwBootstrap::PgBouncer;

use strict;
use warnings;

use GwBootstrap::Child;
use GwBootstrap::Replicas;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use IPC::Run ();
use POSIX ();
use Time::HiRes qw(usleep);

my $count = 0;
# Options: pool_mode (transaction), pool_size (20, PgBouncer's default),
# databases and settings, further lines for those sections, and users, lines for
# the auth_file instead of the test's own user without a password.
sub new
{
	my ($class, $node, %options) = @_;
	my $name = 'pgbouncer' . ++$count;
	my $dir = PostgreSQL::Test::Utils::tempdir_short();
	my $self = bless {
		node => $node,
		dir => $dir,
		log => "$PostgreSQL::Test::Utils::log_path/$name.log",
		port => PostgreSQL::Test::Cluster::get_free_port(),
		user => scalar getpwuid($<),
		pool_mode => $options{pool_mode} || 'transaction',
		pool_size => $options{pool_size} || 20,
	}, $class;

	PostgreSQL::Test::Utils::append_to_file("$dir/users.txt", $options{users} || qq("$self->{user}" ""\n));
	PostgreSQL::Test::Utils::append_to_file("$dir/pgbouncer.ini", <<INI);
[databases]
@{[$options{databases} || '']}
* = host=@{[$node->host]} port=@{[$node->port]}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $self->{port}
unix_socket_dir =
auth_type = trust
auth_file = $dir/users.txt
admin_users = $self->{user}
pool_mode = $self->{pool_mode}
default_pool_size = $self->{pool_size}
max_client_conn = 300
logfile = $self->{log}
@{[$options{settings} || '']}
INI
	$self->start;
	return $self;
}

# Again on the same port, after stop or kill.
sub start
{
	my ($self) = @_;

	# Debian keeps it where only root's PATH leads.
	local $ENV{PATH} = "$ENV{PATH}:/usr/sbin";
	$self->{pid} = GwBootstrap::Child::start(sub { exec 'pgbouncer', '-q', "$self->{dir}/pgbouncer.ini"; },
		log => $self->{log});

	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return if defined $self->admin('SHOW VERSION');
		die "pgbouncer did not start: see $self->{log}"
		  if waitpid($self->{pid}, POSIX::WNOHANG) != 0;
		usleep(100_000);
	}
	die "pgbouncer does not answer";
}

# Have it use another server, as an operator does after a failover.
sub point_to
{
	my ($self, $node) = @_;
	my $file = "$self->{dir}/pgbouncer.ini";
	my $ini = PostgreSQL::Test::Utils::slurp_file($file);

	$ini =~ s/^\* = .*$/'* = host=' . $node->host . ' port=' . $node->port/me;
	unlink $file;
	PostgreSQL::Test::Utils::append_to_file($file, $ini);
	$self->{node} = $node;
	defined $self->admin('RELOAD') or die 'pgbouncer does not reload';
	return;
}

# Send it a signal; with KILL it is gone afterwards.
sub signal
{
	my ($self, $signal) = @_;

	kill $signal, $self->{pid} or die "kill: $!";
	return unless $signal eq 'KILL';
	waitpid($self->{pid}, 0);
	GwBootstrap::Child::ended(delete $self->{pid});
	return;
}

sub port { return $_[0]{port}; }

sub log { return $_[0]{log}; }

sub pool_size { return $_[0]{pool_size}; }

sub connstr
{
	my ($self, $dbname) = @_;
	return "host=127.0.0.1 port=$self->{port} user=$self->{user} dbname=$dbname";
}

# The same as a URI, as programs are given it in their environment.
sub url
{
	my ($self, $dbname) = @_;
	return "postgresql://$self->{user}\@127.0.0.1:$self->{port}/$dbname";
}

# Run a command of the admin console; undef if that fails.
sub admin
{
	my ($self, $command) = @_;
	my ($out, $err);

	IPC::Run::run([ 'psql', '-XAtq', '-d', $self->connstr('pgbouncer'), '-c', $command ],
		'>', \$out, '2>', \$err)
	  or return;
	chomp $out;
	return $out;
}

# How many clients are connected to that database.
sub clients
{
	my ($self, $dbname) = @_;
	my $pools = $self->admin('SHOW POOLS');
	my $clients = 0;

	$clients += $1 + $2 while $pools =~ /^\Q$dbname\E\|[^|]*\|(\d+)\|(\d+)\|/mg;
	return $clients;
}

# Whether it has closed that backend, as it does if a client leaves in the midst of
# a query, a replica whose deadline is over, say: then what was left on the backend
# is gone, and nobody has ended it.  So many clients of the database are still there.
sub has_closed
{
	my ($self, $pid, $dbname, $clients) = @_;
	my $node = $self->{node};
	my $is_left = "SELECT count(*) FROM pg_stat_activity WHERE pid = $pid";

	GwBootstrap::Replicas::wait_until(sub { $self->clients($dbname) == $clients }) or die 'clients are left';
	GwBootstrap::Replicas::wait_until(sub { !$node->safe_psql('postgres', $is_left) || $self->admin('SHOW SERVERS') =~ /\|$pid\|/ });
	return 0 if $node->safe_psql('postgres', $is_left);
	return slurp_file($self->{log}) =~ /closing because: client disconnect/
	  && slurp_file($node->logfile) !~ /\[$pid\].*terminating connection due to administrator command/;
}

# A psql that stays connected.
sub session
{
	my ($self, $dbname, %options) = @_;
	return $self->{node}->background_psql('postgres',
		extra_params => [ '-d', $self->connstr($dbname) ], %options);
}

# End it and its server connections.  Which signal does that depends on the
# version, but not the command.
sub stop
{
	my ($self) = @_;

	my $pid = delete $self->{pid} or return;
	$self->admin('SHUTDOWN');
	foreach (1 .. 50)
	{
		return GwBootstrap::Child::ended($pid) if waitpid($pid, POSIX::WNOHANG) == $pid;
		usleep(100_000);
	}
	return GwBootstrap::Child::stop($pid);
}

1;
