# What a server answers, spoiled at random: no command crashes or hangs, and each ends with a
# code that it may end with, and says why.
#
# TAP, since it takes a real server; with a client in which sanitizers watch: see test/fuzz/run.

use strict;
use warnings;

use GwBootstrap::FlakyProxy;
use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant { ROUNDS => 10, AT_ONCE => 12 };

my $seed = $ENV{GW_SEED} // 1;
my @commands = (
	[ 'check', '-e', 'h' ], [ 'status', '-e', 'h', '--json' ], [ 'doctor' ],
	[ 'run', '-e', 'h' ], [ 'run', '-e', 'other', '--migrate', 'true' ],
	[ 'run', '-e', 'h', '--head-rule', 'contain', '--head-condition', 'failed: dirty' ], [ 'guard', '--', 'true' ]);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'max_connections = 200');
$node->start;
foreach my $dbname ('with', 'without')
{
	$node->safe_psql('postgres', qq(CREATE DATABASE "$dbname"));
	$node->safe_psql($dbname, 'CREATE EXTENSION gw_bootstrap') if $dbname eq 'with';
	$node->safe_psql($dbname, q(CREATE TABLE alembic_version AS SELECT 'h'::text AS version_num, false AS dirty));
}

my %codes;
foreach my $first (map { $seed + AT_ONCE * $_ } 0 .. ROUNDS - 1)
{
	my @tries;
	foreach my $number ($first .. $first + AT_ONCE - 1)
	{
		my $proxy = GwBootstrap::FlakyProxy->new($node->host, $node->port, seed => $number);
		my ($command, @options) = @{ $commands[ $number % @commands ] };
		my $dbname = $number / @commands % 2 ? 'with' : 'without';

		push @tries, { name => "seed $number: $command @options, $dbname the extension", proxy => $proxy,
			replica => start_replicas(1, 'gw_bootstrap', $command, '--timeout', 2, '-d', $proxy->connstr($dbname), @options) };
	}
	my @wrong;
	foreach my $try (@tries)
	{
		my ($result) = $try->{replica}->wait;
		my $code = $result->{exit} // "signal $result->{signal}";
		$try->{proxy}->stop;
		$codes{$code}++;
		push @wrong, "$try->{name}: $code: $result->{err}"
		  if $code !~ /^[0-7]$/ || $code == 2 || $code =~ /[1347]/ && $result->{err} !~ /error: |bad: /;
	}
	is("@wrong", '', "seeds $first to " . ($first + AT_ONCE - 1) . ': each ends as it may');
}
note 'exit codes: ', join ', ', map { "$codes{$_} x $_" } sort keys %codes;
$node->stop;
done_testing();
