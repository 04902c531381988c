# ContextForge as it is published, three pods of several workers behind
# PgBouncer in transaction mode, each started by gw_bootstrap: first start,
# restart beside the lock of a dead legacy replica, upgrade from an older
# version, and rollback to it.
#
# GATEWAY and GATEWAY_OLD are the virtual environments of the two versions.
# TAP in the manner of test/t/, apart since it needs those and takes minutes.

use strict;
use warnings;

use GwBootstrap::Test;
use HTTP::Tiny;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant KEY => '42424242424242';
use constant PODS => 3;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "max_connections = 200\nlog_statement = ddl");
$node->start;
my $pooler = start_pgbouncer($node);
my @ports = map { PostgreSQL::Test::Cluster::get_free_port() } 1 .. PODS;

# It refuses to start with secrets that are easy to guess.
open my $random, '<', '/dev/urandom' or die "/dev/urandom: $!";
foreach my $variable (qw(JWT_SECRET_KEY AUTH_ENCRYPTION_SECRET))
{
	read $random, my $bytes, 32;
	$ENV{$variable} = unpack 'H*', $bytes;
}
# Old poolers do not know prepared statements, which its driver makes of what
# it has sent a few times.
$ENV{DB_PREPARE_THRESHOLD} = 100;
$ENV{LOG_LEVEL} = 'INFO';
$ENV{PYTHONDONTWRITEBYTECODE} = 1;
$ENV{TEST_PORTS} = "@ports";
# Starting so many Pythons takes its time on a small machine.
$PostgreSQL::Test::Utils::timeout_default = 600;

# Workers do not end with a server that is killed, so it has to be asked.
my $running;

END
{
	my $status = $?;
	if (my @left = grep { !$running->ended($_) } $running ? 0 .. PODS - 1 : ())
	{
		kill 'TERM', map { $running->pid($_) } @left;
		$running->wait(60);
	}
	$? = $status;
}

# The pods of a release.  Its workers have the variable that makes them leave
# migrations alone, and the client has not: there it would mean the same.
sub start
{
	my ($gateway, $dbname, $workers, @options) = @_;
	my ($package) = glob "$gateway/lib/python3*/site-packages/mcpgateway";
	my $url = $pooler->connstr($dbname);
	my ($host, $port, $user) = map { $url =~ /\b$_=(\S+)/ or die $url; $1 } qw(host port user);

	# A folder of each pod's own: what it stores in files is not shared.
	return $running = start_replicas(PODS, 'sh', '-ec', <<'SH', 'pod', $gateway, $package, "postgresql+psycopg://$user\@$host:$port/$dbname", $workers, @options);
gateway=$1 package=$2 url=$3 workers=$4
shift 4
cd "$(mktemp -d "$TMPDIR/pod.XXXXXX")"
port=$(echo "$TEST_PORTS" | cut -d ' ' -f $((REPLICA + 1)))
export DATABASE_URL="$url"
exec gw_bootstrap run --alembic="$package/alembic" --timeout=200 "$@" \
	--migrate="'$gateway/bin/alembic' -c '$package/alembic.ini' upgrade head" \
	--post="MCPGATEWAY_SKIP_MIGRATIONS=true '$gateway/bin/python' -m mcpgateway.bootstrap_db" \
	-- env MCPGATEWAY_SKIP_MIGRATIONS=true "$gateway/bin/mcpgateway" --workers "$workers" --host 127.0.0.1 --port "$port"
SH
}

sub healthy
{
	my ($port) = @_;
	return HTTP::Tiny->new(timeout => 5)->get("http://127.0.0.1:$port/health")->{status} == 200;
}

# Wait until all workers of all pods serve, then look at the database and end
# the pods.  Returns what each has printed.
sub serves
{
	my ($pods, $dbname, $workers, $head, $name) = @_;
	my $complete = qr/All services initialized successfully/;

	ok(wait_until(sub {
		my @left = grep { my $workers_up = () = ($pods->out($_) . $pods->err($_)) =~ /$complete/g; $workers_up < $workers && !$pods->ended($_) } 0 .. PODS - 1;
		return !@left;
	}), "$name: all have started");
	is(scalar(grep { healthy($_) } @ports), PODS, "$name: and are healthy");
	is($node->safe_psql($dbname, 'SELECT string_agg(version_num, $$ $$) FROM alembic_version'), $head, "$name: the head");
	kill 'TERM', map { $pods->pid($_) } 0 .. PODS - 1;
	my @results = $pods->wait;
	foreach my $result (@results)
	{
		my $ready = () = $result->{out} =~ /^Database ready \(/mg;
		is($ready, 1, "$name: one line says that the database is ready") or diag $result->{out}, $result->{err};
		unlike($result->{err}, qr/^gw_bootstrap: error/m, "$name: no error of gw_bootstrap");
	}
	return @results;
}

sub migrated
{
	return scalar grep { $_->{out} =~ /^Database ready \(migrated\)/m } @_;
}

sub heads
{
	my ($gateway) = @_;
	my ($package) = glob "$gateway/lib/python3*/site-packages/mcpgateway";
	my ($heads) = run_command([ 'gw_bootstrap', 'heads', '--alembic', "$package/alembic" ]);
	return join ' ', split /\n/, $heads;
}

my ($new, $old) = map { heads($_) } @ENV{qw(GATEWAY GATEWAY_OLD)};
isnt($new, $old, "the versions differ: $old, $new");

# Three pods of eight on an empty database.
$node->safe_psql('postgres', 'CREATE DATABASE gateway');
$node->safe_psql('gateway', 'CREATE EXTENSION gw_bootstrap');
my @results = serves(start($ENV{GATEWAY}, 'gateway', 8), 'gateway', 8, $new, 'first start, 3 x 8');
is(migrated(@results), 1, 'first start: one has migrated');

# An old replica took the session lock and died: its backend keeps the lock.
my $dead = $pooler->session('gateway');
$dead->query_safe('SELECT pg_advisory_lock(' . KEY . ')');
$dead->quit;
my $locks = q(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted);
is($node->safe_psql('gateway', $locks), 1, 'an orphaned lock is there');
@results = serves(start($ENV{GATEWAY}, 'gateway', 2), 'gateway', 2, $new, 'restart beside an orphaned lock');
is(migrated(@results), 0, 'restart: nobody has migrated');

# An older release, on a database of its own without the extension, and the
# upgrade from it, with the lock of a dead replica in the way.
$node->safe_psql('postgres', 'CREATE DATABASE upgraded');
@results = serves(start($ENV{GATEWAY_OLD}, 'upgraded', 2), 'upgraded', 2, $old, 'older version');
is(migrated(@results), 1, 'older version: one has migrated');
$dead = $pooler->session('upgraded');
$dead->query_safe('SELECT pg_advisory_lock(' . KEY . ')');
$dead->quit;
@results = serves(start($ENV{GATEWAY}, 'upgraded', 2, '--break-orphans'), 'upgraded', 2, $new, 'upgrade');
is(migrated(@results), 1, 'upgrade: one has migrated');
is(scalar(grep { $_->{err} =~ /ended the orphaned lock/ } @results), 1, 'upgrade: one has ended the orphaned lock');

# Back to the older release, which does not know the head.
@results = start($ENV{GATEWAY_OLD}, 'upgraded', 2)->wait;
is(outcomes(@results), PODS . ' x 6', 'rollback: the database is ahead');
like($_->{err}, qr/ahead of this replica: revision "$new" is not in .*alembic/, 'rollback: as is told') foreach @results;
is($node->safe_psql('upgraded', 'SELECT version_num FROM alembic_version'), $new, 'rollback: nothing was migrated');
my $allowed = run_client('gw_bootstrap', 'run', '-d', $pooler->connstr('upgraded'), '--allow-ahead',
	'--alembic', glob("$ENV{GATEWAY_OLD}/lib/python3*/site-packages/mcpgateway/alembic"), '--migrate', 'false');
is($allowed->{exit}, 0, 'rollback: --allow-ahead goes on') or diag $allowed->{err};

# What docs/applications.md has the Job of its own chart run, as that does.
my ($values) = slurp_file('docs/applications.md') =~ /^```yaml mcp-stack\.yaml\n(.*?)^```/ms or die 'no values';
my ($wait) = $values =~ /^ +waitForDb: "(.*)"$/m;
my ($migrate) = $values =~ /^ +migrate: >-\n((?: {6}.*\n)+)/m;
my ($package) = glob "$ENV{GATEWAY}/lib/python3*/site-packages/mcpgateway";
$migrate =~ s{/app/mcpgateway}{$package}g;
$node->safe_psql('postgres', 'CREATE DATABASE job');
{
	local $ENV{PATH} = "$ENV{GATEWAY}/bin:$ENV{PATH}";
	local $ENV{DATABASE_URL} = 'postgresql+psycopg:///job?host=' . $node->host . '&port=' . $node->port;
	my ($out, $err) = run_command([ 'sh', '-c', "set -e\n$wait\n" . join(' ', split /\s*\n\s*/, $migrate) . "\necho completed" ]);
	like($out, qr/^Database ready \(migrated\).*\ncompleted$/m, "the Job of its chart migrates") or diag $err;
}
is($node->safe_psql('job', 'SELECT version_num FROM alembic_version'), $new, '... to the head');

is($node->safe_psql('postgres', "$locks AND database = (SELECT oid FROM pg_database WHERE datname = 'upgraded')"), 0, 'no lock is left');
$pooler->stop;
$node->stop;
done_testing();
