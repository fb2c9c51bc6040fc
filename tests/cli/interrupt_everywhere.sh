# Ctrl-C ends planning and joining too: exit code 130, and a statement that follows on standard input runs.
dql=$DQL_BUILD/dql
dir=$DQL_TMP/everywhere.$$
mkdir -p "$dir"
awk 'BEGIN { printf "SELECT COUNT(*) FROM n WHERE "; for (i = 0; i < 40000; i++) printf "(i * i = %d AND i + %d < 7) OR ", 3 * i, i; print "i = 1;" }' > "$dir/long.dql"
fails=0
stop() { # stop NAME SECONDS FILE.. : runs the files' text and interrupts it after so many seconds
    local name=$1 after=$2 pid code
    shift 2
    { cat "$@"; echo "SELECT 'goes on' AS x;"; } > "$dir/$name.dql"
    "$dql" --mode=csv "$dir/$name.dql" > "$dir/out" 2> "$dir/err" &
    pid=$!
    sleep "$after"
    kill -INT $pid || { echo "$name: over before it was interrupted"; fails=1; }
    wait $pid
    code=$?
    [ $code = 130 ] || { echo "$name: exit $code"; head -c 400 "$dir/err"; fails=1; }
    grep -q "cancelled" "$dir/err" || { echo "$name: no message"; fails=1; }
    grep -q "goes on" "$dir/out" && { echo "$name: the script went on"; fails=1; }
    "$dql" --mode=csv < "$dir/$name.dql" > "$dir/out" 2> "$dir/err" &
    pid=$!
    sleep "$after"
    kill -INT $pid
    wait $pid
    grep -q "goes on" "$dir/out" || { echo "$name: standard input did not go on"; fails=1; }
}
set -m
head -1 tests/cli/numbers.inc > "$dir/n.dql"
stop planning 1 "$dir/n.dql" "$dir/long.dql"
echo "SELECT a.k FROM m a JOIN m b ON a.k % 3 = b.k % 3 ORDER BY a.k * 7919 % 10007 LIMIT 5;" > "$dir/join.inc"
stop join 1.5 tests/cli/numbers.inc "$dir/join.inc"
# while a long text is still being read
{ awk 'BEGIN { printf "SELECT 1 IN ("; for (i = 0; i < 1000000; i++) printf "%d, ", i; print "1) AS x;" }'; echo "SELECT 'goes on' AS x;"; } > "$dir/read.dql"
"$dql" --mode=csv --stop-after=parse "$dir/read.dql" > "$dir/out" 2> "$dir/err" &
pid=$!
sleep 0.3
kill -INT $pid
wait $pid
code=$?
[ $code = 130 ] && grep -q "cancelled" "$dir/err" || { echo "reading: exit $code"; cat "$dir/err"; fails=1; }
exit $fails
