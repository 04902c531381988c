# Who was at work when, told from the server's own log: with log_statement = all,
# log_duration = on and the prefix '%m [%p] ', and statements that carry
# "attempt N", the number of the migration that sent them.

package GwBootstrap::WorkLog;

use strict;
use warnings;

use Time::Local qw(timegm);

sub _seconds
{
	my ($year, $month, $day, $hour, $minute, $second) = $_[0] =~ /^(\d+)-(\d+)-(\d+) (\d+):(\d+):([\d.]+)/;

	return timegm(0, $minute, $hour, $day, $month - 1, $year) + $second;
}

# Each statement of an attempt: from when, until when, whose, and whether it was
# refused.  What has no end in the log ended with its session, unseen.
sub _statements
{
	my ($log) = @_;
	my (%running, @statements);

	foreach (split /\n/, $log)
	{
		my ($time, $pid, $text) = /^(\d+-\d+-\d+ [\d:.]+) \S+ \[(\d+)\] (.*)/ or next;
		if (my $statement = delete $running{$pid})
		{
			$statement->{to} = _seconds($time);
			$statement->{failed} = 1 if $text =~ /^(ERROR|FATAL)/;
		}
		next unless $text =~ /LOG:  statement: .*attempt (\w+)/;
		my $from = _seconds($time);
		push @statements, $running{$pid} = { from => $from, to => $from, attempt => $1, pid => $pid };
	}
	return @statements;
}

# One line for each pair of attempts that were at work at the same time, or of
# which one went on after the other had begun.
sub overlaps
{
	my ($log) = @_;
	my (%first, %last, @faults);

	foreach my $statement (grep { !$_->{failed} } _statements($log))
	{
		my $attempt = $statement->{attempt};

		$first{$attempt} = $statement->{from} if !defined $first{$attempt} || $statement->{from} < $first{$attempt};
		$last{$attempt} = $statement->{to} if !defined $last{$attempt} || $statement->{to} > $last{$attempt};
	}
	my @attempts = sort { $first{$a} <=> $first{$b} } keys %first;
	foreach my $i (1 .. $#attempts)
	{
		my ($before, $after) = @attempts[ $i - 1, $i ];
		push @faults, sprintf 'attempt %s went on for %.3f s after attempt %s had begun', $before, $last{$before} - $first{$after}, $after
		  if $last{$before} > $first{$after};
	}
	return @faults;
}

1;
