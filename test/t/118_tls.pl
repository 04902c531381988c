# libpq tries a server twice if it may do without TLS: what counts is the reason
# that the server gave to the attempt that it would have taken.
#
# TAP, since it takes servers and poolers that want TLS.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant { REPLICAS => 24, SLOTS => 24 };

delete @ENV{ grep { /^PG(?!CTLTIMEOUT|_REGRESS)/ } keys %ENV };
my $head = HEAD;
my $dir = PostgreSQL::Test::Utils::tempdir_short();
my $user = getpwuid $<;
$ENV{HOME} = $dir;

plan skip_all => 'there is no openssl'
  if system("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout $dir/server.key -out $dir/server.crt >/dev/null 2>&1") != 0;
chmod 0600, "$dir/server.key";

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<CONF);
listen_addresses = '127.0.0.1'
ssl = on
ssl_cert_file = '$dir/server.crt'
ssl_key_file = '$dir/server.key'
max_connections = @{[SLOTS]}
superuser_reserved_connections = 0
CONF
plan skip_all => 'this server has no TLS' unless $node->start(fail_ok => 1);

# Over TCP only with TLS; the test's own sessions come by the socket.
sub admit
{
	my (@lines) = @_;

	unlink $node->data_dir . '/pg_hba.conf';
	$node->append_conf('pg_hba.conf', join "\n", 'local all all trust', @lines);
	return $node->reload;
}

sub ends
{
	my ($name, $exit, $pattern, @command) = @_;
	my ($result) = start_replicas(1, @command)->wait;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return ok($result->{exit} == $exit && $result->{err} =~ $pattern, $name) || diag "exit $result->{exit}, $result->{err}";
}

my $port = $node->port;
my $connstr = "host=127.0.0.1 port=$port user=$user dbname=postgres";
my @check = ('gw_bootstrap', 'check', '-e', $head, '--timeout', 0, '-d');

# hostssl: with max_connections used up by others, all replicas wait for them.
admit('hostssl all all 127.0.0.1/32 trust');
foreach my $extension (1, 0)
{
	my $name = 'hostssl, no sslmode, ' . ($extension ? 'with' : 'without') . ' the extension';
	$node->safe_psql('postgres', 'DROP TABLE IF EXISTS applied, alembic_version, item; CREATE TABLE applied (step text)');
	$node->safe_psql('postgres', $extension ? 'CREATE EXTENSION gw_bootstrap' : 'DROP EXTENSION IF EXISTS gw_bootstrap');

	my @others = map { $node->background_psql('postgres') } 1 .. SLOTS;
	$_->query_safe('SELECT 1') foreach @others;
	ends("$name: full, which passes, and both attempts are shown", 3, qr/too many clients already|remaining connection slots.*no pg_hba\.conf entry/, @check, $connstr);

	my $replicas = start_replicas(REPLICAS, 'gw_bootstrap', 'run', '-d', $connstr, '-e', $head, '--timeout', 180, '--migrate', whole_migration());
	my $told = sub { return scalar grep { $replicas->err($_) =~ /waiting for .*(?:too many clients already|remaining connection slots)/ } 0 .. REPLICAS - 1; };
	ok(wait_until(sub { $replicas->ended || $told->() == REPLICAS }), "$name: all wait for a connection")
	  or diag map { $replicas->err($_) } 0 .. REPLICAS - 1;
	$_->quit foreach @others;
	my @results = $replicas->wait;
	is(outcomes(@results), REPLICAS . ' x 0', "$name: 24 replicas are ready")
	  or diag map { $_->{err} } grep { !defined $_->{exit} || $_->{exit} } @results;
	is($node->safe_psql('postgres', q(SELECT string_agg(step || ' x ' || n, ', ' ORDER BY step) FROM (SELECT step, count(*) n FROM applied GROUP BY 1) s)),
		APPLIED, "$name: migrated once");
}

# What stays is told by the attempt that the server would have taken.
$node->safe_psql('postgres', q(CREATE ROLE other LOGIN PASSWORD 'right'));
admit('hostssl all all 127.0.0.1/32 scram-sha-256');
my $other = "host=127.0.0.1 port=$port user=other password";
ends('hostssl, a wrong password', 4, qr/password authentication failed.*no encryption(?s:.*)hint: Check user and password/, @check, "$other=wrong dbname=postgres");
ends('hostssl, an unknown database', 4, qr/database "none" does not exist(?s:.*)hint: Create the database/, @check, "$other=right dbname=none");
ends('hostssl, sslmode=disable: nothing else to say', 4, qr/no pg_hba\.conf entry(?s:.*)sslmode/, @check, "$other=right dbname=postgres sslmode=disable");
ends('hostssl, sslmode=allow: the second attempt tells', 4, qr/no encryption.*password authentication failed(?s:.*)hint: Check user and password/,
	@check, "$other=wrong dbname=postgres sslmode=allow");
admit('hostnossl all all 127.0.0.1/32 scram-sha-256');
ends('hostnossl, a wrong password', 4, qr/SSL encryption.*password authentication failed(?s:.*)hint: Check user and password/, @check, "$other=wrong dbname=postgres");
admit();
ends('neither', 4, qr/no pg_hba\.conf entry(?s:.*)hint: Check user, database and sslmode/, @check, "$other=right dbname=postgres");

# PgBouncer that wants TLS.
admit('host all all 127.0.0.1/32 trust');
local $ENV{PGPASSWORD} = 'own';
my $pooler = start_pgbouncer($node, users => qq("$user" "own"\n"other" "right"\n), settings => <<INI);
client_tls_sslmode = require
client_tls_cert_file = $dir/server.crt
client_tls_key_file = $dir/server.key
auth_type = md5
INI
my $pooled = 'host=127.0.0.1 port=' . $pooler->port . ' user=other password';
ends('PgBouncer, a wrong password', 4, qr/failed(?s:.*)hint: Check user and password/, @check, "$pooled=wrong dbname=postgres");
ends('PgBouncer, an unknown database', 4, qr/database.*none.*SSL required|none.*SSL required/, @check, "$pooled=right dbname=none");
ends('PgBouncer, an unknown user', 4, qr/SSL required(?s:.*)hint: Check (?:the )?user/, @check, ($pooled =~ s/user=other/user=none/r) . '=right dbname=postgres');
ends('PgBouncer, sslmode=disable', 4, qr/SSL required(?s:.*)hint: .*sslmode=require/, @check, "$pooled=right dbname=postgres sslmode=disable");
$node->safe_psql('postgres', 'GRANT SELECT ON alembic_version TO other');
ends('PgBouncer, all right', 0, qr/^/, @check, "$pooled=right dbname=postgres");
$pooler->stop;

$node->stop;
done_testing();
