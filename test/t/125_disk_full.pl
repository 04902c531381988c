# A disk that is full while a migration writes: all or nothing of a file of SQL,
# a true message, and once there is room the next replica migrates.
#
# TAP, since it takes a file system of the test's own: a small one in memory, in
# namespaces where even an ordinary user may mount.

use strict;
use warnings;

use GwBootstrap::Test;
use File::Temp ();

# The test itself runs there, as who it was.  Before any module of PostgreSQL
# has taken the output.
BEGIN
{
	if (!$ENV{GW_TEST_SMALL_DISK})
	{
		my $mount = File::Temp->newdir;
		my $script = 'mount -t tmpfs -o size=24m,mode=777 none "$0" && id=$1 && shift && exec unshare --user --map-user=$id "$@"';
		my @enter = ('unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', $script, "$mount", $<);

		if (system("@{[ map { qq('$_') } @enter ]} true 2>/dev/null") != 0)
		{
			print "1..1\nok 1 # SKIP no namespaces to mount a small disk in\n";
			exit 0;
		}
		local $ENV{GW_TEST_SMALL_DISK} = "$mount";
		my $status = system(@enter, $^X, (map { "-I$_" } @INC), $0);
		undef $mount;
		exit($status == 0 ? 0 : $status >> 8 || 1);
	}
}

use PostgreSQL::Test::Utils;
use Test::More;

my $disk = $ENV{GW_TEST_SMALL_DISK};
my $node = start_server();
my $head = HEAD;
$node->safe_psql('postgres', "CREATE TABLESPACE small LOCATION '$disk'");

# What fills the rest of the disk.
sub fill { return system('sh', '-c', "cat /dev/zero >$disk/ballast 2>/dev/null"); }

my $sql = PostgreSQL::Test::Utils::tempdir_short() . '/migrate.sql';
append_to_file($sql, <<SQL);
INSERT INTO applied VALUES ('1 tables');
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('$head');
CREATE TABLE item (id integer, name text) TABLESPACE small;
INSERT INTO item SELECT i, repeat('x', 500) FROM generate_series(1, 10000) i;
SQL

foreach my $plain (0, 1)
{
	my $name = $plain ? 'without the extension' : 'with the extension';
	my $way = new_way($node, pool_size => 0, plain => $plain)->create;
	my $command = migration_command(slurp_file($sql) =~ s/^(.*)$/BEGIN;\n$1COMMIT;\n/sr);
	foreach my $how ([ '--migrate-sql', $sql ], [ '--migrate', $command ])
	{
		my $title = "$how->[0], $name";
		my @run = $way->client('run', '-e', $head, @$how);

		fill();
		my $result = run_client(@run, '--timeout', 10);
		is($result->{exit}, 1, "$title: a full disk fails the migration") or diag $result->{err};
		like($result->{err}, qr/No space left on device/, "$title: and says why");
		like($result->{err}, qr/SQLSTATE 53100.*Nothing of the file was applied.*item.*hint: Check free disk space/s,
			"$title: and what") if $how->[0] eq '--migrate-sql';
		is($way->applied, '', "$title: nothing is applied");
		is($way->locks, 0, "$title: no lock is left");

		unlink "$disk/ballast" or die "unlink: $!";
		my @results = start_replicas(4, @run)->wait;
		is(outcomes(@results), '4 x 0', "$title: with room all are ready") or diag map { $_->{err} } @results;
		is($way->applied, '1 tables x 1', "$title: and it is applied once");
		$way->sql('TRUNCATE applied; DROP TABLE alembic_version, item');
	}
}

$node->stop;
done_testing();
