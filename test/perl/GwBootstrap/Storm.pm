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

use GwBootstrap::SessionState;
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

my $number = 0;

# What the tool does, step by step: what it writes is marked with its attempt.
my @steps = (
	"BEGIN /* ATTEMPT */; INSERT INTO applied VALUES ('1') /* ATTEMPT */; CREATE TABLE IF NOT EXISTS item (id int, done bool DEFAULT false) /* ATTEMPT */;\n"
	  . "INSERT INTO item SELECT generate_series(1, 60); SELECT pg_sleep(0.15) /* ATTEMPT */; UPDATE alembic_version SET version_num = '1' /* ATTEMPT */; COMMIT /* ATTEMPT */;\n",
	"DROP INDEX IF EXISTS item_id /* ATTEMPT */;\nCREATE INDEX CONCURRENTLY item_id ON item (id) /* ATTEMPT */;\n"
	  . "BEGIN; INSERT INTO applied VALUES ('2') /* ATTEMPT */; UPDATE alembic_version SET version_num = '2' /* ATTEMPT */; COMMIT /* ATTEMPT */;\n",
	"CALL in_batches() /* ATTEMPT */;\n"
	  . "BEGIN; INSERT INTO applied VALUES ('3') /* ATTEMPT */; UPDATE alembic_version SET version_num = '3' /* ATTEMPT */; COMMIT /* ATTEMPT */;\n",
	"BEGIN; INSERT INTO applied VALUES ('4') /* ATTEMPT */; SELECT pg_sleep(0.1) /* ATTEMPT */; UPDATE alembic_version SET version_num = '4' /* ATTEMPT */; COMMIT /* ATTEMPT */;\n");

# Rows one by one, each in a transaction of its own, as data is migrated.
my $set_up = <<'SQL';
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('0');
CREATE TABLE batch (id int);
CREATE PROCEDURE in_batches() LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. 40 LOOP
		IF (SELECT count(*) FROM batch WHERE id = i) = 0 THEN
			PERFORM pg_sleep(0.005);
			INSERT INTO batch VALUES (i);
			COMMIT;
		END IF;
	END LOOP;
END $$;
SQL

sub new
{
	my ($class, $node, $seed, %fixed) = @_;
	my $self = bless { node => $node, seed => $seed }, $class;

	srand($seed);
	$self->{replicas} = _pick(2, 3, 5, 8, 12, 24);
	$self->{pool_size} = _pick(0, 2, 4, 20);
	$self->{plain} = _pick(0, 0, 1);
	$self->{by_sql} = _pick(0, 0, 1);
	$self->{events} = [ map { [ 0.1 + rand 2.5, $self->_pick_fault, int rand 1000 ] } 1 .. _pick(0, 1, 1, 2, 3, 4) ];
	$self->{$_} = $fixed{$_} foreach keys %fixed;
	return $self;
}

# A server whose log tells all that it was asked to do, and by when.
sub server
{
	my $node = PostgreSQL::Test::Cluster->new('storm');

	$node->init;
	$node->append_conf('postgresql.conf', <<'CONF');
max_connections = 200
log_line_prefix = '%m [%p] '
log_statement = all
log_duration = on
CONF
	$node->start;
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

# Who is paused for longer than the limits goes on under a lock that is lost:
# without a fence only what runs in the guard itself is safe from that.
sub _pick_fault
{
	my ($self) = @_;
	my @faults = qw(kill_client kill_client kill_watcher kill_two terminate terminate crash restart legacy alter);

	push @faults, qw(pooler_kill pooler_stop pooler_pause) if $self->{pool_size};
	push @faults, 'drop_extension' unless $self->{plain};
	push @faults, qw(pause pause) if $self->{by_sql};
	return _pick(@faults);
}

sub describe
{
	my ($self) = @_;

	return sprintf 'seed %d: %d replicas, %s%s, %s; %s', $self->{seed}, $self->{replicas},
	  $self->{pool_size} ? "pool of $self->{pool_size}" : 'directly',
	  $self->{plain} ? ', without the extension' : '',
	  $self->{by_sql} ? 'a file of SQL' : 'a command',
	  join(', ', map { sprintf '%s after %.1f s', $_->[1], $_->[0] } sort { $a->[0] <=> $b->[0] } @{ $self->{events} }) || 'no fault';
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
	my ($self, $count) = @_;
	my @work = $self->{by_sql} ? ('--migrate-sql', $self->{file}) : ('--migrate', $self->{tool});
	my $way = $self->{way};

	return start_replicas($count, @{ $self->{program} || ['gw_bootstrap'] }, 'run', '-d', $way->connstr, '-e', STEPS,
		'--timeout', TIMEOUT, '--log-format', 'json', @work);
}

# Pids of a replica's own tree, the client first.
sub _tree
{
	my ($pid) = @_;
	my %children;

	foreach my $stat (glob '/proc/[0-9]*/stat')
	{
		open my $file, '<', $stat or next;
		my ($child, $parent) = (<$file> // '') =~ /^(\d+) \(.*\) \S (\d+)/s or next;
		push @{ $children{$parent} }, $child;
	}
	my @tree = ($pid);
	push @tree, @{ $children{$_} || [] } foreach @tree;
	return @tree;
}

# One replica that is alive, by the luck of the draw, preferably the one at work.
sub _victim
{
	my ($self, $luck) = @_;
	my @alive = grep { !$_->ended } @{ $self->{alone} };
	my @working = grep { _tree($_->pid) > 1 } @alive;

	@alive = @working if @working && $luck % 4;
	return @alive ? $alive[ $luck % @alive ] : undef;
}

# A replica that is gone is started again, as everybody's orchestrator does.
sub _kill
{
	my ($self, $luck, $which) = @_;
	my $victim = $self->_victim($luck) or return;
	my @tree = _tree($victim->pid);
	# between client and command are the reaper and the watcher: any two at once
	my @pids = $which eq 'two' ? @tree[ ([ 0, 1 ], [ 0, 2 ], [ 1, 2 ])[ $luck % 3 ]->@* ] : $which eq 'watcher' ? $tree[ 1 + $luck % 2 ] : $tree[0];

	kill 'KILL', grep { defined } @pids;
	push @{ $self->{alone} }, $self->start(1);
	return;
}

my %faults = (
	kill_client => sub { $_[0]->_kill($_[1], 'client') },
	kill_watcher => sub { $_[0]->_kill($_[1], 'watcher') },
	kill_two => sub { $_[0]->_kill($_[1], 'two') },
	pause => sub {
		my ($self, $luck) = @_;
		my $victim = $self->_victim($luck) or return;
		my @tree = _tree($victim->pid);
		kill 'STOP', reverse @tree;
		push @{ $self->{later} }, [ time + 7, sub { kill 'CONT', reverse @tree } ];
	},
	terminate => sub {
		my ($self, $luck) = @_;
		my @pids = split /\n/, $self->_sql("SELECT pid FROM pg_stat_activity WHERE datname = '" . $self->{way}->dbname
			. "' AND pid <> pg_backend_pid() ORDER BY application_name DESC, pid");
		$self->_sql('SELECT pg_terminate_backend(' . $pids[ $luck % @pids ] . ')') if @pids;
	},
	crash => sub { $_[0]{node}->stop('immediate'); $_[0]{node}->start; },
	restart => sub { $_[0]{node}->restart; },
	legacy => sub {
		my ($self) = @_;
		$self->_sql('SELECT pg_advisory_lock(42424242424242), pg_sleep(1), pg_advisory_unlock(42424242424242)', '5s');
	},
	alter => sub { my ($self, $luck) = @_; $self->_sql("ALTER TABLE alembic_version ADD COLUMN c$luck int", '1s'); },
	drop_extension => sub { $_[0]->_sql('DROP EXTENSION IF EXISTS gw_bootstrap', '1s') },
	pooler_kill => sub { $_[0]{way}->pooler->signal('KILL'); $_[0]{way}->pooler->start; },
	pooler_stop => sub {
		my ($self) = @_;
		my $pooler = $self->{way}->pooler;
		$pooler->signal('STOP');
		push @{ $self->{later} }, [ time + 2, sub { $pooler->signal('CONT') } ];
	},
	pooler_pause => sub {
		my ($self) = @_;
		my $pooler = $self->{way}->pooler;
		# it answers when all transactions have ended, the guard's, too
		kill 'USR1', $pooler->{pid};
		push @{ $self->{later} }, [ time + 2, sub { kill 'USR2', $pooler->{pid} } ];
	});

# Past the pooler; a fault that cannot strike, strikes nobody.
sub _sql
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
	my $start = time;
	my @due = sort { $a->[0] <=> $b->[0] } @{ $self->{events} };

	while (time < $start + TIMEOUT + PATIENCE)
	{
		while (@due && time >= $start + $due[0][0])
		{
			my (undef, $fault, $luck) = @{ shift @due };
			$faults{$fault}->($self, $luck);
		}
		my @now = grep { time >= $_->[0] } @{ $self->{later} };
		$self->{later} = [ grep { time < $_->[0] } @{ $self->{later} } ];
		$_->[1]->() foreach @now;
		last unless @{ $self->{later} } || grep { !$_->ended } @{ $self->{alone} };
		usleep(20_000);
	}
	return;
}

sub run
{
	my ($self) = @_;
	my $way = $self->{way} = new_way($self->{node}, pool_size => $self->{pool_size}, plain => $self->{plain},
		dbname => 'storm' . ++$number, pooler_settings => "idle_transaction_timeout = 5\nserver_login_retry = 1\n");
	my @results;

	$way->create->open;
	$way->sql($set_up);
	$self->{tool} = $self->tool;
	$self->{file} = $self->sql_file;
	$self->{alone} = [ map { $self->start(1) } 1 .. $self->{replicas} ];
	$self->_let_it_happen;
	@results = map { $_->wait(1) } @{ $self->{alone} };
	my ($next) = $self->start(1)->wait(TIMEOUT + PATIENCE);
	my @faults = ($self->_faults_of_replicas(@results), $self->_faults_of_database($next));

	$self->{results} = [ @results, $next ];
	$way->close;
	return @faults;
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

sub _faults_of_database
{
	my ($self, $next) = @_;
	my $way = $self->{way};
	my @expected = $self->{by_sql} ? (1, 4) : (1 .. STEPS);
	my @faults;

	push @faults, 'the next one is not ready: ' . ($next->{exit} // "killed by $next->{signal}") . " $next->{err}"
	  unless defined $next->{exit} && $next->{exit} == 0;
	my $applied = $way->applied // 'nothing';
	my $expected = join ', ', map { "$_ x 1" } @expected;
	push @faults, "applied: $applied" unless $applied eq $expected;
	push @faults, 'a row of a batch was made twice'
	  if $way->sql('SELECT count(*) - count(DISTINCT id) FROM batch') != 0;
	push @faults, 'an advisory lock is left' unless $self->_locks_go;
	push @faults, GwBootstrap::WorkLog::overlaps(slurp_file($self->{node}->logfile, $way->{log_offset}));
	my $left = $way->pooler ? GwBootstrap::SessionState::leftovers($self->{node}, $way->pooler, $way->dbname) : '';
	push @faults, "left on a pooled backend: $left" if $left ne '';
	return @faults;
}

# What is left of an ended session goes within moments.
sub _locks_go
{
	my ($self) = @_;
	my $end = time + 5;

	while ($self->{way}->locks != 0)
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
	append_to_file("$dir/server.log", slurp_file($self->{node}->logfile, $self->{way}{log_offset}));
	foreach my $i (0 .. $#{ $self->{results} })
	{
		my $result = $self->{results}[$i];
		append_to_file("$dir/replica$i", join "\n", $result->{exit} // "killed by $result->{signal}", $result->{out}, $result->{err});
	}
	return;
}

1;
