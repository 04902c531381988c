# A database that is ahead of the replica: at a revision that its migration set
# does not have.  It ends with 6, or starts if it is allowed to, and never
# migrates, however late that is found out.
#
# TAP, since it takes replicas that wait, over a real PgBouncer and directly.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();

# Two branches, a to d with a merge, and x: the heads are d and x.
my $versions = PostgreSQL::Test::Utils::tempdir_short();
my %down = (a => 'None', b => "'a'", c => "'a'", d => "('b', 'c')", x => 'None');
append_to_file("$versions/$_.py", "revision = '$_'\ndown_revision = $down{$_}\n") foreach keys %down;

my $dir = PostgreSQL::Test::Utils::tempdir_short();
append_to_file("$dir/post.sql", "INSERT INTO applied VALUES ('5 post sql');");
append_to_file("$dir/migrate.sql", heads_are('d', 'x') . "INSERT INTO applied VALUES ('3 head');");
my $post = post_step();
my $migrate = migration_command(heads_are('d', 'x') . "INSERT INTO applied VALUES ('3 head');");

my @ahead = ([ 'new' ], [ 'd', 'new' ], [ 'd', 'x', 'new' ], [ 'a', 'new' ]);
my @behind = ([], ['a'], ['b'], [ 'b', 'c' ], ['d'], [ 'a', 'x' ], [ 'b', 'c', 'x' ]);

sub heads_are
{
	my (@heads) = @_;
	return 'DELETE FROM alembic_version;' . join '', map { "INSERT INTO alembic_version VALUES (\$q\$$_\$q\$);" } @heads;
}

sub start
{
	my ($way, $replicas, $mode, @options) = @_;
	return start_replicas($replicas, $way->client($mode, '--alembic', $versions, @options));
}

sub client
{
	my ($result) = start(shift, 1, @_)->wait;
	return $result;
}

# The error, or the warning, about the revision that the set lacks.
sub says_ahead
{
	my ($result, $level, $unknown) = @_;
	return $result->{err} =~ /^gw_bootstrap: $level: the database is ahead of this replica: revision "\Q$unknown\E" is not in \Q$versions\E$/m;
}

# Nothing of ours has run since the last time; forget what has.
sub is_applied
{
	my ($way, $expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($way->applied, $expected, $name);
	$way->sql('TRUNCATE applied');
	return;
}

# What is behind is migrated, with or without --allow-ahead.
sub test_behind
{
	my ($way, $name) = @_;

	is(client($way, 'check')->{exit}, 5, "$name: no table is behind");
	$way->sql('CREATE TABLE alembic_version (version_num text)');
	foreach my $heads (@behind)
	{
		my $found = "{@$heads}";
		$way->sql(heads_are(@$heads));
		is(client($way, 'check', '--allow-ahead')->{exit}, 5, "$name: $found is behind");
		my $result = client($way, 'run', '--migrate', $migrate, @$heads % 2 ? '--allow-ahead' : ());
		is($result->{exit}, 0, "$name: $found: ready") or diag $result->{err};
		like($result->{out}, qr/^Database ready \(migrated\)/, "$name: $found: migrated");
	}
	is_applied($way, '3 head x ' . @behind, "$name: once each");
	is(client($way, 'check')->{exit}, 0, "$name: {d x} is at head");
	return;
}

sub test_ahead
{
	my ($way, $name) = @_;
	my @run = ('--migrate', $migrate, '--post', $post);

	foreach my $heads (@ahead, [''], [ qq(a\nb,"{}\\) ])
	{
		my $found = "{@$heads}";
		my $unknown = $heads->[-1] eq '' ? '""' : $heads->[-1] =~ tr/\n/ /r;
		$way->sql(heads_are(@$heads));
		foreach my $way_out ([ 'check' ], [ 'run', @run ], ['run'], [ 'run', @run, '--timeout=0' ],
			[ 'run', '--migrate-sql', "$dir/migrate.sql" ], [ 'run', @run, '--skip-migrations', '--timeout=600' ])
		{
			my $result = client($way, @$way_out);
			my $what = "$name: $found, " . join ' ', grep { !/psql/ && !/^\// } @$way_out;
			is($result->{exit}, 6, "$what: exit code") or diag $result->{err};
			ok(says_ahead($result, 'error', $unknown), "$what: names revision and set") or diag $result->{err};
			like($result->{err}, qr/--allow-ahead/, "$what: ... and the way out");
			is($result->{out}, '', "$what: is not ready");
			last if $heads->[-1] ne 'new' || $way_out->[0] eq 'run' && @$heads != 2;
		}
	}
	is_applied($way, '', "$name: nothing has run");
	return;
}

sub test_allowed
{
	my ($way, $name) = @_;

	$way->sql(heads_are('d', 'new'));
	foreach my $case ([ 'ahead', '--migrate', $migrate ], ['ahead'], [ 'ahead', '--migrate-sql', "$dir/migrate.sql" ],
		[ 'migrations skipped', '--migrate', $migrate, '--skip-migrations' ])
	{
		my ($how, @options) = @$case;
		my $what = "$name: allowed, $how" . (@options ? " $options[0]" : '');
		my $result = client($way, 'run', @options, '--allow-ahead', '--post', $post, '--post-sql', "$dir/post.sql", '--', 'echo', 'command');
		is($result->{exit}, 0, "$what: exit code") or diag $result->{err};
		like($result->{out}, qr/^Database ready \($how\) in .* s\ncommand\n\z/, "$what: ready");
		ok(says_ahead($result, 'warning', 'new'), "$what: with a warning");
		is_applied($way, '4 post x 1, 5 post sql x 1', "$what: only the post steps have run");
	}
	local $ENV{GW_BOOTSTRAP_ALLOW_AHEAD} = 'yes';
	my $result = client($way, 'check');
	is($result->{exit}, 0, "$name: check is allowed by the variable");
	ok(says_ahead($result, 'warning', 'new'), "$name: ... and warns");
	return;
}

# Replicas wait for the lock, with the database behind, and then it is ahead:
# the holder commits that with the lock, or somebody has it on and on.
sub test_while_waiting
{
	my ($way, $name, $keeps_lock) = @_;
	my $holder = $node->background_psql($way->dbname);
	my @run = ('run', '--migrate', $migrate, '-e', 'd', '-e', 'x');

	$way->sql(heads_are('a'));
	$holder->query_safe($keeps_lock ? 'SELECT pg_advisory_lock(42424242424242)' : 'BEGIN; SELECT pg_advisory_xact_lock(42424242424242)');
	my $refused = start($way, 4, @run);
	my $allowed = start($way, 4, @run, '--allow-ahead');
	foreach my $replicas ($refused, $allowed)
	{
		ok(wait_until(sub { 4 == grep { $replicas->err($_) =~ /waiting for .*found \{a\}/ } 0 .. 3 }),
			"$name: all wait");
	}
	if ($keeps_lock)
	{
		$way->sql(heads_are('new'));
	}
	else
	{
		$holder->query_safe(heads_are('new') . 'COMMIT');
	}
	my @results = $refused->wait;
	is(outcomes(@results), '4 x 6', "$name: they end when it is ahead") or diag $results[0]{err};
	is(scalar(grep { says_ahead($_, 'error', 'new') } @results), 4, "$name: and say so");
	@results = $allowed->wait;
	is(outcomes(@results), '4 x 0', "$name: or start") or diag $results[0]{err};
	is(scalar(grep { $_->{out} =~ /\(ahead\)/ } @results), 4, "$name: and say so, too");
	is($way->locks, $keeps_lock, "$name: locks");
	$holder->quit;
	is_applied($way, '', "$name: nobody has migrated");
	return;
}

# One that skips migrations waits for their owner, who goes past it.
sub test_skipping
{
	my ($way, $name) = @_;
	my @run = ('run', '--skip-migrations', '--timeout', 600);

	$way->sql(heads_are('a'));
	my $replica = start($way, 1, @run);
	ok(wait_until(sub { $replica->err =~ /waiting for .*found \{a\}/ }), "$name: waits");
	$way->sql(heads_are('new'));
	my ($result) = $replica->wait;
	is($result->{exit}, 6, "$name: ends when it is ahead") or diag $result->{err};
	return;
}

# However many rows there are, all are looked at.
sub test_many_rows
{
	my ($way, $name) = @_;
	my $many = "INSERT INTO alembic_version SELECT 'a' FROM generate_series(1, 150);";

	$way->sql(heads_are() . $many . "INSERT INTO alembic_version VALUES ('new')");
	my $result = client($way, 'run', '--migrate', $migrate);
	is($result->{exit}, 6, "$name: a row behind many: exit code") or diag $result->{err};
	is_applied($way, '', "$name: ... and no migration");
	$way->sql(heads_are() . $many);
	$result = client($way, 'run', '--migrate', $migrate);
	is($result->{exit}, 0, "$name: duplicates hide nothing") or diag $result->{err};
	is_applied($way, '3 head x 1', "$name: ... and it is migrated");
	return;
}

foreach my $case ([ 0, 0 ], [ 2, 0 ], [ 0, 1 ], [ 2, 1 ])
{
	my ($pool_size, $plain) = @$case;
	my $way = new_way($node, pool_size => $pool_size, plain => $plain)->create->open;
	my $name = $way->name;

	test_behind($way, $name);
	test_ahead($way, $name);
	test_allowed($way, $name);
	test_while_waiting($way, "$name, past us", 0);
	test_while_waiting($way, "$name, locked for ever", 1);
	test_skipping($way, "$name, skipping");
	test_many_rows($way, $name);

	# Without the set, a head that is not expected is behind.
	$way->sql(heads_are('new'));
	is(run_client($way->client('check', '-e', 'd', '--allow-ahead'))->{exit}, 5,
		"$name: without the set, there is no ahead");
	my $result = run_client($way->client('run', '-e', 'd', '-e', 'x', '--migrate', $migrate));
	is($result->{exit}, 0, "$name: ... and it is migrated") or diag $result->{err};
	is_applied($way, '3 head x 1', "$name: ... once");
	$way->sql('SELECT pg_advisory_unlock_all()');
	$way->is_clean($name);
	$way->close;
}

$node->stop;
done_testing();
