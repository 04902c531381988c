# Which locks sessions have, and what the functions say of them, for test/oracle/locks.pl.
#
#   my $model = GwBootstrap::LockModel->new($seed);
#   print $model->beginning, map({ $model->step } 1 .. 60), $model->end;
#
# prints calls of step(), of test/oracle/step.sql, with what is expected.
#
# The head table says "a" or "b", and only session 1 changes it, so that nobody waits for a
# row.  A session is outside of a transaction (no levels), in one, or in one that has failed.
# Each level, the transaction or a savepoint, has the locks that were taken in it.

package GwBootstrap::LockModel;

use strict;
use warnings;

use GwBootstrap::Seeded;

our @ISA = ('GwBootstrap::Seeded');

use constant KEYS => (1, 7);

sub new
{
	my ($class, $number) = @_;
	my $self = GwBootstrap::Seeded::new($class, $number);

	@$self{qw(head count)} = ('a', 0);
	$self->{$_} = { name => $_, levels => [], failed => 0, session => {}, shared => {}, lost => {} } foreach qw(s1 s2 s3);
	return $self;
}

sub beginning { return "UPDATE alembic_version SET version_num = 'a';\n"; }

# Nobody keeps anything.
sub end
{
	my ($self) = @_;
	my $sql = '';
	foreach my $name (qw(s1 s2 s3))
	{
		my $session = $self->{$name};
		$self->_leave($session) if @{ $session->{levels} };
		$sql .= $self->_call($session, 'ROLLBACK', '');
		@$session{qw(session shared)} = ({}, {});
		$sql .= $self->_call($session, 'SELECT pg_advisory_unlock_all()', '');
	}
	return $sql;
}

# How many times a session has a key: in its transaction, by try alone, and in whatever way.
sub _in_transaction { my ($session, $key) = @_; my $n = 0; $n += $_->{locks}{$key} // 0 foreach @{ $session->{levels} }; return $n; }
sub _by_try { my ($session, $key) = @_; return scalar grep { $_->{tried}{$key} } @{ $session->{levels} }; }
sub _has_exclusively { my ($session, $key) = @_; return _in_transaction($session, $key) || $session->{session}{$key}; }
sub _has { my ($session, $key) = @_; return _has_exclusively($session, $key) || $session->{shared}{$key}; }

# Somebody else who has it.
sub _holder
{
	my ($self, $session, $key) = @_;
	my ($holder) = grep { $_ != $session && _has($_, $key) } map { $self->{$_} } qw(s1 s2 s3);
	return $holder;
}

sub _locks
{
	my ($self) = @_;
	my @locks;
	foreach my $session (map { $self->{$_} } qw(s1 s2 s3))
	{
		foreach my $key (KEYS)
		{
			push @locks, "$session->{name}:$key" if _has_exclusively($session, $key);
			push @locks, "$session->{name}:$key shared" if $session->{shared}{$key};
		}
	}
	return join ', ', @locks;
}

sub _call
{
	my ($self, $session, $statement, $expected) = @_;
	my $label = "seed $self->{number}, step " . ++$self->{count};
	my $quoted = $statement =~ s/'/''/gr;
	return "SELECT step('$label', '$session->{name}', '$quoted', '$expected', '" . $self->_locks . "');\n";
}

sub _enter { my ($self, $session, $name) = @_; push @{ $session->{levels} }, { name => $name, locks => {}, tried => {}, head => $self->_seen($session) }; return; }

sub _leave
{
	my ($self, $session, $commits) = @_;
	$self->{head} = $session->{seen} if $commits && defined $session->{seen};
	@$session{qw(levels failed lost seen)} = ([], 0, {}, undef);
	return;
}

# The head that a session sees.
sub _seen { my ($self, $session) = @_; return $session->{seen} // $self->{head}; }

# What was taken in a level ends when that fails, not when it is rolled back.
sub _fail
{
	my ($session) = @_;
	my $level = $session->{levels}[-1];
	$session->{failed} = 1;
	$session->{lost}{$_} = 1 foreach keys %{ $level->{tried} };
	@$level{qw(locks tried)} = ({}, {});
	return;
}

# What a holder looks like to others.
sub _state { my ($session) = @_; return @{ $session->{levels} } ? 'active' : 'orphaned'; }

# docs/sql.md, gw_bootstrap_try.
sub _try
{
	my ($self, $session, $key, $head) = @_;
	my $level = $session->{levels}[-1];

	return 'at_head' if $self->_seen($session) eq $head;
	return 'error 25P01' unless $level;
	return 'acquired' if _by_try($session, $key);
	return "busy $session->{name} orphaned" if _has($session, $key);
	my $holder = $self->_holder($session, $key);
	return "busy $holder->{name} " . _state($holder) if $holder;
	return "busy $session->{name} active" if $session->{lost}{$key};
	$level->{locks}{$key}++;
	$level->{tried}{$key} = 1;
	return 'acquired';
}

sub _status
{
	my ($self, $session, $key) = @_;
	return "$session->{name} " . (_by_try($session, $key) ? 'active' : 'orphaned') if _has($session, $key);
	my $holder = $self->_holder($session, $key);
	return $holder ? "$holder->{name} " . _state($holder) : '';
}

# PostgreSQL's own functions, at session level or in the transaction.
sub _take
{
	my ($self, $session, $key, $in_transaction) = @_;
	return 'f' if $self->_holder($session, $key);
	if (!$in_transaction) { $session->{session}{$key}++; }
	elsif (@{ $session->{levels} }) { $session->{levels}[-1]{locks}{$key}++; }
	return 't';
}

# In share mode only where nobody else has the key, since of several any may be told.
sub _take_step
{
	my ($self, $session, $key) = @_;
	return $self->_call($session, "SELECT pg_try_advisory_lock($key)", $self->_take($session, $key, 0))
	  if $self->_random(3) || $self->_holder($session, $key);
	$session->{shared}{$key}++;
	return $self->_call($session, "SELECT pg_try_advisory_lock_shared($key)", 't');
}

sub _give
{
	my ($held, $key) = @_;
	return 'f' unless $held->{$key};
	$held->{$key}--;
	return 't';
}

sub _give_step
{
	my ($self, $session, $key) = @_;
	return $self->_call($session, "SELECT pg_advisory_unlock_shared($key)", _give($session->{shared}, $key)) unless $self->_random(3);
	return $self->_call($session, "SELECT pg_advisory_unlock($key)", _give($session->{session}, $key));
}

# On the own backend all that is held at session level is released.
sub _break
{
	my ($self, $session, $key) = @_;
	return '' unless $session->{session}{$key} || $session->{shared}{$key};
	$session->{$_}{$key} = 0 foreach 'session', 'shared';
	return $session->{name};
}

sub _savepoint_step
{
	my ($self, $session) = @_;
	my @levels = @{ $session->{levels} };
	my $place = @levels > 1 ? 1 + $self->_random(@levels - 1) : 0;
	my $what = $place ? $self->_one_of('SAVEPOINT', 'ROLLBACK TO', 'RELEASE') : 'SAVEPOINT';

	if ($session->{failed} && $what ne 'ROLLBACK TO')
	{
		return $self->_call($session, 'SAVEPOINT x', 'error 25P02');
	}
	if ($what eq 'SAVEPOINT')
	{
		my $name = 'p' . ++$self->{count};
		$self->_enter($session, $name);
		return $self->_call($session, "SAVEPOINT $name", '');
	}
	my $name = $levels[$place]{name};
	if ($what eq 'ROLLBACK TO')
	{
		$session->{lost}{$_} = 1 foreach map { keys %{ $_->{tried} } } @levels[ $place .. $#levels ];
		$session->{seen} = $levels[$place]{head};
		$session->{seen} = undef unless $self->_changed($session, $place);
		splice @{ $session->{levels} }, $place;
		push @{ $session->{levels} }, { name => $name, locks => {}, tried => {}, head => $levels[$place]{head} };
		$session->{failed} = 0;
	}
	else
	{
		foreach my $level (splice @{ $session->{levels} }, $place)
		{
			$session->{levels}[-1]{locks}{$_} += $level->{locks}{$_} foreach keys %{ $level->{locks} };
			$session->{levels}[-1]{tried}{$_} = 1 foreach keys %{ $level->{tried} };
			$session->{levels}[-1]{changed} = 1 if $level->{changed};
		}
	}
	return $self->_call($session, "$what " . $name, '');
}

# Whether a transaction has changed the head before a level.
sub _changed { my ($self, $session, $place) = @_; return scalar grep { $_->{changed} } @{ $session->{levels} }[ 0 .. $place - 1 ]; }

sub step
{
	my ($self) = @_;
	my $session = $self->{ $self->_one_of(qw(s1 s2 s3)) };
	my $key = $self->_one_of(KEYS);
	my $begun = @{ $session->{levels} };
	my $what = $self->_random(20);

	if (!$begun && $what < 8)
	{
		$self->_enter($session, '');
		return $self->_call($session, 'BEGIN', '');
	}
	return $self->_savepoint_step($session) if $begun && $what < 4;
	if ($begun && $what < 6)
	{
		my $commits = $self->_random(2);
		$self->_leave($session, $commits && !$session->{failed});
		return $self->_call($session, $commits ? 'COMMIT' : 'ROLLBACK', '');
	}
	return $self->_call($session, 'SELECT 1', 'error 25P02') if $session->{failed};
	if ($begun && $what == 6)
	{
		_fail($session);
		return $self->_call($session, 'SELECT 1/0', 'error 22012');
	}
	if ($what < 13)
	{
		my $head = $self->_one_of('a', 'b');
		my $said = $self->_try($session, $key, $head);
		return $self->_call($session, "SELECT concat_ws(' ', outcome, holder_pid, holder_state) FROM gw_bootstrap_try('{$head}', lock_key => $key)", $said);
	}
	if ($what == 13 && $session->{name} eq 's1')
	{
		my $head = $self->_one_of('a', 'b');
		if ($begun) { $session->{seen} = $head; $session->{levels}[-1]{changed} = 1; }
		else { $self->{head} = $head; }
		return $self->_call($session, "UPDATE alembic_version SET version_num = '$head'", '');
	}
	return $self->_take_step($session, $key) if $what == 14;
	return $self->_call($session, "SELECT pg_try_advisory_xact_lock($key)", $self->_take($session, $key, 1)) if $what == 15;
	return $self->_give_step($session, $key) if $what == 16;
	return $self->_call($session, "SELECT gw_bootstrap_break_orphan($key, '1 hour')", $self->_break($session, $key)) if $what == 17;
	return $self->_call($session, "SELECT gw_bootstrap_token($key) IS NOT NULL", _by_try($session, $key) ? 't' : 'f') if $what == 18;
	return $self->_call($session, "SELECT concat_ws(' ', holder_pid, holder_state) FROM gw_bootstrap_status(lock_key => $key)", $self->_status($session, $key));
}

1;
