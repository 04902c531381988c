# A real migration tool through the client, as its page in docs/tools/ says: TOOL
# names it, and TOOL_DIR is where test/tools/get has put it.
#
# TAP in the manner of test/t/, apart since it needs those tools.

use strict;
use warnings;

use GwBootstrap::RealTool;
use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant REPLICAS => 24;

my $node = start_server();
# Tools of some languages speak TCP only.
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
$node->restart;
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE migrations LOGIN;
ALTER ROLE migrations SET session_preload_libraries = 'gw_bootstrap';
ALTER ROLE migrations SET gw_bootstrap.fence_key = '42424242424242';
SQL

my $tool = GwBootstrap::RealTool->new($ENV{TOOL});
my ($row, $after) = @{ $tool->says('leaves') };
my $user = getpwuid $<;
# Starting 24 of some takes its time on a small machine.
$PostgreSQL::Test::Utils::timeout_default = 600;

# The sets of migrations, which grow in the course of the test.
my %sets = (
	first => $tool->project('first', good(1), good(2)),
	slow => $tool->project('slow', good(1), good(2), gated(3)),
	broken => $tool->project('broken', good(1), good(2), gated(3), $tool->broken(4)),
	mended => $tool->project('mended', good(1), good(2), gated(3), good(4)),
	pruned => $tool->says('pruned') ? $tool->project('pruned', gated(3), good(4)) : undef,
);

sub url
{
	my ($way, $as) = @_;
	return 'postgresql://' . ($as || $user) . '@127.0.0.1:' . $node->port . '/' . $way->dbname . '?sslmode=disable';
}

# A database. Some tools want its schema public to be empty, so what the test
# needs is in another one.
sub make_database
{
	my ($way) = @_;
	my $dbname = $way->create->dbname;

	$way->sql(<<"SQL");
CREATE SCHEMA test CREATE TABLE gate (n int);
ALTER TABLE applied SET SCHEMA test;
ALTER DATABASE $dbname SET search_path = public, test;
SQL
	return $way;
}

# How to reach it.
sub open_way
{
	my ($way) = @_;

	make_database($way)->open;
	$tool->use_urls(
		$way->pooler ? $way->pooler->url($way->dbname) . '?sslmode=disable' : url($way),
		$way->pooler && $tool->says('direct') ? url($way) : undef);
	return $way;
}

sub is_exit
{
	my ($result, $code, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return is($result->{exit}, $code, $name) || diag $result->{out}, $result->{err};
}

# All start at once on an empty database, and once more at head.
sub test_start
{
	my ($way) = @_;
	my $name = $way->name;

	foreach my $how ('migrated', 'at head')
	{
		my @results = $tool->start($sets{first}, REPLICAS, 'run.sh')->wait;
		is(outcomes(@results), REPLICAS . ' x 0', "$name: all are ready") or return !diag map { $_->{err} } (grep { $_->{err} =~ /migrating/ } @results)[0] || $results[0];
		is(scalar(grep { $_->{out} =~ /^Database ready \(migrated\)/m } @results), $how eq 'migrated' ? 1 : 0, "$name: $how");
		is($way->applied, '1 x 1, 2 x 1', "$name: each migration was applied once");
	}
	return $way->is_clean($name) || 1;
}

# A look while the migration runs says "not at head", never "failed".
sub test_running
{
	my ($way, $name) = @_;
	my $gate = $node->background_psql($way->dbname);

	$gate->query_safe('BEGIN; LOCK TABLE gate IN SHARE MODE');
	my $replica = $tool->start($sets{slow}, 1, 'run.sh');
	$node->poll_query_until($way->dbname, "SELECT count(*) = 1 FROM pg_locks WHERE relation = 'gate'::regclass AND NOT granted")
	  or die "the migration does not come to its gate: " . $replica->err;
	is_exit($tool->check($sets{slow}), 5, "$name: check while it runs");
	$gate->query_safe('COMMIT');
	my ($result) = $replica->wait;
	is_exit($result, 0, "$name: it ends well");
	$gate->quit;
	return;
}

# A migration fails; what is left is seen, mended in the tool's own way, and migrated.
sub test_failed
{
	my ($way, $name) = @_;

	is_exit($tool->run($sets{broken}), $row, "$name: the migration fails");
	my $result = $tool->check($sets{broken});
	is_exit($result, $after, "$name: check after it");
	if ($after == 7)
	{
		like($result->{err}, qr/at a failed migration: table .* says so of/, "$name: says so");
		$result = $tool->run($sets{mended});
		is_exit($result, 7, "$name: does not migrate before it is repaired");
		unlike($result->{out}, qr/ready/i, "$name: is not ready");
		is_exit($tool->run($sets{mended}, 'repair.sh'), 0, "$name: repaired under a guard");
		is_exit($tool->check($sets{mended}), 5, "$name: check after the repair");
	}
	is_exit($tool->run($sets{mended}), 0, "$name: migrated");
	is($way->applied, '1 x 1, 2 x 1, 3 x 1, 4 x 1', "$name: each migration was applied once");
	is_exit($tool->check($sets{mended}), 0, "$name: at head");
	return;
}

sub test_other_sets
{
	my ($name) = @_;

	is_exit($tool->check($sets{first}), $tool->says('newer'), "$name: the database has more");
	is_exit($tool->check($sets{pruned}), 0, "$name: the set has less, of what is old") if $sets{pruned};
	return;
}

# The same by a role that the server lets write under a guard only.
sub test_fenced
{
	my ($way) = @_;
	my $name = 'fenced';

	make_database($way)->open;
	$way->sql('GRANT ALL ON gate, applied TO migrations; GRANT ALL ON SCHEMA public, test TO migrations; GRANT ALL ON DATABASE ' . $way->dbname . ' TO migrations');
	$tool->use_urls(url($way), url($way, 'migrations'));
	isnt($tool->by_hand($sets{first})->{exit}, 0, "$name: by hand it is refused");
	is($way->applied, '', "$name: and nothing is done");
	is_exit($tool->run($sets{slow}), 0, "$name: migrates");
	test_failed($way, $name);
	$way->close;
	return;
}

foreach my $pool_size (0, 20, 2)
{
	# which drivers of some languages ask for
	my $way = open_way(new_way($node, pool_size => $pool_size, pooler_settings => 'ignore_startup_parameters = extra_float_digits'));

	# the rest would only say the same, and take long
	test_start($way) or last;
	if (!$pool_size)
	{
		test_running($way, 'directly');
		test_failed($way, 'directly');
		test_other_sets('directly');
	}
	$way->close;
}
test_fenced(new_way($node, pool_size => 0)) unless $tool->says('fenced');

$node->stop;
done_testing();
