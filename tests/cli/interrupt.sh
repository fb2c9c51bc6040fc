# Ctrl-C cancels the statement: the shell goes on, a script ends with exit code 130; on both back ends, in a join and an aggregation.
dql=$DQL_BUILD/dql
fails=0
interrupt() { # interrupt NAME options.. : runs dql with them and interrupts it after a while
    local name=$1 pid
    shift
    "$dql" --mode=csv "$@" > "$DQL_TMP/out.$$" 2> "$DQL_TMP/err.$$" &
    pid=$!
    sleep 1.5
    kill -INT $pid
    waited=$SECONDS
    wait $pid
    code=$? waited=$((SECONDS - waited))
}
{ cat tests/cli/numbers.inc; echo "SELECT COUNT(*) AS n FROM m a, m b WHERE a.k + b.k > 10;"; echo "SELECT 'goes on' AS x;"; } > "$DQL_TMP/cross.$$.dql"
set -m
for backend in cpu eval; do
    interrupt "$backend" --backend=$backend "$DQL_TMP/cross.$$.dql"
    [ $code = 130 ] || { echo "$backend script: exit $code"; fails=1; }
    grep -q "cancelled" "$DQL_TMP/err.$$" || { echo "$backend: no message"; cat "$DQL_TMP/err.$$"; fails=1; }
    grep -q "goes on" "$DQL_TMP/out.$$" && { echo "$backend: the script went on"; fails=1; }
    "$dql" --mode=csv --backend=$backend < "$DQL_TMP/cross.$$.dql" > "$DQL_TMP/out.$$" 2> "$DQL_TMP/err.$$" &
    pid=$!
    sleep 1.5
    kill -INT $pid
    wait $pid
    code=$?
    grep -q "goes on" "$DQL_TMP/out.$$" || { echo "$backend: standard input did not go on"; fails=1; }
done
# a join whose single batch has a thousand million rows
{ cat tests/cli/numbers.inc; echo "CREATE TABLE l AS SELECT m.k + n.i * 100000 AS k FROM m, n; SELECT COUNT(*) AS n FROM l a, l b WHERE a.k + b.k > 10;"; } > "$DQL_TMP/cross.$$.dql"
interrupt join "$DQL_TMP/cross.$$.dql"
[ $code = 130 ] || { echo "join: exit $code"; fails=1; }
[ $waited -lt 20 ] || { echo "join: $waited s until it ended"; fails=1; }
exit $fails
