# A network, a server or a pooler that falls silent, resets, stutters or delays,
# in each phase: the deadline is kept, and what goes away is survived.
#
# TAP, since it takes a network of the test's own.

use strict;
use warnings;

use GwBootstrap::Test;
use GwBootstrap::Proxy;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

use constant TIMEOUT => 4;

my $node = start_server();
my $head = HEAD;
my $dir = PostgreSQL::Test::Utils::tempdir_short();
my $post = "$dir/post.sql";
append_to_file($post, "SELECT 'post';\n");
my $no_answer = qr/no answer from the database while waiting for the result/;
my $connecting = qr/no answer from the database while connecting/;

# The phases: what the proxy waits for; how the client ends if it hears nothing
# from then on, what it says, and how often its step is applied; and what it is
# started with.  One that is reset there ends ready, unless "ends" says otherwise.
sub phases
{
	my ($way) = @_;
	my $look = qr/\Q@{[$way->look_text]}/;
	my $try = qr/\Q@{[$way->try_text]}/;
	# Those of the guard's connection alone.  In plain SQL the first two looks are
	# before the lock.
	my @second_look = (at => $way->is_plain ? $look : $try, count => $way->is_plain ? 4 : 2);
	my @last_look = (at => $way->is_plain ? $look : $try, count => $way->is_plain ? 5 : 3);
	my $uncertain = qr/no answer to the COMMIT of the migration, which may have been applied/;

	return (
		{ name => 'connecting', says => $connecting },
		{ name => 'authentication', most => 5, says => $connecting },
		{ name => 'start of a session', most => 100, says => $connecting },
		{ name => 'probe', at => $look },
		{ name => 'answer to the probe', at => $look, after => 1 },
		{ name => 'waiting', at => $try, count => 3, total => 1, says => qr/lock \d+ is held by backend/, busy => 1 },
		{ name => 'guard', at => $try },
		{ name => 'second connection', at => qr/pg_stat_activity a/, says => qr/no second connection/ },
		{ name => 'before the command', @second_look },
		{ name => 'heartbeat', at => qr/pg_stat_get_activity\(CASE/, says => qr/the migration did not end in time/, lasts => 1 },
		{ name => 'after the command', @last_look, says => qr/lost the guard after the migration/, applied => 1 },
		{ name => 'end of the guard', at => qr/COMMIT\0/, exit => 0, says => qr/^/, applied => 1 },
		{ name => 'statement of a file', at => qr/INSERT/, says => qr/did not end in time and was rolled back/, file => 1 },
		{ name => 'COMMIT of a file', at => qr/COMMIT\0/, says => $uncertain, file => 1 },
		{ name => 'answer to that COMMIT', at => qr/COMMIT\0/, after => 1, says => $uncertain, file => 1, applied => 1 },
		{ name => 'post step', at => qr/'post'/, says => qr/the post step did not end in time/, post => 1, applied => 1 },
		{ name => 'skipping', at => $look, count => 3, total => 1, exit => 5, says => qr/not at head: found/, command => 'skip' },
		{ name => 'check', at => $look, command => 'check', ends => 5 },
		{ name => 'check, connecting', says => $connecting, command => 'check', ends => 5 },
		{ name => 'status', at => qr/SELECT/, command => 'status' });
}

# Start a client for a case.  It has a key and a head table that nobody else
# uses, so that all cases run at the same time.
my $number = 0;

sub start
{
	my ($way, $case, %fault) = @_;
	my $id = ++$number;
	my $table = "head$id";
	my $sql = "$dir/$id.sql";
	my $command = $case->{command} || 'run';
	my @options = ('-e', $head, '--head-table', $table, '--lock-key', $id);

	append_to_file($sql, "INSERT INTO applied VALUES ('$id');\nCREATE TABLE $table AS SELECT '$head'::text AS version_num;\n");
	# That others are at work beside it must not matter.
	my $shell = "PGAPPNAME=migration psql -X -q -d '@{[$way->connstr]}' -1 -v ON_ERROR_STOP=1 -f $sql";
	$shell = "[ -e $sql.again ] || { touch $sql.again; sleep 3600; }; $shell" if $case->{lasts};
	push @options, $case->{file} ? ('--migrate-sql', $sql) : ('--migrate', "echo \$\$ >$dir/$id.pid; $shell") if $command eq 'run';
	push @options, '--post-sql', $post if $case->{post};
	push @options, '--skip-migrations' if $command eq 'skip';
	push @options, '--timeout', $fault{timeout} if $fault{timeout};

	my $session = $case->{busy} && $node->background_psql($way->dbname);
	$session->query_safe("BEGIN; SELECT pg_advisory_xact_lock($id)") if $session;
	my $proxy = GwBootstrap::Proxy->new($node->host, $node->port,
		(map { $_ => $case->{$_} } grep { defined $case->{$_} } qw(at count total most after)), %fault);
	my $replica = start_replicas(1, 'gw_bootstrap', $command eq 'skip' ? 'run' : $command,
		'-d', $proxy->connstr($way->dbname), @options);
	return { exit => 3, says => $no_answer, applied => 0, ends => 0, %$case, id => $id,
		proxy => $proxy, replica => $replica, session => $session, start => time };
}

# Wait for all of them, and note for how long each ran.
sub finish
{
	my (@cases) = @_;
	my @left = @cases;

	wait_until(sub
	{
		foreach my $case (grep { $_->{replica}->ended(0) } @left)
		{
			$case->{took} = time - $case->{start};
		}
		@left = grep { !$_->{took} } @left;
		return !@left;
	});
	foreach my $case (@cases)
	{
		($case->{result}) = $case->{replica}->wait(0.1);
		$case->{proxy}->stop;
		$case->{session}->quit if $case->{session};
	}
	return;
}

sub applied
{
	my ($way, $case) = @_;
	return $way->sql("SELECT count(*) FROM applied WHERE step = '$case->{id}'");
}

my @ways = map { new_way($node, pool_size => 0, plain => $_)->create } (0, 1);
foreach my $way (@ways)
{
	my $plain = $way->is_plain ? ', without the extension' : '';
	my @cases = map { start($way, $_, do => 'hold', timeout => TIMEOUT) } phases($way);

	finish(@cases);
	foreach my $case (@cases)
	{
		my $name = "silent: $case->{name}$plain";
		my $result = $case->{result};

		ok($case->{proxy}->reached, "$name: it has come so far");
		is($result->{exit}, $case->{exit}, "$name: exit code") or diag $result->{err};
		like($result->{err}, $case->{says}, "$name: says why");
		cmp_ok($case->{took}, '<', TIMEOUT + 10, "$name: by its deadline, on however slow a machine");
		cmp_ok($case->{took}, '>=', TIMEOUT - 0.1, "$name: not before") if $case->{exit} != 0;
		is(applied($way, $case), $case->{applied}, "$name: what is applied");
		my $file = "$dir/$case->{id}.pid";
		ok(!-e $file || !kill(0, slurp_file($file)), "$name: no command is left");
	}
	ok($node->poll_query_until($way->dbname, q(SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory')), 'no lock is left');

	# Once, and then the network works.  A pooler would close, a router reset.
	foreach my $how ($way->is_plain ? 'close' : 'reset')
	{
		@cases = map { start($way, $_, do => $how, once => 1, timeout => $_->{command} ? 20 : 0) } grep { ($_->{command} || '') ne 'skip' } phases($way);
		foreach my $case (grep { $_->{session} } @cases)
		{
			wait_until(sub { $case->{proxy}->reached });
			$case->{session}->query_safe('COMMIT');
		}
		finish(@cases);
		foreach my $case (@cases)
		{
			my $name = "$how: $case->{name}$plain";
			ok($case->{proxy}->reached, "$name: it has come so far");
			is($case->{result}{exit}, $case->{ends}, "$name: exit code") or diag $case->{result}{err};
			is(applied($way, $case), $case->{command} ? 0 : 1, "$name: what is applied");
		}
	}

	# All goes on, but slowly.
	my @slow = map { [ { name => $_ }, do => $_ ], [ { name => "$_, file", file => 1 }, do => $_ ] } qw(trickle delay);
	@cases = map { start($way, @$_) } @slow;
	finish(@cases);
	foreach my $case (@cases)
	{
		is($case->{result}{exit}, 0, "$case->{name}$plain: ready") or diag $case->{result}{err};
		is(applied($way, $case), 1, "$case->{name}$plain: applied once");
	}
}

# One of several hosts is silent: the others have their turn, whatever the list
# says and in whatever order.
my $silent = GwBootstrap::Proxy->new($node->host, $node->port);
my $other = GwBootstrap::Proxy->new($node->host, $node->port);
my $works = GwBootstrap::Proxy->new($node->host, $node->port, at => qr/never/);
my $refuses = PostgreSQL::Test::Cluster::get_free_port();
my ($s, $o, $w) = map { $_->port } $silent, $other, $works;
my $rest = 'user=' . getpwuid($<) . " dbname=@{[$ways[0]->dbname]}";
my @lists = (
	"host=127.0.0.1,127.0.0.1 port=$s,$w", "hostaddr=127.0.0.1,127.0.0.1 port=$s,$w",
	"host=localhost,127.0.0.1,localhost port=$s,$o,$w", "host=a,b,c hostaddr=127.0.0.1,127.0.0.1,127.0.0.1 port=$refuses,$s,$w",
	"host=127.0.0.1,127.0.0.1,@{[$node->host]} port=$s,$refuses,@{[$node->port]} target_session_attrs=read-write");
delete local $ENV{PGHOST};
my @replicas = map { [ $_, start_replicas(1, 'gw_bootstrap', 'check', '-d', "$_ $rest", '-e', $head, '--head-table', 'none', '--timeout', 6) ] } @lists;
foreach my $case (@replicas)
{
	my ($result) = $case->[1]->wait;
	is($result->{exit}, 5, "$case->[0]: has an answer") or diag $result->{err};
}
my @all = map { [ $_, start_replicas(1, 'gw_bootstrap', 'check', '-d', "$_->[0] $rest", '-e', $head, '--head-table', 'none', '--timeout', $_->[1]) ] }
  ([ "host=127.0.0.1,127.0.0.1 port=$s,$o", 3, 3 ], [ "host=127.0.0.1,127.0.0.1 port=$s,$w connect_timeout=1", 3600, 5 ]);
foreach my $case (@all)
{
	my ($result) = $case->[1]->wait;
	is($result->{exit}, $case->[0][2], "$case->[0][0], $case->[0][1] s: exit code") or diag $result->{err};
}

# A replica that waits connects for each look, but does not wait for the silent one
# each time, and tries it again when the other is gone.
my $lock = $node->background_psql($ways[0]->dbname);
$lock->query_safe('BEGIN; SELECT pg_advisory_xact_lock(42424242424242)');
my $waits = start_replicas(1, 'gw_bootstrap', 'run', '-v', '-d', "host=127.0.0.1,127.0.0.1 port=$s,$w connect_timeout=2 $rest",
	'-e', $head, '--head-table', 'none', '--migrate', 'true');
my $asks = qr/\Q@{[$ways[0]->try_text]}/;
ok(wait_until(sub { (() = $waits->err =~ /$asks/g) >= 4 }), 'a silent host: it looks again and again') or diag $waits->err;
is(scalar(() = $waits->err =~ /leaving out host/g), 1, 'and leaves that host out once');
$works->stop;
$silent->stop;
ok(wait_until(sub { $waits->err =~ /waiting for .*port $s failed: .*refused/ }), 'no host is left: it tries all again') or diag $waits->err;
kill 'TERM', $waits->pid;
$waits->wait;
$lock->quit;
$other->stop;

# The real thing: a server and a pooler that are stopped.
my $pooler = start_pgbouncer($node, pool_size => 2);
my $postmaster = (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0];
foreach my $way (@ways)
{
	my $pooled = bless { %$way, pooler => $pooler }, ref $way;
	my %stopped = (
		'stopped server' => [ sub { kill $_[0], $postmaster }, $way ],
		'stopped pooler' => [ sub { $pooler->signal($_[0]) }, $pooled ]);

	foreach my $what (sort keys %stopped)
	{
		my ($signal, $to) = @{ $stopped{$what} };
		my $name = $what . ($way->is_plain ? ', without the extension' : '');

		$signal->('STOP');
		my @started = map { my $start = time; { start => $start, name => $_, replica => start_replicas(1, $to->client($_, '-e', $head, $_ eq 'run' ? ('--migrate', 'true') : (), '--timeout', 2)) } } qw(run check status);
		my @left = @started;
		wait_until(sub { $_->{took} = time - $_->{start} foreach grep { $_->{replica}->ended(0) } @left; @left = grep { !$_->{took} } @left; !@left });
		$signal->('CONT');
		foreach my $case (@started)
		{
			my ($result) = $case->{replica}->wait;
			is($result->{exit}, 3, "$name, $case->{name}: exit code") or diag $result->{err};
			like($result->{err}, $connecting, "$name, $case->{name}: says why");
			cmp_ok($case->{took}, '<', 15, "$name, $case->{name}: by its deadline");
		}
	}
}
$pooler->stop;

$node->stop;
done_testing();
