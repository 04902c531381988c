# A row that says "not finished": a migration at work while somebody has the lock,
# ours or the tool's own, and a failed one when nobody has.  Then the client ends
# with 7 and never migrates; until then "check" is 5, and "run" waits.
#
# TAP, since the locks are held by sessions that are there beside the client's.

use strict;
use warnings;

use Compress::Zlib ();
use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

use constant {
	OUR_KEY => '42424242424242',
	PRISMA_KEY => '72707369',
};

my $node = start_server();
my $dir = PostgreSQL::Test::Utils::tempdir_short();
append_to_file("$dir/list", "20240101_init\n20240202_more\n");
my $finish = "UPDATE _prisma_migrations SET finished_at = now();";
my $migrate = migration_command("INSERT INTO _prisma_migrations (migration_name, finished_at) VALUES ('20240202_more', now()); INSERT INTO applied VALUES ('3 head');");
my @prisma = ("--migrations=prisma:$dir/list");
# the same for a tool that has no name, and so no lock that is known
my @nameless = (
	'-e', '20240101_init', '-e', '20240202_more',
	'--head-table=_prisma_migrations', '--head-column=migration_name', '--head-rule=contain', '--head-order=bytes',
	'--head-condition=count: finished_at is not null; failed: finished_at is null');

sub check
{
	my ($way, @options) = @_;
	return run_client($way->client('check', @options));
}

sub is_outcome
{
	my ($way, $outcome, $name, @options) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $status = run_client($way->client('status', @options));

	return like($status->{out}, qr/^outcome: +$outcome$/m, "$name: status") || diag $status->{err};
}

sub test_failed
{
	my ($way, $name, @options) = @_;

	my $result = check($way, @options);
	is($result->{exit}, 7, "$name: check") or diag $result->{err};
	like($result->{err}, qr/^gw_bootstrap: error: the database is at a failed migration: table "_prisma_migrations" says so of \{20240202_more\}$/m,
		"$name: check tells the row");
	like($result->{err}, qr/hint: .*gw_bootstrap guard -- COMMAND/, "$name: and how to mend it");
	is_outcome($way, 'failed', $name, @options);
	$result = run_client($way->client('run', @options, '--migrate', $migrate));
	is($result->{exit}, 7, "$name: run") or diag $result->{err};
	unlike($result->{out}, qr/ready/i, "$name: run is not ready");
	is($result->{err} =~ /prisma migrate resolve/ ? 1 : 0, $options[0] =~ /prisma/ ? 1 : 0, "$name: what the tool's users do about it");
	is($way->applied, '', "$name: nothing is migrated");
	return;
}

# For as long as another session has this lock it is a migration at work.
sub test_held
{
	my ($way, $name, $lock) = @_;
	my $holder = $node->background_psql($way->dbname);

	$holder->query_safe($lock);
	my $result = check($way, @prisma);
	is($result->{exit}, 5, "$name: check") or diag $result->{err};
	is_outcome($way, 'running', $name, @prisma);
	my $replica = start_replicas(1, $way->client('run', @prisma, '--migrate', $migrate));
	ok(wait_until(sub { $replica->err =~ /waiting for/ }), "$name: run waits");
	$holder->quit;
	($result) = $replica->wait;
	is($result->{exit}, 7, "$name: run ends when nobody has it any more") or diag $result->{err};
	is($way->applied, '', "$name: nothing is migrated");
	return;
}

# Mended while a replica waits for it.
sub test_mended
{
	my ($way, $name) = @_;
	my $holder = $node->background_psql($way->dbname);

	$holder->query_safe('SELECT pg_advisory_lock(' . PRISMA_KEY . ')');
	my $replica = start_replicas(1, $way->client('run', @prisma, '--migrate', $migrate));
	ok(wait_until(sub { $replica->err =~ /waiting for/ }), "$name: waits");
	$way->sql("UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL");
	$holder->quit;
	my ($result) = $replica->wait;
	is($result->{exit}, 0, "$name: run") or diag $result->{err};
	is($way->applied, '3 head x 1', "$name: migrated once");
	is(check($way, @prisma)->{exit}, 0, "$name: at head");
	is_outcome($way, 'at_head', $name, @prisma);
	return;
}

# The command succeeds, as tools do that go on after a failure, and leaves such a row.
sub test_left
{
	my ($way, $name) = @_;
	my $leaves = migration_command("INSERT INTO _prisma_migrations (migration_name) VALUES ('20240303_bad'); INSERT INTO applied VALUES ('4 bad');");

	append_to_file("$dir/longer", "20240101_init\n20240202_more\n20240303_bad\n") unless -e "$dir/longer";
	my $result = run_client($way->client('run', "--migrations=prisma:$dir/longer", '--migrate', $leaves));
	is($result->{exit}, 7, "$name: run") or diag $result->{err};
	like($result->{err}, qr/failed migration: table "_prisma_migrations" says so of \{20240303_bad\}/, "$name: tells the row");
	unlike($result->{out}, qr/ready/i, "$name: is not ready");
	is($way->applied, '3 head x 1, 4 bad x 1', "$name: migrated once");
	return;
}

# Its lock is made of the names of schema, table and database.
sub test_golang
{
	my ($way, $name, $table) = @_;
	my @options = ("--migrations=golang-migrate:$dir/numbers", "--head-table=$table");
	my $holder = $node->background_psql($way->dbname);
	my ($schema, $plain) = $table =~ /^(?:(\w+)\.)?"?(\w+)"?$/;

	$name = "$name, golang-migrate by $table";
	append_to_file("$dir/numbers", "1\n2\n") unless -e "$dir/numbers";
	$way->sql("CREATE SCHEMA IF NOT EXISTS other; CREATE TABLE $table AS SELECT 2::bigint AS version, true AS dirty");
	my $key = (Compress::Zlib::crc32(join "\0", $schema // 'public', $plain, $way->dbname) * 1486364155) & 0xffffffff;
	$holder->query_safe("SELECT pg_advisory_lock($key)");
	is(check($way, @options)->{exit}, 5, "$name: it has its lock");
	$holder->query_safe('SELECT pg_advisory_unlock_all()');
	$holder->quit;
	is(check($way, @options)->{exit}, 7, "$name: nobody has it");
	$way->sql("DROP TABLE $table");
	return;
}

# With x-lock-strategy=table a row is its lock, which counts while somebody is at work.
sub test_lock_table
{
	my ($way, $name) = @_;
	my @options = ("--migrations=golang-migrate:$dir/numbers");
	my $worker = $node->background_psql($way->dbname);

	$name = "$name, golang-migrate with a table of locks";
	$way->sql('CREATE TABLE schema_migrations AS SELECT 2::bigint AS version, true AS dirty; CREATE TABLE schema_lock AS SELECT 1::bigint AS lock_id');
	$worker->query_safe('BEGIN');
	is(check($way, @options)->{exit}, 5, "$name: a row, and a session at work");
	$worker->query_safe('COMMIT');
	is(check($way, @options)->{exit}, 7, "$name: a row that was left behind");
	$worker->query_safe('BEGIN');
	$way->sql('DELETE FROM schema_lock');
	is(check($way, @options)->{exit}, 7, "$name: no row");
	$worker->quit;
	$way->sql('DROP TABLE schema_migrations, schema_lock');
	return;
}

foreach my $way (quiet_ways($node))
{
	$way->create->open;
	my $name = $way->name;
	$way->sql("CREATE TABLE _prisma_migrations (migration_name varchar(255), finished_at timestamptz, rolled_back_at timestamptz);"
		  . "INSERT INTO _prisma_migrations VALUES ('20240101_init', now()), ('20240202_more', NULL)");

	test_failed($way, "$name, nobody at work", @prisma);
	test_failed($way, "$name, no tool named", @nameless);
	test_held($way, "$name, a guard has the key", 'BEGIN; SELECT pg_advisory_xact_lock(' . OUR_KEY . ')');
	test_held($way, "$name, the tool has its lock", 'SELECT pg_advisory_lock(' . PRISMA_KEY . ')');
	test_mended($way, "$name, mended");
	test_left($way, "$name, left by a command that succeeds");
	test_golang($way, $name, $_) foreach 'schema_migrations', '"Custom"', 'other.schema_migrations';
	test_lock_table($way, $name);
	$way->is_clean($name);
	$way->close;
}

$node->stop;
done_testing();
