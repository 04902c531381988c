# Values and answers that are longer than anybody would expect: heads of all
# sizes, and what statements of a file return.  Each command ends with a true last word.
#
# TAP, since it is about the client.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "max_connections = 100\nstatement_timeout = '120s'");
$node->start;
my $dir = PostgreSQL::Test::Utils::tempdir();
my $too_long = qr/error: .*a row of table "alembic_version" takes more than 64 MB of memory/;
my $untrue = qr/mixed up|something else|was stopped|lost the guard|another command is already/;
my $long = q(repeat('x', 150000000));

sub client
{
	my ($dbname, $command, @options) = @_;
	return run_client('gw_bootstrap', $command, '-d', $node->connstr($dbname), @options);
}

foreach my $dbname ('with', 'without')
{
	$node->safe_psql('postgres', qq(CREATE DATABASE "$dbname" ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0));
	$node->safe_psql($dbname, 'CREATE EXTENSION gw_bootstrap') if $dbname eq 'with';
	$node->safe_psql($dbname, 'CREATE TABLE alembic_version (version_num text)');

	# Heads of less than that are shown as far as there is room, in the same way,
	# wherever they are stored.
	foreach my $case ([ 'plain', q(repeat('x', 1500)) ], [ 'compressed', q(repeat('x', 1000000)) ],
		[ 'out of line', q((SELECT string_agg(md5(i::text), '') FROM generate_series(1, 3000) i)) ],
		[ 'of many bytes', q(repeat(U&'\20AC', 100000)) ])
	{
		my ($how, $value) = @$case;
		$node->safe_psql($dbname, "TRUNCATE alembic_version; INSERT INTO alembic_version VALUES ($value)");
		my $beginning = $node->safe_psql($dbname, 'SELECT left(version_num, 1024 / octet_length(left(version_num, 1))) FROM alembic_version');
		my $result = client($dbname, 'status');
		like($result->{out}, qr/^heads now: +\{$beginning\.\.\.\}$/m, "$dbname the extension, a long head, $how: its beginning");
		is(client($dbname, 'check', '-e', 'x')->{exit}, 5, "$dbname the extension, a long head, $how: not at head");
	}

	# One that the client without the extension would have to read as a whole.
	$node->safe_psql($dbname, "TRUNCATE alembic_version; INSERT INTO alembic_version VALUES ($long)");
	my $plain = $dbname eq 'without';
	foreach my $case ([ 5, 'check', '-e', 'x' ], [ 0, 'status' ], [ 3, 'run', '-e', 'x', '--timeout', 0, '--migrate', 'true' ],
		[ 1, 'run', '-e', 'x', '--migrate', 'true' ], [ 5, 'run', '-e', 'x', '--skip-migrations' ])
	{
		my ($exit, @command) = @$case;
		my $result = client($dbname, @command);
		is($result->{exit}, $plain ? 4 : $exit, "$dbname the extension, 150 MB: @command") or diag $result->{err};
		like($result->{err}, $too_long, "$dbname the extension, 150 MB, @command: the reason") if $plain;
		unlike($result->{err}, $untrue, "$dbname the extension, 150 MB, @command: nothing else");
	}
	like(client($dbname, 'doctor')->{out}, qr/^bad +heads: a row of table "alembic_version" takes more than 64 MB of memory/m, "$dbname the extension, 150 MB: doctor");
	my $result = client($dbname, 'guard', '--', 'true');
	is($result->{exit}, 0, "$dbname the extension, 150 MB: guard");
	like($result->{err}, qr/warning: could not read the heads: a row of table/, "$dbname the extension, 150 MB: guard says what it could not see");

	# One that a migration leaves behind.
	foreach my $how ('--migrate', '--migrate-sql')
	{
		$node->safe_psql($dbname, q(TRUNCATE alembic_version; INSERT INTO alembic_version VALUES ('x')));
		my $sql = "UPDATE alembic_version SET version_num = $long";
		my $file = "$dir/$dbname.sql";
		unlink $file;
		append_to_file($file, $sql);
		$result = client($dbname, 'run', '-e', 'y', '--timeout', 100, $how, $how eq '--migrate' ? qq(psql -X -q -d "\$DATABASE_URL" -f $file) : $file);
		is($result->{exit}, $plain ? 4 : 1, "$dbname the extension, 150 MB by $how") or diag $result->{err};
		like($result->{err}, $plain ? qr/a row of table "alembic_version" takes more than 64 MB of memory/ : qr/not (at|bring the database to) head.*found \{(x{1000,}|\.\.\.)/si,
			"$dbname the extension, 150 MB by $how: the reason");
		unlike($result->{err}, $untrue, "$dbname the extension, 150 MB by $how: nothing else");
	}

	# What a file of SQL asks for, or has as an error.
	$node->safe_psql($dbname, q(TRUNCATE alembic_version; INSERT INTO alembic_version VALUES ('x')));
	foreach my $case ([ "SELECT 1;\nSELECT $long", qr/the answer to the statement of \S+:2 takes more than 64 MB of memory/ ],
		[ "SELECT 1;\nDO \$\$BEGIN RAISE EXCEPTION '%', $long; END\$\$", qr/the answer to the statement of \S+:2 takes more than 64 MB of memory/ ],
		[ "DO \$\$BEGIN RAISE EXCEPTION '%', repeat('x', 1000000) USING HINT = repeat('y', 1000000); END\$\$", qr/:1: x{4000,4093}\.\.\. \(SQLSTATE P0001\)/ ])
	{
		my ($sql, $says) = @$case;
		my $file = "$dir/$dbname.sql";
		unlink $file;
		append_to_file($file, $sql);
		foreach my $options ([ '-e', 'x', '--post-sql' ], [ '-e', 'y', '--migrate-sql' ])
		{
			$result = client($dbname, 'run', '--timeout', 100, @$options, $file);
			is($result->{exit}, 1, "$dbname the extension, $options->[-1], $says") or diag substr $result->{err}, 0, 1000;
			like($result->{err}, $says, "$dbname the extension, $options->[-1], $says: the reason");
			unlike($result->{err}, $untrue, "$dbname the extension, $options->[-1], $says: nothing else");
			cmp_ok(length $result->{err}, '<', 20000, "$dbname the extension, $options->[-1], $says: not all of it");
		}
	}
}

$node->stop;
done_testing();
