# Statements from standard input: dot-commands, statements over several lines, going on after an error, exit code 1 then.
out=$("$DQL_BUILD/dql" --mode=csv 2> "$DQL_TMP/err.$$" <<'END'
CREATE TABLE t (a INTEGER,
  b VARCHAR);
INSERT INTO t VALUES (1, 'x;y'), (2, NULL);
.tables
SELECT nothing FROM t;
SELECT a, b FROM t -- a comment; with a semicolon
 ORDER BY a DESC;
.mode jsonl
SELECT a, b FROM t ORDER BY a;
.nonsense
END
)
code=$?
for command in .tables .models; do # before the first statement there is nothing
    [ "$(echo $command | "$DQL_BUILD/dql")" = none ] || { echo "$command at the start"; exit 1; }
done
expected='t	a INTEGER, b VARCHAR	2 rows
a,b
2,
1,x;y
{"a":1,"b":"x;y"}
{"a":2,"b":null}'
[ "$out" = "$expected" ] || { echo "got:"; echo "$out"; exit 1; }
[ $code = 1 ] || { echo "exit $code"; exit 1; }
grep -q "column 'nothing' does not exist" "$DQL_TMP/err.$$" && grep -q "unknown command .nonsense" "$DQL_TMP/err.$$"
