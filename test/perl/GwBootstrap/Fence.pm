# A server with a fenced role, guards, and sessions of that role.
#
#   my $fence = GwBootstrap::Fence->new;
#   my $guard = $fence->guard;                    # a transaction that holds the key
#   my $work = $fence->session($guard->{token});  # a session of the role that shows its token
#   is(sqlstate($work, 'INSERT INTO work VALUES (1)'), '00000');
#   end_guard($guard);
#
# The sessions are psql that stay connected, so each step is over when the
# next one begins.

package GwBootstrap::Fence;

use strict;
use warnings;

use Exporter qw(import);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

use constant KEY => '42424242424242';
use constant ROLE => 'migrations';

our @EXPORT = qw(KEY ROLE sqlstate sqlstates start finish end_guard);

# Options: settings, further lines for postgresql.conf; unfenced, to leave the
# role as it is; and install_path, of another PostgreSQL.
sub new
{
	my ($class, %options) = @_;
	my $node = PostgreSQL::Test::Cluster->new($options{name} || 'fenced', $options{install_path} ? (install_path => $options{install_path}) : ());
	my $self = bless { node => $node }, $class;

	$node->init(allows_streaming => 1);
	$node->append_conf('postgresql.conf', "max_prepared_transactions = 5\n" . ($options{settings} || ''));
	$node->start;
	$self->sql(<<'SQL');
CREATE EXTENSION gw_bootstrap;
CREATE ROLE migrations LOGIN;
GRANT CREATE ON SCHEMA public TO migrations;
GRANT CREATE ON DATABASE postgres TO migrations;
CREATE TABLE alembic_version (version_num text);
GRANT SELECT ON alembic_version TO migrations;
CREATE TABLE work (step text);
ALTER TABLE work OWNER TO migrations;
SQL
	$self->fence_role unless $options{unfenced};
	return $self;
}

sub node { return $_[0]{node}; }

# As the superuser, who is not fenced.
sub sql
{
	my ($self, $sql) = @_;
	return $self->{node}->safe_psql('postgres', $sql);
}

sub fence_role
{
	my ($self) = @_;
	$self->sql("ALTER ROLE migrations SET session_preload_libraries = 'gw_bootstrap'; "
		  . "ALTER ROLE migrations SET gw_bootstrap.fence_key = '" . KEY . "'");
	return;
}

# What is in the table, sorted.
sub steps { return $_[0]->sql("SELECT coalesce(string_agg(step, ' ' ORDER BY step), '') FROM work"); }

# Who has the second tag: how often, and in which mode.
sub tags
{
	my ($self) = @_;
	return $self->sql("SELECT coalesce(string_agg(mode, ' '), 'none') FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 3");
}

# What the next replica is told: the outcome, and who is in its way.
sub next_try
{
	my ($self) = @_;
	return $self->sql(q(BEGIN; SELECT outcome, holder_pid, holder_state FROM gw_bootstrap_try('{next}'); ROLLBACK));
}

sub _psql
{
	my ($self, $dbname, @params) = @_;
	my $psql = $self->{node}->background_psql($dbname,
		on_error_stop => 0, extra_params => [ '-v', 'VERBOSITY=sqlstate', @params ]);
	return ($psql, $psql->query('SELECT pg_backend_pid()'));
}

# A transaction that holds the key.  In plain SQL, if so wanted, and in another
# database.
sub guard
{
	my ($self, %options) = @_;
	my ($psql, $pid) = $self->_psql($options{dbname} || 'postgres');
	my $key = $options{key} || KEY;

	$psql->query('BEGIN');
	if ($options{plain})
	{
		$psql->query("SELECT pg_try_advisory_xact_lock($key)") eq 't' or die 'the key is taken';
		return { psql => $psql, pid => $pid, token => $psql->query(<<'SQL') };
SELECT substr(encode(sha256(convert_to(format('%s %s %s',
         l.virtualtransaction, a.pid,
         (extract(epoch FROM a.backend_start) * 1000000)::bigint),
         'UTF8')), 'hex'), 1, 32)
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
 WHERE a.pid = pg_backend_pid() AND l.virtualxid = l.virtualtransaction
SQL
	}
	$psql->query("SELECT outcome FROM gw_bootstrap_try('{next}', lock_key => $key)") eq 'acquired'
	  or die 'no guard';
	return { psql => $psql, pid => $pid, token => $psql->query("SELECT gw_bootstrap_token($key)") };
}

# End it as a pooler does that has had enough of it, or as its own client.
sub end_guard
{
	my ($guard) = @_;
	$guard->{psql}->query('ROLLBACK');
	return;
}

# A session of the fenced role that shows a token by its name.
sub session
{
	my ($self, $token, @params) = @_;
	local $ENV{PGAPPNAME} = defined $token ? "gw_bootstrap migration $token" : 'something else';
	my ($psql, $pid) = $self->_psql('postgres', '-U', ROLE, @params);

	$psql->{backend} = $pid;
	return $psql;
}

# The SQLSTATE of a statement, 00000 if it is done.
sub sqlstate
{
	my ($psql, $sql) = @_;
	my @lines = split /\n/, $psql->query("$sql\n;\n\\echo :SQLSTATE");
	return $lines[-1];
}

# Those of several, which stand on lines of their own.
sub sqlstates
{
	my ($psql, $sql) = @_;
	return join ' ', map { sqlstate($psql, $_) } split /;\n/, $sql;
}

# Begin a statement that will wait for something.
sub start
{
	my ($psql, $sql) = @_;
	# Not query_until(), which would throw away an end that comes at once.
	$psql->{stdin} .= "\\echo begins\n$sql;\n\\echo :SQLSTATE\n";
	$psql->{run}->pump until $psql->{stdout} =~ /begins/ || $psql->{timeout}->is_expired;
	return;
}

# Wait until it is done: its SQLSTATE.
sub finish
{
	my ($psql) = @_;
	return $1 if $psql->query_until(qr/^\w{5}$/m, '') =~ /^(\w{5})$/m;
	return 'no end';
}

1;
