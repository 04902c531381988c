# A PgBouncer in transaction mode before the server of PGHOST and PGPORT, until the
# program ends.
#
#   my $pooler = Pooler->new(pool_size => 2, clients => 2000);
#   local @ENV{qw(PGHOST PGPORT)} = $pooler->address;
#   my $count = $pooler->queries;    # so far

package Pooler;

use strict;
use warnings;
use File::Temp qw(tempdir);
use IO::Socket::INET ();

my @running;

# Whatever becomes of the measurement.
END
{
	local $?;
	foreach my $pid (@running)
	{
		kill 'INT', $pid;
		waitpid $pid, 0;
	}
}

sub new
{
	my ($class, %options) = @_;
	my $dir = tempdir(CLEANUP => 1);
	my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "no free port: $!\n";
	my $self = bless { port => $socket->sockport, user => $ENV{PGUSER} // scalar getpwuid $< }, $class;

	close $socket;
	open my $ini, '>', "$dir/pgbouncer.ini" or die "pgbouncer.ini: $!\n";
	print $ini <<"INI";
[databases]
* = host=$ENV{PGHOST} port=$ENV{PGPORT}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $self->{port}
listen_backlog = $options{clients}
unix_socket_dir =
auth_type = trust
auth_file = $dir/users
admin_users = $self->{user}
pool_mode = transaction
default_pool_size = $options{pool_size}
max_client_conn = $options{clients}
log_connections = 0
log_disconnections = 0
logfile = $dir/log
INI
	close $ini;
	open my $users, '>', "$dir/users" or die "users: $!\n";
	print $users qq("$self->{user}" ""\n);
	close $users;
	$self->_start("$dir/pgbouncer.ini");
	return $self;
}

sub _start
{
	my ($self, $ini) = @_;
	my $pid = fork // die "fork: $!\n";

	if ($pid == 0)
	{
		@running = ();
		$ENV{PATH} .= ':/usr/sbin';
		exec 'sh', '-c', 'ulimit -n $(ulimit -Hn); exec pgbouncer -q "$1"', 'sh', $ini;
	}
	push @running, $pid;
	foreach (1 .. 100)
	{
		return if defined $self->_admin('SHOW VERSION');
		select undef, undef, undef, 0.1;
	}
	die "PgBouncer did not start\n";
}

sub address { return ('127.0.0.1', $_[0]{port}); }

# What its console says, undef if nothing.
sub _admin
{
	my ($self, $command) = @_;
	local @ENV{qw(PGHOST PGPORT PGUSER PGDATABASE)} = ($self->address, $self->{user}, 'pgbouncer');
	my $output = `psql -XAqc '$command' 2>/dev/null`;

	return $? == 0 ? $output : undef;
}

# Which column that is depends on the version.
sub queries
{
	my ($self) = @_;
	my ($names, @rows) = map { [ split /\|/ ] } split /\n/, $self->_admin('SHOW STATS');
	my ($column) = grep { $names->[$_] eq 'total_query_count' } 0 .. $#$names;
	my $sum = 0;

	$sum += $_->[$column] // 0 foreach @rows;
	return $sum;
}

1;
