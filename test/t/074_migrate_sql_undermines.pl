# A migration in a file of SQL that does away with what its own look at the heads
# needs: that is no lost connection.  It is ready where the heads are still to be
# read, or else fails once, and truly, and nothing of it stays.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $head = HEAD;
my $heads = "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('$head');";
my $applied = q(INSERT INTO applied VALUES ('once'););

# Of each: whether it is ready, or what it says, and further options.
my %with_extension = (
	'DROP EXTENSION gw_bootstrap' => ['ready'],
	'DROP SCHEMA tools CASCADE' => ['ready'],
	'ALTER EXTENSION gw_bootstrap SET SCHEMA tools' => ['ready'],
	'DROP EXTENSION gw_bootstrap; SELECT 1' =>
	  [ qr/leaves heads that cannot be read: extension gw_bootstrap is not installed/, '--require-extension' ]);
my %always = (
	'SET LOCAL statement_timeout = 1' => ['ready'],
	'ALTER TABLE alembic_version RENAME TO was_heads' => [qr/does not bring the database to head/],
	'REVOKE ALL ON alembic_version FROM CURRENT_USER' => [qr/cannot be read: permission denied for table alembic_version/],
	'ALTER TABLE alembic_version RENAME version_num TO v' => [qr/cannot be read: column "version_num" .*does not exist/],
	'ALTER TABLE alembic_version RENAME TO h; CREATE VIEW alembic_version AS SELECT * FROM h' => [qr/cannot be read: .* is not a plain table/]);

$node->safe_psql('postgres', 'CREATE ROLE gateway LOGIN');
foreach my $plain (0, 1)
{
	my %cases = (%always, $plain ? () : %with_extension);

	foreach my $sql (sort keys %cases)
	{
		my ($end, @options) = @{ $cases{$sql} };
		my $way = new_way($node, plain => 1)->create->open;
		my $name = "$sql" . ($plain ? ', without the extension' : '');
		my $schema = $sql =~ /DROP SCHEMA tools/ ? 'tools' : 'public';
		# What a trusted extension makes is a superuser's.
		my $user = $sql =~ /ALTER EXTENSION/ ? '' : ' user=gateway';

		$way->sql('GRANT ALL ON applied TO gateway; GRANT CREATE ON SCHEMA public TO gateway; CREATE SCHEMA tools');
		$way->sql('ALTER DATABASE ' . $way->dbname . ' OWNER TO gateway; ALTER SCHEMA tools OWNER TO gateway');
		$way->sql("SET ROLE gateway; CREATE EXTENSION gw_bootstrap SCHEMA $schema") unless $plain;
		my $result = run_client($way->client('run', '-e', $head, @options,
			'-d', $way->connstr . $user, '--migrate-sql', migration_file("$heads $applied $sql;")));

		is($result->{exit}, $end eq 'ready' ? 0 : $end =~ /cannot be read|leaves/ ? 4 : 1, "$name: its exit code") or diag $result->{err};
		like($result->{err}, $end, "$name: says why") unless $end eq 'ready';
		is(scalar(() = $result->{err} =~ /migrating/g), 1, "$name: is tried once");
		unlike($result->{err}, qr/starting over|lost/, "$name: nothing was lost");
		is($way->applied, $end eq 'ready' ? 'once x 1' : '', "$name: is kept if it is ready");
		is($way->locks, 0, "$name: no lock is left");
		$way->close;
	}
}

$node->stop;
done_testing();
