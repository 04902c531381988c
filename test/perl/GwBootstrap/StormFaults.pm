# What befalls a storm of replicas: each fault strikes by the luck of the draw.
#
#   my $name = GwBootstrap::StormFaults::pick($storm);
#   GwBootstrap::StormFaults::strike($name, $storm, $luck);    # false if nobody was there
#
# What is to happen later is left in $storm->{later}: the time, and what.

package GwBootstrap::StormFaults;

use strict;
use warnings;

use GwBootstrap::Pair;
use GwBootstrap::Processes;
use GwBootstrap::Ways;
use Time::HiRes qw(time);

# Seconds that a pause lasts at least, and at most, if nobody takes over.  The
# longest limit is that of the watcher, 7.
use constant { PAUSE => 7.5, LONG_PAUSE => 14 };

my %faults = (
	kill_client => sub { _kill(@_, sub { $_[0]{client} }) },
	kill_watcher => sub { my ($storm, $luck) = @_; _kill(@_, sub { $_[0]{ $luck % 2 ? 'watcher' : 'reaper' } }) },
	kill_two => sub {
		my ($storm, $luck) = @_;
		my @two = ([qw(client reaper)], [qw(client watcher)], [qw(reaper watcher)])[ $luck % 3 ]->@*;
		return _kill(@_, sub { @{ $_[0] }{@two} });
	},
	kill_all => sub { _kill(@_, sub { @{ $_[0] }{qw(client reaper watcher)} }) },
	pause => sub { _pause(@_, qw(client reaper watcher command)) },
	stop_client => sub { _pause(@_, 'client') },
	stop_above => sub { _pause(@_, qw(client reaper watcher)) },
	terminate => sub {
		my ($storm, $luck) = @_;
		my @pids = split /\n/, $storm->sql("SELECT pid FROM pg_stat_activity WHERE datname = '" . $storm->{way}->dbname
			. "' AND pid <> pg_backend_pid() ORDER BY application_name DESC, pid");
		$storm->sql('SELECT pg_terminate_backend(' . $pids[ $luck % @pids ] . ')') if @pids;
		return scalar @pids;
	},
	crash => sub { $_[0]{node}->stop('immediate'); $_[0]{node}->start; },
	restart => sub { $_[0]{node}->restart; 1 },
	failover => \&_fail_over,
	legacy => sub { $_[0]->sql('SELECT pg_advisory_lock(42424242424242), pg_sleep(1), pg_advisory_unlock(42424242424242)', '5s'); 1 },
	alter => sub { my ($storm, $luck) = @_; $storm->sql("ALTER TABLE alembic_version ADD COLUMN IF NOT EXISTS c$luck int", '1s'); 1 },
	lock_heads => sub { $_[0]->sql('BEGIN; LOCK TABLE alembic_version; SELECT pg_sleep(1); COMMIT', '3s'); 1 },
	drop_extension => sub { $_[0]->sql('DROP EXTENSION IF EXISTS gw_bootstrap', '1s'); 1 },
	create_extension => sub { $_[0]->sql('CREATE EXTENSION IF NOT EXISTS gw_bootstrap', '1s'); 1 },
	pooler_kill => sub { my $pooler = $_[0]{way}->pooler; $pooler->signal('KILL'); $pooler->start; 1 },
	pooler_stop => sub {
		my ($storm, $luck) = @_;
		my $pooler = $storm->{way}->pooler;
		$pooler->signal('STOP');
		return _later($storm, $luck % 2 ? 2 : PAUSE, sub { $pooler->signal('CONT') });
	},
	# It answers when all transactions have ended, the guard's, too.
	pooler_pause => sub {
		my ($storm) = @_;
		my $pooler = $storm->{way}->pooler;
		kill 'USR1', $pooler->{pid};
		return _later($storm, 2, sub { kill 'USR2', $pooler->{pid} });
	});

# Those that a storm of this kind must bear, some more often than others.  Who is
# paused for longer than the limits, or whose client and watchers are all gone,
# goes on under a lock that is lost: only a fence, or one transaction for lock
# and work, is safe from that.  So is only a fence where the client alone is stopped and
# loses its guard: by name the watcher ends the command, but another fault of the
# storm may strike that one.
sub pick
{
	my ($storm) = @_;
	my @names = qw(kill_client kill_client kill_watcher kill_two terminate terminate crash restart legacy alter lock_heads);

	push @names, qw(pooler_kill pooler_stop pooler_pause) if $storm->{pool_size};
	push @names, $storm->{plain} ? 'create_extension' : 'drop_extension';
	push @names, qw(pause pause) unless $storm->{class} eq 'by name';
	push @names, qw(pause pause stop_client stop_above stop_above kill_all kill_all) if $storm->{class} eq 'fenced';
	return $names[ int rand @names ];
}

sub strike
{
	my ($name, $storm, $luck) = @_;
	return $faults{$name}->($storm, $luck);
}

sub _later
{
	my ($storm, $seconds, $what, $sooner) = @_;

	push @{ $storm->{later} }, { from => time + $seconds, at => time + $seconds + ($sooner ? LONG_PAUSE - PAUSE : 0), what => $what, sooner => $sooner };
	return 1;
}

# The processes of a replica, the command and below as "command".
sub _tree
{
	my ($pid) = @_;
	my @family = GwBootstrap::Processes::family($pid);
	my %tree;

	@tree{qw(client reaper watcher)} = @family;
	$tree{command} = [ @family[ 3 .. $#family ] ];
	return \%tree;
}

sub _working
{
	my ($storm) = @_;
	return grep { !$_->ended && GwBootstrap::Processes::children($_->pid) } @{ $storm->{started} };
}

# One replica that is alive, preferably the one at work.
sub _victim
{
	my ($storm, $luck) = @_;
	my @alive = grep { !$_->ended } @{ $storm->{started} };
	my @working = _working($storm);

	@alive = @working if @working && $luck % 8;
	return @alive ? $alive[ $luck % @alive ] : undef;
}

# A replica that is gone is started again, as everybody's orchestrator does.
sub _kill
{
	my ($storm, $luck, $choose) = @_;
	my $victim = _victim($storm, $luck) or return 0;
	my @pids = grep { defined } $choose->(_tree($victim->pid));

	kill 'STOP', @pids;
	kill 'KILL', @pids;
	push @{ $storm->{started} }, $storm->start;
	return scalar @pids;
}

# Longer than every limit; and until another is at work, if that comes soon.
# Then the command goes on first, and, a moment later, the client last.
sub _pause
{
	my ($storm, $luck, @which) = @_;
	my $victim = _victim($storm, $luck) or return 0;
	my $tree = _tree($victim->pid);
	my @command = grep { $_ eq 'command' } @which;
	my @above = grep { defined } map { $tree->{$_} } grep { $_ ne 'command' } reverse @which;
	my @below = @command ? @{ $tree->{command} } : ();

	kill 'STOP', reverse(@above), @below;
	_end_guard($storm, 0.2 + $luck % 10 / 10) if $tree->{reaper} && (!$storm->{pool_size} || $luck % 3);
	return _later($storm, PAUSE, sub { kill 'CONT', @below; _later($storm, $luck % 4 / 10, sub { kill 'CONT', @above }); },
		sub { grep { $_ != $victim } _working($storm) });
}

# The network has had enough of an idle guard, or its pooler's host.
sub _end_guard
{
	my ($storm, $seconds) = @_;
	my $guard = $storm->sql(GwBootstrap::Ways::GUARD);

	chomp $guard;
	return _later($storm, $seconds, sub { $storm->sql("SELECT pg_terminate_backend($guard)") if $guard; });
}

# The primary dies, or falls silent, and its standby takes its place.
sub _fail_over
{
	my ($storm, $luck) = @_;
	my $standby = delete $storm->{standby} or return 0;
	my $primary = $storm->{node};

	if ($luck % 2) { $primary->stop('immediate'); }
	else { $storm->{silent} = [ $primary, GwBootstrap::Pair::silence($primary) ]; }
	$storm->move_to($standby);
	$standby->promote;
	return 1;
}

1;
