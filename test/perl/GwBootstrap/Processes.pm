# The processes of a client: itself, its reaper, the watcher, and the command
# with all that it has started.
#
#   my %tree = GwBootstrap::Processes::tree($replica->pid);
#   kill 'KILL', @tree{qw(client watcher)};

package GwBootstrap::Processes;

use strict;
use warnings;

use GwBootstrap::Replicas;
use PostgreSQL::Test::Utils;

# Name, state and parent of each process.
sub _all
{
	my %all;

	foreach my $file (glob '/proc/[0-9]*/stat')
	{
		open my $stat, '<', $file or next;
		my $line = <$stat> // next;
		$all{$1} = { name => $2, state => $3, parent => $4 } if $line =~ /^(\d+) \((.*)\) (\S) (\d+)/s;
	}
	return %all;
}

sub children
{
	my ($parent) = @_;
	my %all = _all();

	return grep { $all{$_}{parent} == $parent } sort { $a <=> $b } keys %all;
}

# It and all below it.
sub family
{
	my ($pid) = @_;
	return ($pid, map { family($_) } children($pid));
}

sub tree
{
	my ($client) = @_;
	my %tree = (client => $client);

	GwBootstrap::Replicas::wait_until(sub {
		($tree{reaper}) = children($tree{client});
		($tree{watcher}) = children($tree{reaper}) if $tree{reaper};
		($tree{command}) = children($tree{watcher}) if $tree{watcher};
		return $tree{command};
	}) or die 'no command runs: it has ended, or is the wrong one';
	return %tree;
}

sub name { my %all = _all(); return $all{ $_[0] }{name}; }

# A zombie does nothing any more.
sub is_alive
{
	my ($pid) = @_;
	my %all = _all();

	return exists $all{$pid} && $all{$pid}{state} ne 'Z';
}

sub is_stopped { my %all = _all(); return ($all{ $_[0] }{state} // '') eq 'T'; }

1;
