# Who was at work when, told from the servers' own logs: with log_statement = all,
# log_duration = on, log_timezone = UTC and the prefix '%m [%p] ', and statements
# that carry "attempt N", the number of the migration that sent them, or
# "attempt of a file", which is told by its backend.
#
#   my @faults = GwBootstrap::WorkLog::overlaps(@logs);
#   my $time = GwBootstrap::WorkLog::first_time($pattern, @logs);
#   my @places = GwBootstrap::WorkLog::places($log, @times);
#   my $follower = GwBootstrap::WorkLog->follow($file, $offset);
#   $follower->place;    # where the migration is now

package GwBootstrap::WorkLog;

use strict;
use warnings;

use Time::Local qw(timegm);

# Where a migration may be, in the order of a table's columns.
our @places = ('before', 'a statement', 'an index', 'a CALL', 'a COMMIT', 'a transaction', 'between', 'nobody', 'after');

sub _seconds
{
	my ($year, $month, $day, $hour, $minute, $second) = $_[0] =~ /^(\d+)-(\d+)-(\d+) (\d+):(\d+):([\d.]+)/;

	return timegm(0, $minute, $hour, $day, $month - 1, $year) + $second;
}

# A statement of an attempt, and whose.
my $sent = qr/LOG:  statement: (.*attempt (\w+).*)/;

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
		next unless $text =~ $sent;
		my $from = _seconds($time);
		my $attempt = $2 eq 'of' ? "of a file by $pid" : $2;
		push @statements, $running{$pid} = { from => $from, to => $from, attempt => $attempt, text => $1 };
	}
	return @statements;
}

# One line for each pair of attempts that were at work at the same time, or of
# which one went on after the other had begun.
sub overlaps
{
	my (@logs) = @_;
	my (%first, %last, @faults);

	foreach my $statement (grep { !$_->{failed} } map { _statements($_) } @logs)
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

# When the first statement like that began, undef if none did.
sub first_time
{
	my ($pattern, @logs) = @_;
	my ($first) = sort { $a <=> $b } map { $_->{from} } grep { $_->{text} =~ $pattern } map { _statements($_) } @logs;

	return $first;
}

# Where the migration was at each of the times.
sub places
{
	my ($log, @times) = @_;
	my @statements = sort { $a->{from} <=> $b->{from} } _statements($log);

	return map { _place($_, @statements) } @times;
}

sub _place
{
	my ($time, @statements) = @_;
	my ($last) = grep { $_->{from} <= $time } reverse @statements;
	my ($next) = grep { $_->{from} > $time } @statements;

	return 'before' unless $last;
	return _within($last->{text}) if $time < $last->{to};
	return 'after' unless $next;
	return 'nobody' if $next->{attempt} ne $last->{attempt};
	return _behind($last->{text});
}

sub _within
{
	my ($text) = @_;
	my %place = ('CREATE INDEX' => 'an index', CALL => 'a CALL', COMMIT => 'a COMMIT');

	return $text =~ /^(CREATE INDEX|CALL|COMMIT)/ ? $place{$1} : 'a statement';
}

sub _behind { return $_[0] =~ /^(CREATE INDEX|DROP|CALL|COMMIT)/ ? 'between' : 'a transaction'; }

# The same while the log is being written.
sub follow
{
	my ($class, $file, $offset) = @_;

	open my $log, '<', $file or die "$file: $!";
	seek $log, $offset, 0;
	return bless { log => $log, pid => '', text => '', runs => 0, rest => '' }, $class;
}

sub place
{
	my ($self) = @_;
	my $log = $self->{log};

	seek $log, 0, 1;			# there may be more than there was
	while (defined(my $line = <$log>))
	{
		$line = $self->{rest} . $line;
		$self->{rest} = '';
		if ($line !~ /\n\z/) { $self->{rest} = $line; last; }
		my ($pid, $text) = $line =~ /^\S+ \S+ \S+ \[(\d+)\] (.*)/ or next;
		if ($text =~ $sent) { @$self{qw(pid text runs)} = ($pid, $1, 1); }
		elsif ($pid eq $self->{pid}) { $self->{runs} = 0; }
	}
	return 'before' if $self->{text} eq '';
	return $self->{runs} ? _within($self->{text}) : _behind($self->{text});
}

1;
