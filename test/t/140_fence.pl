# The fence: who may write, and what happens to those who could when the guard
# that they show is gone.
#
# TAP, since guard and work are sessions of different roles, and the next
# replica is a third one; isolation specs have one role for all.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use GwBootstrap::Fence;

my $fence = GwBootstrap::Fence->new;
my $insert = q(INSERT INTO work VALUES ('x'));

sub quit { $_->quit foreach @_; return; }

# Who shows the token of the guard.
{
	my $guard = $fence->guard;
	my $token = $guard->{token};

	like($token, qr/^[0-9a-f]{32}$/, 'a token is 32 hexadecimal digits');
	cmp_ok(length("gw_bootstrap migration $token"), '<', 64, 'its name is not cut');
	my $work = $fence->session($token);
	is(sqlstate($work, $insert), '00000', 'by name: a query writes');
	is(sqlstate($work, 'CREATE TABLE made (id integer)'), '00000', 'a utility statement, too');
	is(sqlstate($work, 'DROP TABLE made'), '00000', 'and another');
	is(sqlstate($work, 'SELECT lo_unlink(lo_create(0))'), '00000', 'a large object');
	is(sqlstates($work, "BEGIN;\n$insert;\nSAVEPOINT s;\n$insert;\nROLLBACK TO s;\n$insert;\nCOMMIT"),
		'00000 00000 00000 00000 00000 00000 00000', 'a transaction with a savepoint');
	is($fence->tags, 'none', 'then nobody has the tag');

	# What stands in the name beside the token.
	foreach my $case (
		[ "gw_bootstrap migration $token - 10.0.0.3:55", '00000', 'what a pooler appends' ],
		[ "gw_bootstrap migration $token ", '00000', 'a blank' ],
		[ "gw_bootstrap migration ${token}0", '55000', 'a longer word' ],
		[ 'gw_bootstrap migration ' . substr($token, 1), '55000', 'a shorter word' ],
		[ 'gw_bootstrap migration ' . uc $token, '55000', 'other digits' ],
		[ "gw_bootstrap migration  $token", '55000', 'a second blank before it' ],
		[ "my gw_bootstrap migration $token", '55000', 'another prefix' ],
		[ $token, '55000', 'none' ],
		[ 'gw_bootstrap migration', '55000', 'no token' ],
		[ 'gw_bootstrap migration ', '55000', 'an empty one' ])
	{
		my ($name, $expected, $what) = @$case;
		$work->query("SET application_name = '$name'");
		is(sqlstate($work, $insert), $expected, "in the name: $what");
	}

	# The setting alone counts, if there is one.
	is(sqlstate($work, "SET gw_bootstrap.token = '$token'"), '00000', 'anybody may set it');
	is(sqlstate($work, $insert), '00000', 'by setting');
	$work->query("SET application_name = 'gw_bootstrap migration $token'; SET gw_bootstrap.token = 'x'");
	is(sqlstate($work, $insert), '55000', 'a wrong setting, although the name is right');
	$work->query("SET gw_bootstrap.token = ''");
	is(sqlstate($work, $insert), '00000', 'an empty one is none');
	$work->query("SET application_name = ''; SET LOCAL gw_bootstrap.token = '$token'");
	is(sqlstate($work, $insert), '55000', 'SET LOCAL outside a block does nothing');
	is(sqlstates($work, "BEGIN;\nSET LOCAL gw_bootstrap.token = '$token';\n$insert;\nCOMMIT"),
		'00000 00000 00000 00000', 'inside one it does, to the end of the COMMIT');
	is(sqlstate($work, $insert), '55000', 'and then no more');

	# Everybody else.
	my $other = $fence->session(undef);
	is(sqlstate($other, $insert), '55000', 'without a token: refused');
	is(sqlstate($other, 'SELECT * FROM work'), '00000', 'but may read');
	is(sqlstates($other, "BEGIN;\nSELECT lo_create(424242);\nCOMMIT"), '00000 00000 55000',
		'and if no statement shows that it wrote, cannot commit');
	is(sqlstates($other, "BEGIN;\nSELECT pg_try_advisory_xact_lock(@{[KEY]});\n$insert"), '00000 00000 55000',
		'nor have the key while the guard has it');
	is(sqlstate($other, 'ROLLBACK'), '00000', 'it may roll back');
	is($fence->sql('INSERT INTO work VALUES (1)'), '', 'other roles are not asked');

	end_guard($guard);
	quit($guard->{psql}, $work, $other);
}

# Tokens of those who guard nothing, or something else.
{
	my $guard = $fence->guard;
	my $work = $fence->session($guard->{token});
	end_guard($guard);
	is(sqlstate($work, $insert), '55000', 'the guard has ended');

	$guard->{psql}->query(q(BEGIN; SELECT gw_bootstrap_try('{next}')));
	is(sqlstate($work, $insert), '55000', 'the next transaction of the same backend is another guard');
	end_guard($guard);

	my $elsewhere = $fence->guard(key => 7);
	$work->query("SET application_name = 'gw_bootstrap migration $elsewhere->{token}'");
	is(sqlstate($work, $insert), '55000', 'a guard of another key');
	end_guard($elsewhere);

	$fence->sql('CREATE DATABASE elsewhere');
	my $stranger = $fence->node->background_psql('elsewhere');
	$stranger->query('BEGIN; SELECT pg_advisory_xact_lock(' . KEY . ')');
	is(sqlstate($work, $insert), '55000', 'the same key in another database');
	$stranger->quit;

	# A guard that gave the key up, and whose savepoint's session is still there.
	my $psql = $guard->{psql};
	$psql->query(q(BEGIN; SAVEPOINT s; SELECT gw_bootstrap_try('{next}')));
	my $token = $psql->query('SELECT gw_bootstrap_token()');
	$work->query("SET application_name = 'gw_bootstrap migration $token'");
	is(sqlstate($work, $insert), '00000', 'a guard in a subtransaction');
	$psql->query('ROLLBACK TO s');
	is(sqlstate($work, $insert), '55000', 'given up by ROLLBACK TO');
	is($psql->query(q(SELECT outcome, holder_pid = pg_backend_pid() FROM gw_bootstrap_try('{next}'))),
		'busy|t', 'and not had again, since the token would be the same');
	is(sqlstate($work, $insert), '55000', 'so it stays refused');
	quit($psql, $work, $elsewhere->{psql});
}

# A guard that knows nothing of the extension.
{
	my $guard = $fence->guard(plain => 1);
	my $work = $fence->session($guard->{token});
	is(sqlstate($work, $insert), '00000', 'a guard in plain SQL');
	end_guard($guard);
	is(sqlstate($work, $insert), '55000', 'until its end');
	quit($guard->{psql}, $work);
}

# A session-level lock is no guard, neither of its own session nor of another.
{
	my $legacy = $fence->node->background_psql('postgres');
	$legacy->query('SELECT pg_advisory_lock(' . KEY . ')');
	my $work = $fence->session('0' x 32);
	is(sqlstate($work, $insert), '55000', 'somebody has a session-level lock');
	$legacy->quit;
	$work->query('SELECT pg_advisory_lock(' . KEY . ')');
	is(sqlstates($work, "$insert;\nBEGIN;\n$insert;\nROLLBACK"), '55000 00000 55000 00000', 'it has one itself');
	quit($work);
}

# At each kind of moment the guard is lost, and the next replica comes.  The
# statements before the loss, those after it, and what they get.
my @moments = (
	[ 'between autocommit statements', $insert, $insert, '55000' ],
	[ 'in a transaction, before a statement', "BEGIN;\n$insert", "$insert;\nCOMMIT", '55000 00000' ],
	[ 'in a transaction, before COMMIT', "BEGIN;\n$insert", 'COMMIT', '55000' ],
	[ 'in a transaction that has read', "BEGIN;\nSELECT * FROM work", "$insert;\nCOMMIT", '55000 00000' ],
	[ 'in a savepoint', "BEGIN;\n$insert;\nSAVEPOINT s", "$insert;\nROLLBACK TO s;\nCOMMIT", '55000 00000 55000' ],
	[ 'after a savepoint', "BEGIN;\n$insert;\nSAVEPOINT s;\n$insert;\nRELEASE s", 'COMMIT', '55000' ],
	[ 'with a cursor open', "BEGIN;\nDECLARE c CURSOR FOR SELECT * FROM work FOR UPDATE;\nFETCH c",
		"FETCH c;\nCOMMIT", '55000 00000' ],
	[ 'with a cursor that calls a function', "BEGIN;\nDECLARE c CURSOR FOR SELECT write() FROM generate_series(1, 2);\nFETCH c",
		"FETCH c;\nCOMMIT", '55000 00000' ],
	[ 'with a cursor that only reads', "BEGIN;\nDECLARE c CURSOR FOR SELECT 1 FROM generate_series(1, 2);\nFETCH c",
		"FETCH c;\nCOMMIT", '00000 00000' ],
	[ 'before a prepared statement', "PREPARE p AS $insert;\nEXECUTE p", 'EXECUTE p', '55000' ],
	[ 'before a function', 'SELECT write()', 'SELECT write()', '55000' ],
	[ 'before DO', "DO 'BEGIN PERFORM write(); END'", "DO 'BEGIN PERFORM write(); END'", '55000' ],
	[ 'before CALL', 'CALL batch()', 'CALL batch()', '55000' ],
	[ 'before a large object', 'SELECT lo_unlink(lo_create(0))', 'SELECT lo_create(0)', '55000' ],
	[ 'with a large object written', "BEGIN;\nSELECT lo_create(0)", 'COMMIT', '55000' ],
	[ 'before deferred triggers', "BEGIN;\nINSERT INTO deferred VALUES (1)", 'COMMIT', '55000' ],
	[ 'before SET CONSTRAINTS', "BEGIN;\nINSERT INTO deferred VALUES (1)", "SET CONSTRAINTS ALL IMMEDIATE;\nCOMMIT", '55000 00000' ],
	[ 'with a held cursor to be made', "BEGIN;\nDECLARE c CURSOR WITH HOLD FOR SELECT write()", 'COMMIT', '55000' ],
	[ 'before CREATE INDEX CONCURRENTLY', 'SELECT 1', 'CREATE INDEX CONCURRENTLY ON work (step)', '55000' ],
	[ 'before VACUUM', 'VACUUM work', 'VACUUM work', '55000' ],
	[ 'before COMMIT AND CHAIN', "BEGIN;\n$insert", "COMMIT AND CHAIN;\nROLLBACK", '55000 00000' ],
);

$fence->sql(<<'SQL');
CREATE FUNCTION write() RETURNS void LANGUAGE sql AS $$ INSERT INTO work VALUES ('function') $$;
CREATE PROCEDURE batch() LANGUAGE plpgsql AS $$ BEGIN PERFORM write(); COMMIT; PERFORM write(); END $$;
CREATE TABLE deferred (id integer);
CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM write(); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER fire AFTER INSERT ON deferred DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION fire();
GRANT ALL ON deferred TO migrations;
SQL
foreach my $moment (@moments)
{
	my ($name, $before, $after, $expected) = @$moment;
	my $guard = $fence->guard;
	my $work = $fence->session($guard->{token});

	$fence->sql('TRUNCATE work');
	$fence->sql(q(INSERT INTO work VALUES ('old'), ('old')));
	like(sqlstates($work, $before), qr/^(?:00000 ?)+$/, "$name: under its guard");
	my $done = $fence->steps;
	end_guard($guard);
	is(sqlstates($work, $after), $expected, "$name: refused afterwards");
	is($fence->steps, $done, "$name: without effect");
	is($fence->tags, 'none', "$name: nothing is left");
	like($fence->next_try, qr/^acquired/, "$name: the next one may migrate");
	quit($guard->{psql}, $work);
}

# The tag: an open transaction that has written keeps the next replica out.
{
	my $guard = $fence->guard;
	my $work = $fence->session($guard->{token});
	my $pid = $work->{backend};

	$work->query('BEGIN');
	is(sqlstate($work, q(UPDATE work SET step = 'x' WHERE false)), '00000', 'a statement that writes nothing');
	is($fence->tags, 'none', 'gives the tag back');
	is(sqlstate($work, 'SELECT * FROM work'), '00000', 'a statement that reads');
	is($fence->tags, 'none', 'does not take it');
	$work->query('SAVEPOINT s');
	is(sqlstate($work, $insert), '00000', 'one that writes, in a savepoint');
	is($fence->tags, 'ShareLock', 'keeps it');
	$work->query('ROLLBACK TO s');
	is($fence->tags, 'ShareLock', 'beyond the savepoint: it is the transaction\'s');
	is(sqlstate($work, $insert), '00000', 'and goes on');

	like($guard->{psql}->query(q(SELECT outcome FROM gw_bootstrap_try('{next}'))), qr/^acquired/,
		'its own guard is not in its way');
	my ($holder) = split /\|/, $fence->sql('SELECT holder_pid FROM gw_bootstrap_status()');
	is($holder, $guard->{pid}, 'and is shown as the holder');
	end_guard($guard);
	is($fence->next_try, "busy|$pid|active", 'the guard gone: busy, by who is still at work');
	is($fence->sql('SELECT holder_pid, holder_state FROM gw_bootstrap_status()'), "$pid|active", 'status says so');
	is($fence->sql("SELECT gw_bootstrap_break_orphan(min_idle => '0')"), '', 'it is no orphan');
	is($fence->sql("SELECT count(*) FROM pg_locks WHERE objid = (@{[KEY]} & 4294967295) AND objsubid = 1"), 0,
		'who was told busy keeps nothing');
	is(sqlstate($work, 'COMMIT'), '55000', 'it cannot commit');
	like($fence->next_try, qr/^acquired/, 'then the next one may migrate');
	quit($guard->{psql}, $work);
}

# Somebody takes the key at the very moment.
{
	my $guard = $fence->guard;
	my $work = $fence->session($guard->{token});
	is(sqlstate($work, $insert), '00000', 'known to the session');
	my $next = $fence->session(undef);
	# Two fenced sessions under one guard do not hinder each other.
	$next->query("SET gw_bootstrap.token = '$guard->{token}'");
	is(sqlstates($work, "BEGIN;\n$insert") . ' ' . sqlstates($next, "BEGIN;\n$insert"),
		'00000 00000 00000 00000', 'two sessions under one guard');
	is($fence->tags, 'ShareLock ShareLock', 'share the tag');
	is(sqlstate($work, 'COMMIT') . ' ' . sqlstate($next, 'COMMIT'), '00000 00000', 'and commit');
	end_guard($guard);
	quit($guard->{psql}, $work, $next);
}

# A fenced session migrates in the transaction that called try, whatever its
# name says, and without the tag.
{
	my $work = $fence->session('0' x 32);
	is(sqlstates($work, "BEGIN;\nSELECT gw_bootstrap_try('{next}');\n$insert"), '00000 00000 00000',
		'work and lock are one');
	is($fence->tags, 'none', 'which needs no tag');
	is(sqlstate($work, 'COMMIT'), '00000', 'and commits');
	is(sqlstate($work, $insert), '55000', 'but no more than that');
	quit($work);
}

$fence->node->stop;
done_testing();
