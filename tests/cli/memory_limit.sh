# A memory limit ends the statement with exit code 3 and a message; the session goes on.
{ cat tests/cli/numbers.inc; echo "CREATE TABLE big AS SELECT a.k + b.k AS s, a.k AS x, b.k AS y FROM m a JOIN m b ON a.k % 100 = b.k % 100;"
  echo "SELECT COUNT(*) AS n FROM m;"; } > "$DQL_TMP/limit.$$.dql"
out=$("$DQL_BUILD/dql" --mode=csv --memory-limit=64M --keep-going "$DQL_TMP/limit.$$.dql" 2> "$DQL_TMP/err.$$")
code=$?
[ $code = 3 ] || { echo "exit $code"; cat "$DQL_TMP/err.$$"; exit 1; }
[ "$out" = "n
100000" ] || { echo "the session did not go on: $out"; exit 1; }
grep -q "out of memory: the limit of this session" "$DQL_TMP/err.$$"
