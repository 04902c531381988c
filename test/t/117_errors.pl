# Which errors are waited for, and which are told at once: what PostgreSQL and
# the poolers say when they refuse a connection, and what libpq says itself.
#
# TAP, with errors sent as they are on the wire: most of these poolers cannot be
# had here, and the others do not fail in each of these ways when asked.

use strict;
use warnings;

use GwBootstrap::Refusal;
use GwBootstrap::Test;
use IO::Socket::INET;
use IO::Socket::UNIX;
use PostgreSQL::Test::Utils;
use Test::More;

use constant { WAITED => 3, REFUSED => 4 };

delete @ENV{ grep { /^PG(?!CTLTIMEOUT)/ } keys %ENV };
my $dir = PostgreSQL::Test::Utils::tempdir_short();
$ENV{HOME} = $dir;

sub tries
{
	my ($name, $exit, $pattern, @command) = @_;
	my $result = run_client(@command);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return ok($result->{exit} == $exit && $result->{err} =~ $pattern, $name)
	  || diag "exit $result->{exit}, $result->{err}";
}

sub check { return tries(@_[ 0 .. 2 ], 'gw_bootstrap', 'check', '-e', 'x', '--timeout', 0, '-d', $_[3]); }

# SQLSTATE, what is said, whether that passes, and what the hint has.
my $waits = 'waits';
my @errors = (
	# PostgreSQL
	['57P03', 'the database system is starting up', $waits],
	['57P03', 'the database system is in recovery mode', $waits],
	['57P01', 'terminating connection due to administrator command', $waits],
	['57P02', 'terminating connection because of crash of another server process', $waits],
	['53300', 'sorry, too many clients already', $waits],
	['53300', 'remaining connection slots are reserved for roles with the SUPERUSER attribute', $waits],
	['53300', 'too many connections for database "x"', $waits],
	['53200', 'out of memory', $waits],
	['57P03', 'das Datenbanksystem startet', $waits],
	['28P01', 'Passwort-Authentifizierung fehlgeschlagen', 'stays', qr/Check user and password/],
	['28P01', 'password authentication failed for user "u"', 'stays', qr/Check user and password/],
	['28000', 'no pg_hba.conf entry for host "1.2.3.4", user "u", database "d", no encryption', 'stays', qr/pg_hba\.conf/],
	['28000', 'role "u" does not exist', 'stays'],
	['3D000', 'database "d" does not exist', 'stays', qr/Create the database/],
	['42501', 'permission denied for database "d"', 'stays'],
	['55000', 'database "d" is not currently accepting connections', 'stays'],
	['58P01', 'could not access file "gw_bootstrap": No such file or directory', 'stays', qr/library that this server lacks: install/],
	['58P01', 'could not access file "other": No such file or directory', 'stays', qr/lacks that file/],
	['08P01', 'server login failed: FATAL could not access file "gw_bootstrap": No such file or directory', 'stays', qr/library that this server lacks: install/],
	['XX000', 'could not open relation mapping file', 'stays'],
	['0A000', 'unsupported frontend protocol 3.9', 'stays'],

	# PgBouncer
	['08P01', 'no more connections allowed (max_client_conn)', $waits],
	['08P01', 'client connections exceeded (max_db_client_connections)', $waits],
	['08P01', 'query_wait_timeout', $waits],
	['08P01', 'client_login_timeout (server down)', $waits],
	['08P01', 'pgbouncer cannot connect to server', $waits],
	['08P01', 'server login has been failing, try again later (server_login_retry)', $waits],
	['08P01', 'server login has been failing, cached error: server DNS lookup failed (server_login_retry)', $waits],
	['08P01', 'server login has been failing, cached error: connect timeout (server_login_retry)', $waits],
	['08P01', 'FATAL: the database system is starting up', $waits],
	['08P01', 'pooler is shutting down', $waits],
	['08P01', 'the database system is shutting down', $waits],
	['08P01', 'server login has been failing, cached error: FATAL: password authentication failed for user "u" (server_login_retry)', 'stays', qr/password/],
	['08P01', 'SSL required', 'stays', qr/sslmode=require/],
	['08P01', 'no such database: d', 'stays', qr/\[databases\]/],
	['08P01', 'no such user: u', 'stays', qr/auth_file/],
	['08P01', 'password authentication failed', 'stays'],
	['08P01', 'SASL authentication failed', 'stays'],
	['08P01', 'unsupported startup parameter: options', 'stays', qr/ignore_startup_parameters/],
	['08P01', 'unsupported startup parameter in options: search_path', 'stays', qr/ignore_startup_parameters/],
	['08P01', "unsupported options startup parameter: only '-c config=val' is allowed", 'stays', qr/ignore_startup_parameters/],
	['08P01', 'database "d" is disabled', 'stays'],
	['08P01', 'database does not allow connections: d', 'stays'],
	['08P01', 'bouncer config error', 'stays'],
	['08P01', 'login rejected', 'stays'],
	['08P01', 'certificate authentication failed', 'stays'],

	# Odyssey
	['08006', 'odyssey: c1234: failed to get remote server connection', $waits],
	['08006', 'odyssey: c1234: failed to connect to remote server s1234', $waits],
	['53300', 'odyssey: c1234: too many tcp connections (global client_max 10)', $waits],
	['53300', 'odyssey: c1234: too many active clients for user (pool_size for user d.u reached 2)', $waits],
	['28000', 'odyssey: c1234: failed to make auth query', $waits],
	['08P01', 'odyssey: c1234: SSL is required', 'stays', qr/sslmode=require/],
	['28000', 'odyssey: c1234: TLS connection required', 'stays', qr/sslmode=require/],
	['3D000', q(odyssey: c1234: route for 'd.u' is not found), 'stays'],
	['28P01', 'odyssey: c1234: incorrect user', 'stays'],
	['28000', 'odyssey: c1234: user blocked: d u', 'stays'],
	['58000', 'odyssey: c1234: ldap authentication failed for user "u": insufficient access', 'stays'],

	# Pgpool-II
	['XX000', 'failed to create a backend 0 connection', $waits],
	['XX000', 'failed to create a backend connection', $waits],
	['XX000', 'all backend nodes are down, pgpool requires at least one valid node', $waits],
	['08S01', 'pgpool is not accepting any new connections', $waits],
	['57000', 'unable to read data', $waits],
	['57000', 'connection terminated due to online recovery', $waits],
	['XX000', 'unable to read data from DB node 0', $waits],
	['53300', 'Sorry, too many clients already', $waits],
	['XX000', 'failed to authenticate with backend using SCRAM', 'stays'],
	['28000', 'no PostgreSQL user name specified in startup packet', 'stays'],

	# pgagroal
	['53300', 'connection pool is full', $waits],
	['53300', 'connection refused', $waits, qr/log of pgagroal/],
	['53300', 'server failover', $waits],
	['28000', 'no pgagroal_hba.conf entry for host "1.2.3.4", user "u", database "d"', 'stays'],
	['28000', 'unsupported security model for user "u"', 'stays'],

	# PgCat
	['58000', 'could not get connection from the pool - AllServersDown', $waits],
	['58000', 'Pool down for database: "d", user: "u"', $waits],
	['58000', 'terminating connection due to administrator command', $waits],
	['58000', 'No pool configured for database: "d", user: "u"', 'stays'],

	# Supavisor
	['XX000', '(EMAXCONN) max client connections reached, limit: 200', $waits],
	['XX000', '(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 15', $waits],
	['XX000', 'Max client connections reached', $waits],
	['XX000', 'MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited to pool_size', $waits],
	['XX000', '(ECHECKOUTTIMEOUT) unable to check out connection from the pool after 60000ms in Transaction mode', $waits],
	['XX000', 'Unable to check out process from the pool due to timeout', $waits],
	['XX000', '(ECIRCUITBREAKER) too many failed attempts to connect to the database, new connections are temporarily blocked', $waits],
	['XX000', '(EAUTHQUERY) authentication query failed: connection to database not available', $waits],
	['XX000', '(EDBHANDLEREXITED) DbHandler exited. Check logs for more information', $waits],
	['XX000', '(ENOTFOUND) tenant/user u.t not found', 'stays', qr/user and database/],
	['XX000', 'Tenant or user not found', 'stays', qr/user and database/],
	['XX000', '(ESSLREQUIRED) SSL connection is required for user: u', 'stays', qr/sslmode=require/],
	['XX000', '(EADDRNOTALLOWED) address not in tenant allow_list: {1, 2, 3, 4}', 'stays'],
	['XX000', '(EBANNED) tenant is banned: unpaid', 'stays'],

	# Neon
	['XX000', 'Control plane request failed', $waits],
	['XX000', 'Too many connections attempts', $waits],
	['XX000', 'Too many connections to this endpoint. Please try again later.', $waits],
	['XX000', q(Couldn't connect to compute node), $waits],
	['XX000', 'Failed to acquire permit to connect to the database. Too many database connection attempts are currently ongoing.', $waits],
	['XX000', 'remaining connection slots are reserved for roles with the SUPERUSER attribute', $waits],
	['XX000', 'Control plane request failed: endpoint is disabled', 'stays', qr/Enable the endpoint/],
	['XX000', 'Control plane request failed: endpoint cannot be found', 'stays'],
	['XX000', 'connection is insecure (try using `sslmode=require`)', 'stays', qr/sslmode=require/],
	['XX000', q(password authentication failed for user 'u'), 'stays', qr/password/],
	['XX000', 'Endpoint ID is not specified.', 'stays'],
	['XX000', 'Your account or project has exceeded the compute time quota.', 'stays'],

	# RDS Proxy
	['57P03', 'Timed-out waiting to acquire database connection.', $waits],
	['08006', 'Timed-out waiting to acquire database connection.', $waits],
	['28000', 'The IAM authentication failed because of too many competing requests.', $waits],
	['53300', 'The maximum number of client connections to the proxy exceeded 100.', $waits],
	['53300', 'Rate of connection to proxy exceeded 10.', $waits],
	['28P01', 'The password that was provided for the role u is wrong.', 'stays'],
	['28000', 'This RDS proxy has no credentials for the role u. Check the credentials for this role and try again.', 'stays'],
	['28000', 'IAM is allowed only with SSL connections.', 'stays', qr/sslmode=require/],
	['0A000', q(Feature not supported: RDS Proxy currently doesn't support the option jit.), 'stays'],
);

my $refusal = GwBootstrap::Refusal->new(map { [ @$_[ 0, 1 ] ] } @errors);
foreach my $number (0 .. $#errors)
{
	my ($sqlstate, $message, $verdict, $hint) = (@{ $errors[$number] }, '');

	check("$sqlstate, $message: $verdict", $verdict eq $waits ? WAITED : REFUSED,
		qr/\Q$message\E(?s:.*)$hint/, $refusal->connstr($number));
}
$refusal->stop;

# An error that leaves its fields out: a reason is told all the same.
my @without = (
	[ 'any field', '' ],
	[ 'all but a severity', "SFATAL\0VFATAL\0" ],
	[ 'a text of SQLSTATE and message', "SFATAL\0VFATAL\0C\0M\0" ],
	[ 'a text of the message', "SFATAL\0VFATAL\0CXX000\0M\0" ],
	[ 'a text of the message, for somebody to mend', "SFATAL\0VFATAL\0C28000\0M\0" ],
	[ 'all but blanks in the message', "M \0" ],
);
my $says_nothing = GwBootstrap::Refusal->new(
	map { my $fields = "$_->[1]\0"; sub { syswrite $_[0], 'E' . pack('N', 4 + length $fields) . $fields; return; } } @without);
foreach my $number (0 .. $#without)
{
	my $stays = $without[$number][1] =~ /C(?:28|XX)000/;

	check("an error without $without[$number][0]: " . ($stays ? 'stays' : $waits), $stays ? REFUSED : WAITED,
		qr/failed: the server tells no reason$/m, $says_nothing->connstr($number));
}
$says_nothing->stop;

# Two hosts: one that will be there, in either order, is enough.
my @both = (
	GwBootstrap::Refusal->new({ address => '127.0.0.2' }, ['57P03', 'the database system is starting up'], ['57P03', 'the database system is shutting down']),
);
push @both, GwBootstrap::Refusal->new({ address => '127.0.0.3', port => $both[0]->port }, ['28P01', 'password authentication failed for user "u"'],
	['57P03', 'the database system is starting up']);
my $common = 'port=' . $both[0]->port . ' user=u password=secret';
check('hosts: one starts, the other refuses the password: waits, and shows both', WAITED,
	qr/127\.0\.0\.2.*starting up.*127\.0\.0\.3.*password authentication failed/, "host=127.0.0.2,127.0.0.3 dbname=case0 $common");
check('hosts: nobody listens at one, the other refuses the password: waits, and shows both', WAITED,
	qr/127\.0\.0\.4.*refused.*127\.0\.0\.3.*password authentication failed/, "host=127.0.0.4,127.0.0.3 dbname=case0 $common");
check('both hosts start: waits', WAITED, qr/shutting down.*starting up/, "host=127.0.0.2,127.0.0.3 dbname=case1 $common");
$_->stop foreach @both;

# One is silent, so it is left out, and may come back; the other refuses.
my $silent = IO::Socket::INET->new(LocalAddr => '127.0.0.5', Listen => 5) or die "listen: $!";
my $refuses = GwBootstrap::Refusal->new({ address => '127.0.0.6', port => $silent->sockport }, ['28P01', 'password authentication failed for user "u"']);
check('hosts: one is silent, the other refuses the password: waits, and shows both', WAITED, qr/no answer.*127\.0\.0\.6.*password authentication failed/,
	'host=127.0.0.5,127.0.0.6 port=' . $silent->sockport . ' user=u password=secret dbname=case0 connect_timeout=2');
$refuses->stop;
close $silent;

# One host, of which one address does not answer: that is no hope.
SKIP:
{
	my @other = ('unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', "mount --bind $dir/hosts /etc/hosts && exec \"\$@\"", 'sh');
	PostgreSQL::Test::Utils::append_to_file("$dir/hosts", "127.0.0.1 gateway\n127.0.0.4 gateway\n");
	skip 'no process may have another /etc/hosts here', 1 if system(@other, 'true') != 0;
	my $one = GwBootstrap::Refusal->new({ address => '127.0.0.4' }, ['28P01', 'password authentication failed for user "u"']);

	tries('one host, nobody listens at one address, at the other the password is refused: stays', REFUSED,
		qr/127\.0\.0\.1.*refused.*127\.0\.0\.4.*password authentication failed(?s:.*)Check user and password/,
		@other, 'gw_bootstrap', 'check', '-e', 'x', '--timeout', 0, '-d', $one->connstr(0) =~ s/127.0.0.1/gateway/r);
	$one->stop;
}

# What libpq says by itself.
my $free = GwBootstrap::Refusal->new;
my $nobody = $free->port;
$free->stop;
my %own = (
	'nobody listens' => [ "host=127.0.0.1 port=$nobody", WAITED, qr/refused/ ],
	'no socket yet' => [ "host=$dir port=$nobody", WAITED, qr/No such file/ ],
	'a name that is not known yet' => [ 'host=gateway.invalid', WAITED, qr/could not translate host name/ ],
	'a name with the words of other errors' => [ 'host=uri-service-certificate.invalid', WAITED, qr/could not translate host name/ ],
	'a name that is no name' => [ 'hostaddr=1.2.3.x', REFUSED, qr/could not parse network address/ ],
	'a path that is too long' => [ 'host=/' . 'x' x 200, REFUSED, qr/too long/ ],
	'an sslmode that is none' => [ "host=127.0.0.1 sslmode=strict", REFUSED, qr/invalid sslmode value(?s:.*)hint: Check the connection string/ ],
	'a gssencmode that is none' => [ "host=127.0.0.1 gssencmode=strict", REFUSED, qr/gssencmode value(?s:.*)hint: Check the connection string/ ],
	'a service that is none' => [ 'service=none', REFUSED, qr/service(?s:.*)hint: Check the connection string/ ],
	'a port that is none' => [ 'host=127.0.0.1 port=70000', REFUSED, qr/invalid port number(?s:.*)hint: Check the connection string/ ],
	'more ports than hosts' => [ 'host=127.0.0.1 port=1,2', REFUSED, qr/could not match(?s:.*)hint: Check the connection string/ ],
	'an integer that is none' => [ "host=127.0.0.1 port=$nobody keepalives=x", REFUSED, qr/invalid integer value/ ],
);
check("libpq, $_: " . ($own{$_}[1] == WAITED ? $waits : 'stays'), @{ $own{$_} }[ 1, 2 ], "$own{$_}[0] user=u dbname=d") foreach sort keys %own;

# What it says of an answer.
my $authentication = sub { my ($code) = @_; return sub { syswrite $_[0], 'R' . pack 'NN', 8, $code; sysread $_[0], my $rest, 100; return; }; };
my $talks = GwBootstrap::Refusal->new($authentication->(3), sub { return; }, sub { syswrite $_[0], "HTTP/1.1 400 Bad Request\r\n\r\n"; },
	sub { syswrite $_[0], "Ecould not fork new process for connection: Resource temporarily unavailable\n\0"; },
	$authentication->(1), $authentication->(99),
	map { my $mechanisms = "$_\0\0"; sub { syswrite $_[0], 'R' . pack('NN', 8 + length $mechanisms, 10) . $mechanisms; sysread $_[0], my $rest, 100; return; } } 'NEWER', 'OAUTHBEARER');
my $at = sub { my ($number, $more) = @_; return $talks->connstr($number) . " $more"; };
check('libpq, channel_binding=require where there is none: stays', REFUSED, qr/channel binding(?s:.*)hint: Check channel_binding/, $at->(0, 'channel_binding=require'));
check('libpq, channel_binding=require without TLS: stays', REFUSED, qr/channel binding(?s:.*)hint: Check channel_binding/, $at->(0, 'channel_binding=require sslmode=disable'));
check('libpq, no password: stays', REFUSED, qr/no password supplied(?s:.*)hint: Put the password/, $at->(0, q(password='')));
check('libpq, sslmode=require where there is no TLS: stays', REFUSED, qr/does not support SSL(?s:.*)hint: Check sslmode/, $at->(1, 'sslmode=require'));
check('libpq, gssencmode=require without credentials: stays', REFUSED, qr/GSSAPI(?s:.*)hint: Check gssencmode/, $at->(1, 'gssencmode=require'));
check('libpq, a server that ends the connection: waits', WAITED, qr/server closed the connection unexpectedly/, $at->(1, ''));
check('libpq, another kind of server: stays', REFUSED, qr/expected authentication request/, $at->(2, ''));
check('libpq, a server that cannot fork: waits', WAITED, qr/could not fork/, $at->(3, 'sslmode=disable'));

# A method of authentication that a libpq lacks, such as the static client's.
my $lacks = qr/hint: Have the server's pg_hba\.conf ask for another method/;
check('libpq, Kerberos 4: stays', REFUSED, qr/not supported(?s:.*)$lacks/, $at->(4, ''));
check('libpq, a method that nobody knows: stays', REFUSED, qr/authentication method 99 not supported(?s:.*)$lacks/, $at->(5, ''));
check('libpq, a mechanism that nobody knows: stays', REFUSED, qr/mechanisms are supported(?s:.*)$lacks/, $at->(6, ''));
check('libpq, OAuth: stays', REFUSED, qr/mechanisms are supported(?s:.*)$lacks|OAuth(?s:.*)hint: (?:Check the connection string|Have the server)/, $at->(7, 'sslmode=disable'));
SKIP:
{
	my ($version) = `psql --version` =~ /(\d+)/;

	skip 'require_auth is of libpq 16', 1 if $version < 16;
	check('libpq, a method other than require_auth: stays', REFUSED, qr/"scram-sha-256" failed(?s:.*)hint: Check require_auth/, $at->(0, 'require_auth=scram-sha-256'));
}
$talks->stop;

# What else is not supported.
mkdir "$dir/socket";
my $socket = IO::Socket::UNIX->new(Local => "$dir/socket/.s.PGSQL.$nobody", Listen => 1) or die "socket: $!";
check('libpq, GSS at a Unix socket: stays', REFUSED, qr/GSSAPI(?s:.*)hint: Check gssencmode/, "host=$dir/socket port=$nobody gssencmode=require");
close $socket;
SKIP:
{
	# a filter of system calls, by which socket() knows no IPv6
	my @other = ($^X, '-e', <<'END');
require 'syscall.ph';
my $filter = join '', map { pack 'SCCL', @$_ } [0x20, 0, 0, 0], [0x15, 0, 3, &SYS_socket], [0x20, 0, 0, 16],
	[0x15, 0, 1, 10], [0x06, 0, 0, 0x50061], [0x06, 0, 0, 0x7fff0000];
syscall(&SYS_prctl, 38, 1, 0, 0, 0);
syscall(&SYS_prctl, 22, 2, pack('S x![P] P', 6, $filter)) == 0 or die "no filter: $!";
exec @ARGV;
END
	skip 'no process may be without IPv6 here', 1 if run_client(@other, 'true')->{exit} != 0;
	tries('libpq, a system without IPv6: stays', REFUSED, qr/^(?!.*pg_hba).*(?:Address family not supported|tells no reason)/s,
		@other, 'gw_bootstrap', 'check', '-e', 'x', '--timeout', 0, '-d', "host=::1 port=$nobody");
}

# A key that others may read, as mounted by default from a Secret of Kubernetes.
my $tls = GwBootstrap::Refusal->new({ tls => sub { syswrite $_[0], 'S'; sysread $_[0], my $hello, 1000; return; } });
SKIP:
{
	skip 'there is no openssl', 3
	  if system("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=u -keyout $dir/key -out $dir/certificate >/dev/null 2>&1") != 0;
	my $with = sub { return $tls->connstr(0) . " sslmode=$_[0] sslcert=$dir/certificate sslkey=$dir/$_[1]"; };

	chmod 0644, "$dir/key";
	check('libpq, a key that others may read: stays', REFUSED, qr/group or world access(?s:.*)hint: Check sslkey/, $with->('require', 'key'));
	check('libpq, no key: stays', REFUSED, qr/private key file(?s:.*)hint: Check sslkey/, $with->('require', 'none'));
	chmod 0600, "$dir/key";
	check('libpq, a root certificate that is none: stays', REFUSED, qr/root certificate file(?s:.*)hint: Check sslmode/, $with->('verify-full', 'key'));
	check('libpq, TLS that ends: waits', WAITED, qr/SSL|closed/, $with->('require', 'key'));
}
$tls->stop;

SKIP:
{
	my @other = ('unshare', '--user', '--map-user=54321');

	skip 'no process may have another user here', 1 if system("@other true 2>/dev/null") != 0;
	tries('libpq, a user that the system does not know: stays', REFUSED, qr/54321(?s:.*)hint: Name the user/,
		@other, 'gw_bootstrap', 'check', '-e', 'x', '--timeout', 0, '-d', "host=127.0.0.1 port=$nobody");
}

# libpq would write to stderr that it does not read the password file.
my $asks = GwBootstrap::Refusal->new(['57P03', 'the database system is starting up']);
PostgreSQL::Test::Utils::append_to_file("$dir/.pgpass", "*:*:*:*:secret\n");
mkdir "$dir/folder";
foreach my $case ([ "$dir/.pgpass", 0644, '', qr/others may access it/ ], [ "$dir/folder", 0700, "passfile=$dir/folder", qr/not a plain file/ ])
{
	my ($file, $mode, $option, $reason) = @$case;
	my $connstr = ($asks->connstr(0) =~ s/password=secret//r) . " $option";

	chmod $mode, $file;
	foreach my $format ('text', 'json')
	{
		my $result = run_client('gw_bootstrap', 'check', '-e', 'x', '--timeout', 1, "--log-format=$format", '-d', $connstr);
		my @warnings = grep { /$reason/ } split /\n/, $result->{err};
		ok($result->{exit} == WAITED && @warnings == 1 && $warnings[0] =~ /\Q$file\E/ && $result->{err} !~ /^WARNING/m,
			"password file, $reason, $format: told once, in our format") or diag $result->{err};
		is(scalar(grep { !/^\{.*\}$/ } split /\n/, $result->{err}), 0, "password file, $reason: nothing but JSON") if $format eq 'json';
	}
}
$asks->stop;

done_testing();
