# A replica is paused as a whole, client, watcher and command, at each kind of
# moment, until its guard is ended, and goes on while the next one migrates: the
# command first, the client last, so that all it has to send is sent.  Fenced,
# none of that takes effect.  By name what the server is doing already is waited
# for, but not what the command sends later.
#
# TAP, since it takes poolers' limits, and processes that go on in a given order.

use strict;
use warnings;

use GwBootstrap::Pauses;
use Test::More;

my $pauses = GwBootstrap::Pauses->new;
my $waits = { fenced => qr/waiting/, 'by name' => qr/backend \d+ is still at work/ };

# For each moment: what comes too late by name, and is refused if fenced; and for which
# classes the next one has to wait.
my %moments = (
	'in a statement' => { late => 1, refused => 2, waits => [ 'fenced', 'by name' ] },
	'in a statement that waits for a table' => { late => 1, refused => 2, waits => ['by name'], maybe => 1 },
	'between statements' => { late => 2, refused => 2 },
	'between autocommit steps' => { late => 2, refused => 2 },
	'in a transaction' =>
	  { late => 1, refused => 2, waits => [ 'fenced', 'by name' ], pooled => { late => 1, refused => 1, waits => [] } },
	'in a transaction that has not written' =>
	  { late => 1, refused => 2, waits => ['by name'], maybe => 1, pooled => { late => 1, refused => 1, waits => [], maybe => 0 } },
	'before COMMIT' =>
	  { late => 1, refused => 2, waits => [ 'fenced', 'by name' ], pooled => { late => 1, refused => 1, waits => [] } },
	'in COMMIT' => { late => 1, refused => 2, waits => [ 'fenced', 'by name' ] },
	'in a CALL that commits in batches' => { late => 1, refused => 1, waits => [ 'fenced', 'by name' ] });

foreach my $name (sort keys %moments)
{
	foreach my $through (undef, $pauses->pgbouncer)
	{
		foreach my $class ('fenced', 'by name')
		{
			my %moment = (%{ $moments{$name} }, $through ? %{ $moments{$name}{pooled} || {} } : ());
			my $is_fenced = $class eq 'fenced';
			my $does_wait = grep { $_ eq $class } @{ $moment{waits} };

			$pauses->add($name, class => $class, through => $through, %{ $GwBootstrap::Pauses::MOMENTS{$name} },
				late => $is_fenced ? 0 : $moment{late}, refused => $is_fenced ? $moment{refused} : 0,
				waits => $does_wait ? $waits->{$class} : $is_fenced && $moment{maybe} ? 'maybe' : undef);
		}
	}
}
$pauses->play;

$pauses->node->stop;
done_testing();
