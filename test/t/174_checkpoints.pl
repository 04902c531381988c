# Atlas' checkpoints: a file that stands for those before it, which only a new
# database runs.  One image is at head in both kinds of database.
#
# TAP, since it takes the client, which reads the files.

use strict;
use warnings;

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $dir = PostgreSQL::Test::Utils::tempdir_short();
my @ordinary = ('20240101_a.sql', '20240202_b.sql');

sub folder
{
	my ($name, @files) = @_;

	mkdir "$dir/$name";
	foreach my $file (@files)
	{
		append_to_file("$dir/$name/$file", $file =~ /point/ ? "-- about it\n-- atlas:checkpoint\n\nSELECT 1;\n" : "SELECT 1;\n-- atlas:checkpoint\n");
	}
	return "--migrations=atlas:$dir/$name";
}

sub list
{
	append_to_file("$dir/list", join '', map { "$_\n" } @_);
	return "$dir/list";
}

my %sets = (
	last => folder('last', @ordinary, '20240303_point.sql'),
	later => folder('later', @ordinary, '20240303_point.sql', '20240404_c.sql'),
	alone => folder('alone', '20240303_point.sql'),
	two => folder('two', '20230101_point.sql', '20240303_point.sql'),
	# a list of what comes after the last checkpoint
	list => '--migrations=atlas:' . list('20240404'),
	quoted => folder('quoted', @ordinary, q(20240303'_point.sql)),
);

# What a database has, and what is said of it with each set.
my @cases = (
	[ [] => { last => 5, later => 5, alone => 5, two => 5, quoted => 5 } ],
	[ ['20240303'] => { last => 0, later => 5, list => 5, alone => 0, two => 0 } ],
	[ [ '20240101', '20240202' ] => { last => 0, later => 5, alone => 5, quoted => 0 } ],
	[ [ '20240303', '20240404' ] => { last => 6, later => 0, list => 0, alone => 6 } ],
	[ [ '20240101', '20240202', '20240404' ] => { later => 0, list => 0 } ],
	[ ["20240303'"] => { quoted => 0 } ],
	[ ['20240101'] => { last => 5, later => 5, quoted => 5 } ]);

is(run_client('gw_bootstrap', 'heads', $sets{last})->{out}, "20240101\n20240202\n", 'a checkpoint is not expected');
is(run_client('gw_bootstrap', 'heads', $sets{alone})->{out}, "20240303\n", 'unless it is alone');
is(run_client('gw_bootstrap', 'heads', $sets{two})->{out}, "20240303\n", 'of several the last one is');

foreach my $plain (0, 1)
{
	my $way = new_way($node, pool_size => 0, plain => $plain)->create->open;

	$way->sql('CREATE SCHEMA atlas_schema_revisions CREATE TABLE atlas_schema_revisions '
		  . '(version varchar PRIMARY KEY, type bigint DEFAULT 2, applied bigint DEFAULT 1, total bigint DEFAULT 1, error text)');
	foreach (@cases)
	{
		my ($rows, $exits) = @$_;
		$way->sql('DELETE FROM atlas_schema_revisions.atlas_schema_revisions; '
			  . join '', map { 'INSERT INTO atlas_schema_revisions.atlas_schema_revisions VALUES ($$' . $_ . '$$);' } @$rows);
		foreach my $set (sort keys %$exits)
		{
			my $result = run_client($way->client('check', $sets{$set}));
			is($result->{exit}, $exits->{$set}, $way->name . ": {@$rows}, set $set") or diag $result->{err};
		}
	}
	$way->close;
}

$node->stop;
done_testing();
