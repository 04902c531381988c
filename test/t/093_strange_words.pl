# Words of others that command a terminal, hide text or turn it round are
# shown as escapes, in text and in JSON, by every command.
#
# TAP, since it is about the bytes that a program writes.

use strict;
use warnings;

use Encode ();
use GwBootstrap::Test;
use JSON::PP ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', qq(CREATE DATABASE "$_->[0]" ENCODING '$_->[1]' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0))
  foreach [ 'utf8', 'UTF8' ], [ 'bytes', 'SQL_ASCII' ], [ 'utf8_plain', 'UTF8' ];
$node->safe_psql($_, 'CREATE EXTENSION gw_bootstrap') foreach 'utf8', 'bytes';

# Nothing but visible characters, and the ends of our own lines.
sub is_visible
{
	my ($bytes, $name) = @_;
	my $text = eval { Encode::decode('UTF-8', my $copy = $bytes, Encode::FB_CROAK) };
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok(defined $text && $text !~ /[^\P{Cc}\n]|\p{Cf}|\p{Zl}|\p{Zp}|\p{Default_Ignorable_Code_Point}/, $name)
	  or diag unpack 'H*', $bytes;
	return;
}

my @characters = (
	0x01, 0x07, 0x08, 0x0B, 0x0C, 0x1B, 0x7F, 0x80, 0x85, 0x90, 0x9B, 0x9C, 0x9D, 0x9F, 0xAD, 0x61C, 0x180E, 0x200B .. 0x200F, 0x2028 .. 0x202E,
	0x2060 .. 0x2064, 0x2066 .. 0x206F, 0xFE0F, 0xFEFF, 0xFFF9, 0xE0041, 0xE0100);
my @heads = map { 'a' . Encode::encode('UTF-8', chr) . 'z' } @characters;
# All of them, to show that nothing depends on its neighbours.
push @heads, join '', @heads;

sub sql_text { return 'E' . "'" . join('', map { sprintf '\\x%02x', $_ } unpack 'C*', $_[0]) . "'"; }

foreach my $dbname ('utf8', 'utf8_plain')
{
	my $connstr = $node->connstr($dbname);
	$node->safe_psql($dbname, 'CREATE TABLE alembic_version (version_num text)');
	foreach my $head (@heads)
	{
		my $name = "$dbname, " . unpack 'H*', $head;
		$node->safe_psql($dbname, 'TRUNCATE alembic_version; INSERT INTO alembic_version VALUES (' . sql_text($head) . ')');
		my $status = run_client('gw_bootstrap', 'status', '-d', $connstr);
		is_visible($status->{out}, "status, $name");
		like($status->{out}, qr/^heads now: .*a\\[uU][0-9a-f]+z/m, "status, $name: ... escaped");
		my $json = run_client('gw_bootstrap', 'status', '-d', $connstr, '--json');
		is_visible($json->{out}, "status --json, $name");
		is(Encode::encode('UTF-8', JSON::PP->new->utf8->decode($json->{out})->{current_heads}[0]), $head, "... and nothing is lost");
		is_visible(run_client('gw_bootstrap', 'check', '-d', $connstr, '-e', 'x')->{err}, "check, $name");
		next if length $head > 10 ? 0 : $head !~ /\xc2\x9b|\xe2\x80\xae/;
		foreach my $command ([ 'run', '-e', 'x' ], [ 'run', '-e', 'x', '--log-format', 'json' ], [ 'doctor', '-e', 'x' ],
			[ 'run', '-e', 'x', '--migrate', 'true' ])
		{
			my $result = run_client('gw_bootstrap', @$command, '-d', $connstr);
			is_visible($result->{out} . $result->{err}, "@$command, $name");
		}
	}
}

# What is found and what is wanted have one notation, that of an array's text.
my %quoted = ('x\\y' => '{"x\\\\y"}', 'a b' => '{"a b"}', 'a,b' => '{"a,b"}', 'an "a"' => '{"an \\"a\\""}', '{a}' => '{"{a}"}', 'null' => '{"null"}', 'a-b' => '{a-b}');
my @other = ('-e', 'z\\z', '-e', 'z');
my $other = '{"z\\\\z",z}';
foreach my $dbname ('utf8', 'utf8_plain')
{
	my @of = ('-d', $node->connstr($dbname));
	foreach my $head (sort keys %quoted)
	{
		my $name = "$dbname, $head";
		my $both = qr/found \Q$quoted{$head}\E, wanted \Q$other\E/i;
		$node->safe_psql($dbname, 'TRUNCATE alembic_version; INSERT INTO alembic_version VALUES (' . sql_text($head) . ')');
		like(run_client('gw_bootstrap', @$_, @of, @other)->{err}, $both, "$name, @$_: one notation")
		  foreach [ 'check' ], [ 'run', '--migrate', 'true' ], [ 'run', '--skip-migrations' ];
		like(run_client('gw_bootstrap', 'check', @of, @other, '--head-rule', 'latest', '--head-order', 'bytes')->{err}, $both, "$name, ahead: one notation")
		  if $head eq '{a}';
		like(run_client('gw_bootstrap', 'doctor', @of, @other)->{out}, $both, "$name, doctor: one notation");
		my $json = run_client('gw_bootstrap', 'check', @of, @other, '--log-format', 'json');
		like((eval { JSON::PP->new->utf8->decode((split /\n/, $json->{err})[-1]) } || {})->{message}, $both, "$name, in a log of JSON: one notation");
		my $status = run_client('gw_bootstrap', 'status', @of, '-e', $head);
		like($status->{out}, qr/^heads now: +\Q$quoted{$head}\E\nheads wanted: +\Q$quoted{$head}\E\noutcome: +at_head$/m, "$name, status: one notation");
		my $lists = JSON::PP->new->utf8->decode(run_client('gw_bootstrap', 'status', @of, '-e', $head, '--json')->{out});
		is($lists->{$_}[0], $head, "$name, status --json: $_") foreach 'current_heads', 'expected_heads';
	}
}

# Bytes that are no UTF-8: an 8-bit CSI, among others.
$node->safe_psql('bytes', q(CREATE TABLE alembic_version AS SELECT E'a\x9b31mz'::text AS version_num));
my $connstr = $node->connstr('bytes');
my $status = run_client('gw_bootstrap', 'status', '-d', $connstr);
is_visible($status->{out}, 'status, bytes');
like($status->{out}, qr/a\\x9b31mz/, '... escaped');
is_visible(run_client('gw_bootstrap', 'status', '-d', $connstr, '--json')->{out}, 'status --json, bytes');
is_visible(run_client('gw_bootstrap', 'check', '-d', $connstr, '-e', 'x')->{err}, 'check, bytes');

# What cannot be quoted here: the reason, which is libpq's, ends where its line does.
foreach my $case ([ '-e', "\xff" ], [ '-e', 'x', "--head-table=x\xff" ])
{
	foreach my $dbname ('utf8', 'utf8_plain')
	{
		my @check = ('gw_bootstrap', 'check', '-d', $node->connstr($dbname), @$case);
		my $name = "$dbname, " . unpack 'H*', $case->[-1];
		my $text = run_client(@check);
		is($text->{exit}, 2, "$name: refused") or diag $text->{err};
		is_visible($text->{err}, "$name: visible");
		like($text->{err}, qr/^gw_bootstrap: error: cannot quote "x?\\xff": [^\n\\]*[^\s\\]\n/m, "$name: the reason is one line");
		my $json = run_client(@check, '--log-format', 'json');
		is_visible($json->{err}, "$name, JSON: visible");
		my $line = eval { JSON::PP->new->utf8->decode((split /\n/, $json->{err})[-1]) } || {};
		like($line->{message}, qr/^cannot quote "[^\n]*\S\z/, "$name, JSON: no line end in the message") or diag $json->{err};
	}
}

# A list of heads is read again, so it has no escapes and no such character.
foreach my $head (grep { !/[\x01-\x1f\x7f]/ } @heads)
{
	my $result = run_client('gw_bootstrap', 'heads', '-e', 'fine', '-e', $head);
	is($result->{exit}, 2, 'heads refuses ' . unpack 'H*', $head);
	is($result->{out}, '', '... and prints nothing');
	is_visible($result->{err}, '... and shows it escaped');
}
my $result = run_client('gw_bootstrap', 'heads', '-e', Encode::encode('UTF-8', "\x{e4}\x{20ac}\x{1F600}"));
is($result->{exit}, 0, 'other characters are printed');

$node->stop;
done_testing();
