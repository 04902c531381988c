# pg_upgrade of a cluster with a fenced role: it works as the cluster's superuser, whom
# the fence leaves alone, and takes the fence along.  From a version to itself, or, as tried
# from 15 to 17, from the older one whose installation test/rig/older-server makes and
# GW_OLDER names.
#
# TAP, since it takes two clusters.

use strict;
use warnings;

use File::Basename qw(dirname);
use GwBootstrap::Fence;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $older = $ENV{GW_OLDER};
local $ENV{LD_LIBRARY_PATH} = "$older/lib" if $older;
my $fence = GwBootstrap::Fence->new(name => 'old', install_path => $older);
my $old = $fence->node;
my $new = PostgreSQL::Test::Cluster->new('new');
my ($bindir) = map { dirname($_) } grep { -x } map { "$_/pg_upgrade" } split /:/, $ENV{PATH};

ok($bindir, 'pg_upgrade is there') or BAIL_OUT('no pg_upgrade');
$new->init(allows_streaming => 1);
$fence->sql("INSERT INTO work VALUES ('old')");
$old->stop;
# It leaves files where it is.
chdir PostgreSQL::Test::Utils::tempdir() or die "chdir: $!";
command_ok([ "$bindir/pg_upgrade", '--no-sync', '-b', $older ? "$older/bin" : $bindir, '-B', $bindir, '-d', $old->data_dir, '-D', $new->data_dir,
		'-s', $new->host, '-p', $old->port, '-P', $new->port ], 'pg_upgrade from ' . $old->pg_version . ' to ' . $new->pg_version);
$new->start;

sub as_role
{
	my ($sql) = @_;
	my (undef, undef, $err) = $new->psql('postgres', $sql, extra_params => [ '-U', ROLE, '-v', 'VERBOSITY=sqlstate' ]);
	return $err =~ /ERROR:\s+(\w{5})/ ? $1 : '00000';
}

is($new->safe_psql('postgres', 'SELECT step FROM work'), 'old', 'what was written is there');
is($new->safe_psql('postgres', 'SHOW gw_bootstrap.fenced', extra_params => [ '-U', ROLE ]), KEY, 'the role is fenced');
is(as_role("INSERT INTO work VALUES ('new')"), '55000', 'without a guard it cannot write');
is(as_role("BEGIN; SELECT pg_try_advisory_xact_lock(@{[KEY]}); INSERT INTO work VALUES ('new'); COMMIT"), '00000', 'with one it can');
is($new->safe_psql('postgres', q(SELECT outcome FROM gw_bootstrap_status(expected_heads => ARRAY['a']))), 'behind', 'the extension works');
$new->safe_psql('postgres', 'ALTER EXTENSION gw_bootstrap UPDATE');
is($new->safe_psql('postgres', 'SELECT count(*) FROM work'), '2', 'once');

$new->stop;
done_testing();
