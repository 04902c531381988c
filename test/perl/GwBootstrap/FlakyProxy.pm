# A network, or a server, of which nothing is sure: what a real server answers arrives with
# bytes that are changed, lost, added or repeated, later, in pieces, or not at all.
#
#   my $proxy = GwBootstrap::FlakyProxy->new($node->host, $node->port, seed => 7);
#
# What is done to each piece follows from the seed; where the pieces end is the kernel's.

package GwBootstrap::FlakyProxy;

use strict;
use warnings;

use GwBootstrap::Proxy;
use Time::HiRes qw(usleep);

our @ISA = ('GwBootstrap::Proxy');

use constant MOST_DELAY_US => 100_000;

# Faults wait for a text that nobody sends, so that none of the other's comes.
sub new { my ($class, $host, $port, %options) = @_; return GwBootstrap::Proxy::new($class, $host, $port, at => qr/(?!)/, %options); }

sub _accept
{
	my ($self) = @_;
	$self->{number}++;
	srand($self->{seed} * 1000 + $self->{number});
	return $self->SUPER::_accept;
}

sub _some_bytes { return join '', map { chr(rand 256) } 1 .. 1 + rand 8; }

# One fault in a piece; what is left of it.
sub _spoil
{
	my ($data) = @_;
	my $place = int rand length $data;
	my $length = 1 + int rand 8;
	my $kind = int rand 6;

	if ($kind == 0) { substr($data, $place, 1) = chr(rand 256); }
	elsif ($kind == 1) { substr($data, $place, $length) = ''; }
	elsif ($kind == 2) { substr($data, $place, 0) = _some_bytes(); }
	elsif ($kind == 3) { $data .= substr $data, $place; }
	elsif ($kind == 4) { $data = substr $data, 0, $place; }
	else { substr($data, $place, 1) ^= chr(1 << int rand 8); }
	return $data;
}

sub _pass
{
	my ($self, $pair, $to, $data) = @_;

	return $self->SUPER::_pass($pair, $to, $data) if $to == $pair->{out};
	my $luck = rand;
	return 0 if $luck < 0.03;
	usleep(rand MOST_DELAY_US) if $luck < 0.1;
	$data = _spoil($data) if $luck > 0.7;
	return 1 unless length $data;
	my $half = $luck < 0.2 ? int rand length $data : 0;
	return 0 if $half && !$self->SUPER::_pass($pair, $to, substr $data, 0, $half, '');
	return $self->SUPER::_pass($pair, $to, $data);
}

1;
