# What all parts of "make bench" have in common: rounds in which everything takes its
# turn, and one form of results.
#
#   my $measured = rounds('whole processes', { check => sub { return { ms => 7.9 } }, ... });
#   report('client', 'check', 'ms', $measured->{check}{ms});
#   ratio('client', $measured, 'check', 'minimal', 'ms', 1.15);
#
# A result is a line of GW_BENCH_RESULTS, with tabs in between: part, name, unit, median,
# first and third quartile, number of rounds, and the target, if there is one.  It is
# printed as well.  Nothing here asserts anything.

package Bench;

use strict;
use warnings;

use Exporter qw(import);
use File::Temp qw(tempdir);
use IO::Socket::INET ();
use List::Util qw(shuffle);
use POSIX ();

our @EXPORT = qw(child ended rounds report ratio quartiles median title tps start_pooler stop_pooler free_port output);

my @children;

sub quartiles
{
	my @sorted = sort { $a <=> $b } @_;
	return map {
		my $place = $_ * $#sorted / 4;
		my ($below, $above) = @sorted[ POSIX::floor($place), POSIX::ceil($place) ];
		$below + ($above - $below) * ($place - POSIX::floor($place));
	} 1 .. 3;
}

sub median { return (quartiles(@_))[1]; }

# Each round goes over all in a new order, so that none always follows the same other.
sub rounds
{
	my ($what, $cases, $count) = @_;
	my %measured;

	$count ||= $ENV{GW_BENCH_ROUNDS} || 15;
	foreach my $round (1 .. $count)
	{
		print STDERR "$what: round $round of $count\n";
		foreach my $name (shuffle(sort keys %$cases))
		{
			my $result = $cases->{$name}->();
			push @{ $measured{$name}{$_} }, $result->{$_} foreach keys %$result;
		}
	}
	return \%measured;
}

sub title
{
	my ($text) = @_;
	printf "\n%s\n  %-44s %12s %25s %8s\n", $text, '', 'median', 'middle half', 'target';
	return;
}

sub _number
{
	my ($value) = @_;
	return sprintf $value >= 100 ? '%.0f' : $value >= 10 ? '%.1f' : $value >= 0.1 ? '%.3f' : '%.5f', $value;
}

sub report
{
	my ($part, $name, $unit, $values, $target) = @_;
	my ($low, $middle, $high) = map { _number($_) } quartiles(@$values);

	printf "  %-44s %12s %25s %8s %s\n", $name, $middle, "$low to $high", $target // '', $unit;
	return unless $ENV{GW_BENCH_RESULTS};
	open my $file, '>>', $ENV{GW_BENCH_RESULTS} or die "results: $!\n";
	print $file join("\t", $part, $name, $unit, $middle, $low, $high, scalar @$values, $target // ''), "\n";
	close $file or die "results: $!\n";
	return;
}

# Within each round, of which the median is taken.
sub ratio
{
	my ($part, $measured, $name, $base, $unit, $target) = @_;
	my ($above, $below) = map { $measured->{$_}{$unit} } $name, $base;

	return unless $above && $below;
	report($part, "$name / $base", "ratio of $unit", [ map { $above->[$_] / $below->[$_] } 0 .. $#$above ], $target);
	return;
}

sub output
{
	my (@command) = @_;
	open my $pipe, '-|', @command or die "could not run $command[0]: $!\n";
	my @lines = <$pipe>;
	close $pipe or die "@command failed\n";
	return wantarray ? @lines : $lines[0] // '';
}

# Transactions a second of a file of SQL; for how long, unless options say so.
sub tps
{
	my ($file, @options) = @_;
	my @length = (grep { $_ eq '-t' } @options) ? () : ('-T', $ENV{GW_BENCH_SECONDS} || 1);
	my $said = `pgbench -n @options @length -f $file 2>&1`;

	$said =~ /^tps = ([0-9.]+) \(without|^tps = ([0-9.]+) \(excluding/m or die "pgbench failed:\n$said";
	return $1 // $2;
}

sub free_port
{
	my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "no free port: $!\n";
	return $socket->sockport;
}

# A PgBouncer in transaction mode: the host and port that lead through it, and its process.
# The server is that of the environment.
sub start_pooler
{
	my ($pool_size, @users) = @_;
	my $dir = tempdir(CLEANUP => 1);
	my $pooler = { PGHOST => '127.0.0.1', PGPORT => free_port() };

	open my $users, '>', "$dir/users" or die "users: $!\n";
	print $users qq("$_" ""\n) foreach @users, $ENV{PGUSER} // scalar getpwuid $<;
	close $users;
	open my $ini, '>', "$dir/pgbouncer.ini" or die "pgbouncer.ini: $!\n";
	print $ini <<"INI";
[databases]
* = host=$ENV{PGHOST} port=$ENV{PGPORT}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $pooler->{PGPORT}
listen_backlog = 4096
unix_socket_dir =
auth_type = trust
auth_file = $dir/users
admin_users = $ENV{PGUSER}
pool_mode = transaction
default_pool_size = $pool_size
max_client_conn = 5000
log_connections = 0
log_disconnections = 0
logfile = $dir/log
INI
	close $ini;
	$pooler->{pid} = fork // die "fork: $!\n";
	if ($pooler->{pid} == 0)
	{
		$ENV{PATH} .= ':/usr/sbin';
		exec 'sh', '-c', 'ulimit -n $(ulimit -Hn); exec pgbouncer -q "$1"', 'sh', "$dir/pgbouncer.ini"
		  or POSIX::_exit(127);
	}
	child($pooler->{pid});
	local @ENV{qw(PGHOST PGPORT)} = @$pooler{qw(PGHOST PGPORT)};
	foreach (1 .. 100)
	{
		return $pooler if system("psql -XAtqc 'SELECT 1' >/dev/null 2>&1") == 0;
		select undef, undef, undef, 0.1;
	}
	die "PgBouncer did not start\n";
}

sub stop_pooler
{
	my ($pooler) = @_;
	kill 'TERM', $pooler->{pid};
	ended($pooler->{pid});
	return;
}

# One that must not outlive the measurement.
sub child { push @children, @_; return; }

sub ended
{
	my ($pid) = @_;
	waitpid $pid, 0;
	@children = grep { $_ != $pid } @children;
	return;
}

# Whatever becomes of the measurement.
END
{
	local $?;
	kill 'TERM', @children;
	foreach (1 .. 50)
	{
		@children = grep { waitpid($_, POSIX::WNOHANG) == 0 } @children or last;
		select undef, undef, undef, 0.1;
	}
	kill 'KILL', @children;
}

1;
