# The fence and the rest of the server: standbys, crashes, parallel workers,
# prepared transactions, replication.
#
# TAP, since servers are promoted, crashed and restarted.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use GwBootstrap::Fence;

my $fence = GwBootstrap::Fence->new(settings => <<'CONF');
max_parallel_workers_per_gather = 2
parallel_setup_cost = 0
parallel_tuple_cost = 0
min_parallel_table_scan_size = 0
min_parallel_index_scan_size = 0
wal_level = logical
CONF
my $node = $fence->node;
my $insert = q(INSERT INTO work VALUES ('x'));

$fence->sql('CREATE TABLE numbers AS SELECT generate_series(1, 20000) AS id; ALTER TABLE numbers OWNER TO migrations; ANALYZE numbers');

# Parallel workers load the library and are not asked, as their leader was.
{
	my $guard = $fence->guard;
	my $work = $fence->session($guard->{token});
	my $other = $fence->session(undef);
	my $plan = 'EXPLAIN (ANALYZE, COSTS off, TIMING off) SELECT count(*) FROM numbers';

	like($other->query($plan), qr/Workers Launched: [12]/, 'a query in parallel');
	is(sqlstate($other, 'SELECT count(*) FROM numbers'), '00000', 'needs no guard');
	is(sqlstate($work, 'CREATE TABLE copied AS SELECT id FROM numbers WHERE id % 2 = 0'), '00000', 'a table made in parallel');
	$work->query('SET max_parallel_maintenance_workers = 2');
	is(sqlstate($work, 'CREATE INDEX CONCURRENTLY i ON numbers (id)'), '00000', 'an index made in parallel');
	is(sqlstate($work, 'CREATE INDEX j ON numbers (id)'), '00000', 'another');
	is(sqlstate($work, 'VACUUM (PARALLEL 2) numbers'), '00000', 'VACUUM in parallel');
	is(sqlstate($other, 'CREATE TABLE copied2 AS SELECT id FROM numbers'), '55000', 'not without a guard');
	is($fence->tags, 'none', 'nothing is left');
	end_guard($guard);
	$_->quit foreach $guard->{psql}, $work, $other;
}

# AFTER triggers, rules, foreign keys: what a statement brings about.
{
	$fence->sql(<<'SQL');
CREATE TABLE parent (id integer PRIMARY KEY);
CREATE TABLE child (id integer REFERENCES parent ON DELETE CASCADE);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO work VALUES (TG_OP || ' ' || TG_TABLE_NAME); RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT OR DELETE ON parent FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER note AFTER INSERT OR DELETE ON child FOR EACH ROW EXECUTE FUNCTION note();
CREATE VIEW ruled AS SELECT 'view' AS id;
CREATE RULE note AS ON INSERT TO ruled DO INSTEAD INSERT INTO work VALUES (NEW.id);
GRANT ALL ON parent, child, ruled TO migrations;
TRUNCATE work;
SQL
	my $guard = $fence->guard;
	my $work = $fence->session($guard->{token});
	is(sqlstates($work, "INSERT INTO parent VALUES (1);\nINSERT INTO child VALUES (1);\nDELETE FROM parent;\nINSERT INTO ruled VALUES ('rule')"),
		'00000 00000 00000 00000', 'triggers, foreign keys and rules under a guard');
	my $steps = $fence->steps;
	is($steps, 'DELETE child DELETE parent INSERT child INSERT parent rule', 'have their effect');
	end_guard($guard);
	is(sqlstates($work, "INSERT INTO parent VALUES (1);\nINSERT INTO ruled VALUES ('rule')"), '55000 55000', 'without it not');
	is($fence->steps, $steps, 'nor their effect');
	$_->quit foreach $guard->{psql}, $work;
}

# Prepared transactions.
{
	my $psql = $node->background_psql('postgres');
	$psql->query_safe("BEGIN; INSERT INTO work VALUES ('prepared'); PREPARE TRANSACTION 'p'");
	$psql->query_safe("BEGIN; INSERT INTO work VALUES ('lost'); PREPARE TRANSACTION 'q'");
	$fence->sql('ALTER ROLE migrations SUPERUSER');
	my $guard = $fence->guard;
	my $work = $fence->session(undef);
	is(sqlstate($work, q(COMMIT PREPARED 'p')), '55000', 'COMMIT PREPARED needs a guard');
	is(sqlstate($work, q(ROLLBACK PREPARED 'q')), '00000', 'ROLLBACK PREPARED does not');
	$work->query("SET gw_bootstrap.token = '$guard->{token}'");
	is(sqlstate($work, q(COMMIT PREPARED 'p')), '00000', 'under one it is done');
	is(sqlstates($work, "BEGIN;\n$insert;\nPREPARE TRANSACTION 'r'"), '00000 00000 0A000', 'PREPARE TRANSACTION is not');
	is($fence->sql('SELECT count(*) FROM pg_prepared_xacts'), 0, 'none is left');
	is($fence->tags, 'none', 'nor a tag');
	end_guard($guard);
	$fence->sql('ALTER ROLE migrations NOSUPERUSER');
	$_->quit foreach $psql, $guard->{psql}, $work;
}

# What it does not see: the documents say so.
{
	$fence->sql('ALTER ROLE migrations REPLICATION');
	my $before = $fence->steps;
	is($node->psql('postgres', $insert, connstr => 'replication=database dbname=postgres user=' . ROLE
			  . ' host=' . $node->host . ' port=' . $node->port), 0, 'a walsender of the role is not fenced');
	isnt($fence->steps, $before, 'and writes');
	$fence->sql('ALTER ROLE migrations NOREPLICATION');
}

# After a crash virtual transaction ids come again; tokens don't.
{
	my $vxid = 'SELECT virtualtransaction FROM pg_locks WHERE pid = pg_backend_pid() LIMIT 1';
	# The first session of a server, before and after, so that it gets the same place.
	$node->restart;
	my $old = $node->background_psql('postgres');
	$old->query_safe('SELECT 1') foreach 1 .. 20;
	$old->query_safe(q(BEGIN; SELECT gw_bootstrap_try('{next}')));
	my $token = $old->query_safe('SELECT gw_bootstrap_token()');
	my ($slot, $number) = split m{/}, $old->query_safe($vxid);
	$node->stop('immediate');
	$node->start;

	my @psqls;
	my $psql;
	foreach (1 .. 5)
	{
		push @psqls, $psql = $node->background_psql('postgres', on_error_stop => 0);
		last if $psql->query($vxid) =~ m{^$slot/};
	}
	my $work = $fence->session($token);
	my $current = (split m{/}, $psql->query($vxid))[1];
	$psql->query('SELECT 1') foreach $current + 1 .. $number - 1;
	$psql->query(q(BEGIN; SELECT gw_bootstrap_try('{next}')));
	is($psql->query($vxid), "$slot/$number", 'after a crash a guard has the same virtual transaction id');
	is(sqlstate($work, $insert), '55000', 'but not the same token');
	$work->query("SET gw_bootstrap.token = '" . $psql->query('SELECT gw_bootstrap_token()') . q('));
	is(sqlstate($work, $insert), '00000', 'which its own migration shows');
	$_->quit foreach @psqls, $work;
}

# A standby writes nothing, so it asks nobody; once promoted it does.
{
	$node->backup('base');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($node, 'base', has_streaming => 1);
	$standby->start;
	my $guard = $fence->guard;
	local $ENV{PGAPPNAME} = "gw_bootstrap migration $guard->{token}";
	my $work = $standby->background_psql('postgres', on_error_stop => 0, extra_params => [ '-U', ROLE, '-v', 'VERBOSITY=sqlstate' ]);

	is($work->query('SHOW gw_bootstrap.fenced'), KEY, 'on a standby the role is fenced');
	is(sqlstate($work, 'SELECT count(*) FROM work'), '00000', 'and reads');
	is(sqlstate($work, $insert), '25006', 'and cannot write, as nobody can there');
	is(sqlstates($work, "BEGIN;\nDECLARE c CURSOR FOR SELECT * FROM work;\nFETCH c;\nCOMMIT"), '00000 00000 00000 00000', 'a transaction');
	$standby->promote;
	$standby->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()');
	is(sqlstate($work, $insert), '55000', 'promoted, it asks for a guard, and that of another server is none');
	my $own = $standby->background_psql('postgres');
	$own->query_safe(q(BEGIN; SELECT gw_bootstrap_try('{next}')));
	$work->query("SET gw_bootstrap.token = '" . $own->query_safe('SELECT gw_bootstrap_token()') . q('));
	is(sqlstate($work, $insert), '00000', 'one of its own is one');
	$_->quit foreach $guard->{psql}, $work, $own;
	$standby->stop;
}

$node->stop;
done_testing();
