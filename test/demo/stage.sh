# What the acts share: a pooler with other traffic on it, and the look of the
# output.  Sourced.  Expects $DEMO_DIR, a folder for logs and results.

# Everything that is started is ended by its own id, in reverse.
started=
stop_started()
{
	for pid in $started; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	started=
}
trap stop_started EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say()
{
	printf '%s\n' "$*"
}

fail()
{
	echo "demo: error: $*" >&2
	exit 1
}

# Wait up to 30 s until a command succeeds.
until_true()
{
	rounds=0
	until "$@" >/dev/null 2>&1; do
		rounds=$((rounds + 1))
		[ "$rounds" -lt 300 ] || fail "gave up waiting for: $*"
		sleep 0.1
	done
}

# Past the pooler, as a person at the server would.
direct()
{
	psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"
}

make_database()
{
	database=$1
	createdb "$database"
	direct -c "CREATE EXTENSION gw_bootstrap"
}

# A pooler in transaction mode on a free port: sets $pooled, its URI.
start_pooler()
{
	pool_size=$1
	pooler_dir=$(mktemp -d "$DEMO_DIR/pooler.XXXXXX")
	echo '"postgres" ""' >"$pooler_dir/users.txt"
	pooler_port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(
		Listen => 1, LocalAddr => "127.0.0.1")->sockport')
	cat >"$pooler_dir/pgbouncer.ini" <<-INI
		[databases]
		* = host=$PGHOST port=$PGPORT
		[pgbouncer]
		listen_addr = 127.0.0.1
		listen_port = $pooler_port
		unix_socket_dir =
		auth_type = trust
		auth_file = $pooler_dir/users.txt
		pool_mode = transaction
		default_pool_size = $pool_size
		max_client_conn = 300
		logfile = $pooler_dir/log
	INI
	# Debian keeps it where only root's PATH leads.
	PATH=$PATH:/usr/sbin pgbouncer -q "$pooler_dir/pgbouncer.ini" >"$pooler_dir/out" 2>&1 &
	started="$! $started"
	pooled=postgresql://postgres@127.0.0.1:$pooler_port/$database
	until_true psql -XqAt -d "$pooled" -c 'SELECT 1'
}

# The gateway's own queries, and one loop among them that notes how long its
# longest query took, in seconds, in $stall.
start_traffic()
{
	stall=$DEMO_DIR/$database.stall
	rm -f "$stall"
	"$demo/traffic" "$pooled" "$stall" 2>"$DEMO_DIR/$database.traffic" &
	traffic=$!
	started="$traffic $started"
	until_true test -s "$stall"
}

# Ends the traffic; the stall file is then complete.
stop_traffic()
{
	kill "$traffic" 2>/dev/null || :
	wait "$traffic" || fail "the other traffic failed: $(cat "$DEMO_DIR/$database.traffic")"
}

# How many advisory locks anybody holds in the database, but for one backend.
locks_left()
{
	direct -c "SELECT count(*) FROM pg_locks
		WHERE locktype = 'advisory' AND pid IS DISTINCT FROM nullif('${1:-}', '')::integer
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
}

# A session past the pooler that holds the lock until it is told otherwise:
# sets $holder_pid.  What is written to descriptor 3 is run there.
hold_lock()
{
	mkfifo "$DEMO_DIR/$database.holder"
	psql -XqAt -d "$database" <"$DEMO_DIR/$database.holder" >"$DEMO_DIR/$database.held" 2>&1 &
	started="$! $started"
	exec 3>"$DEMO_DIR/$database.holder"
	echo "SELECT pg_advisory_lock(42424242424242), pg_backend_pid();" >&3
	until_true test -s "$DEMO_DIR/$database.held"
	holder_pid=$(cut -d '|' -f 2 "$DEMO_DIR/$database.held")
}
