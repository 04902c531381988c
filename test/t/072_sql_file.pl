# Files of SQL are judged as a whole before anything runs: what is refused, in
# which line, and that the rest is taken as psql takes it.
#
# TAP, since it is about the command line.  A file that is taken shows by the
# attempt to connect to a server that is not there.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use IPC::Run ();
use Test::More;

delete @ENV{ grep { /^GW_BOOTSTRAP_|^MCPGATEWAY_|^PG|DATABASE_URL$/ } keys %ENV };

my $dir = PostgreSQL::Test::Utils::tempdir_short();
my $file = "$dir/m.sql";
my $nowhere = "host=$dir dbname=none";

sub write_file
{
	my ($content) = @_;
	open my $handle, '>:raw', $file or die "$file: $!";
	print $handle $content;
	close $handle;
	return;
}

sub client
{
	my ($command, @options) = @_;
	my ($out, $err);
	IPC::Run::run([ 'gw_bootstrap', $command, '-d', $nowhere, '-e', 'x', '--timeout', 0, @options ],
		'>', \$out, '2>', \$err, IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	return ($? >> 8, $err);
}

# What is refused: name, content, line, message.
foreach my $case (
	[ 'BEGIN', 'BEGIN;', 1, qr/transaction control cannot be used here: BEGIN/ ],
	[ 'a later line', "SELECT 1;\n-- more\n\nSELECT 2; COMMIT;", 4, qr/: COMMIT/ ],
	[ 'behind a comment of several lines', "/* one\ntwo */ END", 2, qr/: END/ ],
	[ 'after a byte order mark', "\xEF\xBB\xBFcommit;", 1, qr/: COMMIT/ ],
	[ 'in a file with CRLF', "SELECT 1;\r\n\r\nstart transaction;\r\n", 3, qr/: START/ ],
	[ 'ROLLBACK', 'rollback work;', 1, qr/: ROLLBACK/ ],
	[ 'ROLLBACK PREPARED', q(ROLLBACK PREPARED 'a';), 1, qr/: ROLLBACK/ ],
	[ 'COMMIT PREPARED', q(COMMIT PREPARED 'a';), 1, qr/: COMMIT/ ],
	[ 'ABORT', 'ABORT;', 1, qr/: ABORT/ ],
	[ 'PREPARE TRANSACTION', q(PREPARE TRANSACTION 'a';), 1, qr/transaction control .*: PREPARE/ ],
	[ 'no semicolon at the end', "SELECT 1;\nCOMMIT", 2, qr/: COMMIT/ ],
	[ 'PREPARE', 'PREPARE a AS SELECT 1;', 1, qr/PREPARE would change/ ],
	[ 'DEALLOCATE', 'DEALLOCATE ALL;', 1, qr/DEALLOCATE would change/ ],
	[ 'SET', 'SET search_path = a;', 1, qr/SET without LOCAL/ ],
	[ 'SET SESSION', 'SET SESSION a.b = 1;', 1, qr/SET without LOCAL/ ],
	[ 'SET ROLE', 'SET ROLE a;', 1, qr/SET without LOCAL/ ],
	[ 'SET with a comment', 'SET /* local */ a.b = 1;', 1, qr/SET without LOCAL/ ],
	[ 'SET TRANSACTION', 'SET TRANSACTION READ ONLY;', 1, qr/SET TRANSACTION/ ],
	[ 'SET LOCAL TRANSACTION', 'SET LOCAL TRANSACTION READ ONLY;', 1, qr/SET TRANSACTION/ ],
	[ 'RESET', 'RESET ALL;', 1, qr/RESET would change/ ],
	[ 'DISCARD', 'DISCARD ALL;', 1, qr/DISCARD would change/ ],
	[ 'LISTEN', 'LISTEN a;', 1, qr/LISTEN would change/ ],
	[ 'UNLISTEN', 'UNLISTEN *;', 1, qr/UNLISTEN would change/ ],
	[ 'LOAD', q(LOAD 'a';), 1, qr/LOAD would change/ ],
	[ 'a temporary table', 'CREATE TEMP TABLE a (b int);', 1, qr/temporary object/ ],
	[ 'a temporary view', 'create or replace local temporary view a as select 1;', 1, qr/temporary object/ ],
	[ 'a table in pg_temp', 'CREATE TABLE pg_temp.a (b int);', 1, qr/temporary object/ ],
	[ 'SELECT INTO TEMP', 'SELECT 1 AS a INTO TEMP b;', 1, qr/temporary object/ ],
	[ 'SELECT INTO LOCAL TEMPORARY', 'WITH a AS (SELECT 1) SELECT * INTO local /* */ temporary TABLE b FROM a;', 1, qr/temporary object/ ],
	[ 'another way to read strings', "SET LOCAL standard_conforming_strings = off; SELECT 'a\\' , ' ; COMMIT; SELECT 1 --';", 1, qr/how the file is read/ ],
	[ 'another encoding', 'SET LOCAL client_encoding TO sjis;', 1, qr/how the file is read/ ],
	[ 'another encoding by its standard name', "SET LOCAL NAMES 'sjis';", 1, qr/how the file is read/ ],
	[ 'a held cursor', 'DECLARE a CURSOR WITH HOLD FOR SELECT 1;', 1, qr/WITH HOLD/ ],
	[ 'COPY FROM STDIN', "COPY a FROM stdin;\n1\n\\.\n", 1, qr/COPY from or to the client/ ],
	[ 'COPY FROM STDOUT', 'COPY a (b) FROM STDOUT;', 1, qr/COPY from or to the client/ ],
	[ 'COPY TO STDOUT', 'COPY (SELECT 1) TO STDOUT WITH CSV;', 1, qr/COPY from or to the client/ ],
	[ '\i', "SELECT 1;\n\\i other.sql\n", 2, qr/meta-commands/ ],
	[ '\gexec', "SELECT 1\n\\gexec\n", 2, qr/meta-commands/ ],
	[ '\connect within a line', 'SELECT 1 \connect other', 1, qr/meta-commands/ ],
	[ '\;', 'SELECT 1 \; COMMIT;', 1, qr/"\\;" cannot be used/ ],
	[ 'an open string', "SELECT 1;\n\nSELECT 'a\nb;\n", 3, qr/unterminated quoted string/ ],
	[ 'an open name', 'SELECT "a;', 1, qr/unterminated quoted identifier/ ],
	[ 'an open comment', "SELECT 1; /* a /* b */\n", 1, qr/unterminated comment/ ],
	[ 'an open dollar quote', "DO \$a\$ BEGIN \$\$ ;\n", 1, qr/unterminated dollar-quoted string/ ],
	[ 'an open parenthesis', "SELECT (1;\n", 1, qr/unterminated parenthesis/ ])
{
	my ($name, $content, $line, $message) = @$case;
	write_file($content);
	my ($exit, $err) = client('run', '--migrate-sql', $file);
	is($exit, 2, "$name: exit code 2") or diag $err;
	like($err, qr/^gw_bootstrap: error: \Q$file\E:$line: .*$message/, "$name: file and line are named");
}

# What is taken.
foreach my $case (
	[ 'semicolons in quotes', q(SELECT ';', "a;b", E'\';', $$;$$, $a$;$$;$a$; SELECT 1 /* ; /* ; */ */ -- ;) ],
	[ 'a body in BEGIN ATOMIC', "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;\nSELECT 1;" ],
	[ 'PL/pgSQL with BEGIN and COMMIT', "DO \$\$ BEGIN PERFORM 1; COMMIT; END \$\$;" ],
	[ 'a rule with several actions', 'CREATE RULE r AS ON DELETE TO a DO (SELECT 1; SELECT 2);' ],
	[ 'savepoints', "SAVEPOINT a; ROLLBACK TO a; ROLLBACK WORK TO SAVEPOINT a; RELEASE a;" ],
	[ 'SET LOCAL', 'SET LOCAL search_path = a;' ],
	[ 'SET CONSTRAINTS', 'SET CONSTRAINTS ALL DEFERRED;' ],
	[ 'SET within other statements', 'UPDATE a SET b = 1; ALTER ROLE a SET b = 1;' ],
	[ 'a backslash in a string', q(SELECT '\i';) ],
	[ 'colons', q(SELECT 'a'::text, :b, :'c';) ],
	[ 'COPY of a file of the server', q(COPY a (stdin) FROM '/a'; COPY (SELECT 1 FROM stdin) TO '/b';) ],
	[ 'a temporary table that is dropped', 'CREATE TEMP TABLE a (b int) ON COMMIT DROP;' ],
	[ 'a table named temp', 'CREATE TABLE temp (b int); INSERT INTO temp VALUES (1); SELECT 1 AS b INTO c FROM temp;' ],
	[ 'CRLF, a byte order mark, no last semicolon', "\xEF\xBB\xBF-- a\r\nSELECT 1;\r\nSELECT 2" ])
{
	my ($name, $content) = @$case;
	write_file($content);
	my ($exit, $err) = client('run', '--migrate-sql', $file);
	is($exit, 3, "$name: is taken") or diag $err;
}

# The file itself.
foreach my $case ([ 'empty', '' ], [ 'comments alone', "-- a\n/* b */;\n" ])
{
	my ($name, $content) = @$case;
	write_file($content);
	my ($exit, $err) = client('run', '--post-sql', $file);
	is($exit, 2, "$name: exit code 2");
	like($err, qr/\Q$file\E: file has no SQL statement/, "$name: says so");
}
write_file("S\0E\0");
my ($exit, $err) = client('run', '--migrate-sql', $file);
is($exit, 2, 'UTF-16: exit code 2');
like($err, qr/null byte/, 'UTF-16: says so');
foreach my $path ("$dir/none", $dir, '/dev/null')
{
	($exit, $err) = client('run', '--migrate-sql', $path);
	is($exit, 2, "$path: exit code 2");
	like($err, qr/\Q$path\E: (could not|not a)/, "$path: is named");
}

# Where the name came from, and who reads the file at all.
{
	local $ENV{GW_BOOTSTRAP_MIGRATE_SQL} = "$dir/none";
	($exit, $err) = client('run');
	is($exit, 2, 'from the environment: exit code 2');
	like($err, qr/detail: The file is that of GW_BOOTSTRAP_MIGRATE_SQL/, 'the variable is named');
	is((client('check'))[0], 3, 'check does not read it');
	is((client('run', '--skip-migrations'))[0], 3, 'nor does run with --skip-migrations');
	is((client('run', '--migrate-sql='))[0], 3, 'an empty value is none');
	($exit, $err) = client('run', '--migrate', 'true');
	is($exit, 2, 'with --migrate as well: exit code 2');
	like($err, qr/--migrate and GW_BOOTSTRAP_MIGRATE_SQL cannot be used together/, 'both are named');
	is((client('check', '--migrate', 'true'))[0], 3, 'check does not mind');
}

# What would take the lexer the square of its length, with a nested comment or an operator.
foreach my $run ('/*' x 500_000 . '*/' x 500_000, '+' x 1_000_000, '*/' x 600, '<=' x 501)
{
	my $file = PostgreSQL::Test::Utils::tempdir() . '/run.sql';
	unlink $file;
	append_to_file($file, "SELECT 1;\n--" . '=' x 5000 . "\nSELECT 1 $run 2");
	my ($out, $err) = run_command([ 'timeout', 20, 'gw_bootstrap', 'run', '-d', 'host=127.0.0.1 port=1', '-e', 'a', '--timeout=0', "--migrate-sql=$file" ]);
	is($? >> 8, 2, 'a run of ' . length($run) . ' operators: exit code');
	like($err, qr/run\.sql:3: more than 1000 operators/, '... and message');
}

done_testing();
