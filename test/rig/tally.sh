# test/rig/tally.sh, to be sourced
#
# Run the parts of a test suite one after the other, show how each went, and
# count every test: the lines of TAP, those of pg_regress before PostgreSQL
# 16, or the summary line of another suite.

passed=0
failed=0

# count_matches REGEXP FILE
count_matches()
{
	grep -cE "$1" "$2" || :
}

# tally NAME STATUS LOG: add the tests in LOG to the sums.  A part that fails
# without naming a test, or runs none, is one failure.
tally()
{
	summary=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$3" | tail -n 1)
	if [ -n "$summary" ]; then
		good=${summary%% *}
		bad=${summary#*, }
		bad=${bad%% *}
	else
		good=$(count_matches '^ok [0-9]|^test .*\.\.\. ok' "$3")
		bad=$(count_matches '^not ok [0-9]|^test .*\.\.\. FAILED' "$3")
	fi
	if [ "$bad" = 0 ] && { [ "$2" != 0 ] || [ "$good" = 0 ]; }; then
		bad=1
		echo "$1: exit status $2, $good tests passed, none named as failed" >>"$3"
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
}

# show_failure LOG: first which tests failed, of parts of parts as well, and what they said
# of it, then the end of what was said, without what went well and what psql sessions were asked.
show_failure()
{
	{
		grep -E '^[ |]*(not ok [0-9]|test .*\.\.\. FAILED|.*, none named as failed$)' "$1" || :
		grep -A 12 '^#   Failed test' "$1" | grep -v '^ok ' | head -n 80 || :
		grep -vE "^ *(not )?ok [0-9]|^# (connect output|issuing query|results query|setting|[{}',]|  '?std)" "$1" |
			tail -n 120
	} | sed 's/^/    | /'
}

# part NAME COMMAND [ARG]...: run it, quiet unless it fails.
part()
{
	name=$1
	shift
	log=$(mktemp "${TMPDIR:-/tmp}/part.XXXXXX")
	started=$(date +%s)
	printf '%-36s ' "$name"
	status=0
	"$@" >"$log" 2>&1 </dev/null || status=$?
	tally "$name" "$status" "$log"
	printf '%4d passed, %d failed, %4d s\n' "$good" "$bad" "$(($(date +%s) - started))"
	[ "$bad" = 0 ] || show_failure "$log"
	rm -f "$log"
}

# suite NAME COMMAND [ARG]...: run a script that ends in a summary line, with
# all that it says.
suite()
{
	name=$1
	shift
	log=$(mktemp "${TMPDIR:-/tmp}/suite.XXXXXX")
	echo "== $name"
	{ "$@" 2>&1 </dev/null && echo 0 >"$log.status" || echo "$?" >"$log.status"; } | tee "$log"
	tally "$name" "$(cat "$log.status")" "$log"
	rm -f "$log" "$log.status"
}

# The last line, and whether all went well.
summarise()
{
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
}
