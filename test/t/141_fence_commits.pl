# The fence and statements that commit by themselves: they keep the tag from
# their first write to their end, whatever becomes of the guard meanwhile, so
# that they finish and the next replica waits; and give it back however they
# end.
#
# TAP, since a statement is held up in its middle while others look, and some
# are cancelled or their backends ended.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use GwBootstrap::Fence;

my $fence = GwBootstrap::Fence->new;
my $node = $fence->node;

$fence->sql(<<'SQL');
ALTER DATABASE postgres SET timezone = 'UTC';
CREATE TABLE numbers AS SELECT generate_series(1, 100) AS id;
ALTER TABLE numbers OWNER TO migrations;
CREATE PROCEDURE pause() LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(99);
END $$;
CREATE PROCEDURE batches() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO work VALUES ('a');
  COMMIT;
  CALL pause();
  INSERT INTO work VALUES ('b');
  COMMIT;
  INSERT INTO work VALUES ('c');
END $$;
CREATE PROCEDURE failing() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO work VALUES ('a');
  COMMIT;
  CALL pause();
  INSERT INTO work VALUES ('b');
  RAISE division_by_zero;
END $$;
CREATE PROCEDURE rolling_back() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO work VALUES ('a');
  ROLLBACK;
  CALL pause();
  INSERT INTO work VALUES ('b');
  ROLLBACK;
  INSERT INTO work VALUES ('c');
END $$;
CREATE PROCEDURE catching() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO work VALUES ('a');
  COMMIT;
  BEGIN
    INSERT INTO work VALUES ('undone');
    RAISE division_by_zero;
  EXCEPTION WHEN division_by_zero THEN NULL;
  END;
  COMMIT;
  CALL pause();
  INSERT INTO work VALUES ('b');
END $$;
CREATE PROCEDURE unlocking() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO work VALUES ('a');
  PERFORM pg_advisory_unlock_all();
  COMMIT;
  CALL pause();
  PERFORM pg_advisory_unlock_all();
  INSERT INTO work VALUES ('b');
  COMMIT;
END $$;
CREATE PROCEDURE unlocking_last() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO work VALUES ('a');
  COMMIT;
  PERFORM pg_advisory_unlock_all();
  CALL pause();
  INSERT INTO work VALUES ('b');
END $$;
CREATE TABLE parent AS SELECT 1 AS id;
CREATE TABLE child (id int);
ALTER TABLE parent OWNER TO migrations;
ALTER TABLE child OWNER TO migrations;
ALTER TABLE parent ADD PRIMARY KEY (id);
ALTER TABLE child ADD FOREIGN KEY (id) REFERENCES parent DEFERRABLE INITIALLY DEFERRED;
CREATE PROCEDURE checked_late() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO work VALUES ('a');
  COMMIT;
  CALL pause();
  INSERT INTO child VALUES (1);
  INSERT INTO work VALUES ('b');
END $$;
CREATE PROCEDURE hidden_write() LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lo_create(424242);
  COMMIT;
  CALL pause();
  INSERT INTO work VALUES ('b');
  COMMIT;
END $$;
CREATE PROCEDURE reading() LANGUAGE plpgsql AS $$
BEGIN
  PERFORM count(*) FROM work;
  COMMIT;
  CALL pause();
  INSERT INTO work VALUES ('b');
  COMMIT;
END $$;
SQL

# Somebody who holds up what comes, in a transaction of his own.
sub obstacle
{
	my ($sql) = @_;
	my $psql = $node->background_psql('postgres');
	$psql->query_safe('BEGIN');
	$psql->query_safe($sql);
	return $psql;
}

sub wait_for
{
	my ($pid, $what) = @_;
	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $pid AND wait_event_type = 'Lock'")
	  or die "$what does not wait";
	return;
}

sub index_is_valid
{
	return $fence->sql("SELECT coalesce(bool_and(indisvalid)::text, 'no index') FROM pg_index WHERE indrelid = 'numbers'::regclass");
}

# Statement, who holds it up, and what is there when it has ended well.
my $row = 'UPDATE numbers SET id = id WHERE id = 1';
my $exclusive = 'LOCK TABLE numbers IN SHARE UPDATE EXCLUSIVE MODE';
my $pause = 'SELECT pg_advisory_xact_lock(99)';
my @statements = (
	[ 'CREATE INDEX CONCURRENTLY', 'CREATE INDEX CONCURRENTLY i ON numbers (id)', $row, \&index_is_valid, 'true' ],
	[ 'REINDEX CONCURRENTLY', 'REINDEX INDEX CONCURRENTLY j', $row, \&index_is_valid, 'true' ],
	[ 'DROP INDEX CONCURRENTLY', 'DROP INDEX CONCURRENTLY j', $row, \&index_is_valid, 'no index' ],
	[ 'VACUUM', 'VACUUM numbers', $exclusive, sub { 'done' }, 'done' ],
	[ 'VACUUM ANALYZE of two', 'VACUUM ANALYZE work, numbers', $exclusive, sub { 'done' }, 'done' ],
	[ 'CALL', 'CALL batches()', $pause, sub { $fence->steps }, 'a b c' ],
	[ 'DO', q(DO $$ BEGIN INSERT INTO work VALUES ('a'); COMMIT; CALL pause(); INSERT INTO work VALUES ('b'); END $$),
		$pause, sub { $fence->steps }, 'a b' ],
	[ 'CALL with a deferred constraint', 'CALL checked_late()', $pause, sub { $fence->steps }, 'a b' ],
	[ 'CALL with a block that catches', 'CALL catching()', $pause, sub { $fence->steps }, 'a b' ],
);
foreach my $case (@statements)
{
	my ($name, $sql, $obstacle, $look, $expected) = @$case;

	$fence->sql('DROP INDEX IF EXISTS i, j; TRUNCATE work');
	$fence->sql('CREATE INDEX j ON numbers (id)') if $sql =~ / j$/;
	my $guard = $fence->guard;
	my $work = $fence->session($guard->{token});
	my $held_up = obstacle($obstacle);

	start($work, $sql);
	wait_for($work->{backend}, $name);
	is($fence->tags, 'ShareLock', "$name: has the tag in its middle");
	end_guard($guard);
	is($fence->next_try, "busy|$work->{backend}|active", "$name: its guard is gone, and the next one waits");
	$held_up->query_safe('COMMIT');
	is(finish($work), '00000', "$name: ends well");
	is($look->(), $expected, "$name: and is whole");
	is($fence->tags, 'none', "$name: the tag is given back");
	like($fence->next_try, qr/^acquired/, "$name: the next one may migrate");
	is(sqlstate($work, $sql), '55000', "$name: and it is refused");
	$_->quit foreach $guard->{psql}, $work, $held_up;
}

# Ended in the middle, by an error, a cancel, the end of its backend, or its
# own error: all is given back.
my @ends = (
	[ 'cancelled', 'SELECT pg_cancel_backend(%d)', '57014' ],
	[ 'terminated', 'SELECT pg_terminate_backend(%d)', undef ],
);
foreach my $case ([ 'CREATE INDEX CONCURRENTLY', 'CREATE INDEX CONCURRENTLY i ON numbers (id)', $row ],
	[ 'VACUUM', 'VACUUM numbers', $exclusive ],
	[ 'CALL', 'CALL batches()', $pause ])
{
	my ($name, $sql, $obstacle) = @$case;
	foreach my $end (@ends)
	{
		my ($how, $by, $expected) = @$end;

		$fence->sql('DROP INDEX IF EXISTS i; TRUNCATE work');
		my $guard = $fence->guard;
		my $work = $fence->session($guard->{token});
		my $held_up = obstacle($obstacle);

		start($work, $sql);
		wait_for($work->{backend}, $name);
		end_guard($guard);
		$fence->sql(sprintf $by, $work->{backend});
		is(finish($work), $expected, "$name, $how: it fails") if $expected;
		$node->poll_query_until('postgres',
			"SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 3");
		is($fence->tags, 'none', "$name, $how: the tag is given back");
		like($fence->next_try, qr/^acquired/, "$name, $how: the next one may migrate");
		$held_up->query_safe('COMMIT');
		if ($expected)
		{
			is(sqlstate($work, $sql), '55000', "$name, $how: the session is refused afterwards");
			$work->quit;
		}
		$_->quit foreach $guard->{psql}, $held_up;
	}
}
{
	$fence->sql('TRUNCATE work');
	my $guard = $fence->guard;
	my $work = $fence->session($guard->{token});
	is(sqlstate($work, 'CALL failing()'), '22012', 'CALL that fails after a COMMIT');
	is($fence->steps, 'a', 'what it had committed is there');
	is($fence->tags, 'none', 'the tag is given back');
	is(sqlstate($work, 'CREATE UNIQUE INDEX CONCURRENTLY i ON numbers ((id % 2))'), '23505', 'an index that cannot be');
	is($fence->tags, 'none', 'the tag is given back');
	is(sqlstate($work, 'CALL batches()'), '00000', 'and the session goes on under its guard');
	end_guard($guard);
	$_->quit foreach $guard->{psql}, $work;
}

# What is not admitted at its first commit is refused there, and what lost the
# tag is asked again.
foreach my $case (
	[ 'a write that only its commit shows, under a guard', 'hidden_write', 1, '00000', 'b' ],
	[ 'a write that only its commit shows, without', 'hidden_write', 0, '55000', '' ],
	[ 'a first write that comes after the loss', 'reading', 1, '55000', '' ],
	[ 'nothing committed by itself before the loss', 'rolling_back', 1, '55000', '' ],
	[ 'a tag that was given back from below', 'unlocking', 1, '55000', 'a' ],
	[ 'such a one, before the last commit', 'unlocking_last', 1, '55000', 'a' ])
{
	my ($name, $procedure, $is_guarded, $expected, $steps) = @$case;
	$fence->sql('TRUNCATE work; SELECT lo_unlink(oid) FROM pg_largeobject_metadata');
	my $guard = $fence->guard;
	my $work = $fence->session($is_guarded ? $guard->{token} : undef);
	my $held_up = obstacle($pause);

	start($work, "CALL $procedure()");
	if ($is_guarded)
	{
		wait_for($work->{backend}, $name);
		end_guard($guard);
		$held_up->query_safe('COMMIT');
	}
	is(finish($work), $expected, "$name: $procedure()");
	is($fence->steps, $steps, "$name: has this effect");
	is($fence->tags, 'none', "$name: nothing is left");
	end_guard($guard) unless $is_guarded;
	$_->quit foreach $guard->{psql}, $work, $held_up;
}

# Whoever takes the key by hand is not told of what goes on; the tag tells it.
{
	$fence->sql('TRUNCATE work');
	my $guard = $fence->guard;
	my $work = $fence->session($guard->{token});
	my $by_hand = $fence->session(undef);
	my $held_up = obstacle($pause);

	start($work, 'CALL batches()');
	wait_for($work->{backend}, 'CALL');
	end_guard($guard);
	$by_hand->query('BEGIN');
	is($by_hand->query("SELECT pg_try_advisory_xact_lock(@{[KEY]})"), 't', 'by hand the key is to be had');
	is($by_hand->query(q(SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 3)), $work->{backend},
		'and the tag tells who is still at work');
	is(sqlstates($by_hand, "INSERT INTO work VALUES ('by hand');\nCOMMIT"), '00000 00000', 'who does not look writes beside it');
	$held_up->query_safe('COMMIT');
	is(finish($work), '00000', 'which ends as it began');
	is($fence->steps, 'a b by hand c', 'both have their effect');
	$_->quit foreach $guard->{psql}, $work, $by_hand, $held_up;
}

# A transaction block does not let anything commit by itself, so there the tag
# is the transaction's.
{
	my $guard = $fence->guard;
	my $work = $fence->session($guard->{token});
	is(sqlstates($work, "BEGIN;\nCALL batches()"), '00000 2D000', 'CALL in a block cannot commit');
	is(sqlstates($work, "ROLLBACK;\nBEGIN;\nDO 'BEGIN INSERT INTO work VALUES (1); END'"), '00000 00000 00000', 'DO in a block');
	is($fence->tags, 'ShareLock', 'has the tag once');
	is(sqlstate($work, 'ROLLBACK'), '00000', 'until the end');
	is($fence->tags, 'none', 'of the transaction');
	end_guard($guard);
	$_->quit foreach $guard->{psql}, $work;
}

$node->stop;
done_testing();
