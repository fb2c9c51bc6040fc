# Elements that leave their type or divide by zero: the message and its place, in every execution; rows that nobody asks for do not fail.
dql=$DQL_BUILD/dql
fails=0
cat > "$DQL_TMP/t.$$.dql" <<'END'
CREATE TABLE t (id INTEGER, i TENSOR(INTEGER, 3), u TENSOR(UTINYINT, 3), l TENSOR(BIGINT, 2), q TENSOR(UBIGINT, 2), x TENSOR(FLOAT32, 2));
INSERT INTO t VALUES (1, [1, 2, 3], [1, 2, 3], [1, 2], [1, 2], [1.5, -2]),
  (2, [2147483647, 0, 1], [255, 0, 1], [-9223372036854775808, 5000000000], fields2vector(CAST('18446744073709551615' AS UBIGINT), CAST(5000000000 AS UBIGINT)), [1e10, 2]);
SELECT i + 1 AS v FROM t;
SELECT div(10, i) AS v FROM t;
SELECT u + 1 AS v FROM t;
SELECT CAST(i AS TENSOR(TINYINT, 3)) AS v FROM t;
SELECT mod(i, u) AS v FROM t;
SELECT l * l AS v FROM t;
SELECT -l AS v FROM t;
SELECT div(l, -1) AS v FROM t;
SELECT q + 1 AS v FROM t;
SELECT q * 5 AS v FROM t;
SELECT CAST(q AS TENSOR(BIGINT, 2)) AS v FROM t;
SELECT CAST(x AS TENSOR(INTEGER, 2)) AS v FROM t;
SELECT CAST(x AS TENSOR(UTINYINT, 2)) AS v FROM t;
SELECT CAST(i AS TENSOR(FLOAT16, 3)) AS v FROM t;
SELECT sum(fields2vector(l[0], l[0])) AS v FROM t;
SELECT prod(l) AS v FROM t;
SELECT dot(l, l) AS v FROM t;
SELECT CASE WHEN id = 1 THEN dot(l, l) END AS v FROM t WHERE id = 1 OR sum(fields2vector(l[0], l[0])) > 0;
SELECT cumsum(fields2vector(l[0], -1)) AS v FROM t;
SELECT cumprod(l) AS v FROM t;
SELECT gather(x, i) AS v FROM t;
SELECT scatter(x, i, [1, 2, 3]) AS v FROM t;
SELECT scatter(i, [0, 0], [2000000000, 2000000000], reduce => 'add') AS v FROM t;
SELECT gather_elements(x, gather(i, [0, 1])) AS v FROM t;
SELECT gather_nd(x, reshape(i, 3, 1)) AS v FROM t;
SELECT CAST(x AS TENSOR(INTEGER, 2)) AS v FROM t WHERE id = 1;
SELECT CASE WHEN id = 1 THEN (i + 1)[0] ELSE 0 END AS v FROM t ORDER BY id;
END
for options in --backend=eval "--backend=cpu --optimise=off" --tier=kernels --tier=fused; do
    "$dql" --mode=csv --keep-going $options "$DQL_TMP/t.$$.dql" > "$DQL_TMP/out.$$" 2> "$DQL_TMP/err.$$"
    [ $? = 1 ] || { echo "$options: exit code"; fails=1; }
    printf 'v\n"TENSOR(INTEGER, 2) [2, -2]"\nv\n2\n0\n' | diff - "$DQL_TMP/out.$$" || { echo "$options: rows"; fails=1; }
    got=$(grep -c "out of range for\|value out of range" "$DQL_TMP/err.$$"),$(grep -c "E0501.*subscript" "$DQL_TMP/err.$$"),$(grep -c "division by zero" "$DQL_TMP/err.$$"),$(grep -c "t.$$.dql:[0-9]*:[0-9]*: error" "$DQL_TMP/err.$$")
    [ "$got" = 19,4,2,25 ] || { echo "$options: $got errors"; cat "$DQL_TMP/err.$$"; fails=1; }
    grep -q "dql:1:" "$DQL_TMP/err.$$" && { echo "$options: an error without its place"; fails=1; }
done
exit $fails
