# Connection strings as SQLAlchemy and ini files have them: what is connected
# to, as whom, and what is refused; and that an error about a value which came
# from the environment names the variable.
#
# TAP, since only a server that asks for a password proves that it was read
# right, and only a program's output that it was not shown.

use strict;
use warnings;

use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\nunix_socket_directories = '" . $node->host . "'");
$node->start;
my ($dir, $port) = ($node->host, $node->port);
my $tcp = "127.0.0.1:$port";

# A database and a role with what has a meaning in a URL.
my $password = q{p@ss:w/o?r#d&%40 %+'"\\=};
my $database = 'the db';
$node->safe_psql('postgres', qq{CREATE DATABASE "$database"});
$node->safe_psql($database, <<"SQL");
CREATE EXTENSION gw_bootstrap;
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('a');
CREATE ROLE "o\@dd" LOGIN PASSWORD \$p\$$password\$p\$;
CREATE ROLE raw LOGIN PASSWORD '100%sure/w?y#not';
CREATE ROLE percent LOGIN PASSWORD '\@100%';
GRANT SELECT ON alembic_version TO public;
SQL
unlink $node->data_dir . '/pg_hba.conf';
$node->append_conf('pg_hba.conf', "local all postgres trust\nlocal all all scram-sha-256\nhost all all all scram-sha-256\n");
$node->reload;

sub encode
{
	my ($text) = @_;
	$text =~ s/([^A-Za-z0-9_.-])/sprintf '%%%02X', ord $1/ge;
	return $text;
}

# Run check, or another command, with that in DATABASE_URL.
our @command = ('check');
our @more;
sub check
{
	my ($url, %env) = @_;
	local %ENV = (%ENV, DATABASE_URL => $url, %env);
	my ($out, $err);
	delete @ENV{qw(PGHOST PGPORT PGDATABASE PGUSER)};
	IPC::Run::run([ 'gw_bootstrap', @command, @more ? @more : ('-e', 'a') ], '>', \$out, '2>', \$err, IPC::Run::timeout(30));
	return ($? >> 8, $err);
}

sub hides_password
{
	my ($err, $name) = @_;
	unlike($err, qr/p\@ss|100%|sure|secret|sec\b/, "$name: no password is shown");
	return;
}

sub connects
{
	my ($url, $name) = @_;
	my ($exit, $err) = check($url);
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($exit, 0, $name // $url) or diag $err;
	is($err, '', ($name // $url) . ': no complaint');
	return;
}

my $user = encode('o@dd') . ':' . encode($password);
my $db = encode($database);
my $socket = encode($dir);

# Every scheme, over TCP and over the socket.
foreach my $scheme (qw(postgresql postgres), map { ("postgresql+$_", "postgres+$_") } qw(psycopg psycopg2 psycopg_async asyncpg pg8000 x))
{
	connects("$scheme://$user\@$tcp/$db");
	connects("$scheme://$user\@/$db?host=$socket&port=$port");
}
(my $doubled = $user) =~ s/%/%%/g;
connects("$_://$doubled\@$tcp/$db", "$_ from an ini file") foreach qw(postgresql postgresql+psycopg);

# SQLAlchemy's own rules, in URLs that name a driver.
my $sa = 'postgresql+asyncpg';
connects("$sa://raw:100%sure/w?y#not\@$tcp/$db", 'a password that is not encoded');
connects("$sa://percent:%40100%\@$tcp/$db", 'a percent sign that encodes nothing');
connects("$sa://percent:%40100%%\@$tcp/$db", 'the same, from an ini file');
connects("$sa://$user\@$tcp/the db", 'a database that is not encoded');
connects("$sa://$user\@/?database=the+db&host=$tcp", '"+" is a space in a parameter, "database" a name of "dbname", "host" has a port');
connects("$sa://$tcp/$db?user=" . encode('o@dd') . '&password=' . encode($password), 'user and password are parameters');
connects("$sa://$user\@nowhere.invalid:1/$db?host=$socket&port=$port", 'parameters win');
connects("$sa://$user\@/$db?host=127.0.0.1:1&host=$tcp", 'several hosts with ports');
connects("$sa://$user\@/$db?host=127.0.0.1,$socket&port=1,$port", 'lists of hosts and ports');
connects("postgresql+pg8000://$user\@/$db?unix_sock=$socket/.s.PGSQL.$port", "pg8000's socket");
connects("$sa://$user\@$tcp/$db?ssl=disable&passfile=", 'an empty parameter is none');

# asyncpg's "ssl" is libpq's "sslmode": this server has no certificate.
foreach my $parameter (qw(ssl sslmode))
{
	my ($exit, $err) = check("$sa://$user\@$tcp/$db?$parameter=require");
	is($exit, 4, "$parameter=require is obeyed");
	like($err, qr/does not support SSL/, "$parameter=require: message");
	hides_password($err, "$parameter=require");
}

# What libpq does not know, and the driver does.
my $extra = 'prepared_statement_cache_size=0&async_fallback=secret&charset=utf8';
{
	my ($exit, $err) = check("$sa://$user\@$tcp/$db?$extra");
	is($exit, 0, 'parameters of the driver: exit code');
	is($err, "gw_bootstrap: warning: parameters of the driver in DATABASE_URL are left out: "
		  . "prepared_statement_cache_size, async_fallback, charset\n", 'parameters of the driver: one warning');
}

# The same in what names no driver.
my $pairs = "host=127.0.0.1 port=$port user=raw password='100%sure/w?y#not' dbname='$database'";
foreach my $given ("postgresql://$user\@$tcp/$db?pgbouncer=true&connection_limit=1&schema=secret", "$pairs pgbouncer=true connection_limit = '1' schema=secret",
	"pgbouncer=true connection_limit=1 schema='\\'secret' $pairs")
{
	my ($exit, $err) = check($given);
	is($exit, 0, "parameters of a driver that is not named: exit code");
	is($err, "gw_bootstrap: warning: parameters of the driver in DATABASE_URL are left out: pgbouncer, connection_limit, schema\n",
		'parameters of a driver that is not named: one warning');
}
connects("host=127.0.0.1 port=$port user=raw dbname='$database' password=100%sure/w?y#not\\", 'a backslash with nothing behind it is none, as for libpq');
{
	my ($exit, $err) = check("postgresql://$user\@$tcp/$db?pool_max_conns=5&ssl_cert=secret&sslidentity=secret&application_name=x");
	is($exit, 0, 'who we are may be left out: exit code') or diag $err;
	like($err, qr/left out: pool_max_conns, ssl_cert, sslidentity$/, 'who we are may be left out: warning');
	($exit, $err) = check("postgresql://$user\@$tcp/$db?ssl=true");
	is($exit, 4, "libpq's own ssl=true is obeyed");
}

# The file of a socket as a host; a user with the name of a server.
connects("$_://$user\@/$db?host=$socket/.s.PGSQL.$port", "$_: a socket's file as host") foreach 'postgresql', $sa;
connects("postgresql://$user\@/$db?host=127.0.0.1,$socket/.s.PGSQL.$port&port=1", "a socket's file as the second host");
connects("host=$dir/.s.PGSQL.$port user=raw password='100%sure/w?y#not' dbname='$database'", "a socket's file in pairs");
connects("$sa://o\@dd:" . encode($password) . "\@$tcp/$db", 'a user with an "@" that is not encoded');

# Files with a connection string.
my $file = PostgreSQL::Test::Utils::tempdir() . '/url';
sub in_file { my ($text) = @_; unlink $file; append_to_file($file, $text); return $file; }
foreach my $variable (qw(DATABASE_URL_FILE GW_BOOTSTRAP_DATABASE_URL_FILE))
{
	my ($exit, $err) = check('', $variable => in_file("$sa://$user\@$tcp/$db\n"));
	is($exit, 0, "$variable: exit code") or diag $err;
	foreach my $case ([ '', 'is empty' ], [ "a\0b", 'null byte' ], [ "postgresql://h/db\nx", "$variable has a line end" ], [ 'x' x 70000, 'more than 65536 bytes' ])
	{
		($exit, $err) = check('', $variable => in_file($case->[0]));
		is($exit, 2, "$variable, $case->[1]: exit code");
		like($err, qr/$variable/, "$variable, $case->[1]: is named");
		like($err, qr/$case->[1]/, "$variable, $case->[1]: message");
	}
	($exit, $err) = check('', $variable => "$file.none");
	is($exit, 2, "$variable, no file: exit code");
	like($err, qr/could not read file ".*\.none" of $variable: No such/, "$variable, no file: message");
}
{
	my ($exit) = check("$sa://$user\@$tcp/$db", DATABASE_URL_FILE => '/nonexistent');
	is($exit, 0, 'a variable counts before its file');
	($exit) = check('nonsense://', GW_BOOTSTRAP_DATABASE_URL_FILE => in_file("$sa://$user\@$tcp/$db"));
	is($exit, 0, 'a file of ours counts before the variable of others');
	local @command = ('run', '--migrate', 'printf %s "$DATABASE_URL" >' . "$file.seen");
	local @more = ('-e', 'b');
	check('', DATABASE_URL_FILE => in_file("$sa://$user\@$tcp/$db\n"), MIGRATION_DATABASE_URL_FILE => "$file.m",
		map { append_to_file("$file.m", "$sa://$user\@$tcp/$db?ssl=disable\n"); () } 1);
	is(-f "$file.seen" && slurp_file("$file.seen"), "$sa://$user\@$tcp/$db?ssl=disable", 'a migration gets what the file has');
}

# What is only handed on is not judged.
{
	my ($exit, $err) = check("$sa://$user\@$tcp/$db", MIGRATION_DATABASE_URL => 'jdbc:postgresql://h/db?sslaccept=strict');
	is($exit, 0, "a migration's URL means nothing to check");
	is($err, '', '... and nothing is said of it');
}

# What is refused, and what the variable is called then.
my %refused = (
	"postgresql://$user\@$tcp/$db?ssl=require" => 'ssl without a driver',
	"$sa://$user\@$tcp/$db?ssl=secret" => 'a mode that is none',
	"$sa://$user\@$tcp/$db?sslmod=require" => 'a misspelt safety',
	"$sa://$user\@$tcp/$db?direct_tls=true" => "asyncpg's TLS, which libpq could not give",
	"$sa://u:secret\@%00/$db?user=%00" => 'a zero byte',
	"$sa://u:secret\@h:port/db" => 'a port that is none',
	"postgresql://$user\@$tcp/$db?sslaccept=strict" => "Prisma's TLS",
	"postgresql://$user\@$tcp/$db?ssl_mode=secret" => "another's TLS",
	"postgresql://$user\@$tcp/$db?useSSL=true" => "another's TLS, too",
	"postgresql://$user\@$tcp/$db?tlsCAFile=secret" => "another's certificate",
	"host=127.0.0.1 port=$port ssl_mode=secret" => "another's TLS in pairs",
	"host=127.0.0.1 password=sec ret=x" => 'a password that is not quoted',
	"host=127.0.0.1 secret" => 'a word among pairs',
	"$sa://u:pa\@secret\@h/db" => 'a password with "@"',
	"$sa://u:pa\@h?secret=x\@h/db" => 'a password with "@" and "?"',
	"$sa://u:pa\@h?sec:ret&x\@h/db" => 'the same, otherwise',
	"postgresql+pg8000://u:secret\@/db?unix_sock=/tmp" => 'a socket without a port',
	'postgresql://u:secret%zz@h/db' => 'an encoding that is none',
	'postgresqlx+y://u:secret@h/db' => 'another scheme',
	'mysql+pymysql://u:secret@h/db' => 'another database system',
	'jdbc:postgresql://h/db?user=u&password=secret' => "Java's",
	'+postgresql://u:secret@h/db' => 'a driver alone',
);
foreach my $url (sort keys %refused)
{
	foreach my $variable (qw(DATABASE_URL GW_BOOTSTRAP_DATABASE_URL MIGRATION_DATABASE_URL GW_BOOTSTRAP_MIGRATION_URL))
	{
		local @command = ('run', '--migrate', 'true') if $variable =~ /MIGRATION/;
		my ($exit, $err) = check("$sa://$user\@$tcp/$db", $variable => $url);
		my $name = "$refused{$url}, in $variable";
		is($exit, 2, "$name: exit code");
		like($err, qr/error: invalid connection string in $variable\b/, "$name: message");
		hides_password($err, $name);
	}
}

# What libpq refuses only where it waits itself.
foreach my $value ('abc', '5x', '2.5s', '1.2.3', '.', '99999999999', '99999999999.5')
{
	foreach my $url ("postgresql://$user\@$tcp/$db?connect_timeout=$value", "$sa://$user\@$tcp/$db?connect_timeout=$value", "host=127.0.0.1 connect_timeout=$value")
	{
		my ($exit, $err) = check($url);
		is($exit, 2, "$url: exit code");
		like($err, qr/error: invalid value for connect_timeout in the connection string in DATABASE_URL\b/, "$url: message");
	}
	foreach my $url ("postgresql://$user\@$tcp/$db", '')
	{
		my ($exit, $err) = check($url, PGCONNECT_TIMEOUT => $value);
		is($exit, 2, "PGCONNECT_TIMEOUT=$value, $url: exit code");
		like($err, qr/error: invalid value for PGCONNECT_TIMEOUT$/m, "PGCONNECT_TIMEOUT=$value, $url: message");
	}
}
foreach my $value ('3', '%203%20', '-1', '2.5', '%202.5%20', '')
{
	my ($exit, $err) = check("postgresql://$user\@$tcp/$db?connect_timeout=$value", PGCONNECT_TIMEOUT => $value eq '' ? '' : 'unused');
	is($exit, 0, "connect_timeout=$value") or diag $err;
}

# What libpq refuses only when it connects may come from elsewhere, too.
foreach my $from (qw(string environment))
{
	local $ENV{PGSSLMODE} = 'on' if $from eq 'environment';
	my ($exit, $err) = check("postgresql://$user\@$tcp/$db" . ($from eq 'string' ? '?sslmode=on' : ''));
	is($exit, 4, "sslmode=on, in the $from: exit code");
	like($err, qr/error: invalid sslmode value: "on".*hint: Check the connection string and libpq's environment variables/s, "sslmode=on, in the $from: message");
}

# A wrong password is not shown either.
foreach my $scheme ('postgresql', $sa)
{
	my ($exit, $err) = check("$scheme://raw:secret\@$tcp/$db");
	is($exit, 4, "$scheme, wrong password: exit code");
	hides_password($err, "$scheme, wrong password");
}

# Every variable that the client reads, with a value that cannot work.  A
# variable that has none here fails the test: add one.
my %wrong = (
	GW_BOOTSTRAP_DATABASE_URL => 'nonsense://',
	DATABASE_URL => 'nonsense://',
	GW_BOOTSTRAP_MIGRATION_URL => 'nonsense://',
	MIGRATION_DATABASE_URL => 'nonsense://',
	GW_BOOTSTRAP_EXPECT_HEAD => 'a b',
	GW_BOOTSTRAP_ALEMBIC => '/nonexistent',
	GW_BOOTSTRAP_MIGRATIONS => 'nonesuch:x',
	GW_BOOTSTRAP_EXPECT_HEADS_FROM => '/nonexistent',
	GW_BOOTSTRAP_HEAD_RULE => 'maybe',
	GW_BOOTSTRAP_HEAD_ORDER => 'maybe',
	GW_BOOTSTRAP_HEAD_CONDITION => "a\nb",
	GW_BOOTSTRAP_ALLOW_AHEAD => 'maybe',
	GW_BOOTSTRAP_MIGRATE => 'exit 3',
	GW_BOOTSTRAP_MIGRATE_SQL => '/nonexistent',
	GW_BOOTSTRAP_CREATE_EXTENSION => 'maybe',
	GW_BOOTSTRAP_REQUIRE_EXTENSION => 'maybe',
	GW_BOOTSTRAP_REQUIRE_FENCE => 'maybe',
	GW_BOOTSTRAP_POST => 'exit 3',
	GW_BOOTSTRAP_POST_SQL => '/nonexistent',
	GW_BOOTSTRAP_POST_IN_TURN => 'maybe',
	GW_BOOTSTRAP_BREAK_ORPHANS => 'maybe',
	GW_BOOTSTRAP_SKIP_MIGRATIONS => 'maybe',
	MCPGATEWAY_SKIP_MIGRATIONS => 'maybe',
	GW_BOOTSTRAP_TIMEOUT => 'soon',
	GW_BOOTSTRAP_HEAD_TABLE => '"',
	GW_BOOTSTRAP_HEAD_COLUMN => 'nonesuch',
	GW_BOOTSTRAP_LOCK_KEY => '1.5',
	GW_BOOTSTRAP_LOG_FORMAT => 'xml',
);

# Values that only the server, or a command, can find wrong.
my @others = (
	[ GW_BOOTSTRAP_HEAD_TABLE => 'pg_catalog.pg_tables' ],
	[ GW_BOOTSTRAP_EXPECT_HEAD => 'b', GW_BOOTSTRAP_MIGRATE => 'true' ]);

my ($table) = slurp_file('client/options/option_table.c') =~ /^const Option option_table\[\] = \{(.*?)^\};/ms;
foreach my $variable ($table =~ /"([A-Z]+_[A-Z_]+)"/g)
{
	ok(exists $wrong{$variable}, "$variable is tested here");
	push @others, [ $variable => $wrong{$variable} ] if exists $wrong{$variable};
}
foreach (@others)
{
	my ($variable, $value, @more_variables) = @$_;
	local %ENV = (%ENV, DATABASE_URL => $node->connstr($database), GW_BOOTSTRAP_EXPECT_HEAD => 'a', @more_variables, $variable => $value);
	my ($out, $err);

	# The command is not run by a database at head.
	local $ENV{GW_BOOTSTRAP_EXPECT_HEAD} = 'b' if $variable eq 'GW_BOOTSTRAP_MIGRATE';
	IPC::Run::run([ 'gw_bootstrap', 'run' ], '>', \$out, '2>', \$err, IPC::Run::timeout(60));
	isnt($?, 0, "$variable=$value: fails");
	like($err, qr/\b(?<!GW_BOOTSTRAP_)$variable\b/, "$variable=$value: is named");
	# A hint may name one as the way out.
	$err =~ s/^gw_bootstrap: hint: .*//mg;
	unlike($err, qr/--(head|lock|timeout|expect|post|log)/, "$variable=$value: no option is named, which nobody wrote");
}

$node->stop;
done_testing();
