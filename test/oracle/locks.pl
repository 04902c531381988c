# Locks in several sessions, whose statements are made at random: what gw_bootstrap_try(),
# gw_bootstrap_status() and gw_bootstrap_break_orphan() answer, and what pg_locks shows
# after each, against a model that is a few lines of Perl.
#
# TAP, since the model has to know all sessions: see test/oracle/run.

use strict;
use warnings;

use GwBootstrap::LockModel;
use List::Util qw(min);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant { STEPS => 60, BATCH => 20 };

my $seed = $ENV{GW_SEED} // 1;
my $cases = $ENV{GW_CASES} // 300;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "lock_timeout = 30s\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION gw_bootstrap; CREATE EXTENSION dblink');
$node->safe_psql('postgres', slurp_file('test/oracle/step.sql'));

# Sessions stay connected in a batch, as those of a pool do.
my $sequences = int(($cases + 9) / 10);
for (my $first = $seed; $first < $seed + $sequences; $first += BATCH)
{
	my $last = min($first + BATCH, $seed + $sequences) - 1;
	my $sql = "CALL open_sessions();\n";
	foreach my $number ($first .. $last)
	{
		my $model = GwBootstrap::LockModel->new($number);
		$sql .= $model->beginning;
		$sql .= $model->step foreach 1 .. STEPS;
		$sql .= $model->end;
	}
	my ($exit, $out, $err) = $node->psql('postgres', $sql . "SELECT close_sessions();\n", on_error_stop => 0);

	$out =~ s/^\s*\n//mg;
	is($out, '', "seeds $first to $last: answers and locks are those of the model")
	  or diag join "\n", (split /\n/, $out)[ 0 .. 5 ];
	is($err, '', '... and no other error');
}
unlike(slurp_file($node->logfile), qr/TRAP|PANIC|terminated by signal/, 'no assertion has failed');
$node->stop;
done_testing();
