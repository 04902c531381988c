# Commands that misbehave: what they print, close, leave or do to others changes
# neither the final check nor the deadline.
#
# TAP, since it takes processes that refuse to die and pipes that nobody reads.

use strict;
use warnings;

use GwBootstrap::Test;
use POSIX ();
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

use constant MEGABYTES => 100;

my $node = start_server();
my $head = HEAD;
my $whole = whole_migration();
my $way;

sub run
{
	my ($migrate, @options) = @_;
	my $result = run_client($way->client('run', '-e', $head, '--migrate', $migrate, @options));
	return $result;
}

foreach my $each (grep { !$_->{pool_size} } quiet_ways($node))
{
	$way = $each->create->open;

	# What becomes of its output is the command's own affair.
	$way->migrated_once(run("exec <&- >&- 2>&-; $whole"), 'closed its standard streams');
	$way->migrated_once(run("exec >/dev/full 2>&1; $whole"), 'writes to a full disk');

	# Nor does it matter which signals were blocked or ignored at the start.
	my %start = (
		blocked => 'POSIX::sigprocmask(POSIX::SIG_BLOCK, POSIX::SigSet->new(POSIX::SIGCHLD, POSIX::SIGALRM))',
		ignored => '$SIG{CHLD} = $SIG{ALRM} = "IGNORE"');
	foreach my $how (sort keys %start)
	{
		my $ready = run_client('perl', '-MPOSIX', '-e', "$start{$how}; exec \@ARGV",
			$way->client('run', '-e', $head, '--migrate', $whole, '--timeout', 20));
		$way->migrated_once($ready, "signals $how at the start");
	}
	my $flood = "head -c @{[MEGABYTES]}M /dev/zero; head -c @{[MEGABYTES]}M /dev/zero >&2; $whole";
	my $result = run_client('bash', '-o', 'pipefail', '-c', '"$@" 2>&1 | wc -c', 'bash',
		$way->client('run', '-q', '-e', $head, '--migrate', $flood));
	cmp_ok($result->{out}, '>', 2 * MEGABYTES * 1024 * 1024, 'a flood of output is passed on');
	$way->migrated_once($result, 'a flood of output');

	# Nobody reads what is printed.  The client itself cannot write then, either.
	my ($stopped) = stop_point();
	my $tell = "echo \$\$ >$stopped.new; mv $stopped.new $stopped;";
	my $start = time;
	pipe(my $reader, my $writer) or die "pipe: $!";
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		open STDOUT, '>', '/dev/null';
		open STDERR, '>&', $writer;
		exec $way->client('run', '-e', $head, '--migrate', "$tell exec yes", '--timeout', 2) or POSIX::_exit(127);
	}
	ok(wait_until(sub { waitpid($pid, POSIX::WNOHANG) == $pid }), 'nobody reads: the client ends')
	  or kill 'KILL', $pid;
	is($? >> 8, 3, 'nobody reads: at its deadline');
	cmp_ok(time - $start, '<', 15, 'nobody reads: which is kept');
	is_gone(slurp_file($stopped) + 0, 'nobody reads: the command is gone');
	is($way->locks, 0, 'nobody reads: and the lock');

	# It never ends, and does not want to.
	foreach my $stay ('trap "" TERM INT HUP; while :; do sleep 1; done', 'kill -STOP $$', 'trap "" TERM; setsid sleep 3600')
	{
		$start = time;
		$result = run("$tell $stay", '--timeout', 2);
		is($result->{exit}, 3, "never ends ($stay): ended at the deadline");
		cmp_ok(time - $start, '<', 15, '... which is kept');
		like($result->{err}, qr/deadline of 2 s passed: the migration did not end in time and was stopped/, '... and told');
		is_gone(slurp_file($stopped) + 0, '... it is gone');
		is($way->locks, 0, '... and the lock');
	}

	# Its exit status is believed only if it is a bad one.
	$result = run(migration_command(
			"CREATE TABLE alembic_version (version_num text);\nINSERT INTO alembic_version VALUES ('dead'), ('beef');\n"));
	is($result->{exit}, 1, 'wrong heads: failure');
	like($result->{err}, qr/not at head.*Found \{(dead,beef|beef,dead)\}, wanted \{$head\}/s, '... which are named');
	$way->sql('DROP TABLE alembic_version');
	$result = run("$whole; kill -KILL \$\$");
	is($result->{exit}, 1, 'killed itself at head: failure');
	like($result->{err}, qr/signal 9/, '... and why');
	like(run('exit 1')->{out}, qr/at head/, '... but the next replica is ready');
	$way->sql('TRUNCATE applied; DROP TABLE alembic_version, item');

	# It leaves children, who don't want to go either.
	my $list = "$stopped.children";
	my $child = qq(sh -c 'trap "" TERM HUP; echo \$\$ >>$list; while :; do sleep 1; done');
	$result = run("touch $list; for i in 1 2 3 4 5; do ( setsid $child & ); done;"
		  . " until [ \$(wc -l <$list) -eq 5 ]; do sleep 0.05; done; $whole");
	$way->migrated_once($result, 'leaves children');
	like($result->{err}, qr/left \d+ process\(es\) behind/, '... which is told');
	is_gone($_, '... they are gone') foreach split /\n/, slurp_file($list);

	# It kills the client that started it, which is above watcher and reaper.
	my $above = q(cut -d ' ' -f 4 /proc/);
	$result = run("$tell kill -KILL \$($above\$($above\$PPID/stat)/stat); while :; do sleep 1; done");
	is($result->{signal}, 9, 'kills its client: which is killed');
	is_gone(slurp_file($stopped) + 0, '... and takes it along');
	ok(wait_until(sub { $way->locks == 0 }), '... and the lock');

	# It throws everybody else out of the database, as some tools do.
	my $alone = migration_command(<<'SQL');
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
SELECT pg_sleep(3600);
SQL
	$result = run($alone, '--timeout', 3);
	is($result->{exit}, 3, 'throws out its own guard: never gets to its end');
	like($result->{err}, qr/lost the guard, and with it the lock: terminating connection due to administrator command/, '... and why');
	$way->sql(q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'));
	ok($node->poll_query_until($way->dbname, q(SELECT count(*) = 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep')),
		'... what it left can be ended');

	# Its input is empty, and never that of the client.
	$way->migrated_once(run("cat; $whole"), 'reads its input');

	$way->is_clean($way->name);
	$way->close;
}

$node->stop;
done_testing();
