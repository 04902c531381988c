# A start as a picture: 24 replicas through a pool of 20 with other traffic, above
# with the session lock that many services take at start-up, below with
# gw_bootstrap.  Writes the SVG to $GW_PICTURE.
#
#   make picture
#
# What is drawn is what the replicas noted while they ran; what is asserted is only
# that gw_bootstrap did as it promises, or the picture would show a broken run.

use strict;
use warnings;

use lib 'test/bench/perl';

use GwBootstrap::Test;
use PostgreSQL::Test::Utils;
use Svg;
use Test::More;
use Time::HiRes qw(time);

use constant {
	REPLICAS => 24,
	SECONDS => 12,
	KEY => 42424242424242,
};

# For x and y, in the unit of the drawing.
use constant {
	LEFT => 92,
	SECOND => 52,
	ROW => 7,
	PANEL => 24 * 7 + 64,
};

my $dir = PostgreSQL::Test::Utils::tempdir_short();

# A shell command that notes when a phase of this replica begins.
sub noting
{
	my ($phase) = @_;
	return qq(echo "\$(date +%s.%N) $phase" >>$dir/\$PANEL.\$REPLICA; );
}

my $migrate = noting('migrating')
  . migration_command(tables_step()) . ' && '
  . migration_command("SELECT pg_sleep(2);\n") . ' && '
  . migration_command(rows_step()) . ' && '
  . migration_command(head_step());

my $post = noting('post') . migration_command(<<'SQL');
INSERT INTO applied VALUES ('4 post');
SELECT pg_sleep(0.2);
SQL

# The session lock in a retry loop, the schema looked at under it.
sub legacy
{
	my $look = "SELECT to_regclass('alembic_version') IS NOT NULL AS found \\gset\n\\if :found\n"
	  . "SELECT EXISTS (SELECT FROM alembic_version WHERE version_num = '" . HEAD . "') AS found \\gset\n\\endif\n";
	my $try = "SELECT pg_try_advisory_lock(@{[KEY]}) AS locked \\gset\n\\if :locked\n$look\\if :found\n\\else\n"
	  . "\\! $migrate\n\\endif\nSELECT pg_advisory_unlock(@{[KEY]}) \\g $dir/unlocked\n\\q\n\\endif\n\\! sleep 0.5\n";
	my $file = migration_file($try x 100);

	return ('sh', '-c', noting('waiting') . "psql -Xq -v ON_ERROR_STOP=1 -d \"\$DATABASE_URL\" -f $file || exit; $post && " . noting('ready'));
}

sub ours
{
	my ($way) = @_;
	my $client = join ' ', map { "'$_'" } $way->client('run', '-e', HEAD);

	$ENV{GW_BOOTSTRAP_MIGRATE} = $migrate;
	$ENV{GW_BOOTSTRAP_POST} = $post;
	return ('sh', '-c', noting('waiting') . "exec $client -- sh -c '" . noting('ready') . "'");
}

# When each phase of each replica began, in seconds since the first.
sub phases
{
	my ($panel) = @_;
	my @replicas = map {
		[ map { [split] } split /\n/, slurp_file("$dir/$panel.$_") ]
	} 0 .. REPLICAS - 1;
	my ($start) = sort { $a <=> $b } map { $_->[0][0] } @replicas;

	$_->[0] -= $start foreach map { @$_ } @replicas;
	return [ sort { order($a) <=> order($b) } @replicas ];
}

# Who migrates first, then who is ready first.
sub order
{
	my ($replica) = @_;
	my %at = map { $_->[1] => $_->[0] } @$replica;

	return $at{migrating} // 100 + ($at{ready} // 100);
}

sub run_panel
{
	my ($panel, $way, @command) = @_;

	$ENV{PANEL} = $panel;
	local $ENV{DATABASE_URL} = $way->connstr;
	return start_replicas(REPLICAS, @command)->wait(SECONDS);
}

sub phase_rect
{
	my ($class, $from, $to, $y) = @_;
	return rect($class, LEFT + $from * SECOND, $y, ($to - $from) * SECOND, ROW - 2);
}

sub draw
{
	my ($top, $title, $replicas) = @_;
	my $svg = text('title', 12, $top + 18, $title);
	my $y = $top + 30;

	foreach my $replica (@$replicas)
	{
		foreach my $i (0 .. $#$replica)
		{
			my ($from, $phase) = @{ $replica->[$i] };
			my $to = $i < $#$replica ? $replica->[ $i + 1 ][0] : SECONDS;

			$svg .= phase_rect($i == $#$replica && $phase eq 'waiting' ? 'hanging' : $phase, $from, $to, $y)
			  if $from < SECONDS;
		}
		$y += ROW;
	}
	$svg .= text('label', LEFT - 8, $top + 30 + ROW * REPLICAS / 2, '24 replicas');
	foreach my $second (0 .. SECONDS / 2)
	{
		$svg .= text('axis', LEFT + $second * 2 * SECOND, $y + 10, $second * 2 . ' s');
	}
	return $svg;
}

my $node = start_server();
my %replicas;
my @results;
my $way;

$way = new_way($node, pool_size => 20, traffic => 1)->create->open;
run_panel('legacy', $way, legacy());
$replicas{legacy} = phases('legacy');
$way->close;

$way = new_way($node, pool_size => 20, traffic => 1)->create->open;
@results = run_panel('ours', $way, ours($way));
$replicas{ours} = phases('ours');
is(outcomes(@results), '24 x 0', 'all replicas of gw_bootstrap are ready');
is($way->applied, APPLIED . ', 4 post x 24', 'and the migration ran once');
$way->close;

my $hanging = grep { $_->[-1][1] ne 'ready' } @{ $replicas{legacy} };
my $doubles = grep { $_->[1] && $_->[1][1] eq 'migrating' } @{ $replicas{legacy} };
my $last = (sort { $b <=> $a } map { $_->[-1][0] } @{ $replicas{ours} })[0];
my $width = LEFT + SECONDS * SECOND + 20;
my $height = 2 * PANEL + 24;
my $legend = '';
my $x = LEFT;

foreach ([ waiting => 'waiting' ], [ migrating => 'migrating' ], [ post => 'post step' ], [ ready => 'ready' ], [ hanging => 'still hanging' ])
{
	my ($class, $text) = @$_;
	$legend .= rect($class, $x, $height - 17, 14, 7) . text('legend', $x + 20, $height - 10, $text);
	$x += 120;
}

open my $svg, '>', $ENV{GW_PICTURE} or die "could not write $ENV{GW_PICTURE}: $!";
print $svg picture('24 replicas start at once through a pool of 20 with other traffic', $width, $height,
	draw(0, "A session lock in a retry loop: $doubles migrated, $hanging still hang after @{[SECONDS]} s", $replicas{legacy}),
	draw(PANEL, sprintf('gw_bootstrap: one migrated, the last one was ready after %.1f s', $last), $replicas{ours}), $legend);
close $svg or die "could not write $ENV{GW_PICTURE}: $!";
note("$hanging of 24 hang with the session lock; gw_bootstrap: last one ready after $last s");

$node->stop;
done_testing();
