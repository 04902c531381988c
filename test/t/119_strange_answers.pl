# Answers that are not to what was asked, and servers that never stop talking:
# no command crashes, believes them, or misses its deadline or a signal.
#
# TAP, since only a program that speaks the protocol itself gives such answers;
# all else that it says is a real server's.  test/rig/sanitizers runs this too.

use strict;
use warnings;

use GwBootstrap::StrangeAnswers;
use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'max_connections = 200');
$node->start;
foreach my $dbname ('with', 'without')
{
	$node->safe_psql('postgres', qq(CREATE DATABASE "$dbname"));
	$node->safe_psql($dbname, 'CREATE EXTENSION gw_bootstrap') if $dbname eq 'with';
	$node->safe_psql($dbname, q(CREATE TABLE alembic_version AS SELECT 'h'::text AS version_num));
}

sub strange { my (%options) = @_; return GwBootstrap::StrangeAnswers->new($node->host, $node->port, %options); }

# How often a command asks, and that it ends so if all answers are right.
my %asked;
foreach my $command ('check', 'status', 'run')
{
	foreach my $dbname ('with', 'without')
	{
		my $way = strange();
		my $result = run_client('gw_bootstrap', $command, '-e', 'h', '-d', $way->connstr($dbname));
		is($result->{exit}, 0, "$command, $dbname the extension: all answers are right") or diag $result->{err};
		$asked{"$command $dbname"} = $way->asked;
		$way->stop;
	}
}

# One strange answer, whichever, and all of them strange.  Those of one shape
# at the same time.
foreach my $shape (sort keys %GwBootstrap::StrangeAnswers::shapes)
{
	my @tries;
	foreach my $which (sort keys %asked)
	{
		my ($command, $dbname) = split / /, $which;
		foreach my $at (-1, 1 .. $asked{$which})
		{
			my $way = strange(at => $at, as => $shape);
			push @tries, { name => "$which, query $at", at => $at, command => $command, way => $way,
				replica => start_replicas(1, 'gw_bootstrap', $command, '-e', 'h', '--timeout', 1, '-d', $way->connstr($dbname)) };
		}
	}
	my @wrong;
	foreach my $try (@tries)
	{
		my ($result) = $try->{replica}->wait;
		$try->{way}->stop;
		# A row that was copied can be anybody's.
		my $exits = $try->{at} == -1 ? qr/^3$/ : $shape eq 'a copy out' ? qr/^[035]$/ : qr/^[03]$/;
		push @wrong, "$try->{name}: exit " . ($result->{exit} // 'none') . " signal $result->{signal}: $result->{err}"
		  if ($result->{exit} // 'none') !~ $exits || $result->{exit} == 3 && $result->{err} !~ /error:/ || $try->{at} == -1 && $result->{out};
	}
	is("@wrong", '', "$shape: a true error, or another attempt");
}

# Right answers that come with another state of the transaction: from a backend that
# a pooler has mixed up, or that is not the one of the statement before.  What is
# read in somebody's transaction is not believed, and nothing is done without a guard.
$node->safe_psql('postgres', qq(CREATE DATABASE empty_$_)) foreach 'with', 'without';
$node->safe_psql('empty_with', 'CREATE EXTENSION gw_bootstrap');
my $started = PostgreSQL::Test::Utils::tempdir() . '/started';
foreach my $status ('I', 'T', 'E')
{
	foreach my $dbname ('with', 'without')
	{
		my $way = strange(at => -1, status => $status);
		foreach my $command ('check', 'status', 'run')
		{
			my $result = run_client('gw_bootstrap', $command, '-e', 'h', '--timeout', 1, '-d', $way->connstr($dbname));
			is($result->{exit}, $status eq 'I' ? 0 : 3, "$command, $dbname the extension, always $status") or diag $result->{err};
			like($result->{err}, qr/error: .*something else than it was asked/, '... as the error tells') if $status ne 'I';
			is($result->{out}, '', '... and nothing else') if $status ne 'I';
		}
		my $result = run_client('gw_bootstrap', 'run', '-e', 'h', '--timeout', 20, '--migrate', "touch $started", '-d', $way->connstr("empty_$dbname"));
		is($result->{exit}, $status eq 'I' ? 4 : 3, "run, $dbname the extension, always $status, with a migration") or diag $result->{err};
		like($result->{err}, $status eq 'I' ? qr/a transaction has ended before its end/ : qr/something else than it was asked/, '... as the error tells');
		ok(!-e $started, '... which did not start');
		$way->stop;

		# Once, at any of the questions.
		my $asked = do
		{
			my $other = strange();
			my $honest = run_client('gw_bootstrap', 'run', '-e', 'h', '--migrate', 'true', '-d', $other->connstr("empty_$dbname"));
			is($honest->{exit}, 1, "run, $dbname the extension: all answers are right") or diag $honest->{err};
			$other->asked;
		};
		my @tries;
		foreach my $at (1 .. $asked)
		{
			my $once = strange(at => $at, status => $status);
			push @tries, { at => $at, way => $once,
				replica => start_replicas(1, 'gw_bootstrap', 'run', '-e', 'h', '--timeout', 60, '--migrate', 'true', '-d', $once->connstr("empty_$dbname"), '--lock-key', $at) };
		}
		my @wrong;
		foreach my $try (@tries)
		{
			my ($end) = $try->{replica}->wait;
			$try->{way}->stop;
			push @wrong, "query $try->{at}: exit " . ($end->{exit} // 'none') . ": $end->{err}" if ($end->{exit} // 'none') !~ /^[14]$/ || $end->{exit} == 4 && $status ne 'I';
		}
		is("@wrong", '', "run, $dbname the extension, $status at one of $asked questions: a true error, or another attempt");
	}
}

# A server that never stops talking.
foreach my $as (sort keys %GwBootstrap::StrangeAnswers::endless)
{
	my $way = strange(at => -1, as => $as);
	my $replica = start_replicas(1, 'gw_bootstrap', 'run', '-e', 'h', '--timeout', 3, '--skip-migrations', '-d', $way->connstr('with'));
	my $most = 0;
	while (!$replica->ended(0))
	{
		my $status = eval { slurp_file('/proc/' . $replica->pid(0) . '/status') } // '';
		$most = $1 if $status =~ /VmRSS:\s+(\d+)/ && $1 > $most;
		select undef, undef, undef, 0.02;
	}
	my ($result) = $replica->wait;
	is($result->{exit}, 3, "endless $as: ends at the deadline") or diag $result->{err};
	cmp_ok($most, '<', $ENV{GW_SANITIZE} ? 2_000_000 : 400_000, '... within bounds of memory');
	$way->stop;

	$way = strange(at => -1, as => $as);
	$replica = start_replicas(1, 'gw_bootstrap', 'run', '-e', 'h', '--timeout', 600, '--skip-migrations', '-d', $way->connstr('with'));
	ok(wait_until(sub { $way->asked > 0 }), "endless $as: is asked");
	kill 'TERM', $replica->pid(0);
	($result) = $replica->wait;
	is($result->{exit}, 143, '... and a signal ends it') or diag $result->{err};
	$way->stop;
}

$node->stop;
done_testing();
