# What acts 2 and 3 share: replicas that start with gw_bootstrap, and how they
# are counted.  Sourced after stage.sh.

. "$demo/gateway.sh"

# Start all replicas at once and wait for them.  The post step of each first
# notes when it was reached: the wait before it is what the lock costs.
run_replicas()
{
	heads=
	for head in $(gateway_heads); do
		heads="$heads -e $head"
	done
	"$demo/replicas" "$REPLICAS" "$START_UP_SECONDS" "$DEMO_DIR/$1" \
		gw_bootstrap run -v -d "$(gateway_url)" $heads --timeout="$START_UP_SECONDS" \
		--migrate="$(gateway_migrate)" \
		--post="date +%s.%N >\"\$REPLICA_DIR/\$REPLICA.at_head\" && $(gateway_post)" &
	replicas=$!
	started="$replicas $started"
	wait "$replicas" || fail "the replicas could not be run"
}

# Numbers of the replicas that migrated.
migrated_by()
{
	awk -F '\t' '$5 == "migrated" { printf "%s%s", sep, $1; sep = ", " }' "$DEMO_DIR/$1/results"
}

# Least, median and greatest of a column.
spread()
{
	cut -f "$2" "$DEMO_DIR/$1/results" | grep -v '^-$' | sort -n |
		awk '{ t[NR] = $1 } END { if (NR) printf "%.2f / %.2f / %.2f s", t[1], t[int((NR + 1) / 2)], t[NR] }'
}

# How often each exit status occurs: "24 x 0".
exits()
{
	cut -f 2 "$DEMO_DIR/$1/results" | sort | uniq -c |
		awk '{ printf "%s%s x %s", sep, $1, $2; sep = ", " }'
}

# A regular expression for the errors of the client, and of what it runs.
own_error='^gw_bootstrap: error: '
step_error=' - ERROR - |^([a-z]*(:[^ ]*)?: )?(error|ERROR): '

# How many replicas logged an error, whatever their exit status.
logged_errors()
{
	errors_of "$1" "$2" | cut -d : -f 1 | sort -u | wc -l
}

# The client's errors are not those of its migration or post step.
errors_of()
{
	dir=$1
	case $2 in
		client)	(cd "$DEMO_DIR/$dir" && grep -E "$own_error" /dev/null ./*.err) || : ;;
		steps)	(cd "$DEMO_DIR/$dir" && grep -E "$step_error" /dev/null ./*.out ./*.err) |
					grep -vE ":${own_error#^}" || : ;;
	esac
}

# The commonest error of migrations and post steps.
commonest_error()
{
	errors_of "$1" steps | sed 's/^[^:]*://; s/.* - ERROR - //' | cut -c 1-100 | sort | uniq -c | sort -rn |
		awk 'NR == 1 { n = $1; sub(/^ *[0-9]+ /, ""); print "  most often (" n " times): " $0 }'
}

# The longest query asked before (0) or after (1) the last replica knew the
# schema to be at head: until then replicas wait for one another, and what
# stalls later is what their post steps do to the pool and the processors.
longest_stall()
{
	last=$(cat "$DEMO_DIR/$1"/*.at_head 2>/dev/null | sort -n | tail -n 1)
	awk -v last="${last:-9999999999}" -v after="$2" '
		($1 > last) == after { n++; if ($2 > most) most = $2 }
		END { if (n) printf "%.3f s of %d queries", most, n; else print "no query" }' "$stall.queries"
}

# How long each took until the schema was at head, one row for eight workers.
each_wait()
{
	echo "  seconds until each knew the schema to be at head:"
	awk -F '\t' '{ printf "%s%7s%s%s", NR % 8 == 1 ? "    " : "", $4, $5 == "migrated" ? "*" : " ", NR % 8 ? "" : "\n" }' \
		"$DEMO_DIR/$1/results"
	[ -z "$(migrated_by "$1")" ] || echo "    * migrated: until its command had ended"
}

# The rows of standard input, and those that both acts have.
start_up_table()
{
	"$demo/table" <<-TABLE
		replicas started	$REPLICAS (3 x 8)
		exit codes	$(exits "$1")
		replicas where gw_bootstrap reported an error	$(logged_errors "$1" client)
		replicas whose migration or post step logged one	$(logged_errors "$1" steps)
		$(cat)
		until the schema was known to be at head (least / median / most)	$(spread "$1" 4)
		until ready, post step included (least / median / most)	$(spread "$1" 3)
		advisory locks left	$(locks_left "${holder_pid:-}")${holder_pid:+, besides the stranger's}
		longest stall of the query loop until all were at head	$(longest_stall "$1" 0)
		longest stall of the query loop after that, in post steps	$(longest_stall "$1" 1)
	TABLE
	each_wait "$1"
	[ "$(logged_errors "$1" steps)" = 0 ] || commonest_error "$1"
	echo
}
