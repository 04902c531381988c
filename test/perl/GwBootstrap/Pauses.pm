# Replicas that are paused, or killed, at a given moment of their migration, and
# go on while the next one migrates: many such cases side by side, since most of
# the time they wait.
#
#   my $pauses = GwBootstrap::Pauses->new;
#   $pauses->add('between statements', class => 'fenced', refused => 2, late => 0,
#       command => sub { my ($case) = @_; return $case->psql($case->step, ...); });
#   $pauses->play;
#
# Each case has a database of its own, in which each step of a migration notes
# itself.  What the first replica commits after the next one has begun is late,
# told by the server's own times of the commits; what the server refuses has
# SQLSTATE 55000 in its log.
#
# Options of a case:
#   class     fenced, by role (one that only migrates), or by name
#   through   a pooler or proxy; directly if there is none.  Its limit ends the guard,
#             or, with "terminate" and directly, somebody else does
#   command   what the first replica runs: a sub that is given the case
#   connstr   a sub that gives the connection string of a role for another replica,
#             instead of "through"
#   shown_by  "setting", or "setting, under its own name": the commands show their
#             token, if they have one, by the setting, not by name; "session" or
#             "transaction": likewise, by SET in each psql
#   at        the moment: "stop" (the default, where the command itself has come to
#             a stop point), "gate" (where the server waits for the gate), or
#             "batches" (in a CALL that commits again and again until it is opened)
#   on        processes that are paused (all)
#   signal    what is sent to them instead of STOP
#   detached  the command runs in a session of its own, as a daemon would
#   ended     the command does not come to its end: the watcher or the reaper kill it
#   waits     what the next one says while it must wait for the first, until the gate
#             is opened or the command has come to its second stop point; "maybe" if
#             it need not wait
#   late      how many late effects there are; a regular expression will do, too
#   first     with which exit codes the first one may end, 0 if nothing is said
#   refused   how many statements the server refuses; undef if that may vary

package GwBootstrap::Pauses;

use strict;
use warnings;

use GwBootstrap::PgBouncer;
use GwBootstrap::Processes;
use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant ROLE => 'migrations';

# The kinds of moments: what the command does, and where it is then.
our %MOMENTS = (
	'in a statement' => {
		at => 'gate', command => sub { my ($case) = @_; $case->psql(q(INSERT INTO work SELECT 'first', 'in it' FROM pass_gate();), $case->step) },
	},
	'in a statement that waits for a table' => {
		at => 'gate',
		command => sub { my ($case) = @_; $case->psql(q(INSERT INTO work SELECT 'first', 'in it' FROM (SELECT count(*) FROM gate) g;), $case->step) },
	},
	'between statements' => {
		command => sub { my ($case) = @_; $case->psql($case->step, '\! ' . $case->stop, $case->step, $case->step) },
	},
	'between autocommit steps' => {
		command => sub { my ($case) = @_; join '; ', $case->psql($case->step), $case->stop, $case->psql($case->step), $case->psql($case->step) },
	},
	'in a transaction' => {
		command => sub {
			my ($case) = @_;
			join '; ', $case->psql('BEGIN;', $case->step, '\! ' . $case->stop, $case->step, 'COMMIT;'), $case->stop, $case->psql($case->step);
		},
	},
	'in a transaction that has not written' => {
		command => sub {
			my ($case) = @_;
			join '; ', $case->psql('BEGIN;', 'SELECT FROM work;', '\! ' . $case->stop, $case->step, 'COMMIT;'), $case->stop, $case->psql($case->step);
		},
	},
	'before COMMIT' => {
		command => sub {
			my ($case) = @_;
			join '; ', $case->psql('BEGIN;', $case->step, '\! ' . $case->stop, 'COMMIT;'), $case->stop, $case->psql($case->step);
		},
	},
	'in COMMIT' => {
		at => 'gate',
		command => sub { my ($case) = @_; $case->psql('BEGIN;', $case->step, 'INSERT INTO deferred DEFAULT VALUES;', 'COMMIT;', $case->step) },
	},
	'in a CALL that commits in batches' => {
		at => 'batches', command => sub { my ($case) = @_; $case->psql('CALL in_batches();', $case->step) },
	});

# The limits that are exceeded, in seconds: of the pooler on idle transactions,
# and, longer than that, of the watcher on its client.
use constant IDLE_LIMIT => 5;

sub new
{
	my ($class, %options) = @_;
	my $node = PostgreSQL::Test::Cluster->new('paused', %options);
	my $self = bless { node => $node, cases => [] }, $class;

	$node->init;
	$node->append_conf('postgresql.conf', <<'CONF');
listen_addresses = '127.0.0.1'
max_connections = 200
fsync = off
track_commit_timestamp = on
log_line_prefix = '%m [%p] %d %e '
log_statement = all
CONF
	$node->start;
	$node->safe_psql('postgres', 'CREATE ROLE migrations LOGIN; CREATE DATABASE prepared');
	$node->safe_psql('prepared', <<'SQL');
CREATE EXTENSION gw_bootstrap;
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('f1r57');
CREATE TABLE work (who text, step text);
CREATE TABLE gate ();
CREATE TABLE deferred ();
CREATE TABLE go_on ();
CREATE FUNCTION pass_gate() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_xact_lock_shared(1)';
CREATE FUNCTION pass_gate_later() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pass_gate(); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON deferred DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION pass_gate_later();
CREATE PROCEDURE in_batches() LANGUAGE plpgsql AS $$
BEGIN
	WHILE to_regclass('go_on') IS NOT NULL LOOP
		INSERT INTO work VALUES ('first', 'in batches');
		COMMIT;
		PERFORM pg_sleep(0.01);
	END LOOP;
END $$;
GRANT ALL ON ALL TABLES IN SCHEMA public TO migrations;
SQL
	return $self;
}

sub node { return $_[0]{node}; }

# The database of the case that is added next.
sub upcoming { my ($self) = @_; return 'case' . (@{ $self->{cases} } + 1); }

# A PgBouncer with a limit on idle transactions.
sub pgbouncer
{
	my ($self) = @_;
	my $user = getpwuid $<;

	return $self->{pgbouncer} ||= GwBootstrap::PgBouncer->new($self->{node}, pool_size => 5,
		settings => 'idle_transaction_timeout = ' . IDLE_LIMIT, users => qq("$user" ""\n"@{[ROLE]}" ""\n));
}

sub add
{
	my ($self, $name, %options) = @_;
	my $node = $self->{node};
	my $case = bless {
		node => $node, dbname => $self->upcoming, at => 'stop', on => [qw(command watcher reaper client)], signal => 'STOP',
		stops => [], steps => 0, %options,
	}, 'GwBootstrap::Pauses::Case';

	$case->{name} = join ', ', $name, $options{through_name} || ($options{through} ? 'pooled' : 'directly'), $options{class};
	$node->safe_psql('postgres', "CREATE DATABASE $case->{dbname} TEMPLATE prepared");
	if ($options{class} eq 'fenced')
	{
		my $set = 'ALTER ROLE ' . ROLE . " IN DATABASE $case->{dbname} SET";
		$node->safe_psql('postgres', "$set session_preload_libraries = 'gw_bootstrap'; $set gw_bootstrap.fence_key = '42424242424242'");
	}
	push @{ $self->{cases} }, $case;
	return $case;
}

# All cases, each step of them in all before the next.
sub play
{
	my ($self) = @_;

	foreach my $step (qw(start_first interrupt start_next let_wait let_begin resume_first end judge))
	{
		$_->$step foreach @{ $self->{cases} };
	}
	$self->{pgbouncer}->stop if $self->{pgbouncer};
	return;
}

package GwBootstrap::Pauses::Case;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

# What is stopped must not outlive the test, if that ends early.
my @stopped;
END { kill 'KILL', @stopped; }

# What a command is made of.

sub step
{
	my ($self) = @_;
	return "INSERT INTO work VALUES ('first', 'step " . ++$self->{steps} . "');";
}

# A psql with a session of its own, which goes on after an error.
sub psql
{
	my ($self, @lines) = @_;
	my $by = $self->{shown_by} || '';
	my $sql = migration_file(join "\n", @lines, '');

	return qq(psql -X -q -d "\$DATABASE_URL" -f $sql) unless $by =~ /session|transaction/;
	return $self->shown("-f $sql");
}

# A psql that shows its token by SET.
sub shown
{
	my ($self, @options) = @_;
	my $local = $self->{shown_by} eq 'transaction';

	return join ' ', 'psql -X -q -d "$DATABASE_URL"', $local ? '-c BEGIN' : (),
	  q(-c "SET ) . ($local ? 'LOCAL ' : '') . q(gw_bootstrap.token = '$GW_BOOTSTRAP_TOKEN'"), @options, $local ? '-c COMMIT' : ();
}

# A place to stop at, in the shell; in psql after "\!".
sub stop
{
	my ($self) = @_;
	my ($file, $command) = stop_point();

	push @{ $self->{stops} }, $file;
	return $command;
}

# How many effects of the first one came after the beginning of the next one.
sub _late
{
	my ($self) = @_;
	return $self->_sql(<<'SQL');
SELECT count(*) FROM work WHERE who = 'first' AND pg_xact_commit_timestamp(xmin) >
       (SELECT pg_xact_commit_timestamp(xmin) FROM work WHERE who = 'next' AND step = 'begun')
SQL
}

# What happens to the case.

sub _sql { my ($self, $sql) = @_; return $self->{node}->safe_psql($self->{dbname}, $sql); }

sub _becomes
{
	my ($self, $what, $condition) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return ok(wait_until(sub { $self->$condition }), "$self->{name}: $what")
	  || diag "the first: " . $self->{first}->err . ($self->{next} ? "\nthe next: " . $self->{next}->err : '');
}

sub _start
{
	my ($self, $command) = @_;
	my $connstr = $self->{connstr} ? $self->{connstr}->() : ($self->{through} || $self->{node})->connstr($self->{dbname});
	my @urls = $self->{class} eq 'by name' ? ('-d', "$connstr user=migrations") : ('-d', $connstr, '--migration-url', "$connstr user=migrations");

	my $shown_by = $self->{shown_by} || '';
	$command = 'export PGOPTIONS="-c gw_bootstrap.token=$GW_BOOTSTRAP_TOKEN"; ' . $command if $shown_by =~ /setting/;
	$command = "export PGAPPNAME=tool; $command" if $shown_by =~ /own name/;
	return start_replicas(1, 'gw_bootstrap', 'run', @urls, '-e', HEAD, '--timeout', 120, '--migrate', $command);
}

# Let what has come to a stop point go on.  Both ends are open here, so nobody
# is waited for.
sub _let_go
{
	my ($self, $number) = @_;
	my $file = $self->{stops}[$number] or return;

	open my $fifo, '+<', "$file.fifo" or die "$file.fifo: $!";
	syswrite $fifo, "go\n";
	push @{ $self->{open} }, $fifo;
	return;
}

sub _waits_at_gate
{
	my ($self) = @_;

	return $self->_sql(q(SELECT pid FROM pg_locks WHERE NOT granted AND database =
		(SELECT oid FROM pg_database WHERE datname = current_database())));
}

sub _is_at_moment
{
	my ($self) = @_;
	return -e $self->{stops}[0] if $self->{at} eq 'stop';
	return $self->_sql("SELECT count(*) > 0 FROM work WHERE step = 'in batches'") eq 't' if $self->{at} eq 'batches';
	return $self->{backend} = $self->_waits_at_gate;
}

sub start_first
{
	my ($self) = @_;
	my $done = PostgreSQL::Test::Utils::tempdir_short() . '/done';

	if ($self->{at} eq 'gate')
	{
		$self->{gate} = $self->{node}->background_psql($self->{dbname});
		$self->{gate}->query_safe('BEGIN; SELECT pg_advisory_xact_lock(1); LOCK TABLE gate');
	}
	my $command = $self->{command}->($self) . "; touch $done";
	$command = 'setsid sh ' . migration_file($command) . ' & wait' if $self->{detached};
	$self->{done} = $done;
	$self->{first} = $self->_start($command);
	return;
}

# It is at its moment: pause it, and have its guard ended.
sub interrupt
{
	my ($self) = @_;

	$self->_becomes('the first replica is at its moment', '_is_at_moment');
	my %tree = GwBootstrap::Processes::tree($self->{first}->pid);
	$self->{pids} = { map { $_ => [ $tree{$_} ] } qw(client reaper watcher) };
	$self->{pids}{command} = [ GwBootstrap::Processes::family($tree{command}) ];
	# nobody may react to the end of another
	push @stopped, map { @$_ } values %{ $self->{pids} };
	kill 'STOP', map { @{ $self->{pids}{$_} } } @{ $self->{on} };
	kill $self->{signal}, map { @{ $self->{pids}{$_} } } @{ $self->{on} } if $self->{signal} ne 'STOP';
	return if $self->{through} && !$self->{terminate};
	$self->_sql("SELECT pg_terminate_backend(pid) FROM (@{[GwBootstrap::Ways::GUARD]}) g");
	return;
}

sub start_next
{
	my ($self) = @_;

	$self->_becomes('it has lost its guard', sub { $self->_sql(GwBootstrap::Ways::GUARD) eq '' });
	my ($file, $stop) = stop_point();
	$self->{begun} = $file;
	$self->{next} = $self->_start(join ' && ', $self->psql("INSERT INTO work VALUES ('next', 'begun');"), $stop,
		$self->psql("INSERT INTO work VALUES ('next', 'end');", "UPDATE alembic_version SET version_num = '@{[HEAD]}';"));
	return;
}

sub _open_gate
{
	my ($self) = @_;

	$self->_sql('DROP TABLE IF EXISTS go_on') if $self->{at} eq 'batches';
	return unless $self->{gate};
	$self->{gate}->query_safe('COMMIT');
	$self->{gate}->quit;
	delete $self->{gate};
	$self->_becomes('the statement ends', sub {
		$self->_sql("SELECT count(*) FROM pg_stat_activity WHERE pid = $self->{backend} AND state = 'active'") == 0 });
	return;
}

sub let_wait
{
	my ($self) = @_;

	return unless $self->{waits};
	if ($self->{waits} ne 'maybe')
	{
		$self->_becomes('the next one waits for it', sub { $self->{next}->err =~ /$self->{waits}/ });
		ok(!-e $self->{begun}, "$self->{name}: and has not begun");
	}
	return $self->_open_gate if $self->{at} ne 'stop';

	$self->_let_go(0);
	kill 'CONT', @{ $self->{pids}{command} };
	$self->_becomes('the command goes on, to its next stop', sub { -e $self->{stops}[1] });
	return;
}

sub let_begin
{
	my ($self) = @_;

	$self->_becomes('the next one migrates', sub { -e $self->{begun} });
	$self->_becomes('beside the batches', sub { $self->_late > 0 }) if $self->{at} eq 'batches' && !$self->{waits};
	$self->_open_gate;
	return;
}

# The command first, to its end, and the client last.
sub resume_first
{
	my ($self) = @_;
	my %pids = %{ $self->{pids} };

	$self->_let_go($_) foreach 0 .. $#{ $self->{stops} };
	kill 'CONT', @{ $pids{command} };
	$self->_becomes('the command goes on, to its end', sub { -e $self->{done} }) unless $self->{ended};
	kill 'CONT', map { @{ $pids{$_} } } qw(watcher reaper client);
	return;
}

sub end
{
	my ($self) = @_;

	append_to_file("$self->{begun}.fifo", "go\n");
	my ($next) = $self->{next}->wait;
	is($next->{exit}, 0, "$self->{name}: the next one is ready") or diag $next->{err};
	my ($first) = $self->{first}->wait;
	if ($self->{signal} eq 'STOP')
	{
		like($first->{exit}, $self->{ends} || qr/^0$/, "$self->{name}: the first one has ended, too") or diag $first->{err};
	}
	return;
}

sub judge
{
	my ($self) = @_;

	@stopped = ();
	my $log = slurp_file($self->{node}->logfile);
	my $late = $self->_late;

	is($self->_sql("SELECT count(*) FROM work WHERE who = 'next'"), 2, "$self->{name}: migrated once");
	like($late, qr/^$self->{late}$/, "$self->{name}: " . ($self->{late} eq '0' ? 'nothing took effect after that' : 'UNSAFE, it took effect beside the next one'));
	is(scalar(() = $log =~ / $self->{dbname} 55000 ERROR/g), $self->{refused}, "$self->{name}: the server has refused each attempt")
	  if defined $self->{refused};
	return;
}

1;
