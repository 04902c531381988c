# A replica that waits for long allocates no more with each round.
#
# TAP, since it takes a client that waits.  test/rig/sanitizers makes the build
# that counts what is still allocated; any other only waits.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Long enough for more rounds than blocks from one place are growth.
use constant SECONDS => $ENV{GW_SANITIZE} ? 14 : 2;
use constant GROWTH => 8;

my $node = start_server();
my $head = HEAD;
my @cases;

foreach my $plain (0, 1)
{
	my $way = new_way($node, pool_size => 0, plain => $plain)->create;
	my $holder = $node->background_psql($way->dbname);
	my $kind = $plain ? ', without the extension' : '';
	my @run = ('run', '-e', $head, '-v', '--timeout', SECONDS);

	$holder->query_safe('BEGIN; SELECT pg_advisory_xact_lock(42424242424242)');
	push @cases,
	  [ "the lock is held$kind", $holder, $way->client(@run, '--migrate', 'true') ],
	  [ "migrations are skipped$kind", undef, $way->client(@run, '--skip-migrations') ];
}
my $free = PostgreSQL::Test::Cluster::get_free_port();
push @cases, [ 'nobody is there', undef, 'gw_bootstrap', 'run', '-d', "host=127.0.0.1,127.0.0.1 port=$free,$free dbname=postgres", '-e', $head, '--timeout', SECONDS ];

# All at once, each with a file to report to.
my $dir = PostgreSQL::Test::Utils::tempdir_short();
my $number = 0;
foreach my $case (@cases)
{
	my ($name, $holder, @command) = @$case;
	local $ENV{ASAN_OPTIONS} = "detect_leaks=1:log_path=$dir/" . $number++;
	local $ENV{LSAN_OPTIONS} = 'exitcode=0';
	push @$case, start_replicas(1, @command);
}
$number = 0;
foreach my $case (@cases)
{
	my ($result) = $case->[-1]->wait;
	my $report = join '', map { slurp_file($_) } glob "$dir/" . $number++ . '.*';

	ok(($result->{exit} // -1) == 3 || $result->{exit} == 5, "$case->[0]: it ends at its deadline") or diag $result->{err};
	my @grown = grep { /leak of \d+ byte\(s\) in (\d+) object/ && $1 >= GROWTH } split /\n\n/, $report;
	is(join("\n\n", @grown), '', "$case->[0]: nothing has grown") if $ENV{GW_SANITIZE};
	$case->[1]->quit if $case->[1];
}

$node->stop;
done_testing();
