# What draws from a number, the same each time, whatever else draws from Perl's own rand():
# what GwBootstrap::OracleCase and GwBootstrap::LockModel are.

package GwBootstrap::Seeded;

use strict;
use warnings;

sub new
{
	my ($class, $number) = @_;
	my $self = bless { number => $number, state => $number * 2654435761 & 0x7fffffff }, $class;

	$self->_random(2) for 1 .. 5;
	return $self;
}

sub _random
{
	my ($self, $below) = @_;

	$self->{state} = ($self->{state} * 1103515245 + 12345) & 0x7fffffff;
	return ($self->{state} >> 8) % $below;
}

sub _one_of { my ($self, @list) = @_; return $list[ $self->_random(scalar @list) ]; }

1;
