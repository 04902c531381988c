# A client that lacks something around it: a shell, /proc, processes, room for
# what it prints.  And a command without a shell, the exec form.
#
# TAP, since it takes namespaces in which things are missing.

use strict;
use warnings;

use GwBootstrap::Test;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $head = HEAD;
my $way = new_way($node, pool_size => 0)->create->open;
my $user = getpwuid $<;

my @dirs = split /:/, $ENV{PATH};
my ($client, $psql) = map {
	my $name = $_;
	(grep { -x } map { "$_/$name" } @dirs)[0]
} qw(gw_bootstrap psql);

# Run it, its stdout in a file of its own.
sub run_in
{
	my ($in, @options) = @_;
	local $ENV{PGUSER} = $user;
	my $result = run_client(@$in, $client, 'run', '-d', $way->connstr, '-e', $head, @options);
	return $result;
}

# The words before a command that run it where the script has been.
sub namespace
{
	my ($script) = @_;
	return [ 'unshare', '--user', '--map-root-user', '--mount', '/bin/sh', '-c', "$script; exec \"\$\@\"", 'sh' ];
}

sub is_refused
{
	my ($result, $exit, $pattern, $name) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($result->{exit}, $exit, "$name: refused") or diag $result->{err};
	like($result->{err}, $pattern, "$name: with the reason");
	is($way->locks, 0, "$name: no lock is left");
	return;
}

# The exec form.
my @psql = ($psql, '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $way->connstr . " user=$user", '-f');
my $file = migration_file(join '', tables_step(), rows_step(), head_step());
my $array = encode_json([ @psql, $file ]);
$way->migrated_once(run_in([], '--migrate', $array), 'an array');
$way->migrated_once(run_in([], '--migrate', " [\n\"psql\" , \"-X\", \"-q\",\t\"-f\",\"\\u002F\\/$file\", \"-d\", \"" . $way->connstr . '" ] '),
	'blanks and escapes');
my $whole = whole_migration();
$way->migrated_once(run_in([], '--migrate', "[ -e /nowhere ] || { $whole; }"), 'a bracket of the shell');
$way->migrated_once(run_in([], '--migrate', qq([ "a" = "b" ] || { $whole; })), 'a bracket of the shell and a string');

# Each argument arrives as it was written.
my $arguments = PostgreSQL::Test::Utils::tempdir_short() . '/arguments';
my @words = ('', ' a  b ', '$HOME `id` ; | & * ?', "line\nbreak", "\x{1F600} \x{E9} \"quoted\" \\", '\'');
is(run_in([], '--migrate', $array, '--post',
		encode_json([ 'perl', '-e', 'open F, ">", shift; print F join("\0", @ARGV)', $arguments, map { my $w = $_; $w } @words ]))->{exit},
	0, 'a post step as an array');
my $bytes = join "\0", @words;
utf8::encode($bytes);
is(slurp_file($arguments), $bytes, 'its arguments are those of the array');
$way->sql('TRUNCATE applied; DROP TABLE alembic_version, item');

my %broken = (
	'["a", "b"' => 'expected a comma or "]" at character 10',
	'["a" "b"]' => 'expected a comma or "]" at character 6',
	'["a",]' => 'expected a string in double quotes at character 6',
	'[]' => 'expected a string in double quotes at character 2',
	'[ "a", b ]' => 'expected a string in double quotes at character 8',
	'[1]' => 'expected a string in double quotes at character 2',
	'["a", ["b"]]' => 'expected a string in double quotes at character 7',
	'["a"] b' => 'something follows the array at character 7',
	'["' => 'a string without end at character 3',
	"[\"a\nb\"]" => 'a control character has to be escaped at character 4',
	'["\x"]' => 'unknown escape at character 4',
	'["\u12"]' => '\\\\u needs four hexadecimal digits',
	'["\ud83d"]' => 'half a surrogate pair',
	'["\ude00"]' => 'half a surrogate pair',
	'["\u0000"]' => 'an argument cannot contain \\\\u0000',
	'[""]' => 'the first string names no program');
foreach my $text (sort keys %broken)
{
	my $pattern = $broken{$text} =~ s/([\]\["])/\\$1/gr;
	is_refused(run_in([], '--migrate', $text), 2, qr/invalid JSON array in --migrate: $pattern/, "$text to migrate");
	is_refused(run_in([], '--post', $text), 2, qr/invalid JSON array in --post: $pattern/, "$text as post step");
}
my $deep = '[' . '"a",[' x 20_000;
is_refused(run_in([], '--migrate', $deep), 2, qr/expected a string/, 'an array that is deep');
is_refused(run_in([], '--migrate', '["/nowhere/tool"]'), 1,
	qr{could not execute "/nowhere/tool" for the migration: No such file}, 'a program that is missing');
is_refused(run_in([], '--migrate', '["/etc/passwd"]'), 1,
	qr{could not execute "/etc/passwd" for the migration: Permission denied}, 'a file that is no program');

# Where the system lets us make such a place.
if (system('unshare --user --map-root-user --mount true') == 0)
{
	my $no_shell = namespace('mount -t tmpfs none /usr/bin');
	is_refused(run_in($no_shell, '--migrate', 'true'), 1,
		qr{could not execute "/bin/sh" for the migration: No such file.*JSON array}s, 'no shell');
	$way->migrated_once(run_in($no_shell, '--migrate', $array), 'no shell, but an array');

	my $no_proc = namespace('mount -t tmpfs none /proc');
	is_refused(run_in($no_proc, '--migrate', "touch $arguments.started; $whole"), 1,
		qr{cannot run the migration: /proc does not show the processes here.*Mount /proc}s, 'no /proc');
	ok(!-e "$arguments.started", 'no /proc: and no command was started');
	my $other_proc = [ 'unshare', '--user', '--map-root-user', '--pid', '--fork' ];
	is_refused(run_in($other_proc, '--migrate', 'true'), 1, qr{/proc does not show}, 'the /proc of somebody else');

	# The client, its reaper, its watcher: one of them cannot start the next.
	foreach my $most (1 .. 3)
	{
		is_refused(run_in([ 'unshare', '--user', 'prlimit', "--nproc=$most" ], '--migrate', 'true'), 1,
			qr/could not start the migration: Resource temporarily unavailable/, "no more than $most processes");
	}

	# A name server that never answers: libpq waits for it, whatever the deadline.
	my $resolv = "$arguments.resolv";
	append_to_file($resolv, "nameserver 127.0.0.1\noptions timeout:60 attempts:2\n");
	my $silent = 'perl -MIO::Socket::INET -e '
	  . q('$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:53", Proto => "udp") or die; print "bound\n"; close STDOUT; sleep 3600');
	my $no_answer = [ 'unshare', '--user', '--map-root-user', '--mount', '--net', '/bin/bash', '-c',
		"ip link set lo up; mount --bind $resolv /etc/resolv.conf; exec 3< <($silent); read line <&3; "
		  . 'trap "kill $!" EXIT; "$@" & wait $!', 'bash' ];
	my @look_up = ($client, 'run', '-d', 'postgresql://db.example/none', '-e', $head, '--timeout', 1);
	my $text = run_client(@$no_answer, @look_up);
	is($text->{exit}, 3, 'a look-up that hangs: the deadline is kept');
	like($text->{err}, qr/^gw_bootstrap: error: deadline passed in a call .*: the look-up of host name "db.example"$/m,
		'a look-up that hangs: which is told');
	my $several = run_client(@$no_answer, @look_up[0 .. 2], 'postgresql://127.0.0.1:1,db.example,[::1]:1/none', @look_up[4 .. $#look_up]);
	like($several->{err}, qr/: the look-up of host name "db.example"$/m, 'a look-up that hangs: no address is called a name');
	my $renamed = PostgreSQL::Test::Utils::tempdir_short() . '/migrator';
	symlink $client, $renamed or die "symlink: $!";
	like(run_client(@$no_answer, $renamed, @look_up[1 .. $#look_up])->{err}, qr/^migrator: error: deadline passed in a call /m,
		'a look-up that hangs: told by the name that the program has here');
	my $json = run_client(@$no_answer, @look_up, '--log-format', 'json');
	my $line = eval { decode_json((split /\n/, $json->{err})[-1]) } || {};
	like($line->{message}, qr/the look-up of host name "db.example"/, 'a look-up that hangs: in JSON, too') or diag $json->{err};
	is($line->{level}, 'error', 'a look-up that hangs: as an error');
	like($line->{time}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'a look-up that hangs: with a time');
}
else
{
	diag 'not tested without shell, /proc and processes: no user namespaces here';
}

# Too few files: the limit that is named is that one.
foreach my $most (4 .. 14)
{
	my $result = run_in([ 'prlimit', "--nofile=$most" ], '--timeout', 2, '--migrate', $whole);
	my $name = "no more than $most open files";
	if ($result->{exit} == 0)
	{
		$way->migrated_once($result, $name);
		next;
	}
	like($result->{err}, qr/(Too many open files|No file descriptors available).*ulimit -n/s, $name) or diag $result->{exit};
	unlike($result->{err}, qr/pids\.max/, "$name: it is not about processes");
	$way->sql('TRUNCATE applied; DROP TABLE IF EXISTS alembic_version, item');
}

# What is printed has to arrive.
$way->migrated_once(run_in([], '--migrate', $whole), 'before full disks');
$way->sql('CREATE TABLE alembic_version AS SELECT ' . "'$head' AS version_num");
my @all = ('-d', $way->connstr, '-e', $head);
my %printing = (
	heads => [ 'heads', '-e', $head ],
	help => ['--help'],
	version => ['--version'],
	tools => [ 'run', '--migrations=help' ],
	'help of a command' => [ 'run', '--help' ],
	status => [ 'status', @all ],
	'status as JSON' => [ 'status', '--json', @all ],
	doctor => [ 'doctor', @all ],
	run => [ 'run', @all ]);
my $limited = PostgreSQL::Test::Utils::tempdir_short() . '/limited';
my @full = ('>/dev/full', '>&-');
my $too_large = ">$limited; ulimit -f 0";

# The client, or whatever it becomes, with its stdout there.
sub to { my ($to) = @_; return ('sh', '-c', "exec $to; exec \"\$\@\"", 'sh'); }

foreach my $name (sort keys %printing)
{
	# what is printed before anything is begun may be ended by the signal of that limit
	foreach my $to (@full, $name =~ /help|version|tools/ ? () : $too_large)
	{
		my $result = run_client(to($to), $client, @{ $printing{$name} });
		is($result->{exit}, 1, "$name $to is a failure");
		# stderr is a file, too
		next if $to eq $too_large;
		like($result->{err}, qr/could not write to standard output/, "$name $to: and told") or diag $result->{err};
	}
}
foreach my $to (@full, $too_large)
{
	my $service = run_client(to($to), $client, 'run', @all, '--', 'sh', '-c', 'exit 42');
	is($service->{exit}, 42, "the service starts although its log is $to");
	next if $to eq $too_large;
	like($service->{err}, qr/could not write to standard output/, "$to: which is told");
}

$way->is_clean('in the end');
$way->close;
$node->stop;
done_testing();
