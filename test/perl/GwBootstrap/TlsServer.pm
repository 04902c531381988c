# A PostgreSQL server as a provider has it: encrypted, passwords by SCRAM, its certificate
# signed by an authority of its own for one name.  And a name server that knows that name.
#
#   my $server = GwBootstrap::TlsServer->start('db.example.test', '/tmp/socket', ...);
#   $server->sql('SELECT 1');
#   $server->authority;    # its certificate, as text
#   my ($certificate, $key) = $server->certificate;    # of the role
#
# For root, in a network of its own (unshare --net): the ports are the usual ones.  The
# role is gateway, with the password "secret"; its databases are gateway and those for which
# the server wants something else: gss (GSSAPI) and cert (a certificate of the client).  Over
# a socket nobody is asked for a password.

package GwBootstrap::TlsServer;

use strict;
use warnings;

use File::Temp;
use IO::Socket::INET;
use IPC::Run;

my $starter = $$;

sub _as_postgres
{
	my ($self, @command) = @_;
	my $said = '';

	IPC::Run::run([ 'runuser', '-u', 'postgres', '--', @command ], '>', \$said, '2>&1', '<', \undef)
	  or die "@command: $said";
	chomp $said;
	return $said;
}

sub _write
{
	my ($self, $name, $text) = @_;

	open my $out, '>', "$self->{dir}/$name" or die "$name: $!";
	print $out $text;
	close $out or die "$name: $!";
	return;
}

sub start
{
	my ($class, $name, @sockets) = @_;
	my $dir = File::Temp->newdir('gwtls.XXXXXX', DIR => '/tmp');
	chomp(my $bin = `pg_config --bindir`);
	my $self = bless { dir => $dir, bin => $bin, name => $name, socket => $sockets[0] }, $class;
	my $postgres = getpwnam 'postgres';

	chown $postgres, -1, "$dir", @sockets or die "chown: $!";
	$self->_certify;
	$self->_as_postgres("$bin/initdb", '-A', 'trust', '-D', "$dir/data");
	$self->_write('data/postgresql.auto.conf', <<"CONF");
listen_addresses = '127.0.0.1'
unix_socket_directories = '@{[ join ', ', @sockets ]}'
unix_socket_permissions = 0777
fsync = off
ssl = on
ssl_cert_file = '$dir/server.crt'
ssl_key_file = '$dir/server.key'
ssl_ca_file = '$dir/ca.crt'
CONF
	$self->_write('data/pg_hba.conf', <<'HBA');
local all all trust
hostssl gss all all gss
hostssl cert all all cert
hostssl all all all scram-sha-256
HBA
	$self->_as_postgres("$bin/pg_ctl", '-D', "$dir/data", '-l', "$dir/log", '-w', 'start');
	$self->{started} = 1;
	$self->sql("CREATE ROLE gateway LOGIN PASSWORD 'secret'");
	$self->sql("CREATE DATABASE $_ OWNER gateway") foreach qw(gateway gss cert);
	$self->{resolver} = $self->_serve_name;
	return $self;
}

# An authority, and what it signs for the server and the role.
sub _certify
{
	my ($self) = @_;
	my ($dir, $name) = @$self{qw(dir name)};
	my @new = (qw(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2));
	my @signed = ('-addext', 'basicConstraints=critical,CA:FALSE', '-CA', "$dir/ca.crt", '-CAkey', "$dir/ca.key");

	$self->_as_postgres(@new, '-subj', '/CN=authority', '-keyout', "$dir/ca.key", '-out', "$dir/ca.crt");
	$self->_as_postgres(@new, @signed, '-subj', "/CN=$name", '-addext', "subjectAltName=DNS:$name",
		'-keyout', "$dir/server.key", '-out', "$dir/server.crt");
	$self->_as_postgres(@new, @signed, '-subj', '/CN=gateway', '-keyout', "$dir/client.key", '-out', "$dir/client.crt");
	return;
}

sub _read
{
	my ($self, $name) = @_;
	local (@ARGV, $/) = "$self->{dir}/$name";
	return scalar <>;
}

sub authority { return $_[0]->_read('ca.crt'); }

sub certificate { return map { $_[0]->_read("client.$_") } qw(crt key); }

sub sql
{
	my ($self, $statement, $database) = @_;
	return $self->_as_postgres("$self->{bin}/psql", '-XAtq', '-v', 'ON_ERROR_STOP=1', '-h', $self->{socket},
		'-d', $database // 'postgres', '-c', $statement);
}

# The least that a name server is: that one name is at 127.0.0.1, and no other is anywhere.
sub _serve_name
{
	my ($self) = @_;
	my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 53, Proto => 'udp') or die "port 53: $!";
	my $known = join('', map { pack 'C/a', $_ } split /\./, $self->{name}) . "\0";
	my $pid = fork // die "fork: $!";

	return $pid if $pid;
	while ($socket->recv(my $query, 512))
	{
		my ($id, $question) = unpack 'n x10 a*', $query;
		my ($name) = $question =~ /^(.*?\0)/s;
		my $type = unpack 'n', substr $question, length $name, 2;
		my $found = lc $name eq $known;
		my $answer = $found && $type == 1 ? pack('n n n N n C4', 0xc00c, 1, 1, 60, 4, 127, 0, 0, 1) : '';
		$socket->send(pack('n n n n n n', $id, 0x8580 | ($found ? 0 : 3), 1, $answer ne '' ? 1 : 0, 0, 0)
			  . substr($question, 0, length($name) + 4) . $answer);
	}
	exit;
}

sub DESTROY
{
	my ($self) = @_;

	return if $$ != $starter;
	local $?;
	kill 'TERM', $self->{resolver} if $self->{resolver};
	waitpid $self->{resolver}, 0 if $self->{resolver};
	$self->_as_postgres("$self->{bin}/pg_ctl", '-D', "$self->{dir}/data", '-m', 'fast', '-w', 'stop') if $self->{started};
	return;
}

1;
