# What the rows of a head table mean, for tables, settings and rows made at random: the
# functions against the sentences of docs/sql.md written down in plain SQL, and the client
# with the extension and without it against the same.
#
# TAP, since the cases are made from a seed and the client is asked, too: see test/oracle/run.

use strict;
use warnings;

use GwBootstrap::OracleCase;
use GwBootstrap::Test;
use List::Util qw(min);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant { BATCH => 100, CLIENTS_IN => 20 };

my $seed = $ENV{GW_SEED} // 1;
my $cases = $ENV{GW_CASES} // 300;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->start;
foreach my $dbname ('with', 'without')
{
	$node->safe_psql('postgres', qq(CREATE DATABASE "$dbname"));
	$node->safe_psql($dbname, slurp_file('test/oracle/judge.sql'));
}
$node->safe_psql('with', 'CREATE EXTENSION gw_bootstrap');

# The functions: nothing is printed but what differs.
for (my $first = $seed; $first < $seed + $cases; $first += BATCH)
{
	my $last = min($first + BATCH, $seed + $cases) - 1;
	my $sql = '';
	foreach my $number ($first .. $last)
	{
		my $case = GwBootstrap::OracleCase->new($number);
		$sql .= $case->table . $case->comparison . $case->abuse . "DROP TABLE heads;\n";
	}
	my ($exit, $out, $err) = $node->psql('with', $sql, on_error_stop => 0);

	is($out, '', "seeds $first to $last: the functions say what plain SQL says");
	is($err, '', '... and refuse what is wrong by the errors that are documented');
	is($exit, 0, '... and the session goes on');
}

# The client, which reads by itself where the extension is not.
my %code = (at_head => 0, behind => 5, ahead => 6, diverged => 6);
my @wrong;
my $asked = 0;
foreach my $number ($seed .. $seed + $cases - 1)
{
	my $case = GwBootstrap::OracleCase->new($number);
	next if $number % CLIENTS_IN || !$case->is_for_client;
	foreach my $dbname ('with', 'without')
	{
		my $outcome = $node->safe_psql($dbname, $case->table . $case->judgement . ';');
		next if !exists $code{$outcome};
		my $result = run_client('gw_bootstrap', 'check', '-q', '-d', $node->connstr($dbname), $case->options);
		push @wrong, "seed $number, $dbname the extension: $result->{exit} for $outcome: $result->{err}"
		  if $result->{exit} != $code{$outcome};
		$asked++;
	}
	$node->psql($_, 'DROP TABLE heads') foreach 'with', 'without';
}
is(join("\n", @wrong), '', "the client says the same, asked $asked times");

unlike(slurp_file($node->logfile), qr/TRAP|PANIC|terminated by signal/, 'no assertion has failed');
$node->stop;
done_testing();
