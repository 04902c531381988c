# A replica that works through a pooler other than PgBouncer is paused as a whole at each
# kind of moment, loses its guard, and goes on while the next one migrates: the command
# first, the client last, as 153_paused_moments.pl has it directly and through PgBouncer.
# Fenced, nothing of it takes effect, also where the pooler drops the names by which
# others would know it.
#
# Not in test/t, since few releases of Debian have these poolers; test/poolers/run
# runs it where one has, if asked for pgagroal.

use strict;
use warnings;

use GwBootstrap::OtherPooler;
use GwBootstrap::Pauses;
use Test::More;

# What a session, or else each transaction, shows its token by; and, for each moment, how
# many statements are refused and whether the next one has to wait.  A transaction that
# shows its token itself is open beyond a statement of it, so for that the moment is "in a
# transaction".
my $by_session = {
	'in a statement' => [ 2, 1 ],
	'between statements' => [ 2, 0 ],
	'between autocommit steps' => [ 2, 0 ],
	'in a transaction' => [ 2, 1 ],
	'before COMMIT' => [ 2, 1 ],
	'in COMMIT' => [ 2, 1 ],
	'in a CALL that commits in batches' => [ 1, 1 ] };
my $by_transaction = {
	'between autocommit steps' => [ 2, 0 ],
	'in a transaction' => [ 2, 1 ],
	'before COMMIT' => [ 2, 1 ] };
my @poolers = (
	[ 'pgagroal', 'performance', 'session', $by_session ],
	[ 'pgagroal', 'session', 'session', $by_session ],
	# pgagroal 1.6 may end the client that comes back, or keep the backend of its guard for itself, so
	# that it finds the pool full, or the lock held, until its deadline: told, and not ready.
	[ 'pgagroal', 'transaction', 'transaction', $by_transaction, ends => qr/^[034]$/ ]);

my $pauses = GwBootstrap::Pauses->new(port => GwBootstrap::OtherPooler::short_port());
my @running;

# One for each replica, since pgagroal does not bear a client that is killed.
sub start_pooler
{
	my ($pooler, $mode, $dbname) = @_;
	push @running, GwBootstrap::OtherPooler->new($pauses->node, $pooler, 10, $dbname, $mode);
	return $running[-1]->connstr;
}

foreach my $case (@poolers)
{
	my ($pooler, $mode, $shown_by, $moments, %more) = @$case;

	foreach my $moment (sort keys %$moments)
	{
		my ($refused, $waits) = @{ $moments->{$moment} };
		my $dbname = $pauses->upcoming;

		$pauses->add($moment, class => 'fenced', %{ $GwBootstrap::Pauses::MOMENTS{$moment} }, shown_by => $shown_by,
			connstr => sub { start_pooler($pooler, $mode, $dbname) }, through_name => "$pooler, $mode",
			late => 0, refused => $refused, waits => $waits ? qr/waiting/ : undef, %more);
	}
}
$pauses->play;

$_->stop foreach @running;
$pauses->node->stop;
done_testing();
