# To add a tool is one row of client/migrations/migration_tool.c: the client is
# built once more with a row for a tool that nobody has, and knows all about it.
#
# TAP, since it takes the client and live sessions.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

my $build = "$ENV{TMPDIR}/scratch/build";
die "the client was not built in $build" unless -e "$build/client/main.o";

my $node = start_server();
my $dir = PostgreSQL::Test::Utils::tempdir_short();

# With all that is built already, so that only that file is compiled.
system_or_bail('cp', '-a', $build, "$dir/build");
my $table = "$dir/build/client/migrations/migration_tool.c";
my $source = slurp_file($table);
$source =~ s/^(const MigrationTool migration_tools\[\] = \{\n)/$1 . <<'ROW'/me or die "no table in $table";
	{"invented", "Invented", "invented_steps", "part:step", "contain", "bytes",
		"count: done; failed: not done",
		.rule = {"^([a-z]+)-([0-9]+)\\.step$", "^draft-", "\\1:\\2"},
		.repair = "run \"invent again\"",
		.locks = {{LOCK_KEY, 4711}}},
ROW
unlink $table;
append_to_file($table, $source);
# The private installation, which is first, has no headers.
my ($path) = $ENV{PATH} =~ /^[^:]*:(.*)/;
system_or_bail('env', "PATH=$path", 'make', '-s', 'with_llvm=no', '-C', "$dir/build", 'client-all');
mkdir "$dir/bin";
symlink "$dir/build/client/gw_bootstrap", "$dir/bin/gw_bootstrap";
$ENV{PATH} = "$dir/bin:$ENV{PATH}";

mkdir "$dir/steps";
append_to_file("$dir/steps/$_", '') foreach qw(users-1.step users-2.step draft-3.step notes.txt);
my $set = "--migrations=invented:$dir/steps";

like(run_client('gw_bootstrap', 'run', '--migrations=help')->{out}, qr/^invented +invented_steps \(part:step\) +contain +folder or list$/m, 'it is in the list');
is(run_client('gw_bootstrap', 'heads', $set)->{out}, "users:1\nusers:2\n", 'its files are read');

foreach my $plain (0, 1)
{
	my $way = new_way($node, pool_size => 0, plain => $plain)->create->open;
	my $name = $way->name;
	my $check = sub {
		my ($code, $state) = @_;
		my $result = run_client($way->client('check', $set));
		is($result->{exit}, $code, "$name: $state") or diag $result->{err};
		return $result;
	};

	$check->(5, 'no table');
	$way->sql(q(CREATE TABLE invented_steps (part text, step integer, done boolean);
		INSERT INTO invented_steps VALUES ('users', 1, true)));
	$check->(5, 'behind');
	$way->sql(q(INSERT INTO invented_steps VALUES ('users', 2, false)));
	like($check->(7, 'failed')->{err}, qr/hint: .*run "invent again"/, "$name: in its own words");
	my $at_work = $node->background_psql($way->dbname);
	$at_work->query_safe('SELECT pg_advisory_lock(4711)');
	$check->(5, 'running, by its own lock');
	like(run_client($way->client('doctor', $set))->{out}, qr/Invented/, "$name: doctor knows the lock");
	$at_work->quit;
	$way->sql('UPDATE invented_steps SET done = true');
	$check->(0, 'at head');
	$way->close;
}

$node->stop;
done_testing();
