# Two of the three processes that stand above a command are killed at the same
# moment: nothing of the command outlives the lock, however it has detached
# itself.
#
# TAP, since it takes processes that are killed in a given order.

use strict;
use warnings;

use GwBootstrap::Test;
use GwBootstrap::Processes;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_server();
my $head = HEAD;

# A command with a child and two grandchildren, one of them in a session of its
# own and deaf, that each write a row again and again.
sub writing_command
{
	my ($stopped) = stop_point();
	my $write = q(while :; do psql -X -q -d "$DATABASE_URL" -c "INSERT INTO applied VALUES ('again')"; done);
	my $tell = sub { qq(echo \$\$ >$stopped.$_[0].new; mv $stopped.$_[0].new $stopped.$_[0];) };
	my @files = map { "$stopped.$_" } qw(child detached deaf);

	return (join("\n",
			"sh -c '" . $tell->('child') . " $write' &",
			"( setsid sh -c '" . $tell->('detached') . " $write' & )",
			"( setsid sh -c 'trap \"\" TERM HUP INT; " . $tell->('deaf') . " $write' & )",
			'wait; sleep 3600'),
		@files);
}

# What "killall -9 gw_bootstrap" reaches.
sub bearing_our_name
{
	my (%tree) = @_;
	return grep { GwBootstrap::Processes::name($tree{$_}) eq 'gw_bootstrap' } qw(client reaper watcher);
}

sub is_survived
{
	my ($way, $choose) = @_;
	my ($command, @files) = writing_command();
	my $replica = start_replicas(1, $way->client('run', '-e', $head, '--migrate', $command));
	my %tree = GwBootstrap::Processes::tree($replica->pid);
	my @victims = ref $choose ? @$choose : bearing_our_name(%tree);
	my $name = $way->name . ': ' . (ref $choose ? '' : 'all of our name, ') . join ' and ', @victims;

	ok(wait_until(sub { 3 == grep { -e } @files }), "$name: the command runs");
	my @pids = ($tree{command}, map { slurp_file($_) + 0 } @files);
	is($way->locks, 1, "$name: under the lock");

	# None of them can do anything between the first death and the second.
	kill 'STOP', @tree{@victims};
	kill 'KILL', @tree{@victims};
	my $left = 'no look';
	ok(wait_until(sub {
		my $locks = $way->locks;
		$left = grep { GwBootstrap::Processes::is_alive($_) } @pids;
		return $locks == 0;
	}), "$name: the lock is gone");
	is($left, 0, "$name: and was there for as long as anything of the command");
	if (grep { $_ eq 'client' } @victims)
	{
		is(outcomes($replica->wait), '1 x killed by 9', "$name: so is the client");
	}
	else
	{
		my ($result) = $replica->wait;
		is($result->{exit}, 1, "$name: the client has failed");
		like($result->{err}, qr/the watcher of the migration was killed/, "$name: and says why");
	}
	ok(!(grep { GwBootstrap::Processes::is_alive($_) } @tree{qw(reaper watcher)}), "$name: nobody is left");
	my $next = run_client($way->client('run', '-e', $head, '--migrate', 'sleep 1; ' . whole_migration()));
	is($next->{exit}, 0, "$name: the next replica is ready") or diag $next->{err};
	$way->sql('TRUNCATE applied; DROP TABLE alembic_version, item');
	return;
}

foreach my $way (grep { !$_->{plain} } quiet_ways($node))
{
	$way->create->open;
	is_survived($way, $_) foreach 'killall', [qw(client watcher)], [qw(watcher client)], [qw(client reaper)],
	  [qw(reaper watcher)], [qw(watcher reaper)];
	$way->is_clean($way->name);
	$way->close;
}

$node->stop;
done_testing();
