# Switching the fence on, by every way that there is, never fails open; what a
# client sets does not count; and nobody else is fenced.
#
# TAP, since it takes new sessions of several roles, and other servers.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use GwBootstrap::Fence;
use GwBootstrap::Wire;

my $fence = GwBootstrap::Fence->new(unfenced => 1);
my $node = $fence->node;
my $insert = q(INSERT INTO work VALUES ('x'));

# A new session of a role: what it says to a statement, or why there is none.  The statement is
# in a file, since IPC::Run ends the test when psql is gone before it has read its input.
sub as
{
	my ($role, $sql, %options) = @_;
	local $ENV{PGOPTIONS} = $options{options} if defined $options{options};
	my $file = PostgreSQL::Test::Utils::tempdir() . '/statement.sql';
	unlink $file;
	append_to_file($file, $sql);
	my ($rc, $out, $err) = ($options{node} || $node)->psql($options{dbname} || 'postgres', '',
		extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose', '-f', $file ]);
	return $1 if $err =~ /FATAL: +(.*)/;
	return $1 if $err =~ /ERROR: +(\w{5})/;
	return $out . ($err =~ /WARNING: +(\w{5})/ ? "warning $1" : '');
}

sub sets { $fence->sql("ALTER ROLE migrations $_") foreach @_; return; }

my $preload = q(SET session_preload_libraries = 'gw_bootstrap');
my $key = 'SET gw_bootstrap.fence_key = ' . "'@{[KEY]}'";

# On and off.
is(as(ROLE, $insert), '', 'before: not fenced');
my $old = $fence->session(undef);
sets($preload, $key);
is(as(ROLE, 'SHOW gw_bootstrap.fenced'), KEY, 'on: it says so');
is(as(ROLE, $insert), '55000', 'and is');
is(sqlstate($old, $insert), '00000', 'not a session that was there before');
$old->quit;
sets('RESET gw_bootstrap.fence_key');
is(as(ROLE, "SHOW gw_bootstrap.fenced;\n$insert"), '', 'off');
is(as(ROLE, "LOAD '\$libdir/gw_bootstrap'"), '42501', 'whose library only a superuser loads by hand');

# Values that are no key, set while the library is not loaded to judge them.
foreach my $value ('', 'x', '1x', '1 ', '9223372036854775808', '1.0', '0x10', "1\n")
{
	(my $shown = $value) =~ s/\n/\\n/;
	sets("SET gw_bootstrap.fence_key = '$value'");
	like(as(ROLE, 'SELECT 1'), qr/^cannot fence this session/, "the key \"$shown\" ends the session");
}
foreach my $value ('-1', '0', '9223372036854775807', '-9223372036854775808')
{
	sets("SET gw_bootstrap.fence_key = '$value'");
	is(as(ROLE, "SHOW gw_bootstrap.fenced"), $value, "the key $value does not");
	is(as(ROLE, "BEGIN; SELECT pg_advisory_xact_lock($value); $insert; COMMIT"), '', 'and is that of the lock');
}
sets("SET gw_bootstrap.fence_kye = '1'");
like(as(ROLE, 'SELECT 1'), qr/warning/, 'a name that does not exist is told');
sets('RESET gw_bootstrap.fence_kye', $key);

# What the client sets, of a plain role and of a superuser.
$fence->sql('CREATE ROLE boss SUPERUSER LOGIN');
$fence->sql("ALTER ROLE boss $_") foreach $preload, $key;
foreach my $role (ROLE, 'boss')
{
	is(as($role, $insert), '55000', "$role: fenced");
	foreach my $own ('7', '', 'x', KEY)
	{
		like(as($role, 'SELECT 1', options => "-c gw_bootstrap.fence_key=$own"),
			qr/^cannot fence this session/, "$role: the client's own key \"$own\" ends the session");
	}
	is(as($role, 'SET gw_bootstrap.fence_key = 7'), $role eq ROLE ? '42501' : '55P02', "$role: cannot set it later");
	is(as($role, "RESET ALL; $insert"), '55000', "$role: cannot reset it");
	is(as($role, 'SET gw_bootstrap.fenced = 7'), '55P02', "$role: cannot lie");
	is(as($role, "SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; $insert"), '55000', "$role: stays fenced");
}
is(as('boss', "SET ROLE migrations; $insert"), '55000', 'under another role, too');
is(as('boss', "SET SESSION AUTHORIZATION migrations; $insert"), '55000', 'and under another session role');
my $superuser = $fence->sql('SELECT current_user');
is(as($superuser, "SET ROLE migrations; $insert"), '', 'who only takes the role on is not');
is(as(ROLE, $insert, options => '-c gw_bootstrap.fence_mode=warn'), '55000', 'the client cannot have a warning instead');
is(as(ROLE, 'SET gw_bootstrap.fence_mode = warn'), '42501', 'nor later');
like(as(ROLE, $insert, options => '-c session_preload_libraries='), qr/^permission denied/, 'nor leave the library out');
{
	my $wire = GwBootstrap::Wire->new($node, user => ROLE, database => 'postgres', 'gw_bootstrap.fence_key' => '7');
	is(join(' ', grep { /^E/ } @{ $wire->{startup} }), 'E 22023', 'the same as a parameter of its own');
}

# A warning, to begin with.
sets(q(SET gw_bootstrap.fence_mode = 'warn'));
is(as(ROLE, $insert), 'warning 55000', 'warn: it says so, and writes');
is(as(ROLE, "BEGIN; $insert; PREPARE TRANSACTION 'p'"), 'warning 55000', 'PREPARE TRANSACTION, too');
$fence->sql(q(ROLLBACK PREPARED 'p'));
sets(q(SET gw_bootstrap.fence_mode = 'warm'));
is(as(ROLE, $insert), '55000', 'a mode that does not exist is no warning');
sets('RESET gw_bootstrap.fence_mode');

# The role's objects stay the service's.
$fence->sql('CREATE ROLE owner; GRANT owner TO migrations; GRANT CREATE ON SCHEMA public TO owner; GRANT SELECT ON alembic_version TO owner');
sets("SET role = 'owner'");
is(as(ROLE, 'CREATE TABLE of_owner ()'), '55000', 'with a role of its own: fenced');
is(as(ROLE, q(BEGIN; SELECT outcome FROM gw_bootstrap_try('{next}'); CREATE TABLE of_owner (); COMMIT)), 'acquired', 'and migrates');
is($fence->sql(q(SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'of_owner')), 'owner', 'what it makes is the other\'s');
sets('RESET role');

# In one database only.
$fence->sql('CREATE DATABASE other OWNER migrations');
sets('RESET session_preload_libraries', 'RESET gw_bootstrap.fence_key', "IN DATABASE postgres $preload", "IN DATABASE postgres $key");
is(as(ROLE, $insert), '55000', 'in one database');
is(as(ROLE, 'CREATE TABLE made ()', dbname => 'other'), '', 'not in another');
$fence->sql('ALTER ROLE migrations IN DATABASE postgres RESET ALL');

# The service, which only calls the functions, loads the library as well.
$fence->sql('CREATE ROLE service LOGIN; GRANT ALL ON work, alembic_version TO service');
is(as('service', "SELECT gw_bootstrap_at_head('{x}');\nSHOW gw_bootstrap.fenced;\n$insert"), "f\n", 'a session that loads the library by a call is not fenced');
is(as('service', "SET gw_bootstrap.fenced = '7'; SELECT gw_bootstrap_at_head('{x}'); SELECT setting || context FROM pg_settings WHERE name = 'gw_bootstrap.fenced'"),
	"f\ninternalwarning 55P02", 'and cannot be made to say that it is');
is(as('service', q(SET gw_bootstrap.fenced = '7'; SELECT count(*) FROM pg_settings WHERE name = 'gw_bootstrap.fenced')),
	0, 'nor can one without the library');
like(as('service', "SET gw_bootstrap.fence_key = '7'; SELECT gw_bootstrap_at_head('{x}')"),
	qr/^22023: cannot fence this session/, 'a key of its own ends it, too');
# Half switched on: from the call on.
sets($key);
is(as(ROLE, $insert), '', 'a key without the library does nothing');
is(as(ROLE, "SELECT gw_bootstrap_at_head('{x}'); $insert"), '55000', 'until something loads it');
sets('RESET gw_bootstrap.fence_key', $preload);
is(as(ROLE, $insert), '', 'the library without a key does nothing');

# pg_dump and pg_restore, as that role.
sets($key);
my $dump = PostgreSQL::Test::Utils::tempdir_short() . '/dump';
my @as = ('-U', ROLE, '-h', $node->host, '-p', $node->port);
command_ok([ 'pg_dump', @as, '-Fd', '-j', '2', '-f', $dump, '-t', 'work', 'postgres' ], 'pg_dump needs no guard');
sub restore
{
	my ($token) = @_;
	local $ENV{PGAPPNAME} = "gw_bootstrap migration $token";
	return run_log([ 'pg_restore', @as, '-j', '2', '-d', 'restored', $dump ]);
}
$fence->sql('CREATE DATABASE restored OWNER migrations');
$node->safe_psql('restored', 'CREATE EXTENSION gw_bootstrap; GRANT ALL ON SCHEMA public TO migrations; CREATE TABLE alembic_version (version_num text)');
ok(!restore('0' x 32), 'pg_restore does');
is($node->safe_psql('restored', q(SELECT to_regclass('work') IS NULL)), 't', 'and restores nothing');
{
	my $guard = $node->background_psql('restored');
	$guard->query_safe(q(BEGIN; SELECT gw_bootstrap_try('{next}')));
	ok(restore($guard->query_safe('SELECT gw_bootstrap_token()')), 'under a guard it does its work');
	$guard->quit;
}
is($node->safe_psql('restored', 'SELECT count(*) > 0 FROM work'), 't', 'all of it');
like((run_command([ 'pg_dumpall', '-h', $node->host, '-p', $node->port, '--roles-only' ]))[0],
	qr/gw_bootstrap\.fence_key/, 'pg_dumpall keeps the fence');

# The extension itself.
$fence->sql('ALTER EXTENSION gw_bootstrap UPDATE');
is(as(ROLE, 'ALTER EXTENSION gw_bootstrap UPDATE'), '55000', 'ALTER EXTENSION is a write');
is(as(ROLE, $insert), '55000', 'and changes nothing of the fence');

# A login event trigger that writes locks the role out.
SKIP:
{
	skip 'login event triggers are there since PostgreSQL 17', 2 if $fence->sql('SHOW server_version_num') < 170000;
	$fence->sql(<<'SQL');
CREATE FUNCTION note_login() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS
$$ BEGIN INSERT INTO work VALUES (session_user || ' logged in'); END $$;
CREATE EVENT TRIGGER note_login ON login EXECUTE FUNCTION note_login();
SQL
	like(as(ROLE, 'SELECT 1'), qr/^role "migrations" may write only/, 'a login event trigger that writes locks it out');
	is(as('service', 'SELECT 1'), 1, 'others not');
	$fence->sql('DROP EVENT TRIGGER note_login');
}

# For all, by the configuration file; a global setting is replaced by a role's.
sets('RESET gw_bootstrap.fence_key', 'RESET session_preload_libraries');
$node->append_conf('postgresql.conf', "session_preload_libraries = 'gw_bootstrap'");
$node->reload;
is(as('service', $insert), '', 'preloaded for all: nobody is fenced by that');
sets($key);
is(as(ROLE, $insert), '55000', 'but who has a key');
sets("SET session_preload_libraries = 'plpgsql'");
is(as(ROLE, $insert), '', 'unless the role\'s own list leaves it out');
sets('RESET session_preload_libraries', 'RESET gw_bootstrap.fence_key');
$node->append_conf('postgresql.conf', "gw_bootstrap.fence_key = '@{[KEY]}'");
$node->reload;
is(as('service', $insert), '55000', 'a key for all');
is(as($superuser, $insert), '55000', 'is one for all');
$node->append_conf('postgresql.conf', "gw_bootstrap.fence_key = 'x'");
$node->reload;
like(as('service', $insert), qr/^cannot fence this session/, 'a bad one ends every session');
$node->append_conf('postgresql.conf', "gw_bootstrap.fence_key = ''\nsession_preload_libraries = ''\nshared_preload_libraries = 'gw_bootstrap'");
$node->stop;
ok(!$node->start(fail_ok => 1), 'where it is loaded with the server, a bad one keeps it from starting');
(my $conf = slurp_file($node->data_dir . '/postgresql.conf')) =~ s/^gw_bootstrap.*\n//mg;
unlink $node->data_dir . '/postgresql.conf';
append_to_file($node->data_dir . '/postgresql.conf', $conf);
$node->start;
is(as('service', $insert), '', 'loaded with the server: nobody is fenced by that');
sets($key);
is(as(ROLE, $insert), '55000', 'but who has a key');
is(as(ROLE, q(BEGIN; SELECT pg_advisory_xact_lock(42424242424242); INSERT INTO work VALUES ('x'); COMMIT)), '', 'and holds it');
like(as(ROLE, 'SELECT 1', options => '-c gw_bootstrap.fence_key=7'), qr/^permission denied/, 'the client\'s own is refused');
like(as('boss', 'SELECT 1', options => '-c gw_bootstrap.fence_key=7'), qr/cannot be set by a client/, 'the superuser\'s as well');
{
	# The library is loaded, so ALTER ROLE would refuse a bad value: put it
	# where an older server or a dump may have it from.
	my $bad = "{gw_bootstrap.fence_key=x}";
	$fence->sql(qq(UPDATE pg_db_role_setting SET setconfig = '$bad' WHERE setrole = 'migrations'::regrole AND setdatabase = 0));
	like(as(ROLE, 'SELECT 1'), qr/^cannot fence this session/, 'a bad one of the role ends the session');
	$fence->sql(qq(ALTER DATABASE other SET gw_bootstrap.fence_key = '1'));
	$fence->sql(qq(UPDATE pg_db_role_setting SET setconfig = '$bad' WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = 'other')));
	like(as('service', 'SELECT 1', dbname => 'other'), qr/^cannot fence this session/, 'a bad one of a database, too');
}

# A server without the library.
sets('RESET ALL', $preload, $key);
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''\ndynamic_library_path = '/nowhere'");
$node->restart;
like(as(ROLE, 'SELECT 1'), qr/^could not access file "gw_bootstrap"/, 'a server without the library refuses the role');
is(as('service', $insert), '', 'and nobody else');

$node->stop;
done_testing();
