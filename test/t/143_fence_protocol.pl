# The fence, whatever message of the protocol brings the write: extended
# queries and their portals, pipelines, several statements in one message,
# fast-path calls, COPY.
#
# TAP with a client that speaks the protocol itself, since psql cannot.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use GwBootstrap::Fence;
use GwBootstrap::Wire;

my $fence = GwBootstrap::Fence->new;
my $insert = q(INSERT INTO work VALUES ('x'));

sub wire
{
	my ($token) = @_;
	return GwBootstrap::Wire->new($fence->node, user => ROLE, database => 'postgres',
		application_name => "gw_bootstrap migration $token");
}

# What the session gets, in one line.
sub gets
{
	my ($wire, @messages) = @_;
	$wire->send(@messages);
	return join ', ', $wire->until_ready;
}

$fence->sql(<<'SQL');
CREATE FUNCTION write() RETURNS void LANGUAGE sql AS $$ INSERT INTO work VALUES ('function') $$;
SQL
my $lo_create = $fence->sql(q(SELECT 'lo_create(oid)'::regprocedure::oid));
my $write = $fence->sql(q(SELECT 'write()'::regprocedure::oid));

# Each kind of message under a guard, without one, and after its loss.
my %kinds = (
	'simple query' => [ [ query($insert) ], 'C INSERT 0 1, Z I', 'E 55000, Z I' ],
	'extended query' => [ [ parse($insert), bind_(), execute(), sync() ], 'C INSERT 0 1, Z I', 'E 55000, Z I' ],
	'pipeline' => [
		[ map({ (parse($insert), bind_(), execute()) } 1 .. 3), sync() ],
		'C INSERT 0 1, C INSERT 0 1, C INSERT 0 1, Z I', 'E 55000, Z I'
	],
	'pipeline that only its commit shows' => [
		[ map({ (parse('SELECT lo_unlink(lo_create(0))'), bind_(), execute()) } 1 .. 2), sync() ],
		'D, C SELECT 1, D, C SELECT 1, Z I', 'D, C SELECT 1, D, C SELECT 1, E 55000, Z I'
	],
	'several statements in one message' => [
		[ query("SELECT 1; $insert; SELECT 1") ],
		'D, C SELECT 1, C INSERT 0 1, D, C SELECT 1, Z I', 'D, C SELECT 1, E 55000, Z I'
	],
	'BEGIN and COMMIT in one message' =>
	  [ [ query("BEGIN; $insert; COMMIT") ], 'C BEGIN, C INSERT 0 1, C COMMIT, Z I', 'C BEGIN, E 55000, Z E' ],
	'fast-path call' => [ [ call_function($lo_create, 0) ], 'V, Z I', 'V, E 55000, Z I' ],
	'fast-path call of a function that writes' => [ [ call_function($write) ], 'V, Z I', 'E 55000, Z I' ],
	'COPY FROM STDIN' => [ [ query('COPY work FROM STDIN'), copy_data("a\n"), copy_done() ], 'G, C COPY 1, Z I', 'E 55000, Z I' ],
	'COPY TO STDOUT' => [ [ query('COPY (SELECT 1) TO STDOUT') ], 'H, d, c, C COPY 1, Z I', 'H, d, c, C COPY 1, Z I' ],
);
foreach my $kind (sort keys %kinds)
{
	my ($messages, $admitted, $refused) = @{ $kinds{$kind} };
	my $guard = $fence->guard;
	my $wire = wire($guard->{token});
	my $stranger = wire('0' x 32);

	is(gets($wire, @$messages), $admitted, "$kind: under the guard");
	is(gets($stranger, @$messages), $refused, "$kind: without a guard");
	end_guard($guard);
	my $before = $fence->steps;
	is(gets($wire, @$messages), $refused, "$kind: after its loss");
	is($fence->steps, $before, "$kind: without effect");
	is($fence->tags, 'none', "$kind: nothing is left");
	$_->close foreach $wire, $stranger;
	$guard->{psql}->quit;
}

# Portals that are older than the loss.
my %portals = (
	'a query that writes' => [ $insert, 0 ],
	'rows to be locked' => [ 'SELECT * FROM work FOR UPDATE', 1 ],
	'a function that writes' => [ 'SELECT write() FROM generate_series(1, 3)', 1 ],
	'rows that a CTE writes' => [ "WITH w AS ($insert RETURNING step) SELECT step FROM w, generate_series(1, 3)", 0 ],
	'a utility statement' => [ 'TRUNCATE work', 0 ],
);
foreach my $portal (sort keys %portals)
{
	my ($sql, $may_run) = @{ $portals{$portal} };
	my $guard = $fence->guard;
	my $wire = wire($guard->{token});

	$fence->sql(q(INSERT INTO work VALUES ('a'), ('b')));
	$wire->send(query('BEGIN'));
	$wire->until_ready;
	is(gets($wire, parse($sql), bind_('p'), sync()), 'Z T', "$portal: bound under the guard");
	if ($may_run)
	{
		is(gets($wire, execute('p', 1), sync()), 'D, s, Z T', "$portal: the first row");
	}
	my $before = $fence->steps;
	end_guard($guard);
	is(gets($wire, execute('p', 1), sync()), 'E 55000, Z E', "$portal: refused after the loss");
	is(gets($wire, query('COMMIT')), 'C ROLLBACK, Z I', "$portal: rolled back");
	is($fence->steps, $before, "$portal: without effect");
	$wire->close;
	$guard->{psql}->quit;
}

# A COPY whose data comes when the guard is gone: the statement had begun, and
# so holds the next one out until it has failed to commit.
{
	my $guard = $fence->guard;
	my $wire = wire($guard->{token});
	my $before = $fence->steps;

	$wire->send(query('COPY work FROM STDIN'), copy_data("a\n"));
	is(join(', ', $wire->until('G')), 'G', 'COPY has begun');
	end_guard($guard);
	like($fence->next_try, qr/^busy\|\d+\|active$/, 'its guard is gone: the next one has to wait');
	$wire->send(copy_data("b\n"), copy_done());
	is(join(', ', $wire->until_ready), 'E 55000, Z I', 'it ends, and is not committed');
	is($fence->steps, $before, 'without effect');
	like($fence->next_try, qr/^acquired/, 'and the next one may migrate');
	$wire->close;
	$guard->{psql}->quit;
}

# A pipeline that is open when the guard goes: one transaction.
{
	my $guard = $fence->guard;
	my $wire = wire($guard->{token});
	my $before = $fence->steps;

	$wire->send(parse($insert), bind_(), execute(), flush_());
	is(join(', ', $wire->until('C')), 'C INSERT 0 1', 'a pipeline has begun');
	is($fence->tags, 'ShareLock', 'and has the tag');
	end_guard($guard);
	like($fence->next_try, qr/^busy/, 'the next one has to wait');
	is(gets($wire, sync()), 'E 55000, Z I', 'it is not committed');
	is($fence->steps, $before, 'without effect');
	$wire->close;
	$guard->{psql}->quit;
}

# A CALL that has committed by itself, in a pipeline that is open: its last transaction
# finishes if it has written; and if not, what a fast-path call writes in it is refused.
# From 18 on the server cannot end such a transaction, by an error of its own, XX000.
my @endings = (
	[ 'wrote to its end', q(INSERT INTO work VALUES ('last');), 'busy', [ parse('SELECT 1'), bind_(), execute(), sync() ], qr/^D, C SELECT 1, Z I$/, 'first last' ],
	[ 'wrote before its COMMIT', '', 'acquired', [ call_function($lo_create, 0) ], qr/^V, .*E (55000|XX000), Z I$/, 'first' ]);
foreach my $case (@endings)
{
	my ($how, $last, $next, $messages, $expected, $steps) = @$case;
	my $name = "a pipeline after CALL that $how";
	my $guard = $fence->guard;
	my $wire = wire($guard->{token});

	$fence->sql('TRUNCATE work; SELECT lo_unlink(oid) FROM pg_largeobject_metadata');
	$fence->sql("CREATE OR REPLACE PROCEDURE committing() LANGUAGE plpgsql AS \$\$ BEGIN INSERT INTO work VALUES ('first'); COMMIT; $last END \$\$");
	$wire->send(parse('CALL committing()'), bind_(), execute(), flush_());
	is(join(', ', $wire->until('C')), 'C CALL', $name);
	end_guard($guard);
	like($fence->next_try, qr/^$next/, "$name: its guard is gone, the next one");
	my $answer = gets($wire, @$messages);
	$answer .= ', ' . gets($wire, sync()) . ', ' . gets($wire, query('SELECT 1')) if $answer =~ /T$/;
	like($answer, $expected, "$name: what follows");
	is($fence->steps, $steps, "$name: has this effect");
	is($fence->sql('SELECT count(*) FROM pg_largeobject_metadata'), 0, "$name: no large object is there");
	is($fence->tags, 'none', "$name: nothing is left");
	$wire->close;
	$guard->{psql}->quit;
}

$fence->node->stop;
done_testing();
