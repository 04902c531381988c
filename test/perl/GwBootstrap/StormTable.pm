# What befell the storms, and where: a table of fault and place, and one of kinds.
#
#   my $table = GwBootstrap::StormTable->new;
#   $table->add($storm);    # a hash: class, way, plain, events, replicas, refused, faults
#   print $table->text;

package GwBootstrap::StormTable;

use strict;
use warnings;

use GwBootstrap::WorkLog;

my %heading = (
	before => 'before it', 'a statement' => 'in a statement', 'an index' => 'in CREATE INDEX CONCURRENTLY', 'a CALL' => 'in a CALL',
	'a COMMIT' => 'in COMMIT', 'a transaction' => 'idle in a transaction', between => 'between transactions',
	nobody => 'nobody at work', after => 'after it');

sub new { return bless { storms => [] }, $_[0]; }

sub add
{
	my ($self, $storm) = @_;

	push @{ $self->{storms} }, $storm;
	return;
}

sub _line
{
	my ($first, @others) = @_;
	return '| ' . join(' | ', $first, @others) . " |\n";
}

sub _count
{
	my ($key, @storms) = @_;
	my %count;

	foreach my $storm (@storms)
	{
		my $kind = $count{ $key->($storm) } ||= { storms => 0, replicas => 0, events => 0, refused => 0, faults => 0 };
		$kind->{storms}++;
		$kind->{replicas} += $storm->{replicas};
		$kind->{events} += grep { $_->{at} } @{ $storm->{events} };
		$kind->{refused} += $storm->{refused};
		$kind->{faults}++ if $storm->{faults} ne '';
	}
	return map { _line($_, @{ $count{$_} }{qw(storms replicas events refused faults)}) } sort keys %count;
}

sub text
{
	my ($self) = @_;
	my @storms = @{ $self->{storms} };
	my @places = @GwBootstrap::WorkLog::places;
	my %struck;

	foreach my $event (grep { $_->{at} } map { @{ $_->{events} } } @storms)
	{
		$struck{ $event->{fault} }{ $event->{place} }++;
	}
	return join '', _line('storms', 'number', 'replicas', 'faults', 'statements refused by the fence', 'broken promises'),
	  _line('---', ('---:') x 5),
	  _count(sub { $_[0]{class} }, @storms),
	  _count(sub { $_[0]{way} }, @storms),
	  _count(sub { $_[0]{plain} ? 'without the extension' : 'with the extension' }, @storms),
	  _count(sub { 'all' }, @storms), "\n",
	  _line('fault', map { $heading{$_} } @places), _line('---', map { '---:' } @places),
	  map { my $fault = $_; _line($fault, map { $struck{$fault}{$_} || '' } @places) } sort keys %struck;
}

1;
