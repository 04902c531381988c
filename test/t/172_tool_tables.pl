# The head tables of all tools in every state of sql/tools.sql, as the client sees
# them by its own entry of the tool: with the extension and in plain SQL.
#
# TAP, since it takes the client; what the extension alone says of the same
# states is tested by pg_regress.

use strict;
use warnings;

use File::Basename qw(dirname);
use GwBootstrap::Test;
use JSON::PP qw(decode_json);
use PostgreSQL::Test::Utils;
use Test::More;

my %exit = (at_head => 0, behind => 5, ahead => 6, diverged => 6, failed => 7);
my $node = start_server();
my $dir = PostgreSQL::Test::Utils::tempdir_short();

# The settings and states, which the file leaves in a database for us.
$node->safe_psql('postgres', 'CREATE DATABASE states');
$node->safe_psql('states', "\\set keep 1\n" . slurp_file(dirname(__FILE__) . '/../../sql/tools.sql'));
my $settings = decode_json($node->safe_psql('states', 'SELECT json_agg(s ORDER BY tool) FROM tools.settings s'));
my $states = decode_json($node->safe_psql('states', 'SELECT json_agg(s ORDER BY n) FROM tools.states s'));

sub check
{
	my ($way, $tool, $expected) = @_;
	my $list = "$dir/heads";

	unlink $list;
	append_to_file($list, join '', map { "$_\n" } @$expected);
	return run_client($way->client('check', $tool eq 'alembic' ? map { ('-e', $_) } @$expected : "--migrations=$tool:$list"));
}

sub test_tool
{
	my ($way, $setting) = @_;
	my $tool = $setting->{tool};
	my $name = $way->name . ": $tool";
	my @states = grep { $_->{tool} eq $tool } @$states;

	is(check($way, $tool, $states[0]{expected})->{exit}, 5, "$name: no table");
	$way->sql($setting->{make});
	is(check($way, $tool, $states[0]{expected})->{exit}, 5, "$name: empty");
	foreach my $state (@states)
	{
		$way->sql($state->{change}) if defined $state->{change};
		my $result = check($way, $tool, $state->{expected});
		is($result->{exit}, $exit{ $state->{outcome} }, "$name: $state->{state}") or diag $result->{err};
		like($result->{err}, qr/^gw_bootstrap: error: the database is at a failed migration: table .* says so of \{/m,
			"$name: $state->{state}: says so")
		  if $state->{outcome} eq 'failed';
	}
	$way->sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS drizzle, atlas_schema_revisions, graphile_migrate, sqitch CASCADE");
	$way->sql('CREATE EXTENSION gw_bootstrap') unless $way->is_plain;
	return;
}

foreach my $plain (0, 1)
{
	my $way = new_way($node, pool_size => 0, plain => $plain)->create->open;

	test_tool($way, $_) foreach @$settings;
	$way->close;
}

$node->stop;
done_testing();
