# Skip mode: another runner owns the migrations, so no replica ever takes the
# lock; each says so, waits for head or fails, and runs its post steps.
#
# TAP, since it takes 24 clients at once, over a real PgBouncer and directly.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

use constant REPLICAS => 24;

my $node = start_server();

# The one line that tells an auditor.
sub audits
{
	my ($result) = @_;
	my @lines = grep { /migrations/ && /skip/ } split /\n/, $result->{err};
	return @lines == 1;
}

foreach my $way (all_ways($node))
{
	my $name = $way->name;
	my $head = HEAD;
	my $post = post_step();
	my $migrate = whole_migration();

	# Not at head: fail at once, since the timeout is 0 if none is given.  The
	# migration command is there but must not run.
	$way->create->open;
	my @results = start_replicas(REPLICAS,
		$way->client('run', '-e', $head, '--migrate', $migrate, '--post', $post, '--skip-migrations'))->wait;
	is(outcomes(@results), '24 x 5', "$name: not at head, all fail")
	  or diag $results[0]{err};
	is(scalar(grep { $_->{err} =~ /not at head/ } @results), REPLICAS, "$name: and say why");
	is(scalar(grep { audits($_) } @results), REPLICAS, "$name: with one audit line each");
	is($way->applied, '', "$name: neither migration nor post steps ran");

	# With a deadline: wait for the runner that owns the migrations.
	my $log = -s $node->logfile;
	my $look = quotemeta $way->look_text;
	my $waiting = start_replicas(REPLICAS,
		$way->client('run', '-e', $head, '--post', $post, '--skip-migrations=true',
			'--timeout', $PostgreSQL::Test::Utils::timeout_default));
	ok( wait_until(sub {
			REPLICAS <= (() = slurp_file($node->logfile, $log) =~ /$look/g);
		}),
		"$name: all have looked");
	ok(!grep({ $waiting->ended($_) } 0 .. REPLICAS - 1), "$name: and wait until their deadline");
	$node->safe_psql($way->dbname,
		tables_step() . 'BEGIN; COMMIT;' . head_step());
	@results = $waiting->wait;
	is(outcomes(@results), '24 x 0', "$name: all are ready when head is reached")
	  or diag $results[0]{err};
	is(scalar(grep { $_->{out} =~ /^Database ready \(migrations skipped\) in [0-9.]+ s$/ } @results),
		REPLICAS, "$name: and say how");
	is($way->applied, '1 tables x 1, 3 head x 1, 4 post x 24', "$name: the post steps ran");

	# By the variable that gateways have.
	local $ENV{MCPGATEWAY_SKIP_MIGRATIONS} = 'true';
	my $result = run_client($way->client('run', '-e', $head));
	is(outcomes($result), '1 x 0', "$name: by environment variable");
	ok(audits($result), "$name: with the audit line");

	$way->is_clean($name);
	$way->close;
	is($way->tries, 0, "$name: nobody ever asked for the lock");
	cmp_ok($way->looks, '>=', 49, "$name: as the server counts");
}

$node->stop;
done_testing();
