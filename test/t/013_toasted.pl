# A head that is stored out of line, in a TOAST table of which somebody has locked
# the index, as REINDEX does: nobody waits, and what could be a head is not judged.
#
# TAP, since the name of a TOAST table is known only when it is there.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION gw_bootstrap; CREATE TABLE alembic_version ()');
my $locker = $node->background_psql('postgres');
foreach my $case ([ 'a head', q(repeat('x', 1000)), 'busy|', 'f', '|running' ], [ 'no head', q(repeat('x', 5000)), 'acquired|{...}', 'f', '{...}|behind' ])
{
	my ($name, $value, $try, $at_head, $status) = @$case;
	$node->safe_psql('postgres', 'DROP TABLE alembic_version; CREATE TABLE alembic_version (version_num text, more text) WITH (toast_tuple_target = 128);'
		  . 'ALTER TABLE alembic_version ALTER version_num SET STORAGE EXTERNAL, ALTER more SET STORAGE EXTERNAL;'
		  . "INSERT INTO alembic_version VALUES ($value, repeat('m', 6000))");
	my $index = $node->safe_psql('postgres', q(SELECT indexrelid::regclass FROM pg_index WHERE indrelid = (SELECT reltoastrelid FROM pg_class WHERE oid = 'alembic_version'::regclass)));
	my $asks = qq(SET statement_timeout = '60s'; BEGIN; SELECT outcome, current_heads FROM gw_bootstrap_try('{y}');
		SELECT gw_bootstrap_at_head('{y}'); SELECT current_heads, outcome FROM gw_bootstrap_status(expected_heads => '{y}'); ROLLBACK);
	like($node->safe_psql('postgres', $asks), qr/^acquired\|\{x{1000}/, "$name, out of line: is read");
	is($node->safe_psql('postgres', "BEGIN; SELECT outcome FROM gw_bootstrap_try('{y}'); SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation >= 16384"),
		"acquired\n0", "$name, out of line: no lock of a relation is left");
	$locker->query_safe("BEGIN; REINDEX INDEX $index");
	is($node->safe_psql('postgres', $asks), "$try\n$at_head\n$status", "$name, locked: nobody waits");
	$locker->query_safe('COMMIT');
}
$locker->quit;

$node->stop;
done_testing();
