# What a row refuses ends the statement with the same kind of message on every execution, and changes nothing. PostgreSQL 15 refuses
# the same statements, and takes those that follow a failing one's guard.
dir=$DQL_TMP/row_errors.$$
mkdir -p "$dir"
cat > "$dir/q.dql" <<'END'
CREATE TABLE t (id INTEGER PRIMARY KEY, e VARCHAR UNIQUE, a INTEGER, b DOUBLE, UNIQUE (a, b));
INSERT INTO t VALUES (1, 'x', 1, 0.0), (2, NULL, 1, 1), (3, NULL, NULL, 1), (4, 'y', NULL, 1);
INSERT INTO t VALUES (2, 'z', 9, 9);
INSERT INTO t VALUES (5, 'x', 9, 9);
INSERT INTO t VALUES (5, 'xx', 1, -0.0);
INSERT INTO t VALUES (5, 'xx', 7, 7), (5, 'xy', 7, 8);
UPDATE t SET id = 1 WHERE id = 2;
UPDATE t SET e = 'x';
SELECT COUNT(*) AS n, SUM(id) AS ids, COUNT(e) AS es FROM t;
CREATE TABLE u AS SELECT * FROM (VALUES ('hello', 2, 3, '7'), (NULL, 2, -1, NULL), ('tail', 2147483647, -1, 'x')) v(s, i, n, d);
SELECT SUBSTRING(s, i, n) AS x FROM u;
SELECT SUBSTRING('hello', 2, -1) AS x;
SELECT i + 1 AS x FROM u;
SELECT i / (n + 1) AS x FROM u;
SELECT CAST(d AS INTEGER) AS x FROM u;
SELECT CAST(i AS SMALLINT) AS x FROM u;
SELECT SUM(1 % (n + 1)) AS x FROM u;
SELECT CASE WHEN n > 0 THEN SUBSTRING(s, i, n) END AS x, CASE WHEN n <> -1 THEN i / (n + 1) END AS y FROM u WHERE n > 0 OR s IS NULL OR i > 9 ORDER BY x;
END
cat > "$dir/want" <<'END'
the key (id) of table 't' has (2) twice
the key (e) of table 't' has (x) twice
the key (a, b) of table 't' has (1, 0) twice
the key (id) of table 't' has (5) twice
the key (id) of table 't' has (1) twice
the key (e) of table 't' has (x) twice
out of range
out of range
out of range
division by zero
'x'
out of range
division by zero
END
fails=0
for options in --backend=eval "--optimise=off --tier=kernels" --tier=kernels --tier=fused --exact; do
    "$DQL_BUILD/dql" --mode=csv --header=off --keep-going $options "$dir/q.dql" > "$dir/out" 2> "$dir/err"
    code=$?
    [ $code = 1 ] || { echo "$options: exit $code"; fails=1; }
    grep 'error\[' "$dir/err" > "$dir/messages"
    paste -d '\n' "$dir/want" "$dir/messages" | while read -r want && read -r got; do
        case $got in *"$want"*) ;; *) echo "$options: expected $want, got $got" ;; esac
    done > "$dir/differ"
    [ -s "$dir/differ" ] && { cat "$dir/differ"; fails=1; }
    [ "$(wc -l < "$dir/messages")" = "$(wc -l < "$dir/want")" ] || { echo "$options: the messages are"; cat "$dir/messages"; fails=1; }
    [ "$(tr '\n' ' ' < "$dir/out")" = "4,10,2 ell,0 , , " ] || { echo "$options: the rows are"; cat "$dir/out"; fails=1; }
done
exit $fails
