# A server that answers each start of a connection with an error, as it was
# seen on the wire: what is tested is what the client makes of that.
#
#   my $refusal = GwBootstrap::Refusal->new(['28P01', 'password authentication failed'], ...);
#   ... $refusal->connstr(0) ...    # the first of them
#   $refusal->stop;
#
# The error to send is chosen by the name of the database.  Instead of an error
# it can be
#   a code    called with the socket, once the start-up packet was read
# "tls" says what a request for TLS gets: 'N' (none, the default), or a code.

package GwBootstrap::Refusal;

use strict;
use warnings;

use GwBootstrap::Child;
use IO::Socket::INET;

use constant SSL_REQUEST => 80877103;
use constant GSS_REQUEST => 80877104;

sub new
{
	my ($class, @errors) = @_;
	my %options = ref $errors[0] eq 'HASH' ? %{ shift @errors } : ();
	my $listener = IO::Socket::INET->new(LocalAddr => $options{address} || '127.0.0.1', Listen => 50, LocalPort => $options{port} || 0)
	  or die "listen: $!";
	my $self = bless { port => $listener->sockport, tls => 'N', %options, errors => \@errors }, $class;

	$self->{pid} = GwBootstrap::Child::start(sub
	{
		local $SIG{PIPE} = 'IGNORE';
		while (my $socket = $listener->accept)
		{
			$self->_answer($socket);
			close $socket;
		}
	});
	return $self;
}

sub port { return $_[0]{port}; }

sub connstr
{
	my ($self, $number) = @_;
	return "host=127.0.0.1 port=$self->{port} user=u password=secret dbname=case$number";
}

sub stop
{
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;

	return GwBootstrap::Child::stop($pid);
}

# An error as PostgreSQL sends it, with more fields if there are any.
sub error
{
	my ($sqlstate, $message, %fields) = @_;
	my $body = join '', map { "$_\0" } 'SFATAL', 'VFATAL', "C$sqlstate", "M$message", map { $_ . $fields{$_} } sort keys %fields;

	return 'E' . pack('N', 4 + length($body) + 1) . "$body\0";
}

sub _read
{
	my ($socket, $len) = @_;
	my $data = '';

	while (length $data < $len)
	{
		sysread($socket, $data, $len - length $data, length $data) or return;
	}
	return $data;
}

sub _answer
{
	my ($self, $socket) = @_;

	while (1)
	{
		my $head = _read($socket, 4) or return;
		my $packet = _read($socket, unpack('N', $head) - 4) or return;
		my $request = unpack 'N', $packet;

		if ($request == SSL_REQUEST && ref $self->{tls})
		{
			return $self->{tls}->($socket);
		}
		elsif ($request == SSL_REQUEST || $request == GSS_REQUEST)
		{
			syswrite $socket, 'N';
		}
		else
		{
			my ($number) = $packet =~ /database\0case(\d+)\0/ or return;
			my $error = $self->{errors}[$number] or return;

			if (ref $error eq 'CODE') { $error->($socket); }
			else { syswrite $socket, error(@$error); }
			return;
		}
	}
}

1;
