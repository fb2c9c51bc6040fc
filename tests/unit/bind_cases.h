/* Statements over the schema of bind_test.c: result columns and plans. */
/* clang-format off */
static const Case select_cases[] = {
    {"SELECT a, b + 1 AS n FROM t WHERE c = 'x'",
     "a INTEGER, n BIGINT NOT NULL",
     "project(filter(t, eq(#2, 'x')), #0, add(#1, CAST('1' AS BIGINT)))"},
    {"SELECT * FROM s",
     "a INTEGER, e DOUBLE, c VARCHAR NOT NULL",
     "s"},
    {"SELECT s.* FROM t, s",
     "a INTEGER, e DOUBLE, c VARCHAR NOT NULL",
     "project(inner_join(t, s, TRUE), #6, #7, #8)"},
    {"SELECT * EXCLUDE (c, d, f) FROM t",
     "a INTEGER, b BIGINT NOT NULL, p DECIMAL(15,2)",
     "project(t, #0, #1, #5)"},
    {"SELECT 1, 'x', NULL, 1.5, 1e3, TRUE",
     "1 INTEGER NOT NULL, 'x' VARCHAR NOT NULL, NULL VARCHAR, 1.5 DECIMAL(2,1) NOT NULL, 1e3 DOUBLE "
     "NOT NULL, TRUE BOOLEAN NOT NULL",
     "project(values(), 1, 'x', CAST(NULL AS VARCHAR), CAST('1.5' AS DECIMAL(2,1)), CAST('1000' AS "
     "DOUBLE), TRUE)"},
    {"SELECT a AS \"A b\", t.c FROM t ORDER BY \"A b\", b DESC, c NULLS FIRST",
     "A b INTEGER, c VARCHAR",
     "project(sort<0,3,2>(project(t, #0, #2, #1), #0, #2, #1), #0, #1)"},
    {"SELECT c FROM t ORDER BY 1 DESC NULLS LAST LIMIT 3 OFFSET 2",
     "c VARCHAR",
     "limit(sort<1>(project(t, #2), #0), CAST('3' AS BIGINT), CAST('2' AS BIGINT))"},
    {"SELECT DISTINCT c FROM t ORDER BY c",
     "c VARCHAR",
     "sort<0>(aggregate<1>(project(t, #2), #0), #0)"},
    {"SELECT a FROM t OFFSET 1",
     "a INTEGER",
     "limit(project(t, #0), CAST(NULL AS BIGINT), CAST('1' AS BIGINT))"},
    {"SELECT q.z FROM (SELECT a FROM t) AS q (z)",
     "z INTEGER",
     "project(t, #0)"},
    {"WITH q AS (SELECT a FROM t), r (z) AS (SELECT a + 1 FROM q) SELECT z FROM r",
     "z INTEGER",
     "project(project(t, #0), add(#0, 1))"},
    {"VALUES (1, 'a'), (2.5, NULL)",
     "column1 DECIMAL(11,1) NOT NULL, column2 VARCHAR",
     "values(CAST('1.0' AS DECIMAL(11,1)), 'a', CAST('2.5' AS DECIMAL(11,1)), CAST(NULL AS VARCHAR))"},
    {"SELECT A, T.B FROM t",
     "a INTEGER, b BIGINT NOT NULL",
     "project(t, #0, #1)"},
    {"SELECT abs(a), count FROM (VALUES (1, 2)) v (a, count)",
     "abs(a) INTEGER NOT NULL, count INTEGER NOT NULL",
     "project(values(1, 2), abs(#0), #1)"},
};

static const Case join_cases[] = {
    {"SELECT * FROM t JOIN s USING (a)",
     "a INTEGER, b BIGINT NOT NULL, c VARCHAR, d DATE, f FLOAT32, p DECIMAL(15,2), e DOUBLE, c "
     "VARCHAR NOT NULL",
     "project(inner_join(t, s, eq(#0, #6)), #0, #1, #2, #3, #4, #5, #7, #8)"},
    {"SELECT * FROM t LEFT JOIN s ON t.a = s.a",
     "a INTEGER, b BIGINT NOT NULL, c VARCHAR, d DATE, f FLOAT32, p DECIMAL(15,2), a INTEGER, e "
     "DOUBLE, c VARCHAR",
     "left_join(t, s, eq(#0, #6))"},
    {"SELECT * FROM t RIGHT JOIN s USING (a)",
     "a INTEGER, b BIGINT, c VARCHAR, d DATE, f FLOAT32, p DECIMAL(15,2), e DOUBLE, c VARCHAR NOT NULL",
     "project(left_join(s, t, eq(#0, #3)), #0, #4, #5, #6, #7, #8, #1, #2)"},
    {"SELECT s.a FROM t JOIN s USING (a)",
     "a INTEGER",
     "project(inner_join(t, s, eq(#0, #6)), #6)"},
    {"SELECT t.b FROM t NATURAL JOIN s",
     "b BIGINT NOT NULL",
     "project(inner_join(t, s, and(eq(#0, #6), eq(#2, #8))), #1)"},
    {"SELECT t.a FROM t CROSS JOIN s",
     "a INTEGER",
     "project(inner_join(t, s, TRUE), #0)"},
    {"SELECT t.a FROM t, s WHERE t.a = s.a",
     "a INTEGER",
     "project(filter(inner_join(t, s, TRUE), eq(#0, #6)), #0)"},
    {"SELECT x1.a FROM t x1 JOIN t x2 ON x1.a = x2.b JOIN s ON s.a = x2.a",
     "a INTEGER",
     "project(inner_join(inner_join(t, t, eq(#7, cast<BIGINT>(#0))), s, eq(#6, #12)), #0)"},
    {"FROM t |> JOIN s USING (a) |> SELECT b, e",
     "b BIGINT NOT NULL, e DOUBLE",
     "project(inner_join(t, s, eq(#0, #6)), #1, #7)"},
    {"SELECT t.a FROM t SEMI JOIN s ON t.a = s.a",
     "a INTEGER",
     "project(semi_join(t, s, eq(#0, #6)), #0)"},
    {"SELECT a FROM t JOIN (SELECT a AS k FROM s) AS j ON a = k",
     "a INTEGER",
     "project(inner_join(t, project(s, #0), eq(#0, #6)), #0)"},
};

static const Case group_cases[] = {
    {"SELECT c, count(*), sum(a) AS s FROM t GROUP BY c",
     "c VARCHAR, count(*) BIGINT NOT NULL, s BIGINT",
     "aggregate<1>(t, #2, count_star(), agg_sum(#0))"},
    {"SELECT count(*) FROM t",
     "count(*) BIGINT NOT NULL",
     "aggregate<0>(t, count_star())"},
    {"SELECT c AS k, max(d) FROM t GROUP BY k HAVING min(b) > 1 ORDER BY max(d)",
     "k VARCHAR, max(d) DATE",
     "sort<0>(project(filter(aggregate<1>(t, #2, agg_max(#3), agg_min(#1)), gt(#2, CAST('1' AS "
     "BIGINT))), #0, #1), #1)"},
    {"SELECT a + 1, sum(b) * 2 FROM t GROUP BY a + 1",
     "a + 1 INTEGER, sum(b) * 2 DECIMAL(38,0) NOT NULL",
     "project(aggregate<1>(t, add(#0, 1), agg_sum(#1)), #0, mul(#1, CAST('2' AS DECIMAL(1,0))))"},
    {"SELECT c, a, avg(p) FROM t GROUP BY ALL",
     "c VARCHAR, a INTEGER, avg(p) DOUBLE",
     "aggregate<2>(t, #2, #0, agg_avg(#5))"},
    {"SELECT c, sum(b) FROM t GROUP BY 1 ORDER BY 2 DESC",
     "c VARCHAR, sum(b) DECIMAL(38,0) NOT NULL",
     "sort<3>(aggregate<1>(t, #2, agg_sum(#1)), #1)"},
    {"SELECT sum(a) FILTER (WHERE b > 1), count(*) FILTER (WHERE b > 1) FROM t",
     "sum(a) FILTER (WHERE b > 1) BIGINT, count(*) FILTER (WHERE b > 1) BIGINT NOT NULL",
     "aggregate<0>(t, agg_sum(case(gt(#1, CAST('1' AS BIGINT)), #0, CAST(NULL AS INTEGER))), "
     "count(case(gt(#1, CAST('1' AS BIGINT)), TRUE, CAST(NULL AS BOOLEAN))))"},
    {"SELECT 1 FROM t GROUP BY c",
     "1 INTEGER NOT NULL",
     "project(aggregate<1>(t, #2), 1)"},
    {"SELECT min(DISTINCT c) FROM t",
     "min(DISTINCT c) VARCHAR",
     "aggregate<0>(t, agg_min(#2))"},
    {"SELECT sum(a), sum(b), sum(f), sum(p), avg(a), min(c), max(d), count(a) FROM t",
     "sum(a) BIGINT, sum(b) DECIMAL(38,0), sum(f) DOUBLE, sum(p) DECIMAL(38,2), avg(a) DOUBLE, min(c) "
     "VARCHAR, max(d) DATE, count(a) BIGINT NOT NULL",
     "aggregate<0>(t, agg_sum(#0), agg_sum(#1), agg_sum(#4), agg_sum(#5), agg_avg(#0), agg_min(#2), "
     "agg_max(#3), count(#0))"},
    {"SELECT c, sum(b) AS n FROM t GROUP BY c HAVING n > 1",
     "c VARCHAR, n DECIMAL(38,0) NOT NULL",
     "filter(aggregate<1>(t, #2, agg_sum(#1)), gt(#1, CAST('1' AS DECIMAL(38,0))))"},
};

static const Case subquery_cases[] = {
    {"SELECT a FROM t WHERE EXISTS (SELECT * FROM s WHERE s.a = t.a AND e > 1)",
     "a INTEGER",
     "project(semi_join(t, filter(s, gt(#1, CAST('1' AS DOUBLE))), eq(#0, #6)), #0)"},
    {"SELECT a FROM t WHERE b > 1 AND NOT EXISTS (SELECT 1 FROM s) AND a > 2",
     "a INTEGER",
     "project(filter(anti_join(filter(t, gt(#1, CAST('1' AS BIGINT))), s, TRUE), gt(#0, 2)), #0)"},
    {"SELECT a FROM t WHERE a IN (SELECT a FROM s WHERE e > 1)",
     "a INTEGER",
     "project(semi_join(t, filter(s, gt(#1, CAST('1' AS DOUBLE))), eq(#0, #6)), #0)"},
    {"SELECT c FROM t WHERE c NOT IN (SELECT c FROM s)",
     "c VARCHAR",
     "project(filter(left_join(inner_join(t, aggregate<0>(project(s, #2), count_star(), count(#0)), "
     "TRUE), aggregate<1>(project(s, #2), #0), eq(#2, #8)), not(case(not(is_null(#8)), TRUE, eq(#6, "
     "CAST('0' AS BIGINT)), FALSE, or(is_null(#2), lt(#7, #6)), CAST(NULL AS BOOLEAN), FALSE))), #2)"},
    {"SELECT b FROM t WHERE b NOT IN (SELECT b FROM t)",
     "b BIGINT NOT NULL",
     "project(anti_join(t, t, eq(#1, #7)), #1)"},
    {"SELECT a FROM t WHERE a IN (SELECT a FROM s GROUP BY a HAVING count(*) > 1)",
     "a INTEGER",
     "project(semi_join(t, project(filter(aggregate<1>(s, #0, count_star()), gt(#1, CAST('1' AS "
     "BIGINT))), #0), eq(#0, #6)), #0)"},
    {"SELECT a FROM t WHERE b > (SELECT avg(e) FROM s)",
     "a INTEGER",
     "project(filter(inner_join(t, aggregate<0>(s, agg_avg(#1)), TRUE), gt(cast<DOUBLE>(#1), #6)), #0)"},
    {"SELECT a FROM t WHERE b > (SELECT 2 * max(s.a) FROM s WHERE s.c = t.c)",
     "a INTEGER",
     "project(filter(left_join(t, project(aggregate<1>(s, #2, agg_max(#0)), #0, mul(#1, 2)), eq(#2, "
     "#6)), gt(#1, cast<BIGINT>(#7))), #0)"},
    {"SELECT a, (SELECT max(e) FROM s) AS m FROM t",
     "a INTEGER, m DOUBLE",
     "project(inner_join(t, aggregate<0>(s, agg_max(#1)), TRUE), #0, #6)"},
    {"SELECT c, sum(b) FROM t GROUP BY c HAVING sum(b) > (SELECT sum(b) * 0.1 FROM t)",
     "c VARCHAR, sum(b) DECIMAL(38,0) NOT NULL",
     "project(filter(inner_join(aggregate<1>(t, #2, agg_sum(#1)), project(aggregate<0>(t, "
     "agg_sum(#1)), mul(#0, CAST('0.1' AS DECIMAL(1,1)))), TRUE), gt(cast<DECIMAL(38,1)>(#1), #2)), "
     "#0, #1)"},
    {"SELECT max(a) + (SELECT min(a) FROM s) FROM t",
     "max(a) + (SELECT min(a) FROM s) INTEGER",
     "project(inner_join(aggregate<0>(t, agg_max(#0)), aggregate<0>(s, agg_min(#0)), TRUE), add(#0, "
     "#1))"},
    {"SELECT (SELECT e FROM s ORDER BY e LIMIT 1) FROM t",
     "(SELECT e FROM s ORDER BY e LIMIT 1) DOUBLE",
     "project(left_join(t, limit(sort<0>(project(s, #1), #0), CAST('1' AS BIGINT), CAST('0' AS "
     "BIGINT)), TRUE), #6)"},
    {"UPDATE t SET a = (SELECT max(a) FROM s) WHERE a IN (SELECT a FROM s)",
     "",
     "project(inner_join(semi_join(t, s, eq(#0, #7)), aggregate<0>(s, agg_max(#0)), TRUE), #6, #7)"},
    {"SELECT sum(a + (SELECT max(a) FROM s)) FROM t",
     "sum(a + (SELECT max(a) FROM s)) BIGINT",
     "aggregate<0>(inner_join(t, aggregate<0>(s, agg_max(#0)), TRUE), agg_sum(add(#0, #6)))"},
    {"FROM t |> WHERE a IN (SELECT a FROM s) |> EXTEND (SELECT max(e) FROM s) AS m |> SELECT a, m",
     "a INTEGER, m DOUBLE",
     "project(inner_join(semi_join(t, s, eq(#0, #6)), aggregate<0>(s, agg_max(#1)), TRUE), #0, #6)"},
};

static const Case value_cases[] = {
    {"SELECT a FROM t WHERE a NOT IN (SELECT b FROM s)",
     "a INTEGER",
     "project(anti_join(t, s, coalesce(eq(#1, cast<BIGINT>(#0)), TRUE)), #0)"},
    {"SELECT (SELECT count(*) FROM t AS y WHERE y.a < t.a) FROM t",
     "(SELECT count(*) FROM t AS y WHERE y.a < t.a) BIGINT",
     "project(left_join(t, aggregate<1>(inner_join(aggregate<1>(t, #0), t, lt(#1, #0)), #0, "
     "count_star()), eq(#0, #6)), case(is_null(#6), CAST('0' AS BIGINT), #7))"},
    {"SELECT a FROM t WHERE b > (SELECT count(*) FROM s WHERE s.a = t.a)",
     "a INTEGER",
     "project(filter(left_join(t, aggregate<1>(s, #0, count_star()), eq(#0, #6)), gt(#1, "
     "case(is_null(#6), CAST('0' AS BIGINT), #7))), #0)"},
    {"SELECT a FROM t WHERE a = 1 OR EXISTS (SELECT 1 FROM s WHERE e > b)",
     "a INTEGER",
     "project(filter(left_join(t, aggregate<1>(inner_join(aggregate<1>(t, #1), s, gt(#2, "
     "cast<DOUBLE>(#0))), #0, count_star()), eq(#1, #6)), or(eq(#0, 1), gt(case(is_null(#6), CAST('0' "
     "AS BIGINT), #7), CAST('0' AS BIGINT)))), #0)"},
    {"SELECT EXISTS (SELECT 1 FROM s)",
     "EXISTS (SELECT 1 FROM s) BOOLEAN NOT NULL",
     "project(inner_join(values(), aggregate<0>(s, count_star()), TRUE), gt(#0, CAST('0' AS BIGINT)))"},
    {"SELECT a IN (SELECT a FROM s) FROM t",
     "a IN (SELECT a FROM s) BOOLEAN",
     "project(left_join(inner_join(t, aggregate<0>(project(s, #0), count_star(), count(#0)), TRUE), "
     "aggregate<1>(project(s, #0), #0), eq(#0, #8)), case(not(is_null(#8)), TRUE, eq(#6, CAST('0' AS "
     "BIGINT)), FALSE, or(is_null(#0), lt(#7, #6)), CAST(NULL AS BOOLEAN), FALSE))"},
    {"SELECT 1 NOT IN (SELECT a FROM s)",
     "1 NOT IN (SELECT a FROM s) BOOLEAN",
     "project(left_join(inner_join(values(), aggregate<0>(project(s, #0), count_star(), count(#0)), "
     "TRUE), aggregate<1>(project(s, #0), #0), eq(#2, 1)), not(case(not(is_null(#2)), TRUE, eq(#0, "
     "CAST('0' AS BIGINT)), FALSE, or(is_null(1), lt(#1, #0)), CAST(NULL AS BOOLEAN), FALSE)))"},
    {"SELECT (SELECT coalesce(sum(e), 0) FROM s WHERE s.a = t.a AND e < t.f) FROM t",
     "(SELECT coalesce(sum(e), 0) FROM s WHERE s.a = t.a AND e < t DOUBLE",
     "project(left_join(t, project(aggregate<2>(inner_join(aggregate<2>(t, #0, #4), s, and(eq(#0, "
     "#2), lt(#3, cast<DOUBLE>(#1)))), #0, #1, agg_sum(#3)), #0, #1, coalesce(#2, CAST('0' AS "
     "DOUBLE))), and(eq(#0, #6), eq(#4, #7))), case(is_null(#6), coalesce(CAST(NULL AS DOUBLE), "
     "CAST('0' AS DOUBLE)), #8))"},
};

static const Case distinct_cases[] = {
    {"SELECT count(DISTINCT a), sum(DISTINCT b), count(*) FROM t",
     "count(DISTINCT a) BIGINT NOT NULL, sum(DISTINCT b) DECIMAL(38,0), count(*) BIGINT NOT NULL",
     "inner_join(aggregate<0>(aggregate<1>(t, #0), count(#0)), project(aggregate<0>(aggregate<1>(t, "
     "#1, count_star()), agg_sum(#0), agg_sum(#1)), #0, coalesce(cast<BIGINT>(#1), CAST('0' AS "
     "BIGINT))), TRUE)"},
    {"SELECT coalesce(1, a), coalesce(a, 2, b) FROM t",
     "coalesce(1, a) INTEGER NOT NULL, coalesce(a, 2, b) BIGINT NOT NULL",
     "project(t, 1, coalesce(cast<BIGINT>(#0), CAST('2' AS BIGINT)))"},
    {"SELECT count(DISTINCT a) FROM t",
     "count(DISTINCT a) BIGINT NOT NULL",
     "aggregate<0>(aggregate<1>(t, #0), count(#0))"},
    {"SELECT c, count(DISTINCT a), count(*), sum(b), avg(p), min(d) FROM t GROUP BY c",
     "c VARCHAR, count(DISTINCT a) BIGINT NOT NULL, count(*) BIGINT NOT NULL, sum(b) DECIMAL(38,0) "
     "NOT NULL, avg(p) DOUBLE, min(d) DATE",
     "project(aggregate<1>(aggregate<2>(t, #2, #0, count_star(), agg_sum(#1), agg_sum(#5), count(#5), "
     "agg_min(#3)), #0, count(#1), agg_sum(#2), agg_sum(#3), agg_sum(#5), agg_sum(#4), agg_min(#6)), "
     "#0, #1, coalesce(cast<BIGINT>(#2), CAST('0' AS BIGINT)), #3, case(eq(#4, CAST('0' AS "
     "DECIMAL(38,0))), CAST(NULL AS DOUBLE), div(cast<DOUBLE>(#5), cast<DOUBLE>(#4))), #6)"},
    {"SELECT sum(DISTINCT a), count(DISTINCT a) FROM t HAVING count(DISTINCT a) > 1",
     "sum(DISTINCT a) BIGINT, count(DISTINCT a) BIGINT NOT NULL",
     "filter(aggregate<0>(aggregate<1>(t, #0), agg_sum(#0), count(#0)), gt(#1, CAST('1' AS BIGINT)))"},
    {"SELECT a, count(DISTINCT a) FROM t GROUP BY a",
     "a INTEGER, count(DISTINCT a) BIGINT NOT NULL",
     "aggregate<1>(aggregate<1>(t, #0), #0, count(#0))"},
};

static const Case literal_cases[] = {
    {"SELECT f * 2.5, f + 1, 2 * f FROM t",
     "f * 2.5 FLOAT32, f + 1 FLOAT32, 2 * f FLOAT32",
     "project(t, mul(#4, CAST('2.5' AS FLOAT32)), add(#4, CAST('1' AS FLOAT32)), mul(#4, CAST('2' AS "
     "FLOAT32)))"},
    {"SELECT p < 24, p < 0.05, p < 0.055, a < 1.5, b = 3, f > 0.1 FROM t",
     "p < 24 BOOLEAN, p < 0.05 BOOLEAN, p < 0.055 BOOLEAN, a < 1.5 BOOLEAN, b = 3 BOOLEAN NOT NULL, f "
     "> 0.1 BOOLEAN",
     "project(t, lt(#5, CAST('24.00' AS DECIMAL(15,2))), lt(#5, CAST('0.05' AS DECIMAL(15,2))), "
     "lt(cast<DECIMAL(16,3)>(#5), CAST('0.055' AS DECIMAL(16,3))), lt(cast<DECIMAL(11,1)>(#0), "
     "CAST('1.5' AS DECIMAL(11,1))), eq(#1, CAST('3' AS BIGINT)), gt(#4, CAST('0.1' AS FLOAT32)))"},
    {"SELECT p * 2, p + 1.5, 1 - p, p / 2, a / 2, a % 2 FROM t",
     "p * 2 DECIMAL(16,2), p + 1.5 DECIMAL(16,2), 1 - p DECIMAL(16,2), p / 2 DOUBLE, a / 2 INTEGER, a "
     "% 2 INTEGER",
     "project(t, mul(#5, CAST('2' AS DECIMAL(1,0))), add(#5, CAST('1.50' AS DECIMAL(15,2))), "
     "sub(CAST('1.00' AS DECIMAL(15,2)), #5), div(cast<DOUBLE>(#5), CAST('2' AS DOUBLE)), div(#0, 2), "
     "mod(#0, 2))"},
    {"SELECT a = '12', d < '1995-01-01', d - '1994-01-01' FROM t",
     "a = '12' BOOLEAN, d < '1995-01-01' BOOLEAN, d - '1994-01-01' INTEGER",
     "project(t, eq(#0, 12), lt(#3, DATE '1995-01-01'), sub(#3, DATE '1994-01-01'))"},
    {"SELECT d <= DATE '1998-12-01' - INTERVAL '90' DAY, d + 1, d - d, d + INTERVAL '1' MONTH FROM t",
     "d <= DATE '1998-12-01' - INTERVAL '90' DAY BOOLEAN, d + 1 DATE, d - d INTEGER, d + INTERVAL '1' "
     "MONTH TIMESTAMP",
     "project(t, le(#3, DATE '1998-09-02'), add(#3, CAST('1' AS BIGINT)), sub(#3, #3), "
     "add(cast<TIMESTAMP>(#3), INTERVAL '1 month'))"},
    {"SELECT -9223372036854775808, 9223372036854775808, 99999999999, - 5, + 5, - - 5",
     "-9223372036854775808 BIGINT NOT NULL, 9223372036854775808 DECIMAL(19,0) NOT NULL, 99999999999 "
     "BIGINT NOT NULL, - 5 INTEGER NOT NULL, + 5 INTEGER NOT NULL, - - 5 INTEGER NOT NULL",
     "project(values(), CAST('-9223372036854775808' AS BIGINT), CAST('9223372036854775808' AS "
     "DECIMAL(19,0)), CAST('99999999999' AS BIGINT), -5, 5, 5)"},
    {"SELECT 0.05, .5, 10.0, 1e-3, 123456789012345678901234567890.5",
     "0.05 DECIMAL(2,2) NOT NULL, .5 DECIMAL(1,1) NOT NULL, 10.0 DECIMAL(3,1) NOT NULL, 1e-3 DOUBLE "
     "NOT NULL, 123456789012345678901234567890.5 DECIMAL(31,1) NOT NULL",
     "project(values(), CAST('0.05' AS DECIMAL(2,2)), CAST('0.5' AS DECIMAL(1,1)), CAST('10.0' AS "
     "DECIMAL(3,1)), CAST('0.001' AS DOUBLE), CAST('123456789012345678901234567890.5' AS "
     "DECIMAL(31,1)))"},
    {"SELECT a IS NULL, a IS NOT NULL, a IS DISTINCT FROM 1, a IS NOT DISTINCT FROM NULL, (a > 1) IS "
     "TRUE, (a > 1) IS NOT FALSE, (a > 1) IS UNKNOWN FROM t",
     "a IS NULL BOOLEAN NOT NULL, a IS NOT NULL BOOLEAN NOT NULL, a IS DISTINCT FROM 1 BOOLEAN NOT "
     "NULL, a IS NOT DISTINCT FROM NULL BOOLEAN NOT NULL, (a > 1) IS TRUE BOOLEAN NOT NULL, (a > 1) "
     "IS NOT FALSE BOOLEAN NOT NULL, (a > 1) IS UNKNOWN BOOLEAN NOT NULL",
     "project(t, is_null(#0), not(is_null(#0)), is_distinct(#0, 1), not(is_distinct(#0, CAST(NULL AS "
     "INTEGER))), not(is_distinct(gt(#0, 1), TRUE)), not(not(is_distinct(gt(#0, 1), FALSE))), "
     "is_null(gt(#0, 1)))"},
    {"SELECT a BETWEEN 1 AND 2, a NOT BETWEEN 1 AND b, a IN (1, 2), c NOT IN ('x', NULL) FROM t",
     "a BETWEEN 1 AND 2 BOOLEAN, a NOT BETWEEN 1 AND b BOOLEAN, a IN (1, 2) BOOLEAN, c NOT IN ('x', "
     "NULL) BOOLEAN",
     "project(t, and(ge(#0, 1), le(#0, 2)), not(and(ge(#0, 1), le(cast<BIGINT>(#0), #1))), in(#0, 1, "
     "2), not(in(#2, 'x', CAST(NULL AS VARCHAR))))"},
    {"SELECT CASE a WHEN 1 THEN 'x' ELSE c END, CASE WHEN a > 1 THEN 1 WHEN NULL THEN 2.5 END FROM t",
     "CASE a WHEN 1 THEN 'x' ELSE c END VARCHAR, CASE WHEN a > 1 THEN 1 WHEN NULL THEN 2.5 END "
     "DECIMAL(11,1)",
     "project(t, case(eq(#0, 1), 'x', #2), case(gt(#0, 1), CAST('1.0' AS DECIMAL(11,1)), CAST(NULL AS "
     "BOOLEAN), CAST('2.5' AS DECIMAL(11,1)), CAST(NULL AS DECIMAL(11,1))))"},
    {"SELECT c LIKE 'a%', c NOT ILIKE 'b', c LIKE 'a!%' ESCAPE '!' FROM t",
     "c LIKE 'a%' BOOLEAN, c NOT ILIKE 'b' BOOLEAN, c LIKE 'a!%' ESCAPE '!' BOOLEAN",
     "project(t, like(#2, 'a%'), not(like(#2, 'b')), like(#2, 'a!%'))"},
    {"SELECT c || a, 'x' || 1, NULL || c FROM t",
     "c || a VARCHAR, 'x' || 1 VARCHAR NOT NULL, NULL || c VARCHAR",
     "project(t, text_concat(#2, cast<VARCHAR>(#0)), text_concat('x', '1'), text_concat(CAST(NULL AS "
     "VARCHAR), #2))"},
    {"SELECT CAST(a AS VARCHAR), a::DOUBLE, TRY_CAST(c AS INTEGER), CAST('7' AS INTEGER), CAST(NULL "
     "AS DATE), c::DECIMAL(5,1) FROM t",
     "a VARCHAR, a DOUBLE, c INTEGER, '7' INTEGER NOT NULL, NULL DATE, c DECIMAL(5,1)",
     "project(t, cast<VARCHAR>(#0), cast<DOUBLE>(#0), cast<INTEGER>(#2), 7, CAST(NULL AS DATE), "
     "cast<DECIMAL(5,1)>(#2))"},
    {"SELECT coalesce(a, 0), coalesce(NULL, p, 1), nullif(a, 0), least(a, b), greatest(b, 1) FROM t",
     "coalesce(a, 0) INTEGER NOT NULL, coalesce(NULL, p, 1) DECIMAL(15,2) NOT NULL, nullif(a, 0) "
     "INTEGER, least(a, b) BIGINT NOT NULL, greatest(b, 1) BIGINT NOT NULL",
     "project(t, coalesce(#0, 0), coalesce(CAST(NULL AS DECIMAL(15,2)), #5, CAST('1.00' AS "
     "DECIMAL(15,2))), case(eq(#0, 0), CAST(NULL AS INTEGER), #0), coalesce(least("
     "cast<BIGINT>(#0), #1), cast<BIGINT>(#0), #1), greatest(#1, CAST('1' AS BIGINT)))"},
    {"SELECT sqrt(a), sqrt(f), floor(p), pow(f, 2), f ^ 2, abs(a), ln(p)  FROM t",
     "sqrt(a) DOUBLE, sqrt(f) FLOAT32, floor(p) DOUBLE, pow(f, 2) FLOAT32, f ^ 2 FLOAT32, abs(a) "
     "INTEGER, ln(p) DOUBLE",
     "project(t, sqrt(cast<DOUBLE>(#0)), sqrt(#4), floor(cast<DOUBLE>(#5)), pow(#4, CAST('2' AS "
     "FLOAT32)), pow(#4, CAST('2' AS FLOAT32)), abs(#0), ln(cast<DOUBLE>(#5)))"},
    {"SELECT upper(c), length(c), substring(c, 2), substring(c FROM 1 FOR 2), extract(year FROM d), "
     "extract(second FROM d) FROM t",
     "upper(c) VARCHAR, length(c) BIGINT, substring(c, 2) VARCHAR, substring(c FROM 1 FOR 2) VARCHAR, "
     "extract(year FROM d) BIGINT, extract(second FROM d) DOUBLE",
     "project(t, upper(#2), length(#2), substring(#2, CAST('2' AS BIGINT), CAST('2147483647' AS "
     "BIGINT)), substring(#2, CAST('1' AS BIGINT), CAST('2' AS BIGINT)), extract(#3), extract(#3))"},
    {"SELECT TRUE AND NULL, NOT NULL, a > 1 OR b > 1 FROM t",
     "TRUE AND NULL BOOLEAN, NOT NULL BOOLEAN, a > 1 OR b > 1 BOOLEAN",
     "project(t, and(TRUE, CAST(NULL AS BOOLEAN)), not(CAST(NULL AS BOOLEAN)), or(gt(#0, 1), gt(#1, "
     "CAST('1' AS BIGINT))))"},
    {"SELECT e > $cutoff FROM s LIMIT 1",
     "e > $cutoff BOOLEAN",
     "limit(project(s, gt(#1, $cutoff)), CAST('1' AS BIGINT), CAST('0' AS BIGINT))"},
};

static const Case tensor_cases[] = {
    {"SELECT m[0], m[0, 1], m[:, 1:3], m[id, 0], v[3] FROM x",
     "m[0] TENSOR(FLOAT32, 4), m[0, 1] FLOAT32, m[:, 1:3] TENSOR(FLOAT32, 3, 2), m[id, 0] FLOAT32, "
     "v[3] FLOAT32",
     "project(x, slice(#1), slice(#1), slice(#1), index(#1, #0, CAST('0' AS BIGINT)), slice(#2))"},
    {"SELECT sum(v), max(m, dims => 1), mean(m, dims => [0, 1]), argmax(v), min(m, dims => -1, keep "
     "=> TRUE) FROM x",
     "sum(v) FLOAT32, max(m, dims => 1) TENSOR(FLOAT32, 3), mean(m, dims => [0, 1]) FLOAT32, "
     "argmax(v) BIGINT, min(m, dims => -1, keep => TRUE) TENSOR(FLOAT32, 3, 1)",
     "project(x, sum(#2), max(#1), mean(#1), argmax(#2), min(#1))"},
    {"SELECT u / 255.0, u * 2, v + 1, v * v, m + v, u + v, 2 * v FROM x",
     "u / 255.0 TENSOR(FLOAT32, 4), u * 2 TENSOR(UTINYINT, 4), v + 1 TENSOR(FLOAT32, 4), v * v "
     "TENSOR(FLOAT32, 4), m + v TENSOR(FLOAT32, 3, 4), u + v TENSOR(FLOAT32, 4), 2 * v "
     "TENSOR(FLOAT32, 4)",
     "project(x, div(cast<TENSOR(FLOAT32, 4)>(#3), CAST('255' AS FLOAT32)), mul(#3, CAST('2' AS "
     "UTINYINT)), add(#2, CAST('1' AS FLOAT32)), mul(#2, #2), add(#1, #2), add(#2, "
     "cast<TENSOR(FLOAT32, 4)>(#3)), mul(#2, CAST('2' AS FLOAT32)))"},
    {"SELECT reshape(m, 12), reshape(m, -1, 6), flatten(m), transpose(m), softmax(v), concat(v, v) "
     "FROM x",
     "reshape(m, 12) TENSOR(FLOAT32, 12), reshape(m, -1, 6) TENSOR(FLOAT32, 2, 6), flatten(m) "
     "TENSOR(FLOAT32, 12), transpose(m) TENSOR(FLOAT32, 4, 3), softmax(v) TENSOR(FLOAT32, 4), "
     "concat(v, v) TENSOR(FLOAT32, 8)",
     "project(x, reshape(#1), reshape(#1), reshape(#1), transpose(#1), softmax(#2), concat(#2, #2))"},
    {"SELECT matmul(m, v), dot(v, v), einsum('ij,j->i', m, v), matmul(m, transpose(m)) FROM x",
     "matmul(m, v) TENSOR(FLOAT32, 3), dot(v, v) FLOAT32, einsum('ij,j->i', m, v) TENSOR(FLOAT32, 3), "
     "matmul(m, transpose(m)) TENSOR(FLOAT32, 3, 3)",
     "project(x, contract(#1, #2), contract(#2, #2), contract(#1, #2), contract(#1, transpose(#1)))"},
    {"SELECT fields2vector(a, b), fields2vector(a, f), fields2vector(p), onehot(c, ['u', 'w']) FROM t",
     "fields2vector(a, b) TENSOR(BIGINT, 2), fields2vector(a, f) TENSOR(DOUBLE, 2), fields2vector(p) "
     "TENSOR(DOUBLE, 1), onehot(c, ['u', 'w']) TENSOR(FLOAT32, 2)",
     "project(t, stack(cast<BIGINT>(#0), #1), stack(cast<DOUBLE>(#0), cast<DOUBLE>(#4)), "
     "stack(cast<DOUBLE>(#5)), onehot(#2, 'u', 'w'))"},
    {"SELECT u::TENSOR(FLOAT32, 4), [1, 2, 3], [[1.5, 2], [3, 4]] FROM x",
     "u TENSOR(FLOAT32, 4), [1, 2, 3] TENSOR(INTEGER, 3) NOT NULL, [[1.5, 2], [3, 4]] TENSOR(FLOAT32, "
     "2, 2) NOT NULL",
     "project(x, cast<TENSOR(FLOAT32, 4)>(#3), stack(1, 2, 3), stack(stack(CAST('1.5' AS FLOAT32), "
     "CAST('2' AS FLOAT32)), cast<TENSOR(FLOAT32, 2)>(stack(3, 4))))"},
    {"SELECT sum(v[0]) FROM x",
     "sum(v[0]) DOUBLE",
     "aggregate<0>(x, agg_sum(slice(#2)))"},
    {"SELECT relu(v), sqrt(u), v > 0.5 FROM x",
     "relu(v) TENSOR(FLOAT32, 4), sqrt(u) TENSOR(FLOAT32, 4), v > 0.5 TENSOR(BOOLEAN, 4)",
     "project(x, relu(#2), sqrt(cast<TENSOR(FLOAT32, 4)>(#3)), gt(#2, CAST('0.5' AS FLOAT32)))"},
};

static const Case model_cases[] = {
    {"SELECT net(img) AS y FROM x",
     "y TENSOR(FLOAT32, 3)",
     "project(x, softmax(add(contract(reshape(cast<TENSOR(FLOAT32, 1, 4, 4)>(#4)), fc.weight), "
     "fc.bias)))"},
    {"SELECT id FROM x WHERE net(img)[1] > 0.9",
     "id BIGINT NOT NULL",
     "project(filter(x, gt(slice(softmax(add(contract(reshape(cast<TENSOR(FLOAT32, 1, 4, 4)>(#4)), "
     "fc.weight), fc.bias))), CAST('0.9' AS FLOAT32))), #0)"},
    {"FROM x |> PREDICT USING net AS y |> WHERE y.class = 2 AND y.p[1] > $cutoff |> SELECT id, "
     "y.class, y.score, y[0]",
     "id BIGINT NOT NULL, class BIGINT, score FLOAT32, y[0] FLOAT32",
     "project(filter(project(x, #0, #1, #2, #3, #4, softmax(add(contract(reshape(cast<TENSOR(FLOAT32, "
     "1, 4, 4)>(#4)), fc.weight), fc.bias))), and(eq(argmax(#5), CAST('2' AS BIGINT)), "
     "gt(cast<DOUBLE>(slice(#5)), $cutoff))), #0, argmax(#5), max(#5), slice(#5))"},
    {"SELECT * FROM ML.PREDICT(MODEL net, (SELECT id, img FROM x))",
     "id BIGINT NOT NULL, img TENSOR(UTINYINT, 1, 4, 4), p TENSOR(FLOAT32, 3)",
     "project(project(x, #0, #4), #0, #1, softmax(add(contract(reshape(cast<TENSOR(FLOAT32, 1, 4, "
     "4)>(#1)), fc.weight), fc.bias)))"},
    {"SELECT pair(v, u) FROM x",
     "pair(v, u) TENSOR(FLOAT32, 2)",
     "project(x, add(contract(concat(#2, cast<TENSOR(FLOAT32, 4)>(#3)), 1.weight), 1.bias))"},
    {"FROM x |> PREDICT USING pair ON (v, v) |> SELECT y",
     "y TENSOR(FLOAT32, 2)",
     "project(project(x, #0, #1, #2, #3, #4, add(contract(concat(#2, #2), 1.weight), 1.bias)), #5)"},
    {"FROM x |> SELECT v, u |> PREDICT USING pair |> SELECT y",
     "y TENSOR(FLOAT32, 2)",
     "project(project(project(x, #2, #3), #0, #1, add(contract(concat(#0, cast<TENSOR(FLOAT32, "
     "4)>(#1)), 1.weight), 1.bias)), #2)"},
};

static const Case pipe_cases[] = {
    {"FROM t |> WHERE a > 1 |> EXTEND a + 1 AS g |> SET b = a |> DROP d, f, p |> RENAME c AS k",
     "a INTEGER, b INTEGER, k VARCHAR, g INTEGER",
     "project(project(project(filter(t, gt(#0, 1)), #0, #1, #2, #3, #4, #5, add(#0, 1)), #0, #0, #2, "
     "#3, #4, #5, #6), #0, #1, #2, #6)"},
    {"FROM t |> AGGREGATE count(*) AS n, sum(b) AS s GROUP BY c AS k |> ORDER BY n DESC |> LIMIT 2",
     "k VARCHAR, n BIGINT NOT NULL, s DECIMAL(38,0) NOT NULL",
     "limit(sort<3>(aggregate<1>(t, #2, count_star(), agg_sum(#1)), #1), CAST('2' AS BIGINT), "
     "CAST('0' AS BIGINT))"},
    {"FROM t |> AGGREGATE count(*) AS n",
     "n BIGINT NOT NULL",
     "aggregate<0>(t, count_star())"},
    {"FROM t |> AGGREGATE max(a) AS m GROUP AND ORDER BY c",
     "c VARCHAR, m INTEGER",
     "sort<0>(aggregate<1>(t, #2, agg_max(#0)), #0)"},
    {"FROM t |> SELECT c |> DISTINCT",
     "c VARCHAR",
     "aggregate<1>(project(t, #2), #0)"},
    {"FROM t |> AS q |> SELECT q.a",
     "a INTEGER",
     "project(t, #0)"},
    {"FROM 'x.csv' |> WHERE a > 1",
     "a BIGINT, b VARCHAR",
     "filter(x.csv, gt(#0, CAST('1' AS BIGINT)))"},
    {"SELECT y.b FROM read_csv('y.csv', header => TRUE) AS y",
     "b VARCHAR",
     "project(y.csv, #1)"},
    {"FROM t |> SELECT DISTINCT a, c",
     "a INTEGER, c VARCHAR",
     "aggregate<2>(project(t, #0, #2), #0, #1)"},
};

static const Case change_cases[] = {
    {"INSERT INTO t (a, b, c, d) VALUES (1, 2, 'x', '1995-01-01'), (NULL, 4.6, DEFAULT, NULL)",
     "",
     "project(values(1, CAST('2' AS BIGINT), 'x', DATE '1995-01-01', CAST(NULL AS INTEGER), CAST('5' "
     "AS BIGINT), CAST(NULL AS VARCHAR), CAST(NULL AS DATE)), #0, #1, #2, #3, CAST(NULL AS FLOAT32), "
     "CAST(NULL AS DECIMAL(15,2)))"},
    {"INSERT INTO s SELECT a, b, 'q' FROM t",
     "",
     "project(project(t, #0, #1, 'q'), #0, cast<DOUBLE>(#1), 'q')"},
    {"INSERT INTO x (id, v) VALUES (1, [1, 2, 3, 4])",
     "",
     "project(values(CAST('1' AS BIGINT), cast<TENSOR(FLOAT32, 4)>(stack(1, 2, 3, 4))), #0, CAST(NULL "
     "AS TENSOR(FLOAT32, 3, 4)), #1, CAST(NULL AS TENSOR(UTINYINT, 4)), CAST(NULL AS TENSOR(UTINYINT, "
     "1, 4, 4)))"},
    {"UPDATE t SET a = b + 1, p = p * 1.1, c = DEFAULT WHERE c = 'x'",
     "",
     "project(filter(t, eq(#2, 'x')), #6, cast<INTEGER>(add(#1, CAST('1' AS BIGINT))), "
     "cast<DECIMAL(15,2)>(mul(#5, CAST('1.1' AS DECIMAL(2,1)))), CAST(NULL AS VARCHAR))"},
    {"DELETE FROM t WHERE a IS NULL",
     "",
     "project(filter(t, is_null(#0)), #6)"},
    {"DELETE FROM t AS q WHERE q.a = 1",
     "",
     "project(filter(t, eq(#0, 1)), #6)"},
    {"CREATE TABLE n AS SELECT a, p * 2 AS q FROM t",
     "a INTEGER, q DECIMAL(16,2)",
     "project(t, #0, mul(#5, CAST('2' AS DECIMAL(1,0))))"},
    {"CREATE TABLE n (k BIGINT NOT NULL, w DECIMAL(5,2) NOT NULL, z STRING, PRIMARY KEY (w, z))",
     "k BIGINT NOT NULL, w DECIMAL(5,2) NOT NULL, z VARCHAR NOT NULL",
     ""},
};

/* clang-format on */

static void test_cases(void) {
    RUN(select_cases);
    RUN(join_cases);
    RUN(group_cases);
    RUN(subquery_cases);
    RUN(value_cases);
    RUN(distinct_cases);
    RUN(literal_cases);
    RUN(tensor_cases);
    RUN(model_cases);
    RUN(pipe_cases);
    RUN(change_cases);
}
