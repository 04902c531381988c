# A way to a server on which one answer is not that of the server, as behind a
# pooler that mixes up the answers of its clients, or from a server that is none.
#
#   my $way = GwBootstrap::StrangeAnswers->new($node->host, $node->port,
#       at => 3, as => 'no rows');
#   ... $way->connstr($dbname) ...
#   $way->asked;    # how many queries there were
#   $way->stop;
#
# "at" is the number of the query, over all connections; 0 is none, and -1 all
# of them.  %GwBootstrap::StrangeAnswers::shapes has what "as" may be.  With "status"
# all is right but what the answer says of the transaction: I, T or E.

package GwBootstrap::StrangeAnswers;

use strict;
use warnings;

use Fcntl qw(:flock SEEK_END);
use GwBootstrap::Child;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use PostgreSQL::Test::Utils;

sub message { return $_[0] . pack('N', 4 + length $_[1]) . $_[1]; }

sub column { return "c$_[0]\0" . pack 'NnNnNn', 0, 0, 25, 65535, 4294967295, 0; }

sub description { my ($count) = @_; return message('T', pack('n', $count) . join '', map { column($_) } 1 .. $count); }

sub row { my (@values) = @_; return message('D', pack('n', scalar @values) . join '', map { defined $_ ? pack('N/a', $_) : pack('N', 4294967295) } @values); }

# Each makes the answer of the last statement into another, from the messages
# of the server's own, without ReadyForQuery; or never ends.
our %shapes = (
	'nothing' => sub { return ''; },
	'no rows' => sub { return description($_[0]) . message('C', "SELECT 0\0"); },
	'two rows' => sub { return description($_[0]) . row(map { 't' } 1 .. $_[0]) x 2 . message('C', "SELECT 2\0"); },
	'a column less' => sub { return description($_[0] - 1) . row(map { '1' } 2 .. $_[0]) . message('C', "SELECT 1\0"); },
	'a column more' => sub { return description($_[0] + 1) . row(map { '1' } 0 .. $_[0]) . message('C', "SELECT 1\0"); },
	'no columns' => sub { return description(0) . row() . message('C', "SELECT 1\0"); },
	'only NULLs' => sub { return description($_[0]) . row((undef) x $_[0]) . message('C', "SELECT 1\0"); },
	'other texts' => sub { return description($_[0]) . row(('x') x $_[0]) . message('C', "SELECT 1\0"); },
	# As of a table that is there, for whoever asks for twelve columns.
	'a table without columns' => sub { return description($_[0]) . row(('a', 'a', 't', 'f', 'f', 'f', undef, undef, undef, 'a', undef, undef)[ 0 .. $_[0] - 1 ]) . message('C', "SELECT 1\0"); },
	'empty texts' => sub { return description($_[0]) . row(('') x $_[0]) . message('C', "SELECT 1\0"); },
	'great numbers' => sub { return description($_[0]) . row(('99999999999999999999') x $_[0]) . message('C', "SELECT 1\0"); },
	'bytes of zero' => sub { return description($_[0]) . row(("t\0x") x $_[0]) . message('C', "SELECT 1\0"); },
	'a row without description' => sub { return row('t') . message('C', "SELECT 1\0"); },
	'a command only' => sub { return message('C', "SELECT 1\0"); },
	'another command' => sub { return message('C', "LISTEN\0"); },
	'an empty query' => sub { return message('I', ''); },
	'a copy in' => sub { return message('G', pack 'cn', 0, 0); },
	'a copy out' => sub { return message('H', pack 'cnn', 0, 1, 0) . message('d', "a\n") . message('c', '') . message('C', "COPY 1\0"); },
	'a copy that lacks a row' => sub { return message('H', pack 'cnn', 0, 1, 0) . message('c', '') . message('C', "COPY 1\0"); },
	'a copy of odd rows' => sub { return message('H', pack 'cnn', 0, 1, 0) . message('d', '\\') . message('d', '') . message('d', "\\N") . message('c', '') . message('C', "COPY 3\0"); },
	'a copy both' => sub { return message('W', pack 'cn', 0, 0); },
	'an error without a message' => sub { return message('E', "SERROR\0CXX000\0\0"); },
	'an error without anything' => sub { return message('E', "\0"); },
	'an error of a function, and the end' => sub { return message('E', "SERROR\0Mx\0RCheckFunctionValidatorAccess\0\0") . 'D' . pack('N', 0); },
	'a long state' => sub { return message('E', "SERROR\0C12345678901234567890\0Mx\0\0"); },
	'a message of no kind' => sub { return message('?', 'x'); },
	'an impossible length' => sub { return 'D' . pack('N', 0); },
);

# What does not end, or is not what memory can take.
our %endless = (
	'notices' => message('N', "SNOTICE\0C00000\0Mx\0\0") x 1000,
	'parameters' => undef,
	'notifications' => message('A', pack('N', 1) . "a\0b\0") x 1000,
	'rows' => message('D', pack 'nN', 1, 4294967295) x 1000,
	'results' => message('C', "SELECT 0\0") x 1000,
	'copies in' => message('G', pack 'cn', 0, 0) x 1000,
	'copied rows' => message('d', 'a' x 100 . "\n") x 1000,
	'one long row' => 'x' x 65536,
	'one long copied row' => 'x' x 65536,
	'one long error' => 'x' x 65536,
);
my %before = (
	'rows' => description(1),
	'copied rows' => message('H', pack 'cnn', 0, 1, 0),
	'one long row' => description(1) . 'D' . pack('NnN', 0x7ffffff0, 1, 0x7fffff00),
	'one long copied row' => message('H', pack 'cnn', 0, 1, 0) . 'd' . pack('N', 0x7ffffff0),
	'one long error' => 'E' . pack('N', 0x7ffffff0),
);

sub new
{
	my ($class, $host, $port, %options) = @_;
	my $dir = PostgreSQL::Test::Utils::tempdir_short();
	my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 50) or die "listen: $!";
	my $self = bless {
		to => [ $host, $port ],
		log => "$dir/asked",
		listener => $listener,
		port => $listener->sockport,
		user => scalar getpwuid($<),
		at => 0,
		%options,
	}, $class;

	append_to_file($self->{log}, '');
	$self->{pid} = GwBootstrap::Child::start(sub { $self->_serve; }, end => \&_end);
	close delete $self->{listener};
	return $self;
}

sub connstr
{
	my ($self, $dbname) = @_;
	return "host=127.0.0.1 port=$self->{port} user=$self->{user} dbname=$dbname sslmode=disable gssencmode=disable";
}

sub asked { return -s $_[0]{log}; }

# Its children, too, which may be in the middle of an endless answer.
sub _end
{
	my ($pid) = @_;
	kill 'TERM', $pid;
	waitpid($pid, 0);
	return;
}

sub stop
{
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;

	return GwBootstrap::Child::stop($pid);
}

sub _serve
{
	my ($self) = @_;

	local $SIG{CHLD} = 'IGNORE';
	local $SIG{PIPE} = 'IGNORE';
	my %relays;
	local $SIG{TERM} = sub { kill 'KILL', keys %relays; POSIX::_exit(0); };
	while (my $client = $self->{listener}->accept)
	{
		my $pid = fork // die "fork: $!";
		if ($pid)
		{
			$relays{$pid} = 1;
			close $client;
			next;
		}
		$SIG{TERM} = 'DEFAULT';
		eval { $self->_relay($client); };
		POSIX::_exit(0);
	}
	return;
}

sub _take
{
	my ($socket, $length) = @_;
	my $data = '';
	while (length $data < $length)
	{
		sysread $socket, $data, $length - length $data, length $data or die "end\n";
	}
	return $data;
}

# A message: its type, if it has one, and the whole of it.
sub _take_message
{
	my ($socket) = @_;
	my $head = _take($socket, 5);
	my $rest = unpack('x1 N', $head) - 4;
	return (substr($head, 0, 1), $head . ($rest ? _take($socket, $rest) : ''));
}

sub _relay
{
	my ($self, $client) = @_;
	my ($host, $port) = @{ $self->{to} };
	my $server = ($host =~ m{^/} ? IO::Socket::UNIX->new(Peer => "$host/.s.PGSQL.$port") :
		  IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port)) or die "connect: $!";

	my $head = _take($client, 4);
	syswrite $server, $head . _take($client, unpack('N', $head) - 4);
	$self->_answer($client, $server, 0);
	while (1)
	{
		my ($type, $message) = _take_message($client);
		syswrite $server, $message;
		die "end\n" if $type eq 'X';
		$self->_answer($client, $server, 1) if $type eq 'Q';
	}
	return;
}

# How many queries there have been, this one included.
sub _count
{
	my ($self) = @_;
	open my $log, '>>', $self->{log} or die "open: $!";
	flock $log, LOCK_EX;
	syswrite $log, '.';
	seek $log, 0, SEEK_END;
	return tell $log;
}

# The answer to one message, up to ReadyForQuery.  If it is to be strange, the
# answer of the last statement is replaced by another, an error by itself.
sub _answer
{
	my ($self, $client, $server, $is_query) = @_;
	my $strange = $is_query && $self->_is_strange;
	my $replaced = $strange && !$self->{status};
	my $columns = 0;
	my $failed = 0;

	while (1)
	{
		my ($type, $message) = _take_message($server);
		$columns = unpack 'x5 n', $message if $type eq 'T';
		$failed ||= $type eq 'E';
		substr $message, 5, 1, $self->{status} if $strange && $self->{status} && $type eq 'Z';
		_write($client, $self->_strange($client, $columns || 1)) if $replaced && $type eq 'Z' && !$failed;
		_write($client, $message) if !$replaced || $failed || $type eq 'Z';
		return if $type eq 'Z' || $failed && !$is_query;
	}
	return;
}

sub _is_strange
{
	my ($self) = @_;
	my $number = $self->_count;
	return $self->{at} == -1 || $self->{at} == $number;
}

sub _write
{
	my ($socket, $data) = @_;
	while (length $data)
	{
		my $written = syswrite $socket, $data or die "end\n";
		substr $data, 0, $written, '';
	}
	return;
}

sub _strange
{
	my ($self, $client, $columns) = @_;
	my $as = $self->{as};

	return $shapes{$as}->($columns) if exists $shapes{$as};
	_write($client, $before{$as} // '');
	my $number = 0;
	while (1)
	{
		_write($client, $endless{$as} // join '', map { message('S', 'p' . ++$number . "\0" . 'x' x 100 . "\0") } 1 .. 100);
	}
	return;
}

1;
