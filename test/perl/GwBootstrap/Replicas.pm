# Replicas of a gateway that start at the same moment.
#
#   my $replicas = GwBootstrap::Replicas->start(24, 'gw_bootstrap', 'run', ...);
#   my @results = $replicas->wait;
#
# A result has exit (undef if it was killed), signal, out and err.  A replica
# that has not ended in time is killed; its signal is then "hung".

package GwBootstrap::Replicas;

use strict;
use warnings;

use GwBootstrap::Child;
use PostgreSQL::Test::Utils;
use POSIX ();
use Time::HiRes qw(time usleep);

sub start
{
	my ($class, $count, @command) = @_;
	my $self = bless {
		dir => PostgreSQL::Test::Utils::tempdir_short(),
		pids => [],
		results => [],
	}, $class;

	# All wait until the gate is closed on the other side.
	pipe(my $wait, my $gate) or die "pipe: $!";
	foreach my $number (0 .. $count - 1)
	{
		my $pid = fork;
		die "fork: $!" unless defined $pid;
		if ($pid == 0)
		{
			close $gate;
			open STDIN, '<', '/dev/null';
			open STDOUT, '>', "$self->{dir}/$number.out";
			open STDERR, '>', "$self->{dir}/$number.err";
			$ENV{REPLICA} = $number;
			sysread $wait, my $byte, 1;
			exec @command or POSIX::_exit(127);
		}
		GwBootstrap::Child::started($pid);
		push @{ $self->{pids} }, $pid;
	}
	close $wait;
	close $gate;
	return $self;
}

sub pid { return $_[0]{pids}[ $_[1] || 0 ]; }

sub _note
{
	my ($self, $number, $status) = @_;

	GwBootstrap::Child::ended($self->{pids}[$number]);
	$self->{results}[$number] = {
		exit => $status & 127 ? undef : $status >> 8,
		signal => $status & 127,
		out => PostgreSQL::Test::Utils::slurp_file("$self->{dir}/$number.out"),
		err => PostgreSQL::Test::Utils::slurp_file("$self->{dir}/$number.err"),
	};
	return;
}

# What a replica has written so far.
sub out { return $_[0]->_written($_[1], 'out'); }
sub err { return $_[0]->_written($_[1], 'err'); }

sub _written
{
	my ($self, $number, $stream) = @_;
	my $file = "$self->{dir}/" . ($number || 0) . ".$stream";

	# It may not have come so far as to make it.
	return -e $file ? PostgreSQL::Test::Utils::slurp_file($file) : '';
}

# True once the given replica has ended.
sub ended
{
	my ($self, $number) = @_;
	$number ||= 0;

	return 1 if $self->{results}[$number];
	my $pid = $self->{pids}[$number];
	return 0 if waitpid($pid, POSIX::WNOHANG) != $pid;
	$self->_note($number, $?);
	return 1;
}

sub wait
{
	my ($self, $seconds) = @_;
	my $deadline = time + ($seconds || $PostgreSQL::Test::Utils::timeout_default);
	my @numbers = 0 .. $#{ $self->{pids} };

	while (my @left = grep { !$self->ended($_) } @numbers)
	{
		if (time > $deadline)
		{
			foreach my $number (@left)
			{
				kill 'KILL', $self->{pids}[$number];
				waitpid($self->{pids}[$number], 0);
				$self->_note($number, $?);
				$self->{results}[$number]{signal} = 'hung';
			}
			last;
		}
		usleep(20_000);
	}
	return @{ $self->{results} };
}

# Poll a condition within bounds; false if it did not come.
sub wait_until
{
	my ($condition) = @_;
	my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;

	until ($condition->())
	{
		return 0 if time > $deadline;
		usleep(20_000);
	}
	return 1;
}

# How the results fall into classes, in one line for one comparison: "24 x 0"
# or "23 x 0, 1 x killed by 9".
sub outcomes
{
	my (@results) = @_;
	my %counts;

	$counts{ defined $_->{exit} ? $_->{exit} : "killed by $_->{signal}" }++ foreach @results;
	return join ', ', map { "$counts{$_} x $_" } sort keys %counts;
}

1;
