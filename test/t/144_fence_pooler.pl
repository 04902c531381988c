# The fence through PgBouncer in transaction mode, where one backend serves
# several clients: each is judged by the name that it has itself, and nothing
# of one is left to the next.
#
# TAP, since it takes a real pooler and several clients of it.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use GwBootstrap::Fence;
use GwBootstrap::SessionState;
use GwBootstrap::Wire;

my $fence = GwBootstrap::Fence->new;
my $node = $fence->node;
my $insert = q(INSERT INTO work VALUES ('x'));
my $user = getpwuid $<;

# A client of a pool that has one backend for the role.
sub client
{
	my ($pooler, $name) = @_;
	local $ENV{PGAPPNAME} = $name;
	my $psql = $node->background_psql('postgres', on_error_stop => 0,
		extra_params => [ '-v', 'VERBOSITY=sqlstate', '-d', 'host=127.0.0.1 dbname=postgres user=' . ROLE . ' port=' . $pooler->port ]);

	$psql->{backend} = $psql->query('SELECT pg_backend_pid()');
	return $psql;
}

foreach my $settings ('', 'application_name_add_host = 1')
{
	my $pooler = start_pgbouncer($node, pool_size => 1, settings => $settings,
		users => qq("$user" ""\n"@{[ROLE]}" ""\n));
	my $how = $settings || 'as it is';
	my $guard = $fence->guard;
	my $migrates = client($pooler, "gw_bootstrap migration $guard->{token}");
	my $other = client($pooler, 'psql');

	is($other->{backend}, $migrates->{backend}, "$how: two clients on one backend");
	is(sqlstate($migrates, $insert), '00000', "$how: the migration writes");
	is(sqlstate($other, $insert), '55000', "$how: the other client not");
	is(sqlstate($migrates, 'CREATE INDEX CONCURRENTLY i ON work (step)'), '00000', "$how: the migration goes on");
	is(sqlstate($other, 'DROP INDEX i'), '55000', "$how: the other client not");
	is(sqlstate($migrates, 'DROP INDEX i'), '00000', "$how: nor does its refusal hinder");
	is(sqlstates($migrates, "BEGIN;\n$insert"), '00000 00000', "$how: in a transaction");
	end_guard($guard);
	is($fence->next_try, "busy|$migrates->{backend}|active", "$how: which is in the way when the guard is gone");
	is(sqlstate($migrates, 'COMMIT'), '55000', "$how: and does not commit");
	is($fence->tags, 'none', "$how: nothing is left on the backend");
	like($fence->next_try, qr/^acquired/, "$how: the next one may migrate");

	# The next guard's migration through the same backend, and the first one,
	# resumed, beside it.
	my $next = $fence->guard;
	my $successor = client($pooler, "gw_bootstrap migration $next->{token}");
	is($successor->{backend}, $migrates->{backend}, "$how: its migration has the same backend");
	is(sqlstate($successor, $insert), '00000', "$how: and writes");
	is(sqlstate($migrates, $insert), '55000', "$how: the earlier one not");
	is(sqlstate($successor, $insert), '00000', "$how: the new one still does");

	# In its transaction.
	is(sqlstates($successor, "BEGIN;\nSET LOCAL gw_bootstrap.token = '$next->{token}';\n$insert;\nCOMMIT"),
		'00000 00000 00000 00000', "$how: a token of the transaction");
	is(sqlstate($other, $insert), '55000', "$how: is not left to the other client");

	# A client without a name has the one that is left on its backend, token and all, until
	# PgBouncer 1.24, unless it adds the host: as the documents say, each has to have a name.
	my ($major, $minor) = $pooler->admin('SHOW VERSION') =~ /(\d+)\.(\d+)/;
	my $resets = $major > 1 || $minor >= 24 || $settings ne '';
	my $nameless = GwBootstrap::Wire->new($pooler, user => ROLE, database => 'postgres');
	is(sqlstate($successor, $insert), '00000', "$how: the migration writes again");
	$nameless->send(query($insert));
	is(join(', ', $nameless->until_ready), $resets ? 'E 55000, Z I' : 'C INSERT 0 1, Z I',
		"$how: a client without a name is " . ($resets ? 'refused' : 'taken for it'));
	$nameless->close;
	end_guard($next);
	$_->quit foreach $guard->{psql}, $next->{psql}, $migrates, $other, $successor;
	$pooler->stop;
}

$node->stop;
done_testing();
