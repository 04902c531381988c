# A pooler that dies, pauses, is full or refuses: what goes away by itself is
# waited for until the deadline, all else is told at once.
#
# TAP, since it takes a PgBouncer to be ill-treated.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $head = HEAD;
my $whole = whole_migration();
my ($database) = all_ways($node);
my $dbname = $database->create->dbname;
my $overlap = PostgreSQL::Test::Utils::tempdir_short() . '/overlap';
my $alone = "exec 9>$overlap.lock; flock -n 9 || touch $overlap; ";

sub client
{
	my ($connstr, @options) = @_;
	return start_replicas(1, 'gw_bootstrap', 'run', '-d', $connstr, '-e', $head, @options);
}

sub says
{
	my ($replica, $pattern, $name) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return ok(wait_until(sub { $replica->ended || $replica->err =~ $pattern }) && $replica->err =~ $pattern, $name)
	  || diag $replica->err;
}

sub migrated_once
{
	my ($replica, $name) = @_;
	my ($result) = $replica->wait;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($result->{exit}, 0, "$name: ready") or diag $result->{err};
	is($database->applied, APPLIED, "$name: migrated once");
	is($database->locks, 0, "$name: no lock is left");
	ok(!-e $overlap, "$name: never two at a time");
	$database->sql('TRUNCATE applied; DROP TABLE alembic_version, item');
	return $result;
}

# An end that is told: exit code, what the message has, at most so many tries.
sub ends
{
	my ($replica, $exit, $pattern, $name) = @_;
	my ($result) = $replica->wait;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($result->{exit}, $exit, "$name: exit code $exit") or diag $result->{err};
	like($result->{err}, $pattern, "$name: and says why");
	return $result;
}

# What an operator does to a pooler during a migration, how that is undone, and
# whether the guard of a command outlives it.  A file of SQL that sends nothing
# meanwhile goes on after a mere pause, too.
my $console;    # a suspended pooler listens only to the one that suspended it
my @faults = (
	[ 'killed', sub { $_[0]->signal('KILL') }, sub { $_[0]->start }, 0 ],
	[ 'shut down', sub { $_[0]->stop }, sub { $_[0]->start }, 0 ],
	[ 'SUSPEND', sub { $console = $_[0]->session('pgbouncer'); $console->query('SUSPEND'); },
		sub { $console->query('RESUME'); $console->quit; }, 0, 1 ],
	[ 'stopped', sub { $_[0]->signal('STOP') }, sub { $_[0]->signal('CONT') }, 0, 1 ],
	[ 'KILL', sub { $_[0]->admin("KILL $dbname") }, sub { $_[0]->admin("RESUME $dbname") }, 0 ],
	[ 'RECONNECT', sub { $_[0]->admin('RECONNECT') }, sub { }, 1, 1 ],
	[ 'RELOAD', sub { $_[0]->admin('RELOAD') }, sub { }, 1, 1 ]);

sub fault_during_command
{
	my ($name, $harm, $mend, $survived) = @_;
	my $pooler = start_pgbouncer($node, pool_size => 2);
	my ($stopped, $stop) = stop_point();
	my $replica = client($pooler->connstr($dbname), '-v', '--migrate', "${alone}[ -e $stopped.again ] || { touch $stopped.again; $stop; }; $whole");

	wait_until(sub { -e $stopped }) or die 'no command runs: ' . $replica->err;
	chomp(my $shell = slurp_file($stopped));
	$harm->($pooler);
	if ($survived)
	{
		append_to_file("$stopped.fifo", "go\n");
	}
	else
	{
		says($replica, qr/lost the guard, and with it the lock/, "$name: the guard is lost");
		ok(wait_until(sub { !kill 0, $shell }), "$name: the command is stopped");
	}
	$mend->($pooler);
	my $result = migrated_once($replica, $name);
	unlike($result->{err}, qr/lost the guard/, "$name: the guard is not lost") if $survived;
	$pooler->stop;
	return;
}

# The file waits for a table; the server rolls it back with its client.
sub fault_during_file
{
	my ($name, $harm, $mend, undef, $survived) = @_;
	my $pooler = start_pgbouncer($node, pool_size => 1);
	my $gate = $node->background_psql($dbname);

	$name .= ', file of SQL';
	$gate->query_safe('CREATE TABLE gate (); BEGIN; LOCK TABLE gate');
	my $replica = client($pooler->connstr($dbname), '--migrate-sql', whole_migration_file("SELECT FROM gate;\n"));
	$node->poll_query_until($dbname, q(SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'relation'))
	  or die 'no file runs: ' . $replica->err;
	$harm->($pooler);
	says($replica, qr/the migration was rolled back, starting over/, "$name: the loss is noticed") unless $survived;
	$mend->($pooler);
	$gate->quit;
	my $result = migrated_once($replica, $name);
	unlike($result->{err}, qr/rolled back/, "$name: nothing is lost") if $survived;
	$database->sql('DROP TABLE gate');
	$pooler->stop;
	return;
}

sub paused_or_full
{
	# PAUSE waits for the guard, and the command for RESUME.
	my $pooler = start_pgbouncer($node, pool_size => 2);
	my ($stopped, $stop) = stop_point();
	my $replica = client($pooler->connstr($dbname), '--migrate', "$alone $stop; $whole");
	wait_until(sub { -e $stopped }) or die 'no command runs';
	my $pause = start_replicas(1, 'psql', '-XAtqc', "PAUSE $dbname", '-d', $pooler->connstr('pgbouncer'));
	ok(wait_until(sub { $pooler->admin('SHOW DATABASES') =~ /^$dbname\|.*\|1\|0$/m }),
		'PAUSE: it waits') or diag $pooler->admin('SHOW DATABASES');
	append_to_file("$stopped.fifo", "go\n");
	ok(wait_until(sub { $pooler->admin('SHOW POOLS') =~ /^$dbname\|[^|]*\|1\|1\|/m }),
		'PAUSE: and so does the command') or diag $pooler->admin('SHOW POOLS');
	$pooler->admin("RESUME $dbname");
	migrated_once($replica, 'PAUSE');
	$pause->wait;

	# Nobody gets through a pooler that is paused.
	$pooler->admin("PAUSE $dbname");
	ends(client($pooler->connstr($dbname), '--migrate', 'true', '--timeout', 1), 3, qr/no answer from the database/, 'paused');
	$replica = client($pooler->connstr($dbname), '--migrate', $whole, '-v');
	says($replica, qr/sending/, 'paused: a replica asks');
	$pooler->admin("RESUME $dbname");
	migrated_once($replica, 'resumed');

	# Others have all the connections of the pool.
	my @others = map { $pooler->session($dbname) } 1 .. 2;
	$_->query_safe('BEGIN') foreach @others;
	ends(client($pooler->connstr($dbname), '--migrate', 'true', '--timeout', 1), 3, qr/no answer.*pool is not exhausted/s, 'pool exhausted');
	$replica = client($pooler->connstr($dbname), '--migrate', $whole, '-v');
	says($replica, qr/sending/, 'pool exhausted: a replica asks');
	$_->query_safe('COMMIT') foreach @others;
	migrated_once($replica, 'pool not exhausted any more');

	# One is left, which the guard takes; and a pool that has only one.
	$others[0]->query_safe('BEGIN');
	ends(client($pooler->connstr($dbname), '--migrate', 'true'), 4, qr/no second connection/, 'one connection left');
	is($database->locks, 0, '... no lock is left');
	$_->quit foreach @others;
	$pooler->stop;
	$pooler = start_pgbouncer($node, pool_size => 1);
	ends(client($pooler->connstr($dbname), '--migrate', 'true', '--timeout', 2), 3, qr/no second connection/, 'pool of one, short deadline');
	is($database->locks, 0, '... no lock is left');
	migrated_once(client($pooler->connstr($dbname), '--migrate', $whole, '--migration-url', $node->connstr($dbname)), 'pool of one, and a way past it');
	$pooler->stop;
	return;
}

sub not_there_or_full
{
	# The pooler is not there yet.
	my $pooler = start_pgbouncer($node);
	$pooler->stop;
	ends(client($pooler->connstr($dbname), '--migrate', 'true', '--timeout', 1), 3, qr/refused/, 'no pooler');
	my $replica = client($pooler->connstr($dbname), '--migrate', $whole);
	says($replica, qr/waiting .*refused/, 'no pooler: a replica waits');
	$pooler->start;
	migrated_once($replica, 'a pooler at last');
	$pooler->stop;

	# It has as many clients as it takes.
	$pooler = start_pgbouncer($node, settings => 'max_client_conn = 3');
	my @others = map { $pooler->session($dbname) } 1 .. 3;
	ends(client($pooler->connstr($dbname), '--migrate', 'true', '--timeout', 1), 3, qr/max_client_conn/, 'max_client_conn');
	$replica = client($pooler->connstr($dbname), '--migrate', $whole);
	says($replica, qr/waiting .*max_client_conn/, 'max_client_conn: a replica waits');
	$_->quit foreach @others;
	migrated_once($replica, 'fewer clients');
	$pooler->stop;
	return;
}

# What waiting does not mend.
sub refused
{
	my $pooler = start_pgbouncer($node);
	ends(client($pooler->connstr('nowhere'), '--migrate', 'true'), 4, qr/"nowhere" does not exist/, 'no such database');
	$pooler->stop;
	my $user = getpwuid $<;
	{
		local $ENV{PGPASSWORD} = 'r1ght';
		$pooler = start_pgbouncer($node, settings => 'auth_type = md5', users => qq("$user" "r1ght"\n));
	}
	my $result = ends(client($pooler->connstr($dbname) . ' password=wr0ng', '--migrate', 'true'), 4, qr/authentication failed.*Check/s, 'wrong password');
	unlike($result->{err}, qr/wr0ng/, '... which is not told');
	ends(client($pooler->connstr($dbname), '--migrate', 'true'), 4, qr/password/, 'no password');
	migrated_once(client($pooler->connstr($dbname) . ' password=r1ght', '--migrate', $whole), 'right password');
	$pooler->signal('KILL');
	return;
}

foreach my $plain (0, 1)
{
	$database = new_way($node, plain => $plain);
	$dbname = $database->create->dbname;
	foreach my $fault (@faults)
	{
		fault_during_command(@$fault);
		fault_during_file(@$fault);
	}
	paused_or_full();

	# The way to the database, before anybody knows what is installed there.
	if (!$plain)
	{
		not_there_or_full();
		refused();
	}
	$database->close;
}

$node->stop;
done_testing();
