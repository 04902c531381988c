# A network between client and server that fails at a given moment.
#
#   my $proxy = GwBootstrap::Proxy->new($node->host, $node->port,
#       at => qr/COMMIT/, do => 'hold', once => 1);
#   ... $proxy->connstr($dbname) ...
#   $proxy->reached;    # true once that has been seen
#   $proxy->release;    # ends a pause
#   $proxy->stop;
#
# "at" is what the client sends, in one connection; without it, the beginning.
# "count" says which of several (1, the first), with "total" in all connections
# together.  Then "do":
#   hold      nothing goes on, in either direction, and nothing ends
#   pause     nothing goes on until it is released
#   reset     both ends see a connection that is reset
#   close     both see one that is closed
#   trickle   all goes on, but byte by byte
#   delay     all goes on, but later
# "after" lets the server have what matched, and keeps or ends the rest;
# "replace", a pair of texts of the same length, is what the server gets instead
# of what the client sends, all the time.
# "once" leaves later connections alone; "most" lets the client have no more
# than that many bytes of the server's before.

package GwBootstrap::Proxy;

use strict;
use warnings;

use GwBootstrap::Child;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use PostgreSQL::Test::Utils;
use Socket qw(SOL_SOCKET SO_LINGER IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(usleep);

use constant CHUNK => 65536;
use constant DELAY_US => 150_000;
use constant POLL_US => 10_000;

sub new
{
	my ($class, $host, $port, %options) = @_;
	my $dir = PostgreSQL::Test::Utils::tempdir_short();
	my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 50) or die "listen: $!";
	my $self = bless {
		to => [ $host, $port ],
		seen => "$dir/reached",
		released => "$dir/released",
		listener => $listener,
		port => $listener->sockport,
		user => scalar getpwuid($<),
		count => 1,
		do => 'hold',
		%options,
	}, $class;

	$self->{pid} = GwBootstrap::Child::start(sub { $self->_relay; });
	close delete $self->{listener};
	return $self;
}

sub host { return '127.0.0.1'; }

sub port { return $_[0]{port}; }

sub connstr
{
	my ($self, $dbname) = @_;
	return "host=127.0.0.1 port=$self->{port} user=$self->{user} dbname=$dbname";
}

sub reached { return -e $_[0]{seen}; }

sub release { return append_to_file($_[0]{released}, ''); }

sub stop
{
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;

	return GwBootstrap::Child::stop($pid);
}

# The process that relays.  A pair of sockets is one connection: "in" of the
# client, "out" to the server.
sub _relay
{
	my ($self) = @_;
	my $select = IO::Select->new($self->{listener});
	my %pair;    # by the number of either socket

	local $SIG{PIPE} = 'IGNORE';
	while (1)
	{
		foreach my $socket ($select->can_read)
		{
			if ($socket == $self->{listener})
			{
				my $pair = $self->_accept or next;
				$pair{ fileno $_ } = $pair foreach @$pair{qw(in out)};
				$select->add($pair->{in}, $pair->{out}) unless $pair->{held};
				next;
			}
			my $pair = defined fileno $socket && $pair{ fileno $socket } or next;
			next if $pair->{held} || $self->_read($pair, $socket);
			$select->remove($pair->{in}, $pair->{out});
			next if $pair->{held};
			delete @pair{ map { fileno $_ } @$pair{qw(in out)} };
			close $_ foreach @$pair{qw(in out)};
		}
	}
	return;
}

sub _accept
{
	my ($self) = @_;
	my $in = $self->{listener}->accept or return;
	my ($host, $port) = @{ $self->{to} };
	my $out = $host =~ m{^/} ? IO::Socket::UNIX->new(Peer => "$host/.s.PGSQL.$port") :
	  IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port);

	# As a server that is not there.
	return unless $out;
	setsockopt($in, IPPROTO_TCP, TCP_NODELAY, 1);
	my $pair = { in => $in, out => $out, sent => '', received => 0 };
	$self->_act($pair) if !$self->{at} && !defined $self->{most} && !$self->{replace};
	return $pair;
}

# Relay what one of the sockets has.  Returns false if the pair is to be closed,
# or held.
sub _read
{
	my ($self, $pair, $socket) = @_;
	my $from_client = $socket == $pair->{in};

	return 0 unless sysread $socket, my $data, CHUNK;
	return $self->_act($pair) if delete $pair->{due};
	if ($from_client)
	{
		$data =~ s/\Q$self->{replace}[0]\E/$self->{replace}[1]/g if $self->{replace};
		if ($self->_is_there($pair, $data))
		{
			if ($self->{after})
			{
				$pair->{due} = 1;
			}
			elsif (!$self->_act($pair))
			{
				return 0;
			}
		}
		return $self->_pass($pair, $pair->{out}, $data);
	}
	if (defined $self->{most} && !$self->{done} && $pair->{received} + length $data > $self->{most})
	{
		$self->_pass($pair, $pair->{in}, substr $data, 0, $self->{most} - $pair->{received});
		return $self->_act($pair);
	}
	$pair->{received} += length $data;
	return $self->_pass($pair, $pair->{in}, $data);
}

# True when this completes what the fault waits for.
sub _is_there
{
	my ($self, $pair, $data) = @_;

	return 0 if !$self->{at} || $self->{done} || $pair->{done};
	my $log = $self->{total} ? $self : $pair;
	$log->{sent} .= $data;
	return 0 if (() = $log->{sent} =~ /$self->{at}/g) < $self->{count};
	return $pair->{done} = 1;
}

# The fault.  Returns true if data go on.
sub _act
{
	my ($self, $pair) = @_;
	my $do = $self->{do};

	open my $seen, '>', $self->{seen} or die "open: $!";
	$self->{done} = 1 if $self->{once};
	$pair->{slow} = $do if $do eq 'trickle' || $do eq 'delay';
	return 1 if $pair->{slow};
	if ($do eq 'pause')
	{
		usleep(POLL_US) until -e $self->{released};
		return 1;
	}
	$pair->{held} = 1 if $do eq 'hold';
	if ($do eq 'reset')
	{
		setsockopt($_, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)) foreach @$pair{qw(in out)};
	}
	return 0;
}

sub _pass
{
	my ($self, $pair, $to, $data) = @_;
	my $slow = $pair->{slow} || '';

	usleep(DELAY_US) if $slow eq 'delay';
	foreach my $piece ($slow eq 'trickle' ? split(//, $data) : $data)
	{
		my $done = 0;
		while ($done < length $piece)
		{
			my $written = syswrite $to, $piece, length($piece) - $done, $done;
			return 0 unless $written;
			$done += $written;
		}
	}
	return 1;
}

1;
