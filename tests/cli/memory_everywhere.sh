# A memory limit ends a grouping, a join, a sort, a projection, new tables, VALUES and the evaluator with one message, exit code 3 and
# nothing half done; the session goes on. A row that fails where memory is short is still named.
dql=$DQL_BUILD/dql
dir=$DQL_TMP/memory_everywhere.$$
mkdir -p "$dir"
cat tests/cli/numbers.inc tests/cli/memory_everywhere.dql > "$dir/q.dql"
limit='error\[E0601\]: out of memory: the limit of this session (--memory-limit) or of the machine is reached'
fails=0
expect() { # expect WHAT LIMITS ROWS, of the run before
    [ $code = 3 ] || { echo "$1: exit $code"; fails=1; }
    [ "$(grep -c "$limit" "$dir/err")" = "$2" ] || { echo "$1: expected $2 messages"; cut -c1-200 "$dir/err"; fails=1; }
    [ "$(tail -1 "$dir/out")" = "$3" ] || { echo "$1: the session did not go on"; cat "$dir/out"; fails=1; }
}
for options in --tier=auto "--threads=3 --tier=kernels" --optimise=off; do
    "$dql" --mode=csv --keep-going --memory-limit=24M $options "$dir/q.dql" > "$dir/out" 2> "$dir/err"
    code=$?
    expect "$options" 6 100000,611110500000
    grep -q 'q.dql:10:19: error\[E0501\]: 2463688009 is out of range for INTEGER in row 3 of table' "$dir/err" || { echo "$options: no row"; fails=1; }
done
{ awk 'BEGIN { printf "CREATE TABLE v AS SELECT * FROM (VALUES (0, 1)"; for (i = 1; i < 150000; i++) printf ", (%d, %d)", i, i % 7; print ") v(a, b);" }'
  echo "SELECT 1 AS one;"; } > "$dir/values.dql"
for backend in cpu eval; do
    "$dql" --mode=csv --keep-going --memory-limit=8M --backend=$backend "$dir/values.dql" > "$dir/out" 2> "$dir/err"
    code=$?
    expect "VALUES on $backend" 1 1
done
{ cat tests/cli/numbers.inc; echo "SELECT COUNT(*) FROM (SELECT 'some longer text ' || a.k AS t FROM m a, n b) WHERE t > 'a'; SELECT COUNT(*) AS n FROM n;"; } > "$dir/eval.dql"
"$dql" --mode=csv --keep-going --memory-limit=60M --backend=eval "$dir/eval.dql" > "$dir/out" 2> "$dir/err"
code=$?
expect evaluator 1 10
exit $fails
