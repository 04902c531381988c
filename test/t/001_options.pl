# What the client says of itself, and what it makes of bad options.
#
# TAP, since it is about a program's exit code and its two outputs.

use strict;
use warnings;

use IPC::Run ();
use JSON::PP ();
use PostgreSQL::Test::Utils;
use Test::More;

program_help_ok('gw_bootstrap');
program_version_ok('gw_bootstrap');
program_options_handling_ok('gw_bootstrap');

my ($help) = run_command([ 'gw_bootstrap', '--help' ]);
foreach my $word (qw(run check status doctor heads --break-orphans --json --dbname --expect-head --migrate --migrate-sql --post --post-sql --skip-migrations
	--alembic --allow-ahead --migration-url --log-format --timeout --head-table --head-column --lock-key --quiet --verbose --help --version))
{
	like($help, qr/(^|[\s,])\Q$word\E\b/m, "--help tells of $word");
}
is((run_command([ 'gw_bootstrap', 'check', '-?' ]))[0], $help, '-? after a command helps, too');
my ($version) = run_command([ 'gw_bootstrap', '--version' ]);
my ($control) = slurp_file('control/gw_bootstrap.control') =~ /default_version = '(.*)'/;
like($version, qr/\b\Q$control\E$/, 'the version is that of the extension');

# A value is taken strictly or refused, with the option or the variable named;
# this needs no server, and none is there.
sub is_refused
{
	my ($what, $named, $env, @arguments) = @_;
	local %ENV = (%ENV, %$env);
	my ($out, $err);

	IPC::Run::run([ 'gw_bootstrap', @arguments ], '>', \$out, '2>', \$err);
	is($? >> 8, 2, "$what: exit code");
	like($err, $named, "$what: message");
	is($out, '', "$what: nothing on stdout");
	return;
}

my @run = ('run', '-d', 'host=127.0.0.1 port=1', '-e', 'a', '--migrate', 'true');

is_refused('no command', qr/command/, {});
is_refused('an unknown command', qr/"sprint"/, {}, 'sprint');
is_refused('an unknown option', qr/no-such-option/, {}, @run, '--no-such-option');
is_refused('an argument too many', qr/too many .*"more"/, {}, @run, 'more');
is_refused('no expected head', qr/--expect-head/, {}, 'run', '-d', 'host=127.0.0.1 port=1');
is_refused("a head that is too long: $_", qr/a head revision in --expect-head is longer than 1024 bytes/, {}, $_, '-d', 'host=127.0.0.1 port=1',
	'-e', 'b' x 1024, '-e', 'x' x 1025, $_ eq 'guard' ? ('--', 'true') : $_ eq 'run' ? ('--migrate', 'true') : ())
  foreach qw(run check status doctor heads guard);
is_refused('one in the environment', qr/a head revision in GW_BOOTSTRAP_EXPECT_HEAD is longer than 1024 bytes/,
	{ GW_BOOTSTRAP_EXPECT_HEAD => 'a,' . 'x' x 1025 }, 'check', '-d', 'host=127.0.0.1 port=1');
is_refused('check without a head', qr/--expect-head/, {}, 'check', '-d', 'host=127.0.0.1 port=1');
is_refused('a command after check', qr/COMMAND|too many/i, {}, 'check', '-e', 'a', '--', 'true');

my %strict = (
	'timeout' => [ '10x', 'ten', '', '-1', '1.5.5', '99999999999999999999' ],
	'lock-key' => [ '10x', 'key', '', '9223372036854775808', '1.5' ],
	'skip-migrations' => [ 'maybe', '2', '' ],
	'break-orphans' => [ 'maybe', '2', '' ],
	'allow-ahead' => [ 'maybe', '2', '' ],
	'head-table' => [''],
	'head-column' => [''],
	'expect-head' => [''],
	'log-format' => [ 'xml', '', 'JSON' ],
	'migration-url' => [ 'mysql://h/db', '' ],
);
foreach my $option (sort keys %strict)
{
	(my $variable = uc "GW_BOOTSTRAP_$option") =~ tr/-/_/;
	foreach my $value (@{ $strict{$option} })
	{
		is_refused("--$option=$value", qr/--$option/, {}, @run, "--$option=$value");

		# An empty variable is one that is not set.
		is_refused("$variable=$value", qr/$variable/, { $variable => $value },
			$option eq 'expect-head' ? grep { !/^(-e|a)$/ } @run : @run)
		  if $value ne '';
	}
}

# A hint is one for this command, and this value.
is_refused("$_ takes no command", qr/too many .*"more"\)\n[^\n]*hint: Try "gw_bootstrap --help"[^\n]*\n\z/, {}, $_, '-d', 'host=127.0.0.1 port=1', 'more')
  foreach qw(check doctor status);
is_refused("$_ takes one after --", qr/hint: Write "--" .*: gw_bootstrap $_ /, {}, $_, '-d', 'host=127.0.0.1 port=1', 'more') foreach qw(run guard);
is_refused('a line end at the end', qr/has a \N+\n\N*hint: .* made by echo/, {}, @run, "--head-table=a$_") foreach "\n", "\r\n";
is_refused('no line end at the end', qr/\A\N+has a \N+\n\z/, {}, @run, "--head-table=a$_") foreach "\tb", "\nb", "\t";

# A control character, such as the line end of a Secret that was made by echo,
# would be a part of a name that nobody sees.
foreach my $character ("\n", "\r", "\t", "\e", "\x7f")
{
	my $shown = sprintf '\\x%02x', ord $character;

	foreach my $option (qw(expect-head alembic migrate-sql post-sql head-table head-column))
	{
		(my $variable = uc "GW_BOOTSTRAP_$option") =~ tr/-/_/;
		is_refused("--$option=a$shown", qr/--$option has a (line end|tab|control)/, {},
			$option =~ /migrate-sql/ ? (grep { !/^--migrate|true$/ } @run) : @run, "--$option=a$character");
		is_refused("$variable=a$shown", qr/$variable has a (line end|tab|control)/, { $variable => "a$character" },
			$option =~ /migrate-sql/ ? (grep { !/^--migrate|true$/ } @run) : $option eq 'expect-head' ? (grep { !/^(-e|a)$/ } @run) : @run);
	}
	foreach my $url ("postgresql://h/db$character", "postgresql+asyncpg://h/db$character", "postgresql://h/db?application_name=a$character",
		"db$character", "host='h$character'", sprintf('postgresql://h/db%%%02x', ord $character))
	{
		(my $name = $url) =~ s/\Q$character\E/$shown/;
		is_refused("the connection string $name", qr/DATABASE_URL has a (line end|tab|control)/, { DATABASE_URL => $url }, 'check', '-e', 'a');
		is_refused("the migration's $name", qr/MIGRATION_DATABASE_URL has a (line end|tab|control)/, { MIGRATION_DATABASE_URL => $url }, @run);
	}
}
{
	local $ENV{DATABASE_URL} = "host=127.0.0.1\nport=1\n";
	my ($out, $err) = run_command([ 'gw_bootstrap', 'check', '-e', 'a' ]);
	like($err, qr/port 1 failed/, 'between pairs line ends are spaces');
}

# Without a connection string one line says what counts.
{
	local %ENV = (%ENV, PGHOST => '127.0.0.1', PGPORT => 1);
	my ($out, $err) = run_command([ 'gw_bootstrap', 'check', '-e', 'a' ]);
	like($err, qr/no connection string is given: libpq's defaults.*\n.*port 1 failed/, "libpq's defaults are told");
}

# A variable that the command line overrides may hold anything.
{
	local $ENV{GW_BOOTSTRAP_TIMEOUT} = 'nonsense';
	my ($out, $err) = run_command([ 'gw_bootstrap', 'check', '-d', 'host=127.0.0.1 port=1', '-e', 'a', '--timeout=0' ]);
	like($err, qr/refused/, 'a bad variable does not matter if the option is given');
}

# In JSON every line is an object, those about the command line too.
foreach my $arguments ([ '--log-format=json', '-e', 'a' ], [ '--log-format=json', '--nonsense' ],
	[ '--nonsense', '--log-format', 'json' ])
{
	my ($out, $err) = run_command([ 'gw_bootstrap', 'check', '-d', 'host=127.0.0.1 port=1', @$arguments ]);
	my @events = map { eval { JSON::PP->new->utf8->decode($_) } || "no JSON: $_" } split /\n/, $err;
	is(scalar(grep { ref } @events), scalar @events, "@$arguments: JSON only") or diag($err);
	is($events[-1]{level}, 'error', "@$arguments: the level");
	like($events[-1]{message}, qr/refused|nonsense/, "@$arguments: the message");
	like($events[-1]{time}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, "@$arguments: the time");
}

# What is given to us does not make lines that look like ours.
{
	my ($out, $err) = run_command([ 'gw_bootstrap', "a\ngw_bootstrap: error: forged" ]);
	unlike($err, qr/^gw_bootstrap: error: forged/m, 'a line cannot be forged');
	($out, $err) = run_command([ 'gw_bootstrap', "a\"\n\xff\x01", '--log-format=json' ]);
	is(eval { JSON::PP->new->utf8->decode($err)->{message} }, qq(unknown command "a\"\n\x{fffd}\x01"), 'JSON is escaped');
}
is_refused('MCPGATEWAY_SKIP_MIGRATIONS=maybe', qr/MCPGATEWAY_SKIP_MIGRATIONS/,
	{ MCPGATEWAY_SKIP_MIGRATIONS => 'maybe' }, @run);
# What could be part of a password is not shown.
foreach my $url ('host=127.0.0.1 password=sec ret=x', 'postgresql://u:sec@ret@127.0.0.1:1/db', 'postgresql://u:sec/ret@127.0.0.1:1/db',
	'postgresql//u:secret@127.0.0.1/db', 'postgresql://u:secret@127.0.0.1:1/db?sslnonsense=ret')
{
	is_refused($url, qr/^(?!.*(sec|ret)).*connection string/s, {}, 'run', '-d', $url, '-e', 'a');
	is_refused("$url in the environment", qr/^(?!.*(sec|ret)).*DATABASE_URL/s, { DATABASE_URL => $url }, 'run', '-e', 'a');
}
is_refused('a connection string that is none', qr/--dbname|-d\b|connection string|missing "="/, {},
	'run', '-d', 'host 127.0.0.1', '-e', 'a');

done_testing();
