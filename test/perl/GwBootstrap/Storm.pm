# A storm: replicas that start at once, and what befalls them, all of it drawn
# from a seed.
#
#   my $storm = GwBootstrap::Storm->new($node, $seed);
#   my @faults = $storm->run;        # what broke a promise; empty if nothing did
#
# The migration is a tool as they are: it reads how far the database is, then
# applies each further step in a transaction (or by itself, where it must), and
# has no lock of its own.  Two of them at a time would apply a step twice.

package GwBootstrap::Storm;

use strict;
use warnings;

use GwBootstrap::Pair;
use GwBootstrap::SessionState;
use GwBootstrap::StormFaults;
use GwBootstrap::Test;
use GwBootstrap::WorkLog;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

# Seconds until a replica gives up, and that it may take beyond that.
use constant {
	TIMEOUT => 60,
	PATIENCE => 20,
	STEPS => 4,
};

my $databases = 0;

# What the tool does, step by step: what it writes, and may write only under the
# lock, is marked with its attempt.
my @steps = (
	"BEGIN; INSERT INTO applied VALUES ('1') /* ATTEMPT */; CREATE TABLE IF NOT EXISTS item (id int, done bool DEFAULT false) /* ATTEMPT */;\n"
	  . "INSERT INTO item SELECT generate_series(1, 60); SELECT pg_sleep(0.3) /* ATTEMPT */; UPDATE alembic_version SET version_num = '1' /* ATTEMPT */; COMMIT /* ATTEMPT */;\n",
	"DROP INDEX IF EXISTS item_id /* ATTEMPT */;\nCREATE INDEX CONCURRENTLY item_id ON item (slowly(id)) /* ATTEMPT */;\n"
	  . "BEGIN; INSERT INTO applied VALUES ('2') /* ATTEMPT */; UPDATE alembic_version SET version_num = '2' /* ATTEMPT */; COMMIT /* ATTEMPT */;\n",
	"CALL in_batches() /* ATTEMPT */;\n"
	  . "BEGIN; INSERT INTO applied VALUES ('3') /* ATTEMPT */; UPDATE alembic_version SET version_num = '3' /* ATTEMPT */; COMMIT /* ATTEMPT */;\n",
	"BEGIN; INSERT INTO applied VALUES ('4') /* ATTEMPT */; SELECT pg_sleep(0.3) /* ATTEMPT */; UPDATE alembic_version SET version_num = '4' /* ATTEMPT */; COMMIT /* ATTEMPT */;\n");

# Rows one by one, each in a transaction of its own, as data is migrated.  It
# begins with a write, which a fence refuses even where no row is left to do.
my $set_up = <<'SQL';
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('0');
CREATE TABLE batch (id int);
GRANT ALL ON ALL TABLES IN SCHEMA public TO migrations;
GRANT CREATE ON SCHEMA public TO migrations;
CREATE FUNCTION slowly(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.002); RETURN $1; END';
CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.1); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER in_commit AFTER INSERT ON applied DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION take_long();
CREATE PROCEDURE in_batches() LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM batch WHERE id < 0;
	FOR i IN 1 .. 40 LOOP
		IF (SELECT count(*) FROM batch WHERE id = i) = 0 THEN
			PERFORM pg_sleep(0.01);
			INSERT INTO batch VALUES (i);
			COMMIT;
		END IF;
	END LOOP;
END $$;
SQL

sub new
{
	my ($class, $node, $seed, %fixed) = @_;
	my $self = bless { base => $node, node => $node, seed => $seed }, $class;

	srand($seed);
	$self->{replicas} = _pick(2, 3, 5, 8, 12, 24, 48);
	$self->{pool_size} = _pick(0, 2, 4, 20);
	$self->{pool_mode} = $self->{pool_size} > 2 ? _pick((('transaction') x 4), 'session') : 'transaction';
	$self->{plain} = _pick(0, 0, 1);
	$self->{class} = _pick('fenced', 'fenced', 'by name', 'one transaction');
	# Of a fenced role whether the server ends it when it is idle in a transaction.
	$self->{idle_limit} = _pick(0, 1);
	$self->{fails_over} = _pick((0) x 6, 1);
	@$self{qw(timeout patience)} = (TIMEOUT, PATIENCE);
	$self->{$_} = $fixed{$_} foreach keys %fixed;
	$self->{events} ||= [ map { _event(GwBootstrap::StormFaults::pick($self), $self->{class}) } 1 .. _pick(0, 1, 1, 2, 3, 4) ];
	push @{ $self->{events} }, _event('failover', $self->{class}) if $self->{fails_over};
	$self->{events} = [ sort { $a->{after} <=> $b->{after} } @{ $self->{events} } ];
	return $self;
}

# At its time; half of them, when the migration is next at a place.
sub _event
{
	my ($fault, $class) = @_;
	my $event = { fault => $fault, after => 0.1 + rand 2, luck => int rand 1000 };
	my @places = ('a statement', 'a transaction', $class eq 'one transaction' ? () : ('an index', 'a CALL', 'a COMMIT', 'between'));
	my $place = _pick((undef) x @places, @places);

	@$event{qw(wanted after)} = ($place, $event->{after} / 4) if $place;
	return $event;
}

# A server whose log tells all that it was asked to do, and by when.
sub server
{
	my ($number) = @_;
	my $node = PostgreSQL::Test::Cluster->new('storm' . ($number // ''));

	$node->init(allows_streaming => 1);
	$node->append_conf('postgresql.conf', <<'CONF');
max_connections = 200
log_line_prefix = '%m [%p] '
log_timezone = UTC
log_statement = all
log_duration = on
CONF
	$node->start;
	$node->safe_psql('postgres', 'CREATE ROLE migrations LOGIN');
	$node->backup('base');
	return $node;
}

# A client that is broken: a shell script that finds DATABASE_URL and MIGRATE.
sub broken_client
{
	my ($script) = @_;

	return [ 'sh', '-c', <<'SH' . $script, 'broken' ];
while [ $# -gt 0 ]; do
	case $1 in
		-d) DATABASE_URL=$2 ;;
		--migrate) MIGRATE=$2 ;;
	esac
	shift
done
export DATABASE_URL MIGRATE
SH
}

sub _pick { return $_[ int rand @_ ]; }

sub describe
{
	my ($self) = @_;

	return sprintf 'seed %d: %d replicas, %s; %s', $self->{seed}, $self->{replicas},
	  join(', ', $self->{class}, $self->way_name, $self->{plain} ? 'without the extension' : ()),
	  join(', ', map { sprintf '%s after %.1f s%s', $_->{fault}, $_->{after}, $_->{at} ? " ($_->{place})" : ', too late' } @{ $self->{events} }) || 'no fault';
}

sub way_name
{
	my ($self) = @_;

	return $self->{pool_size} ? "pool of $self->{pool_size}" . ($self->{pool_mode} eq 'session' ? ' for sessions' : '') : 'directly';
}

# The tool, as a shell script on DATABASE_URL.
sub tool
{
	my $psql = 'psql -XAtq -v ON_ERROR_STOP=1 -d "$DATABASE_URL"';
	my $script = "set -e\nversion=\${VERSION:-\$($psql -c 'SELECT version_num FROM alembic_version')}\n";

	foreach my $step (1 .. STEPS)
	{
		my $file = migration_file($steps[ $step - 1 ]);
		$script .= "if [ \$version -lt $step ]; then sed \"s/ATTEMPT/attempt \$\$/g\" $file | $psql; fi\n";
	}
	return $script;
}

# The same in one transaction: what must be by itself is left out.
sub sql_file
{
	my ($self) = @_;
	my $sql = join '', @steps[ 0, 3 ];

	$sql =~ s/(BEGIN|COMMIT)( \/\* ATTEMPT \*\/)?;//g;
	$sql =~ s/ATTEMPT/attempt of a file/g;
	return migration_file($sql);
}

sub start
{
	my ($self) = @_;
	my @work = $self->{class} eq 'one transaction' ? ('--migrate-sql', $self->{file}) : ('--migrate', $self->{tool});

	push @work, '--migration-url', "$self->{connstr} user=migrations", '--require-fence' if $self->{class} eq 'fenced';
	return start_replicas(1, @{ $self->{program} || ['gw_bootstrap'] }, 'run', '-d', $self->{connstr}, '-e', STEPS,
		'--timeout', $self->{timeout}, '--log-format', 'json', @work);
}

# Past the pooler; a fault that cannot strike, strikes nobody.
sub sql
{
	my ($self, $sql, $limit) = @_;
	my ($out, $err);

	local $ENV{PGOPTIONS} = '-c statement_timeout=' . ($limit || '5s');
	IPC::Run::run([ 'psql', '-XAtq', '-d', $self->{node}->connstr($self->{way}->dbname), '-c', $sql ], '>', \$out, '2>', \$err);
	return $out;
}

# Let time pass until all have ended, and the faults strike when they are due.
sub _let_it_happen
{
	my ($self) = @_;
	my $start = $self->{begun};
	my @due = @{ $self->{events} };

	while (time < $start + $self->{timeout} + $self->{patience})
	{
		foreach my $i (grep { $self->{started}[$_]->ended } 0 .. $#{ $self->{started} })
		{
			$self->{ended}[$i] //= time;
		}
		my $place = $self->{follower}->place;
		my @striking = grep { time >= $start + $_->{after} && ($_->{wanted} // $place) eq $place } @due;
		foreach my $event (@striking)
		{
			@due = grep { $_ != $event } @due;
			$event->{at} = time;
			GwBootstrap::StormFaults::strike($event->{fault}, $self, $event->{luck}) or $event->{place} = 'nobody';
		}
		my @now = grep { time >= $_->{at} || (time >= $_->{from} && $_->{sooner} && $_->{sooner}->()) } @{ $self->{later} };
		foreach my $thing (@now)
		{
			$self->{later} = [ grep { $_ != $thing } @{ $self->{later} } ];
			$thing->{what}->();
		}
		last unless @{ $self->{later} || [] } || grep { !$_->ended } @{ $self->{started} };
		usleep(10_000);
	}
	return;
}

# After a failover.
sub move_to
{
	my ($self, $node) = @_;
	my $way = $self->{way};

	push @{ $self->{earlier_logs} }, slurp_file($self->{node}->logfile, $way->{log_offset});
	$self->{log_is_new} = 1;
	$self->{follower} = GwBootstrap::WorkLog->follow($node->logfile, 0);
	$self->{node} = $way->{node} = $node;
	return unless $way->pooler;
	# One that is stopped would not be told.
	$way->pooler->signal('CONT');
	$way->pooler->point_to($node);
	return;
}

sub _logs
{
	my ($self) = @_;
	return (slurp_file($self->{node}->logfile, $self->{log_is_new} ? 0 : $self->{way}{log_offset}), @{ $self->{earlier_logs} || [] });
}

sub _set_up
{
	my ($self) = @_;
	($self->{node}, $self->{standby}) = GwBootstrap::Pair::make($self->{base}, 'base') if $self->{fails_over};
	my $user = getpwuid $<;
	my $way = $self->{way} = new_way($self->{node}, pool_size => $self->{pool_size}, pool_mode => $self->{pool_mode}, plain => $self->{plain},
		dbname => 'storm' . $$ . '_' . ++$databases, pooler_users => qq("$user" ""\n"migrations" ""\n),
		pooler_settings => "idle_transaction_timeout = 5\nserver_login_retry = 1\n");

	$way->create->open;
	$way->sql($set_up);
	if ($self->{class} eq 'fenced')
	{
		my $set = "ALTER ROLE migrations IN DATABASE $self->{way}{dbname} SET";
		$way->sql("GRANT ALL ON applied TO migrations; $set session_preload_libraries = 'gw_bootstrap'; $set gw_bootstrap.fence_key = '42424242424242'");
		$way->sql("$set idle_in_transaction_session_timeout = '5s'") if $self->{idle_limit};
	}
	$self->{connstr} = $self->{fails_over} && !$self->{pool_size} ?
	  GwBootstrap::Pair::either($self->{node}, $self->{standby}, $way->dbname) : $way->connstr;
	$self->{tool} = $self->tool;
	$self->{file} = $self->sql_file;
	$self->{follower} = GwBootstrap::WorkLog->follow($self->{node}->logfile, $way->{log_offset});
	return;
}

sub run
{
	my ($self) = @_;

	$self->_set_up;
	$self->{begun} = time;
	$self->{started} = [ map { $self->start } 1 .. $self->{replicas} ];
	$self->_let_it_happen;
	my @results = map { $_->wait(1) } @{ $self->{started} };
	my ($next) = $self->start->wait($self->{timeout} + $self->{patience});
	$self->{results} = [ @results, $next ];
	$self->_bury_silent;
	my @faults = ($self->_faults_of_replicas(@results), $self->_faults_of_time(@results), $self->_faults_of_database($next));

	my @logs = $self->_logs;
	my @events = grep { !$_->{place} && $_->{at} } @{ $self->{events} };
	my @places = GwBootstrap::WorkLog::places(join('', reverse @logs), map { $_->{at} } @events);
	$_->{place} = shift @places foreach @events;
	$self->{refused} = () = join('', @logs) =~ /ERROR:  role "migrations" may write only under/g;
	return @faults;
}

# PgBouncer waits for what it has asked a server, a reset for example, for as long
# as that is silent, and the pool is smaller by its connection.
sub _bury_silent
{
	my ($self) = @_;
	my $silent = delete $self->{silent} or return;

	GwBootstrap::Pair::bury(@$silent);
	return;
}

# After run(), however that ended.
sub tear_down
{
	my ($self) = @_;

	$self->_bury_silent;
	$self->{way}->close if $self->{way};
	return unless $self->{fails_over};
	$_->stop('fast') foreach grep { defined } $self->{node}, $self->{standby};
	return;
}

# Each that was not killed has ended, says why, and is right.
sub _faults_of_replicas
{
	my ($self, @results) = @_;
	my %word = (
		0 => qr/^Database ready \((at head|migrated)\)/,
		1 => qr/"level": "error", "message": "(migration failed|.*does not bring|.*watcher)/,
		3 => qr/"level": "error", "message": "deadline/);
	my @faults;

	foreach my $result (grep { !defined $_->{exit} ? $_->{signal} eq 'hung' : 1 } @results)
	{
		my $exit = $result->{exit} // 'none, it hangs';
		my $said = $exit eq '0' ? $result->{out} : (split /\n/, $result->{err})[-1] // '';
		push @faults, "exit code $exit, last word: $said" unless $word{$exit} && $said =~ $word{$exit};
	}
	return @faults;
}

# Nobody is ready before the last step has begun to say that it is done.
sub _faults_of_time
{
	my ($self, @results) = @_;
	my $step = STEPS;
	my $head = GwBootstrap::WorkLog::first_time(qr/version_num = '$step'/, $self->_logs);
	my @early = grep { ($results[$_]{exit} // -1) == 0 && defined $self->{ended}[$_] && $self->{ended}[$_] < ($head // 0) } 0 .. $#results;

	return map { sprintf 'ready %.3f s before the last step', $head - $self->{ended}[$_] } @early;
}

sub _faults_of_database
{
	my ($self, $next) = @_;
	my $way = $self->{way};
	my @expected = $self->{class} eq 'one transaction' ? (1, 4) : (1 .. STEPS);
	my @faults;

	push @faults, 'the next one is not ready: ' . ($next->{exit} // "killed by $next->{signal}") . " $next->{err}"
	  unless defined $next->{exit} && $next->{exit} == 0;
	my $applied = $way->applied || 'nothing';
	my $expected = join ', ', map { "$_ x 1" } @expected;
	push @faults, "applied: $applied" unless $applied eq $expected;
	push @faults, 'a row of a batch was made twice'
	  if $way->sql('SELECT count(*) - count(DISTINCT id) FROM batch') != 0;
	push @faults, 'an advisory lock is left' unless $self->_locks_go;
	push @faults, 'a process of a migration is left' unless $self->_processes_go;
	push @faults, GwBootstrap::WorkLog::overlaps($self->_logs);
	my $left = $way->pooler ? GwBootstrap::SessionState::leftovers($self->{node}, $way->pooler, $way->dbname) : '';
	push @faults, "left on a pooled backend: $left" if $left ne '';
	return @faults;
}

# What is left of an ended session goes within moments.
sub _locks_go { my ($self) = @_; return _soon(sub { $self->{way}->locks == 0 }); }

# So does what a command has started.
sub _processes_go
{
	my ($self) = @_;
	my $dbname = $self->{way}->dbname;

	return _soon(sub {
		foreach my $file (glob '/proc/[0-9]*/environ')
		{
			open my $environ, '<', $file or next;
			return 0 if (<$environ> // '') =~ /DATABASE_URL=[^\0]*\b$dbname\b/;
		}
		return 1;
	});
}

sub _soon
{
	my ($condition) = @_;
	my $end = time + 5;

	until ($condition->())
	{
		return 0 if time > $end;
		usleep(20_000);
	}
	return 1;
}

# What a failing storm has written, for whoever looks into it.
sub keep_logs
{
	my ($self) = @_;
	my $dir = "$ENV{GW_STORM_LOGS}/$self->{seed}";

	mkdir $dir;
	append_to_file("$dir/storm", $self->describe . "\n");
	append_to_file("$dir/server.log", join '', reverse $self->_logs);
	append_to_file("$dir/pooler.log", slurp_file($self->{way}->pooler->log)) if $self->{way}->pooler;
	foreach my $i (0 .. $#{ $self->{results} || [] })
	{
		my $result = $self->{results}[$i];
		append_to_file("$dir/replica$i", join "\n", $result->{exit} // "killed by $result->{signal}", $result->{out}, $result->{err});
	}
	return;
}

1;
