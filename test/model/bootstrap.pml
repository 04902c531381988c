/*-------------------------------------------------------------------------
 *
 * bootstrap.pml
 *		The protocol of gw_bootstrap: N replicas start at once, behind a
 *		pooler, on a database that has STEPS migrations to go.
 *
 * A *guard* is the transaction that has the advisory lock; each has a token
 * of its own, and the key is free while "guard" is 0.  A *command* migrates
 * over other connections, one autocommit statement a step, from the step that
 * its client saw when it had the lock.  A statement that was sent goes on by
 * itself, whatever becomes of who sent it.
 *
 * What may go wrong, FAULTS times in all:
 *	CRASH	client and command are gone at once (the watcher keeps the guard's
 *			connection until the command is dead); what the server has
 *			received goes on, and what is on its way arrives at any time
 *	PAUSE	client and command stand still, for as long as they please
 *	LOSS	server or pooler ends the guard, whose client lives or is paused;
 *			with IDLE_LIMIT only while that is paused
 *
 * How the lock reaches the work:
 *	FENCE			a statement takes the tag, then looks whether its guard
 *					lives; "try" takes the key, then looks for the tag
 *	BY_NAME			who has the key looks for statements of earlier commands;
 *					IN_TIME says that what a command had sent when it crashed
 *					arrives before the next one looks, which a client gives
 *					some seconds for
 *	ONE_TRANSACTION	the migration runs in the guard itself
 *
 * And the ways that fail: SESSION_LOCK, CHECK_BEFORE_LOCK, BLOCKING_WAITER
 * (with or without CONCURRENTLY), NAME_DROPPED, CHECK_BEFORE_TAG, KEEPS_KEY.
 * See "run".  What is printed is the trace in words, for "spin -t".
 *
 *-------------------------------------------------------------------------
 */
#ifndef N
#define N 2
#endif
#ifndef STEPS
#define STEPS 2
#endif
#ifndef POOL
#define POOL 4
#endif
#ifndef FAULTS
#define FAULTS 0
#endif

/* A backend of the pool, as far as the migration is concerned. */
mtype = { FREE, SENT, CHECKED, TAGGED, RUNNING };
mtype state[POOL] = FREE;
byte statement_token[POOL];		/* of the guard that it was started under */
byte statement_step[POOL];
byte statement_owner[POOL];

byte head;						/* steps that are committed */
byte applied[STEPS];			/* how often each was */
byte guard;						/* token of the guard that has the key */
byte used;						/* backends of the pool that are taken */
byte snapshots;					/* of waiters that block */

bool dead[N];
bool paused[N];
bool ready[N];
byte token[N];					/* of the replica's guard */
bool command[N];				/* is alive */
bool answered[N];				/* its last statement was */
byte next_step[N];				/* of the command */
byte faults = FAULTS;

#ifdef ONE_TRANSACTION
/* What the guard's backend was asked to do, and what it has not committed. */
mtype = { NOTHING, STEP, COMMIT };
mtype asked = NOTHING;
byte uncommitted;
#endif

#ifdef SESSION_LOCK
byte lock_backend = POOL;		/* POOL: nobody has it */
byte depth;						/* how often its backend took it */
#endif

#define at_work(b) (state[b] == TAGGED || state[b] == RUNNING)

/* Some statement is at work, whoever's. */
inline look_for_work(found)
{
	b = 0;
	found = false;
	do
	:: b < POOL ->
		found = found || at_work(b);
		b++
	:: else -> break
	od
}

/* A token that nobody has, nor any statement: only equality matters. */
inline new_token()
{
	token[i] = 0;
	candidate = 1;
	b = 0;
	do
	:: b < POOL && statement_token[b] == candidate -> candidate++; b = 0
	:: b < POOL && statement_token[b] != candidate -> b++
	:: b >= POOL && b < POOL + N && token[b - POOL] == candidate -> candidate++; b = 0
	:: b >= POOL && b < POOL + N && token[b - POOL] != candidate -> b++
	:: else -> break
	od;
	token[i] = candidate;
	candidate = 0;
	b = 0
}

#ifdef SESSION_LOCK
/* Any free backend serves the call; a lock never conflicts with its own. */
inline take_key()
{
	select(b : 0 .. POOL - 1);
	if
	:: lock_backend == POOL || lock_backend == b ->
		lock_backend = b;
		depth++;
		new_token();
		printf("%c has the lock, on backend %d\n", 'A' + i, b)
	:: else -> token[i] = 0
	fi
}

/* On another backend it is a warning, and the lock stays. */
inline give_key()
{
	select(b : 0 .. POOL - 1);
	if
	:: lock_backend == b ->
		printf("%c unlocks, on backend %d\n", 'A' + i, b);
		depth--;
		if
		:: depth == 0 -> lock_backend = POOL
		:: else
		fi
	:: else -> printf("%c unlocks, on backend %d, which has no lock\n", 'A' + i, b)
	fi;
	token[i] = 0
}
#define has_key (token[i] != 0)
#else
inline take_key()
{
	if
	:: guard == 0 && used < POOL ->
		used++;
		new_token();
		guard = token[i];
		printf("%c has the lock\n", 'A' + i)
	:: else -> token[i] = 0
	fi
}

inline give_key()
{
	if
	:: token[i] != 0 && guard == token[i] ->
		printf("%c gives the lock back\n", 'A' + i);
		guard = 0;
		used--
	:: else
	fi;
	token[i] = 0
}
#define has_key (token[i] != 0 && guard == token[i])
#endif

/*
 * The client of replica i.
 */
proctype Client(byte i)
{
	byte b;
	byte candidate;
	byte seen;
	bool found;

	{
	skip;
again:
	/* a look, without a lock */
	atomic {
		!paused[i];
		seen = head;
		printf("%c looks, and sees step %d\n", 'A' + i, seen);
		if
		:: seen == STEPS -> goto head_reached
		:: else
		fi
	};

	/* try: the key, without waiting */
#ifdef BLOCKING_WAITER
	/* the waiter's statement has a backend, and a snapshot, until it returns */
	atomic {
		!paused[i] && used < POOL ->
			used++;
			snapshots++;
			printf("%c waits for the lock in a statement\n", 'A' + i)
	};
	atomic {
		!paused[i] && guard == 0 ->
			snapshots--;
			new_token();
			guard = token[i];
			printf("%c has the lock\n", 'A' + i)
	};
#else
	atomic {
		!paused[i];
		take_key();
		if
		:: has_key
		:: else -> goto again
		fi
	};
#endif

#ifdef FENCE
	/* then the tag, without waiting */
	atomic {
		!paused[i];
		look_for_work(found);
		if
		:: found ->
			printf("%c finds the tag taken\n", 'A' + i);
#ifndef KEEPS_KEY
			give_key();
#endif
			goto again
		:: else
		fi
	};
#endif

#ifndef CHECK_BEFORE_LOCK
	/* then the heads, with a newer snapshot */
	atomic {
		!paused[i];
		seen = head;
		printf("%c looks under the lock, and sees step %d\n", 'A' + i, seen);
		if
		:: seen == STEPS -> give_key(); goto head_reached
		:: else
		fi
	};
#endif

#ifdef BY_NAME
	/* what is left of an earlier migration, and the heads once more */
	atomic {
		!paused[i];
#ifdef NAME_DROPPED
		found = false;
#else
		look_for_work(found);
#endif
		if
		:: found ->
			printf("%c sees an earlier migration at work\n", 'A' + i);
			give_key();
			goto again
		:: else ->
			seen = head;
			printf("%c sees no earlier migration at work\n", 'A' + i)
		fi
	};
#endif

#ifdef ONE_TRANSACTION
	/* the transaction that has the lock is the one that commits */
	do
	:: atomic {
		!paused[i] && has_key && asked == NOTHING && head + uncommitted < STEPS ->
			assert(head == seen);
			asked = STEP;
			printf("%c sends step %d in the guard\n", 'A' + i, head + uncommitted + 1)
		}
	:: atomic {
		!paused[i] && has_key && asked == NOTHING && head + uncommitted == STEPS ->
			asked = COMMIT;
			printf("%c sends COMMIT\n", 'A' + i)
		}
	:: atomic {
		/* whether committed or not, the next look tells */
		!paused[i] && !has_key ->
			token[i] = 0;
			goto again
		}
	od;
#endif

	atomic {
		!paused[i];
		next_step[i] = seen;
		answered[i] = true;
		command[i] = true;
		printf("%c starts its command\n", 'A' + i)
	};

	/* watch the guard while the command runs */
	atomic {
		!paused[i] && (!has_key || !command[i]);
		printf("%c sees the end of command or guard\n", 'A' + i);
		command[i] = false;
		give_key();
		goto again
	};

head_reached:
	atomic { ready[i] = true; printf("%c is ready\n", 'A' + i) }
	}
	unless
	{
		dead[i] && !ready[i]
	}
}

/*
 * What migrates, for replica i: the next step when the last one was answered.
 */
proctype Command(byte i)
{
	byte b;

end:
	do
	:: atomic {
		command[i] && !paused[i] && answered[i] && next_step[i] < STEPS && used < POOL ->
			b = 0;
			do
			:: state[b] == FREE -> break
			:: else -> b++
			od;
			used++;
			state[b] = SENT;
			statement_token[b] = token[i];
			statement_step[b] = next_step[i];
			statement_owner[b] = i;
			answered[i] = false;
			printf("%c's command sends step %d\n", 'A' + i, next_step[i] + 1)
		}
	:: atomic {
		command[i] && !paused[i] && answered[i] && next_step[i] == STEPS ->
			command[i] = false;
			printf("%c's command has ended\n", 'A' + i)
		}
	od
}

inline end_statement(b)
{
	state[b] = FREE;
	statement_token[b] = 0;
	statement_step[b] = 0;
	statement_owner[b] = 0;
	used--
}

#define says(what) printf(what, 'A' + statement_owner[b], statement_step[b] + 1)

/* Go on only under a guard that lives now. */
inline look_at_guard(b, next)
{
	if
	:: statement_token[b] == guard -> state[b] = next
	:: else ->
		i = statement_owner[b];
		says("%c's step %d is refused\n");
		/* the error ends the command that gets it, no later one */
		command[i] = command[i] && statement_token[b] != token[i];
		end_statement(b)
	fi
}

/*
 * The server, at one statement.
 */
proctype Backend(byte b)
{
	byte i;
	byte other;

end:
	do
#ifdef CHECK_BEFORE_TAG
	:: atomic { state[b] == SENT -> says("%c's step %d: the server looks at its guard\n"); look_at_guard(b, CHECKED) }
	:: atomic { state[b] == CHECKED -> says("%c's step %d takes the tag\n"); state[b] = RUNNING }
#elif defined(FENCE)
	:: atomic { state[b] == SENT -> says("%c's step %d takes the tag\n"); state[b] = TAGGED }
	:: atomic { state[b] == TAGGED -> says("%c's step %d: the server looks at its guard\n"); look_at_guard(b, RUNNING) }
#else
	:: atomic { state[b] == SENT -> says("%c's step %d begins\n"); state[b] = RUNNING }
#endif
	:: atomic {
#ifdef CONCURRENTLY
		state[b] == RUNNING && snapshots == 0 ->
#else
		state[b] == RUNNING ->
#endif
			says("%c's step %d ends\n");
			/* no two at work, and each step once */
			other = 0;
			do
			:: other < POOL ->
				assert(other == b || state[other] != RUNNING);
				other++
			:: else -> break
			od;
			applied[statement_step[b]]++;
			assert(applied[statement_step[b]] == 1);
			head = statement_step[b] + 1;
			i = statement_owner[b];
			if
			:: command[i] && statement_token[b] == token[i] ->
				next_step[i] = statement_step[b] + 1;
				answered[i] = true
			:: else
			fi;
			end_statement(b)
		}
	od
}

#ifdef ONE_TRANSACTION
inline end_transaction()
{
	guard = 0;
	used--;
	uncommitted = 0;
	asked = NOTHING
}

/*
 * The server, at the guard's transaction: what it was asked it does, also for
 * a client that is gone, and then sees that this one is.
 */
proctype Transaction()
{
	byte i;
	bool orphan;

end:
	do
	:: atomic {
		asked == STEP ->
			uncommitted++;
			asked = NOTHING;
			printf("step %d is done, not committed\n", head + uncommitted);
			i = 0;
			orphan = false;
			do
			:: i < N -> orphan = orphan || (dead[i] && token[i] == guard); i++
			:: else -> break
			od;
			if
			:: orphan -> end_transaction(); printf("the server sees that nobody is there, and rolls back\n")
			:: else
			fi;
			i = 0;
			orphan = false
		}
	:: atomic {
		asked == COMMIT ->
			do
			:: uncommitted > 0 ->
				applied[head]++;
				assert(applied[head] == 1);
				head++;
				uncommitted--
			:: else -> break
			od;
			end_transaction();
			printf("the server commits\n")
		}
	od
}
#endif

/*
 * What life has in store.
 */
proctype Fate()
{
	byte i;
	byte b;

end:
	do
	:: atomic {
		faults > 0 ->
			faults--;
			select(i : 0 .. N - 1);
			if
#ifdef CRASH
			:: !dead[i] && !ready[i] ->
				printf("%c crashes\n", 'A' + i);
#ifdef IN_TIME
				b = 0;
				do
				:: b < POOL ->
					if
					:: state[b] == SENT && statement_owner[b] == i -> state[b] = RUNNING
					:: else
					fi;
					b++
				:: else -> break
				od;
#endif
				dead[i] = true;
				paused[i] = false;
				command[i] = false;
#ifdef SESSION_LOCK
				/* nobody tells the pooled backend */
				token[i] = 0
#elif defined(ONE_TRANSACTION)
				if
				:: has_key && asked == NOTHING -> end_transaction(); token[i] = 0
				:: has_key && asked != NOTHING
				:: !has_key -> token[i] = 0
				fi
#else
				give_key()
#endif
#endif
#ifdef PAUSE
			:: !dead[i] && !ready[i] ->
				paused[i] = true;
				printf("%c is paused\n", 'A' + i)
#endif
#ifdef LOSS
#ifdef IDLE_LIMIT
			:: guard != 0 && guard == token[i] && paused[i] ->
#else
			:: guard != 0 ->
#endif
				printf("the guard is ended\n");
#ifdef ONE_TRANSACTION
				end_transaction()
#else
				guard = 0;
				used--
#endif
#endif
			:: true			/* nothing happens */
			fi
		}
	od
}

/*
 * A pause ends some time.
 */
proctype Resume(byte i)
{
end:
	do
	:: atomic { paused[i] -> paused[i] = false; printf("%c goes on\n", 'A' + i) }
	od
}

init
{
	byte i;

	atomic {
		i = 0;
		do
		:: i < POOL -> run Backend(i); i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < N ->
			run Client(i);
			run Command(i);
#ifdef PAUSE
			run Resume(i);
#endif
			i++
		:: else -> break
		od;
#ifdef ONE_TRANSACTION
		run Transaction();
#endif
#if FAULTS > 0
		run Fate()
#endif
	}

	/* every replica that lives gets there, and no lock is left */
	i = 0;
	do
	:: i < N -> (ready[i] || dead[i]); i++
	:: else -> break
	od;
#ifdef SESSION_LOCK
	assert(lock_backend == POOL)
#else
#ifdef ONE_TRANSACTION
	asked == NOTHING;
#endif
	assert(guard == 0)
#endif
}

#ifdef LIVENESS
/* All replicas are alike, so one will do. */
ltl ends { <> (ready[0] || dead[0]) }
#endif
