# docs/applications.md: the units for systemd, as far as that goes where it does not run.  They are
# understood; codes of the client are judged only where the process is the client; and what
# migrates does so in its folder, with the environment that systemd gives.

use strict;
use warnings;

use Cwd ();
use GwBootstrap::Recipe;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $dir = GwBootstrap::Recipe->new('../applications')->dir;
my %unit = map { m{(gateway[\w-]*)\.service$} => slurp_file($_) } glob "$dir/*.service";
is_deeply([ sort keys %unit ], [qw(gateway gateway-migrate)], 'the units');

# The process that systemd knows is the client until its end if it starts nothing in its place.
foreach my $name (sort keys %unit)
{
	my ($start) = $unit{$name} =~ /^ExecStart=(.*)$/m;
	my $is_client = $start =~ /^\S*gw_bootstrap run / && $start !~ / -- /;
	is($unit{$name} =~ /^RestartPreventExitStatus=/m ? 1 : 0, $is_client ? 1 : 0, "$name: codes of the client are judged if it is the client");
}
# As in the chart, but 8: there the process goes with its container.
my ($hopeless) = slurp_file('deploy/chart/templates/migration-job.yaml') =~ /values: \[(.*)\]/;
my ($here) = $unit{'gateway-migrate'} =~ /^RestartPreventExitStatus=(.*)$/m;
is($here, join(' ', sort { $a <=> $b } 8, split /, /, $hopeless), 'what time does not mend is what the chart says, and 8');

# The application of the units: Alembic as it makes it, whose script_location is relative to
# the folder that it is started in.
my $gateway = "$dir/opt";
my $top = Cwd::getcwd();
my $node = PostgreSQL::Test::Cluster->new('main');
mkdir $gateway or die "$gateway: $!";
symlink "$ENV{DRIVER}/bin", "$gateway/bin" or die "$gateway/bin: $!";
chdir $gateway or die "chdir: $!";
system_or_bail("$gateway/bin/alembic", 'init', 'migrations');
system_or_bail("$gateway/bin/alembic", 'revision', '-m', 'first');
chdir $top or die "chdir: $!";
my $user = getpwuid $<;
my $ini = slurp_file("$gateway/alembic.ini");
$node->init;
$node->start;
my $url = 'postgresql+psycopg:///postgres?user=' . $user . '&host=' . $node->host . '&port=' . $node->port;
$ini =~ s/^script_location = .*$/script_location = migrations/m;
$ini =~ s/^sqlalchemy.url = .*$/sqlalchemy.url = $url/m;
unlink "$gateway/alembic.ini";
append_to_file("$gateway/alembic.ini", $ini);

my $migrate = $unit{'gateway-migrate'};
my ($client) = grep { -x } map { "$_/gw_bootstrap" } split /:/, $ENV{PATH};
$migrate =~ s{/usr/bin/gw_bootstrap}{$client}g;
$migrate =~ s{/opt/gateway}{$gateway}g;
my ($folder) = $migrate =~ /^WorkingDirectory=(.*)$/m;
my ($start) = $migrate =~ /^ExecStart=(.*)$/m;
# With the PATH of system units, and what EnvironmentFile has; systemd quotes as a shell does here.
my @as_systemd = ('env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', "DATABASE_URL=$url", 'sh', '-c');
foreach my $outcome ('migrated', 'at head')
{
	my ($out, $err) = run_command([ @as_systemd, 'cd ' . ($folder // '/') . " && exec $start" ]);
	like($out, qr/^Database ready \($outcome\)/m, "the command of the unit: $outcome") or diag $err;
}
chomp(my $head = `cd $gateway && gw_bootstrap heads --alembic alembic.ini`);
is($node->safe_psql('postgres', 'SELECT version_num FROM alembic_version'), $head, '... as alembic does');
$node->stop;

# Understood, with programs that are there.
SKIP:
{
	my ($version) = `systemd-analyze --version 2>/dev/null` =~ /^systemd (\d+)/;
	skip 'there is no systemd-analyze', 1 if !$version;
	foreach my $name (keys %unit)
	{
		my $text = $unit{$name} =~ s{^(ExecStart=)/\S+}{$1/bin/true}mgr;
		$text =~ s/^User=gateway\n//m;
		$text =~ s/^RestartMode=direct\n//m if $version < 254;
		append_to_file("$dir/verify/$name.service", $text) if -d "$dir/verify" || mkdir "$dir/verify";
	}
	my ($out, $err) = run_command([ 'systemd-analyze', 'verify', '--man=no', map { "$dir/verify/$_.service" } sort keys %unit ]);
	# It looks at the system's own units, too.
	is(join("\n", grep { /gateway/ } split /\n/, "$out\n$err"), '', 'systemd understands the units');
}

done_testing();
