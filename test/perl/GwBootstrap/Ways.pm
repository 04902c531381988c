# The ways from a replica to the database that every storm is run over: a pool
# of 2, where statements meet on the same backend and hide a missing lock; of
# 20, where they do not; and directly; each with and without other traffic.
# Some of them once more in a database without the extension, where the client
# uses plain SQL.
#
#   my $node = GwBootstrap::Ways->server;
#   foreach my $way (GwBootstrap::Ways->all($node)) {
#       $way->create;    # a new database of its own
#       $way->open;      # pooler and traffic
#       ... $way->connstr ...
#       $way->close;
#   }

package GwBootstrap::Ways;

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use GwBootstrap::Migration;
use GwBootstrap::PgBouncer;
use GwBootstrap::SessionState;
use GwBootstrap::Traffic;

# Who has the default key in this database.
use constant GUARD => <<'SQL';
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 9877 AND objid = 2850441650 AND objsubid = 1
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
SQL

my $count = 0;

# A server that takes all replicas at once and tells what it is asked to do.
sub server
{
	my ($class) = @_;
	my $node = PostgreSQL::Test::Cluster->new('main');

	$node->init;
	$node->append_conf('postgresql.conf', <<'CONF');
max_connections = 200
track_functions = all
# Tell of every wait for a lock, however short.
log_lock_waits = on
deadlock_timeout = 10ms
# Not the default, so that it shows if somebody lifts it for a session.
idle_in_transaction_session_timeout = 1h
CONF
	$node->append_conf('postgresql.conf', 'transaction_timeout = 1h') if $node->pg_version >= 17;
	$node->start;
	return $node;
}

sub all
{
	my ($class, $node) = @_;
	my @ways;

	foreach my $pool_size (0, 2, 20)
	{
		push @ways, map { $class->new($node, pool_size => $pool_size, traffic => $_) } (0, 1);
	}
	return (@ways, $class->plain($node));
}

# Those without the extension: each kind of pool and traffic is among them.
sub plain
{
	my ($class, $node) = @_;
	return map { $class->new($node, pool_size => $_->[0], traffic => $_->[1], plain => 1) } ([ 0, 0 ], [ 2, 1 ], [ 20, 0 ]);
}

# Those for replicas that are looked at one by one: directly and through a pool
# of 2, nobody else there, with the extension and without.
sub quiet
{
	my ($class, $node) = @_;
	return map { $class->new($node, pool_size => $_->[0], plain => $_->[1]) } ([ 0, 0 ], [ 2, 0 ], [ 0, 1 ], [ 2, 1 ]);
}

sub new
{
	my ($class, $node, %options) = @_;
	return bless { node => $node, dbname => 'way' . ++$count, %options }, $class;
}

sub name
{
	my ($self) = @_;
	return ($self->{pool_size} ? "pool of $self->{pool_size}" : 'directly')
	  . ($self->{traffic} ? ', with traffic' : '')
	  . ($self->{plain} ? ', without the extension' : '');
}

# Make the database, and a table that counts what migrations have done.
sub create
{
	my ($self) = @_;
	my $node = $self->{node};

	note $self->name;
	$self->{log_offset} = -s $node->logfile;
	$node->safe_psql('postgres', "CREATE DATABASE $self->{dbname}");
	$self->sql('CREATE EXTENSION gw_bootstrap') unless $self->{plain};
	$self->sql('CREATE TABLE applied (step text, at timestamptz DEFAULT clock_timestamp())');
	return $self;
}

sub open
{
	my ($self) = @_;
	my $node = $self->{node};

	$self->{pooler} = GwBootstrap::PgBouncer->new($node, pool_size => $self->{pool_size}, pool_mode => $self->{pool_mode}, settings => $self->{pooler_settings}, users => $self->{pooler_users})
	  if $self->{pool_size};
	$self->{busy} = GwBootstrap::Traffic->new($node, $self->connstr) if $self->{traffic};
	return $self;
}

sub dbname { return $_[0]{dbname}; }

sub is_plain { return $_[0]{plain}; }

sub pooler { return $_[0]{pooler}; }

sub connstr
{
	my ($self) = @_;
	return $self->{pooler}
	  ? $self->{pooler}->connstr($self->{dbname})
	  : $self->{node}->connstr($self->{dbname});
}

# Whether the pooler has closed that backend since a replica left it in the midst of a query.
sub has_closed
{
	my ($self, $pid) = @_;
	my $closed = $self->{pooler}->has_closed($pid, $self->{dbname}, $self->{busy} ? GwBootstrap::Traffic::CLIENTS : 0);

	note $self->name . ": the pooler has closed backend $pid" if $closed;
	return $closed;
}

# Run SQL past the pooler.
sub sql
{
	my ($self, $sql) = @_;
	return $self->{node}->safe_psql($self->{dbname}, $sql);
}

# A command of the client for this database.
sub client
{
	my ($self, $command, @options) = @_;
	return ('gw_bootstrap', $command, '-d', $self->connstr, @options);
}

# How often each step of a migration was applied: "step x times", sorted.
sub applied
{
	my ($self) = @_;
	return $self->sql(q(SELECT string_agg(step || ' x ' || n, ', ' ORDER BY step)
		FROM (SELECT step, count(*) AS n FROM applied GROUP BY step) s));
}

# The advisory locks that anybody has in this database.
sub locks
{
	my ($self) = @_;
	return $self->sql(q(SELECT count(*) FROM pg_locks
		WHERE locktype = 'advisory'
		  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())));
}

# What must hold after a start that migrates; then there is no schema again.
sub migrated_once
{
	my ($self, $result, $name) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($result->{exit}, 0, "$name: ready") or diag $result->{err};
	is($self->applied, GwBootstrap::Migration::APPLIED, "$name: migrated once");
	is($self->locks, 0, "$name: no lock is left");
	$self->sql('TRUNCATE applied; DROP TABLE IF EXISTS alembic_version, item');
	return;
}

# What must hold after any start-up, whatever happened in it: no lock, nobody
# waited for one, nothing left on a pooled backend, and the traffic never failed.
sub is_clean
{
	my ($self, $name) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($self->locks, 0, "$name: nobody has an advisory lock");
	unlike(slurp_file($self->{node}->logfile, $self->{log_offset}),
		qr/still waiting for .* on advisory lock/, "$name: nobody waited for one");
	ok(delete($self->{busy})->stop, "$name: the other traffic went on") if $self->{busy};
	is(GwBootstrap::SessionState::leftovers($self->{node}, $self->{pooler}, $self->{dbname}),
		'', "$name: nothing is left on the pooled backends")
	  if $self->{pooler};
	return;
}

# End what was started, so that every backend has told its statistics.
sub close
{
	my ($self) = @_;

	delete($self->{busy})->stop if $self->{busy};
	delete($self->{pooler})->stop if $self->{pooler};
	$self->{node}->poll_query_until('postgres',
		"SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = '$self->{dbname}'")
	  or die "sessions are left in $self->{dbname}";
	return;
}

# Calls of a function of the extension so far, as the server counted them.
# Backends tell when they end, so close first.
sub calls
{
	my ($self, $function) = @_;
	return $self->sql("SELECT coalesce(sum(calls), 0) FROM pg_stat_user_functions WHERE funcname = '$function'");
}

# How often the server has been sent a text, as its log shows, since this
# database was made.
sub sent
{
	my ($self, $text) = @_;
	return scalar(() = slurp_file($self->{node}->logfile, $self->{log_offset}) =~ /\Q$text\E/g);
}

# What the client sends to ask for the lock, and to look at the heads.
sub try_text { return $_[0]{plain} ? 'pg_try_advisory_xact_lock(' : q{ARRAY['gw_bootstrap_try'}; }

sub look_text { return $_[0]{plain} ? 'pg_catalog.to_regclass(' : q{ARRAY['gw_bootstrap_at_head'}; }

# How often the server was asked for the lock.
sub tries { return $_[0]->sent($_[0]->try_text); }

# The same for looks at the heads alone.
sub looks { return $_[0]->sent($_[0]->look_text); }

1;
