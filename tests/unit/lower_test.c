/* Relational queries, each in both tiers, with and without dense arrays and ranges. With a file: the queries in it. */
#include "tests/unit/lowered.h"

static const char *const words[] = {"apple", "banana", "cherry", "date", "elder", "fig", "grape"};

static Value t_value(int64_t row, uint32_t column, const Type *type) {
    Value v = {.type = type};
    if (column == 0) v.i = row;
    if (column == 1) v.i = row % 7, v.null = row % 5 == 0;
    if (column == 2) v.dec = row * 125;
    if (column == 3) v.f64 = (double)row / 2;
    if (column == 4) v.s = str_of(words[row * 5 % 7]), v.null = row % 11 == 0;
    if (column == 5) v.i = 8000 + row % 3000;
    return v;
}

static char text[64];
static Value u_value(int64_t row, uint32_t column, const Type *type) {
    Value v = {.type = type};
    if (column == 0) v.i = row * 3;
    if (column == 1) snprintf(text, sizeof text, "name %lld", (long long)row), v.s = str_of(text);
    if (column == 2) v.i = row % 10 - 5;
    if (column == 3) v.s = str_of(words[row % 5]);
    return v;
}

static const struct {
    const char *query, *rows;
} queries[] = {
    {"SELECT b, count(*), sum(a), min(a), max(a) FROM t GROUP BY b ORDER BY b",
     "0 22857 2285685717 7 199997\n1 22858 2285828569 1 199998\n2 22858 2285771431 2 199999\n"
     "3 22857 2285714283 3 199993\n4 22857 2285657144 4 199994\n5 22856 2285600000 12 199988\n"
     "6 22857 2285742856 6 199996\nNULL 40000 3999900000 0 199995\n"},
    {"SELECT s, count(*), sum(c), avg(d) FROM t GROUP BY s ORDER BY s",
     "apple 25974 3246746763.75 49999.95016170016\nbanana 25974 3246639617.50 49998.30010780011\n"
     "cherry 25974 3246782467.50 50000.5\ndate 25975 3246925320.00 50000.77489894129\n"
     "elder 25974 3246818171.25 50001.04983829984\nfig 25974 3246711033.75 49999.39991914992\n"
     "grape 25973 3246603900.00 49999.67504716436\nNULL 18182 2272647726.25 49997.75\n"},
    {"SELECT s, b, count(*) FROM t WHERE a < 1000 GROUP BY s, b ORDER BY s, b",
     "apple 0 104\napple NULL 26\nbanana 3 104\nbanana NULL 26\ncherry 6 104\ncherry NULL 25\n"
     "date 2 104\ndate NULL 26\nelder 5 104\nelder NULL 26\nfig 1 103\nfig NULL 27\ngrape 4 105\n"
     "grape NULL 25\nNULL 0 10\nNULL 1 11\nNULL 2 11\nNULL 3 10\nNULL 4 10\nNULL 5 10\nNULL 6 10\n"
     "NULL NULL 19\n"},
    {"SELECT a, s FROM t WHERE s = 'cherry' ORDER BY a DESC LIMIT 3",
     "199996 cherry\n199989 cherry\n199982 cherry\n"},
    {"SELECT a, s FROM t WHERE s LIKE '%an%' AND a < 50 ORDER BY a",
     "3 banana\n10 banana\n17 banana\n24 banana\n31 banana\n38 banana\n45 banana\n"},
    {"SELECT a, d FROM t ORDER BY d DESC, a LIMIT 4",
     "199999 99999.5\n199998 99999\n199997 99998.5\n199996 99998\n"},
    {"SELECT a % 10 AS m, count(*) FROM t GROUP BY a % 10 ORDER BY m",
     "0 20000\n1 20000\n2 20000\n3 20000\n4 20000\n5 20000\n6 20000\n7 20000\n8 20000\n9 20000\n"},
    {"SELECT count(*), sum(t.a) FROM t JOIN u ON t.a = u.k",
     "5000 37492500\n"},
    {"SELECT t.a, u.name FROM t JOIN u ON t.a = u.k WHERE t.a < 20 ORDER BY t.a",
     "0 name 0\n3 name 1\n6 name 2\n9 name 3\n12 name 4\n15 name 5\n18 name 6\n"},
    {"SELECT t.a, u.name FROM t LEFT JOIN u ON t.a = u.k WHERE t.a < 5 ORDER BY t.a",
     "0 name 0\n1 NULL\n2 NULL\n3 name 1\n4 NULL\n"},
    {"SELECT count(*) FROM t LEFT JOIN u ON t.a = u.k AND u.z > 2 WHERE u.k IS NULL",
     "199000\n"},
    {"SELECT t.s, count(*) FROM t JOIN u ON t.s = u.w WHERE t.a < 100 GROUP BY t.s ORDER BY t.s",
     "apple 13000\nbanana 13000\ncherry 13000\ndate 13000\nelder 13000\n"},
    {"SELECT u.name, count(*) FROM t JOIN u ON t.a = u.k AND t.b = u.z GROUP BY u.name ORDER BY u.nam"
     "e LIMIT 5",
     "name 1006 1\nname 1049 1\nname 1058 1\nname 1067 1\nname 1076 1\n"},
    {"SELECT a, CASE WHEN a = 3 THEN 0 ELSE 10 / (a - 3) END FROM t WHERE a < 6 ORDER BY a",
     "0 -3\n1 -5\n2 -10\n3 0\n4 10\n5 5\n"},
    {"SELECT a / (a - 3) FROM t WHERE a < 6",
     "error 2 at row 3: INTEGER\n"},
    {"SELECT x, extract(year FROM x), extract(month FROM x), extract(day FROM x) FROM t WHERE a < 3 O"
     "RDER BY a",
     "1991-11-27 1991 11 27\n1991-11-28 1991 11 28\n1991-11-29 1991 11 29\n"},
    {"SELECT sum(c * (1 - 0.05)), sum(c * c) FROM t",
     "23749881250.0000 4166635416718750.0000\n"},
    {"SELECT upper(s), length(s), substring(s, 2, 3) FROM t WHERE a < 4 ORDER BY a",
     "NULL NULL NULL\nFIG 3 ig\nDATE 4 ate\nBANANA 6 ana\n"},
    {"SELECT a || '-' || s FROM t WHERE a < 4 ORDER BY a",
     "NULL\n1-fig\n2-date\n3-banana\n"},
    {"SELECT min(s), max(s) FROM t",
     "apple grape\n"},
    {"SELECT z, min(name), max(name) FROM u GROUP BY z ORDER BY z",
     "-5 name 0 name 990\n-4 name 1 name 991\n-3 name 1002 name 992\n-2 name 1003 name 993\n"
     "-1 name 1004 name 994\n0 name 1005 name 995\n1 name 1006 name 996\n2 name 1007 name 997\n"
     "3 name 1008 name 998\n4 name 1009 name 999\n"},
    {"SELECT name, k FROM u WHERE name > 'name 4990' ORDER BY name DESC LIMIT 3",
     "name 999 2997\nname 998 2994\nname 997 2991\n"},
    {"SELECT a FROM t WHERE b IS NULL AND a < 20 ORDER BY a",
     "0\n5\n10\n15\n"},
    {"SELECT a, coalesce(b, -1) FROM t WHERE a < 7 ORDER BY a",
     "0 -1\n1 1\n2 2\n3 3\n4 4\n5 -1\n6 6\n"},
    {"SELECT a FROM t WHERE b IN (1, 3) AND a < 20 ORDER BY a",
     "1\n3\n8\n17\n"},
    {"SELECT count(*) FROM t WHERE NOT (b > 3)",
     "91430\n"},
    {"SELECT a FROM t LIMIT 3",
     "0\n1\n2\n"},
    {"SELECT a FROM t WHERE a >= 100 LIMIT 3 OFFSET 2",
     "102\n103\n104\n"},
    {"SELECT count(*) FROM t WHERE x >= DATE '1995-01-01' AND x < DATE '1996-01-01'",
     "24455\n"},
    {"SELECT sqrt(d), a::DOUBLE / 3, -b, abs(b - 3) FROM t WHERE a < 3 ORDER BY a",
     "0 0 NULL NULL\n0.7071067811865476 0.3333333333333333 -1 2\n1 0.6666666666666666 -2 1\n"},
    {"SELECT DISTINCT b FROM t ORDER BY b",
     "0\n1\n2\n3\n4\n5\n6\nNULL\n"},
    {"SELECT a * 2147483647 FROM t WHERE a < 3",
     "error 1 at row 2: INTEGER\n"},
    {"SELECT a::VARCHAR, c::VARCHAR, d::INTEGER, c::INTEGER FROM t WHERE a BETWEEN 3 AND 6 ORDER BY a",
     "3 3.75 2 4\n4 5.00 2 5\n5 6.25 2 6\n6 7.50 3 8\n"},
    {"SELECT sum(d), avg(c) FROM t WHERE b = 2",
     "1142885715.5 124998.43769139907\n"},
    {"SELECT d, count(*) FROM t WHERE a < 10 GROUP BY d ORDER BY d DESC LIMIT 2",
     "4.5 1\n4 1\n"},
    {"SELECT a, c FROM t ORDER BY c DESC LIMIT 2",
     "199999 249998.75\n199998 249997.50\n"},
    {"SELECT sum(a) FROM (SELECT a FROM t ORDER BY a LIMIT 10) AS q",
     "45\n"},
};

/* Queries from a file, one a line: rows of each, for comparison with another engine. */
static void run_file(Bench *b, const char *path) {
    char line[4096];
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if (*line) printf("-- %s\n%s", line, bench_run_all(b, line));
    }
    if (f) fclose(f);
}

int main(int argc, char **argv) {
    static const char *const t[] = {"a INTEGER NOT NULL", "b INTEGER", "c DECIMAL(12,2) NOT NULL", "d DOUBLE NOT NULL",
                                    "s VARCHAR", "x DATE NOT NULL"};
    static const char *const u[] = {"k INTEGER NOT NULL", "name VARCHAR NOT NULL", "z INTEGER NOT NULL", "w VARCHAR NOT NULL"};
    Bench b;
    bench_open(&b, 2);
    bench_add_table(&b, "t", 6, t, 200000, t_value);
    bench_add_table(&b, "u", 4, u, 5000, u_value);
    if (argc > 1) {
        run_file(&b, argv[1]);
        return check_report("lower");
    }
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) CHECK_STR(bench_run_all(&b, queries[i].query), queries[i].rows);
    printf("lower: %zu of %zu kernels are shipped, of %zu\n", b.used - b.missing, b.used, b.shipped.n);
    CHECK(b.missing * 10 < b.used); /* few have to be compiled before a query starts */
    bench_close(&b);
    return check_report("lower");
}
