# A client that speaks the protocol itself, message by message, since psql
# shows neither pipelines nor portals nor fast-path calls on all versions.
#
#   my $wire = GwBootstrap::Wire->new($node, user => 'migrations', database => 'postgres');
#   $wire->send(parse('SELECT 1'), bind_(), execute(), sync());
#   my @answers = $wire->until_ready;     # 'C SELECT 1', 'E 55000', 'Z I', ...
#
# For servers that trust it, over their Unix socket, and poolers, over TCP.

package GwBootstrap::Wire;

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use PostgreSQL::Test::Utils;

our @EXPORT = qw(query parse bind_ execute close_ sync flush_ call_function copy_data copy_done);

sub _message { return $_[0] . pack('N', length($_[1]) + 4) . $_[1]; }

sub query { return _message('Q', "$_[0]\0"); }

# Of the unnamed statement, or of one with a name.
sub parse { return _message('P', ($_[1] // '') . "\0$_[0]\0" . pack('n', 0)); }

# A portal of it, unnamed or not.
sub bind_ { return _message('B', ($_[0] // '') . "\0" . ($_[1] // '') . "\0" . pack('n3', 0, 0, 0)); }

sub execute { return _message('E', ($_[0] // '') . "\0" . pack('N', $_[1] // 0)); }

sub close_ { return _message('C', "P$_[0]\0"); }

sub sync { return _message('S', ''); }

sub flush_ { return _message('H', ''); }

# With arguments as text.
sub call_function
{
	my ($oid, @arguments) = @_;
	return _message('F', pack('Nnn', $oid, 0, scalar @arguments)
		  . join('', map { pack('N/a*', $_) } @arguments) . pack('n', 0));
}

sub copy_data { return _message('d', $_[0]); }

sub copy_done { return _message('c', ''); }

sub new
{
	my ($class, $node, %parameters) = @_;
	my $socket = $node->can('host') ? IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port)
	  : IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $node->port);
	die "connect: $!" unless $socket;
	my $self = bless { socket => $socket, buffer => '' }, $class;
	my $startup = pack('N', 196608) . join('', map { "$_\0$parameters{$_}\0" } keys %parameters) . "\0";

	$self->send(pack('N', length($startup) + 4) . $startup);
	$self->{startup} = [ $self->until_ready ];
	return $self;
}

sub send
{
	my ($self, @messages) = @_;
	my $data = join '', @messages;
	while (length $data)
	{
		my $sent = syswrite $self->{socket}, $data;
		defined $sent or die "send: $!";
		substr($data, 0, $sent) = '';
	}
	return;
}

sub _read
{
	my ($self, $length) = @_;
	while (length($self->{buffer}) < $length)
	{
		IO::Select->new($self->{socket})->can_read($PostgreSQL::Test::Utils::timeout_default)
		  or die 'the server does not answer';
		sysread($self->{socket}, $self->{buffer}, 65536, length $self->{buffer}) or return;
	}
	return substr $self->{buffer}, 0, $length, '';
}

# The next answer: its type, and what is worth knowing of it.
sub answer
{
	my ($self) = @_;
	my $head = $self->_read(5) or return 'closed';
	my ($type, $length) = unpack 'aN', $head;
	my $body = $self->_read($length - 4);

	return "$type $1" if $type =~ /[EN]/ && $body =~ /C(\w{5})\0/;
	return "$type " . unpack('Z*', $body) if $type eq 'C';
	return "$type $body" if $type eq 'Z';
	return $type;
}

# All answers until one is of a type; those that only say that a step was taken
# are left out.
sub until
{
	my ($self, $wanted) = @_;
	my @answers;
	do { push @answers, $self->answer } until $answers[-1] =~ /^(?:$wanted|closed)/;
	return grep { !/^[12STtRKnN]/ } @answers;
}

sub until_ready { return $_[0]->until('Z'); }

sub close
{
	my ($self) = @_;
	$self->send(_message('X', ''));
	close $self->{socket};
	return;
}

1;
