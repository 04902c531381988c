# A head table that belongs to a stranger: reading it runs none of his
# functions, and its values have the same text with the extension and without,
# whatever their type.
#
# TAP, since it is about what the client reads without the extension.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
my $major = $node->safe_psql('postgres', q(SELECT current_setting('server_version_num')::int / 10000));

sub client
{
	my (@command) = @_;
	my $result = run_client('gw_bootstrap', @command);
	return $result;
}

# What a stranger can have run by whoever reads his table: a cast, what the
# # planner evaluates of indexes, statistics and constraints, and views.  The
# server's log tells for whom.
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my $trap = <<'SQL';
GRANT CREATE ON SCHEMA public TO stranger;
SET ROLE stranger;
CREATE FUNCTION trap() RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS
	$$BEGIN RAISE LOG 'sprung in % for %', current_database(), session_user; RETURN true; END$$;
CREATE TYPE e AS ENUM ('h');
CREATE FUNCTION f(e) RETURNS text LANGUAGE sql AS $$SELECT 'cast' FROM (SELECT trap()) t$$;
CREATE CAST (e AS text) WITH FUNCTION f(e);
SQL
my @traps = (
	[ 'a cast', 'CREATE TABLE alembic_version (version_num e)', 0 ],
	[ 'a cast as assignment', 'DROP CAST (e AS text); CREATE CAST (e AS text) WITH FUNCTION f(e) AS ASSIGNMENT; CREATE TABLE alembic_version (version_num e)', 0 ],
	[ 'a domain', 'CREATE DOMAIN d AS e CHECK (trap()); CREATE TABLE alembic_version (version_num d)', 0 ],
	[ 'a partial index', 'CREATE TABLE alembic_version (version_num text); CREATE INDEX ON alembic_version (version_num) WHERE trap()', 0 ],
	[ 'an index on an expression', 'CREATE TABLE alembic_version (version_num text); CREATE INDEX ON alembic_version ((trap()))', 0 ],
	[ 'a constraint', 'CREATE TABLE alembic_version (version_num text CHECK (trap()))', 0 ],
	[ 'a default', 'CREATE TABLE alembic_version (version_num text, b boolean DEFAULT trap())', 0 ],
	[ 'a view', q(CREATE VIEW alembic_version AS SELECT 'h'::text AS version_num WHERE trap()), 4 ],
	[ 'a rule', q(CREATE TABLE alembic_version (version_num text); CREATE RULE r AS ON INSERT TO alembic_version DO ALSO SELECT trap()), 0 ],
	[ 'a policy', q(CREATE TABLE alembic_version (version_num text); ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY;
		ALTER TABLE alembic_version FORCE ROW LEVEL SECURITY; CREATE POLICY p ON alembic_version USING (trap())), 0 ]);
push @traps, [ 'statistics', 'CREATE TABLE alembic_version (version_num text); CREATE STATISTICS s ON (trap()), version_num FROM alembic_version', 0 ]
  if $major >= 14;

$node->safe_psql('postgres', 'CREATE ROLE stranger LOGIN');
my @databases;
foreach my $case (@traps)
{
	my ($name, $sql, $exit) = @$case;
	foreach my $extension (1, 0)
	{
		my $dbname = 'trap' . @databases;
		push @databases, { dbname => $dbname, exit => $exit, name => $extension ? "$name, with the extension" : $name };
		$node->safe_psql('postgres', "CREATE DATABASE $dbname");
		$node->safe_psql($dbname, 'CREATE EXTENSION gw_bootstrap') if $extension;
		$node->safe_psql($dbname, "$trap $sql");
		$node->safe_psql($dbname, q(INSERT INTO alembic_version VALUES ('h'))) unless $exit;
		$node->safe_psql($dbname, 'GRANT SELECT ON alembic_version TO PUBLIC');
	}
}
my $from = -s $node->logfile;
my @doctors = map { start_replicas(1, 'gw_bootstrap', 'doctor', '-d', $node->connstr($_->{dbname})) } @databases;
foreach my $database (@databases)
{
	foreach my $command ([ 'status' ], [ 'check', '-e', 'h' ], [ 'check', '-e', 'x' ],
		[ 'run', '-e', 'h', '--migrate', 'false' ], [ 'run', '-e', 'x', '--migrate', 'true', '--timeout', 20 ])
	{
		my $result = client($command->[0], '-d', $node->connstr($database->{dbname}), @$command[ 1 .. $#$command ]);
		is($result->{exit}, $database->{exit}, "$database->{name}: @$command") or diag $result->{err}
		  if "@$command" =~ /-e h/;
	}
}
$_->wait foreach @doctors;
my $log = slurp_file($node->logfile, $from);
foreach my $database (@databases)
{
	my $sprung = qr/sprung in $database->{dbname} for \Q$superuser\E/;
	unlike($log, $sprung, "$database->{name}: nothing of a stranger's runs");
	next unless $database->{name} =~ /index|statistics|view/;
	$node->safe_psql($database->{dbname}, 'SELECT * FROM alembic_version');
	like(slurp_file($node->logfile, $from), $sprung, "$database->{name}: ... but for a SELECT");
}

# A value of every type that has a text form and may be a column's, and some
# that take care to make.
my @values = split /\n/, <<'VALUES';
true
false
'2024-02-29'::date
'12:34:56.789'::time
'12:34+02'::timetz
'2024-02-29 12:34'::timestamp
'2024-02-29 12:34+00'::timestamptz
'1 year 2 days 3 hours'::interval
1::int2
2::int4
3::int8
1.50::numeric
'NaN'::numeric
0.1::float4
1e300::float8
'-Infinity'::float8
'12.50'::money
'x'::"char"
'name'::name
'a  '::text
'a  '::varchar(5)
'a'::char(5)
E'tab\tnew\nline\r\b\f\v \\\\ \\N "quoted" ,{}'::text
''::text
'\xdeadbeef'::bytea
E'\u00e4\u20ac\U0001F600'::text
B'1010'
B'1010'::varbit
'1.2.3.4'::inet
'1.2.3.0/24'::inet
'1.2.3.0/24'::cidr
'08:00:2b:01:02:03'::macaddr
'08:00:2b:01:02:03:04:05'::macaddr8
'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid
'{"a": [1, null]}'::json
'{"a": [1, null]}'::jsonb
'$.a'::jsonpath
'<a>b</a>'::xml
'(1,2)'::point
'[(0,0),(1,1)]'::lseg
'((0,0),(1,1))'::box
'{1,2,3}'::line
'((0,0),(1,1),(2,0))'::path
'((0,0),(1,1),(2,0))'::polygon
'<(0,0),1>'::circle
'a & b'::tsquery
'a:1 b:2'::tsvector
'16/B374D848'::pg_lsn
'10:20:10,14'::pg_snapshot
'10:20:10,14'::txid_snapshot
'(0,1)'::tid
'5'::xid
'5'::cid
'5'::xid8
'1 2'::int2vector
'1 2'::oidvector
26::oid
'pg_class'::regclass
'mine'::regclass
'int4'::regtype
'now'::regproc
'abs(int4)'::regprocedure
'+(int4,int4)'::regoperator
'simple'::regconfig
'simple'::regdictionary
'pg_catalog'::regnamespace
'pg_monitor'::regrole
'"C"'::regcollation
'[1,5)'::int4range
'empty'::numrange
'[2024-01-01,)'::daterange
'[1,2]'::int8range
'[2024-01-01 00:00,)'::tsrange
'[2024-01-01 00:00+00,)'::tstzrange
ARRAY[1, NULL, 3]
ARRAY['a,b', 'c"d', NULL]
'{}'::text[]
ARRAY[[1,2],[3,4]]
'happy'::mood
'ab'::padded
'ab'::padded2
'x'::short
'(1,two)'::pair
'(,)'::pair
ARRAY['(1,two)'::pair]
'[1.5,2.5]'::floats
ARRAY['happy'::mood]
'(,)'::single_pair
VALUES
push @values, split /\n/, <<'VALUES' if $major >= 14;
'{[1,2),[5,8)}'::int4multirange
'{}'::nummultirange
'{[1.5,2.5]}'::multifloats
VALUES
my $types = <<'SQL';
CREATE TABLE mine (i int);
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE DOMAIN padded AS char(5);
CREATE DOMAIN padded2 AS padded;
CREATE DOMAIN short AS text CHECK (length(VALUE) < 5);
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN single_pair AS pair;
SQL
$types .= 'CREATE TYPE floats AS RANGE (subtype = float8, subtype_diff = float8mi' . ($major >= 14 ? ', multirange_type_name = multifloats);' : ');');
foreach my $number (0 .. $#values)
{
	$types .= "CREATE TABLE t$number AS SELECT $values[$number] AS version_num;";
}
foreach my $dbname ('with', 'without')
{
	$node->safe_psql('postgres', "CREATE DATABASE \"$dbname\" ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
	$node->safe_psql($dbname, 'CREATE EXTENSION gw_bootstrap') if $dbname eq 'with';
	$node->safe_psql($dbname, $types);
}
foreach my $number (0 .. $#values)
{
	my @said = map { client('status', '-d', $node->connstr($_), '--head-table', "t$number", '--json') } ('with', 'without');
	my @heads = map { $_->{out} =~ /"current_heads": (.*?), "lock_key"/s ? $1 : $_->{err} } @said;
	is($heads[1], $heads[0], "$values[$number]: the same text");
	like($heads[0], qr/^\["/, "$values[$number]: ... which is one");

	# The text is what is compared, too.
	next unless $said[0]{out} =~ /"current_heads": \["([^\\]+?)"\], "lock_key"/;
	is(client('check', '-d', $node->connstr($_), '--head-table', "t$number", '-e', $1)->{exit}, 0, "$values[$number]: $_ the extension at head")
	  foreach 'with', 'without';
}

$node->stop;
done_testing();
