/* The rule fuzzer: random plans over small tables with NULL, NaN, -0.0, infinities, ties and no rows.  Rewritten with the
 * EXACT rules a plan gives the same bag of rows, bit for bit, wherever it succeeded before; networks rewritten with the
 * REAL rules give the same numbers up to rounding.  A failure names its seed and the first application that is wrong.
 *   DQL_FUZZ_SEED=N     another seed (default 1)      DQL_FUZZ_PLANS=N    another number of plans
 */
#include "check.h"
#include "ir/eval.h"
#include "ir/text.h"
#include "rewrites/engine.h"
#include <math.h>
#include <stdlib.h>

/* ---- randomness ---- */

static uint64_t state;

static uint64_t next(void) { /* splitmix64 */
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint32_t below(uint32_t n) { return (uint32_t)(next() % n); }
static bool one_in(uint32_t n) { return below(n) == 0; }

/* ---- one plan's world ---- */

static Arena *arena;
static Intern *names;
static Ir *ir;

enum { COLUMNS = 8, TABLES = 3, MOST_ROWS = 8 };
static const char *const column_types[COLUMNS] = {
    "INTEGER", "INTEGER NOT NULL", "BOOLEAN", "DOUBLE", "FLOAT32 NOT NULL", "VARCHAR", "DOUBLE NOT NULL", "TENSOR(FLOAT32, 3) NOT NULL"};

typedef struct Table {
    int64_t rows;
    Value at[MOST_ROWS][COLUMNS];
} Table;
static Table tables[TABLES];

static const Type *type_of(const char *text) { return type_parse(ir_types(ir), text, NULL); }

static double some_double(void) {
    static const double few[] = {0, -0.0, 1, -1, 0.5, 2.5, 1e20, INFINITY, -INFINITY, NAN, 3, 1e-3};
    return few[below(sizeof few / sizeof *few)];
}

static Str some_text(void) {
    static const char *const few[] = {"", "a", "abc", "b", "ab%", "x_y", "ABC"};
    const char *s = few[below(sizeof few / sizeof *few)];
    return (Str){s, strlen(s)};
}

static int64_t some_int(void) {
    static const int64_t few[] = {0, 1, -1, 2, 3, 5, 7, INT32_MAX, INT32_MIN};
    return few[below(one_in(4) ? 9 : 7)];
}

static Value some_tensor(const Type *t) {
    Value v = {.type = t};
    v.t.data = arena_alloc(arena, (size_t)type_elems(t) * sizeof(float));
    for (int64_t i = 0; i < type_elems(t); i++) ((float *)v.t.data)[i] = one_in(12) ? (float)some_double() : (float)((int)below(17) - 8) / 4;
    return v;
}

static Value some_value(const Type *t) {
    if (t->nullable && one_in(4)) return value_null(t);
    t = type_nullable(t, false);
    if (t->kind == TY_TENSOR) return some_tensor(t);
    Value v = {.type = t};
    switch ((int)t->kind) {
    case TY_BOOL: v.b = one_in(2); break;
    case TY_F64: v.f64 = some_double(); break;
    case TY_F32: v.f32 = (float)some_double(); break;
    case TY_VARCHAR: v.s = some_text(); break;
    default: v.i = some_int();
    }
    return v;
}

static void fill_tables(void) {
    for (int t = 0; t < TABLES; t++) {
        tables[t].rows = one_in(5) ? 0 : 1 + below(MOST_ROWS);
        for (int64_t r = 0; r < tables[t].rows; r++)
            for (int c = 0; c < COLUMNS; c++) tables[t].at[r][c] = some_value(type_of(column_types[c]));
    }
}

static const Table *table_named(const char *name) { return &tables[name[1] - '0']; }

static bool find_table(void *ctx, TypePool *p, const char *name, TableInfo *out) {
    (void)ctx, (void)p;
    *out = (TableInfo){.name = name, .version = 1, .rows = table_named(name)->rows, .n = COLUMNS};
    return true;
}

static bool column_stats(void *ctx, const char *table, int64_t version, uint32_t column, ColumnStats *out) {
    const Table *t = table_named(table);
    (void)ctx, (void)version;
    *out = (ColumnStats){.distinct = t->rows, .range_known = column < 2, .min = INT64_MAX, .max = INT64_MIN};
    for (int64_t r = 0; r < t->rows && column < 2; r++) {
        if (t->at[r][column].null) continue;
        if (t->at[r][column].i < out->min) out->min = t->at[r][column].i;
        if (t->at[r][column].i > out->max) out->max = t->at[r][column].i;
    }
    return true;
}

static bool next_row(void *ctx, const char *table, int64_t version, int64_t *cursor, uint32_t n, const int64_t *columns, Arena *a,
                     TypePool *p, Value *out, int64_t *rowid) {
    const Table *t = table_named(table);
    (void)ctx, (void)version, (void)a, (void)p;
    if (*cursor >= t->rows) return false;
    for (uint32_t i = 0; i < n; i++) out[i] = t->at[*cursor][columns[i]];
    *rowid = (*cursor)++;
    return true;
}

/* The same numbers for the same name. */
static bool find_weight(void *ctx, const char *model, int64_t version, const char *name, TypePool *p, Value *out) {
    uint64_t kept = state;
    (void)ctx, (void)model, (void)version, (void)p;
    state = (uint64_t)name[0] * 77 + (uint64_t)name[1];
    const char *type = name[0] == 'W' ? "TENSOR(FLOAT32, 4, 3) NOT NULL" : "TENSOR(FLOAT32, 4) NOT NULL";
    *out = (Value){.type = type_of(type)};
    int64_t n = type_elems(out->type);
    out->t.data = arena_alloc(arena, (size_t)n * sizeof(float));
    for (int64_t i = 0; i < n; i++) ((float *)out->t.data)[i] = 0.25f + (float)below(1000) / 500;
    state = kept;
    return true;
}

static const SourceApi source = {.table = find_table, .column_stats = column_stats, .row = next_row, .weight = find_weight};

/* ---- expressions ---- */

typedef struct Scope {
    uint32_t n;
    const Type *const *types;
} Scope;

static const Node *expr(const Scope *s, TypeKind want, int depth);

static const Node *constant(TypeKind want) {
    Value v = some_value(type_nullable(type_get(ir_types(ir), want), one_in(6)));
    return ir_const(ir, v);
}

/* NULL: there is none of the kind. */
static const Node *column_of(const Scope *s, TypeKind want) {
    uint32_t from = s->n ? below(s->n) : 0;
    for (uint32_t k = 0; k < s->n; k++) {
        uint32_t i = (from + k) % s->n;
        if (s->types[i]->kind == want) return ir_column(ir, i, s->types[i]);
    }
    return NULL;
}

static const Node *column(const Scope *s, TypeKind want) {
    const Node *c = column_of(s, want);
    return c ? c : constant(want);
}

static const Node *made(TypeKind want, Op op, const void *attr, uint32_t n, const Node *const *in) {
    const Type *t = ir_check(ir, op, attr, n, in, NULL);
    return t && t->kind == want ? ir_node(ir, op, attr, n, in) : NULL;
}

static const Node *two(const Scope *s, TypeKind want, Op op, TypeKind of, int depth) {
    const Node *a = expr(s, of, depth - 1), *in[] = {a, one_in(8) ? a : expr(s, of, depth - 1)};
    return made(want, op, NULL, 2, in);
}

static const Node *one(const Scope *s, TypeKind want, Op op, TypeKind of, int depth) {
    const Node *a = expr(s, of, depth - 1);
    return made(want, op, NULL, 1, &a);
}

static const Node *choice(const Scope *s, TypeKind want, int depth) {
    const Node *in[5];
    if (one_in(2)) {
        uint32_t n = 1 + below(3);
        for (uint32_t i = 0; i < n; i++) in[i] = expr(s, want, depth - 1);
        return made(want, OP_COALESCE, NULL, n, in);
    }
    uint32_t n = one_in(2) ? 3 : 5;
    for (uint32_t i = 0; i < n; i++) in[i] = expr(s, i + 1 < n && i % 2 == 0 ? TY_BOOL : want, depth - 1);
    if (one_in(4)) in[1] = in[n - 1];
    return made(want, OP_CASE, NULL, n, in);
}

static const Node *cast_to(const Scope *s, TypeKind want, int depth) {
    static const TypeKind from[] = {TY_I32, TY_F64, TY_F32, TY_VARCHAR, TY_BOOL, TY_I64, TY_I32};
    const Node *a = expr(s, from[below(7)], depth - 1);
    return made(want, OP_CAST, &(AttrCast){type_get(ir_types(ir), want), one_in(3)}, 1, &a);
}

static const TypeKind plain[] = {TY_I32, TY_F64, TY_F32, TY_VARCHAR, TY_BOOL, TY_I64};

static const Node *boolean(const Scope *s, int depth) {
    static const Op compare[] = {OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE};
    TypeKind of = plain[below(6)];
    const Node *in[4];
    switch (below(9)) {
    case 0: return two(s, TY_BOOL, OP_AND, TY_BOOL, depth);
    case 1: return two(s, TY_BOOL, OP_OR, TY_BOOL, depth);
    case 2: return one(s, TY_BOOL, OP_NOT, TY_BOOL, depth);
    case 3: return one(s, TY_BOOL, OP_IS_NULL, of, depth);
    case 4:
        for (int i = 0; i < 4; i++) in[i] = i && one_in(2) ? constant(of) : expr(s, of, depth - 1);
        return made(TY_BOOL, OP_IN, NULL, 2 + below(3), in);
    case 5:
        in[0] = expr(s, TY_VARCHAR, depth - 1), in[1] = constant(TY_VARCHAR);
        return made(TY_BOOL, OP_LIKE, &(AttrLike){0, one_in(3)}, 2, in);
    case 6: return two(s, TY_BOOL, OP_IS_DISTINCT, of, depth);
    default:
        in[0] = expr(s, of, depth - 1), in[1] = one_in(3) ? expr(s, of, depth - 1) : constant(of);
        if (one_in(8)) in[1] = in[0];
        if (one_in(4)) in[2] = in[0], in[0] = in[1], in[1] = in[2];
        return made(TY_BOOL, compare[below(6)], NULL, 2, in);
    }
}

static const Node *element(const Scope *s, int depth) {
    static const Op unary[] = {OP_SIGMOID, OP_RELU, OP_TANH, OP_NEG, OP_EXP, OP_ABS};
    const Node *x = column_of(s, TY_TENSOR), *y = column_of(s, TY_TENSOR);
    if (!x) return NULL;
    for (int i = 0; i < depth; i++) {
        if (one_in(3)) x = ir_2(ir, one_in(2) ? OP_ADD : OP_MUL, x, one_in(2) ? y : constant(TY_F32));
        else x = ir_1(ir, unary[below(6)], x);
    }
    int64_t i = below(3);
    if (one_in(3)) return made(TY_F32, OP_INDEX, NULL, 2, (const Node *[]){x, ir_i64(ir, i)});
    AttrSlice a = {{1, &i}, {1, &(int64_t){i + 1}}, {1, &(int64_t){1}}, {1, &(int64_t){1}}};
    return made(TY_F32, OP_SLICE, &a, 1, &x);
}

static const Node *number(const Scope *s, TypeKind want, int depth) {
    static const Op binary[] = {OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD, OP_MIN2, OP_MAX2};
    static const Op unary[] = {OP_NEG, OP_ABS, OP_FLOOR, OP_CEIL, OP_SQRT, OP_EXP, OP_LOG, OP_TANH, OP_SIGMOID, OP_ERF, OP_RELU};
    if (want == TY_F32 && one_in(3)) return element(s, (int)below(4));
    return one_in(2) ? two(s, want, binary[below(7)], want, depth) : one(s, want, unary[below(type_is_float(type_get(ir_types(ir), want)) ? 11 : 2)], want, depth);
}

static const Node *text(const Scope *s, int depth) {
    static const Op unary[] = {OP_UPPER, OP_LOWER};
    return one_in(2) ? one(s, TY_VARCHAR, unary[below(2)], TY_VARCHAR, depth) : two(s, TY_VARCHAR, OP_TEXT_CONCAT, TY_VARCHAR, depth);
}

static const Node *expr(const Scope *s, TypeKind want, int depth) {
    const Node *n = NULL;
    if (depth <= 0) return one_in(3) ? constant(want) : column(s, want);
    if (one_in(6)) n = choice(s, want, depth);
    else if (one_in(6)) n = cast_to(s, want, depth);
    else if (want == TY_BOOL) n = boolean(s, depth);
    else if (want == TY_VARCHAR) n = text(s, depth);
    else n = number(s, want, depth);
    return n ? n : column(s, want);
}

/* Chains of moves, over a tensor whose elements are all at hand. */
static const Node *moves(const Node *x) {
    for (uint32_t k = below(5); k > 0; k--) {
        const Type *t = x->type;
        int64_t at[3][TENSOR_MAX_RANK];
        if (t->n == 2 && one_in(2)) {
            bool turn = !one_in(3);
            x = ir_node(ir, OP_TRANSPOSE, &(AttrShape){{2, (int64_t[]){turn, !turn}}}, 1, &x);
        } else if (one_in(2)) {
            int64_t n = type_elems(t), by = n % 2 == 0 && one_in(2) ? 2 : 1;
            IntList shape = one_in(2) ? (IntList){1, (int64_t[]){n}} : (IntList){2, (int64_t[]){by, n / by}};
            x = ir_node(ir, OP_RESHAPE, &(AttrShape){shape}, 1, &x);
        } else {
            int64_t step[TENSOR_MAX_RANK], drop[TENSOR_MAX_RANK] = {0};
            for (uint32_t d = 0; d < t->n; d++) {
                at[0][d] = one_in(2) ? 0 : below((uint32_t)t->dims[d]);
                at[1][d] = one_in(2) ? t->dims[d] : at[0][d] + 1 + below((uint32_t)(t->dims[d] - at[0][d]));
                step[d] = 1 + below(2);
            }
            AttrSlice a = {{t->n, at[0]}, {t->n, at[1]}, {t->n, step}, {t->n, drop}};
            x = ir_node(ir, OP_SLICE, &a, 1, &x);
        }
        if (one_in(4)) x = ir_1(ir, OP_RELU, x);
    }
    return x;
}

/* ---- plans ---- */

static Scope scope_of(const Node *rel) { return (Scope){rel->type->n, rel->type->fields}; }

static const Node *scan(void) {
    int64_t columns[COLUMNS];
    const Type *types[COLUMNS];
    uint32_t n = 0;
    for (int c = 0; c < COLUMNS; c++)
        if (c == 0 || !one_in(3)) columns[n] = c, types[n++] = type_of(column_types[c]);
    AttrScan a = {arena_printf(arena, "t%u", below(TABLES)), 1, {n, columns}, false, type_rel(ir_types(ir), n, types)};
    return ir_node(ir, OP_SCAN, &a, 0, NULL);
}

static const Node *values(void) {
    const Node *at[9];
    uint32_t rows = below(4);
    const Type *types[3];
    for (uint32_t i = 0; i < 3; i++) types[i] = type_of(column_types[below(7)]);
    for (uint32_t i = 0; i < rows * 3; i++) at[i] = ir_const(ir, some_value(types[i % 3]));
    AttrValues a = {rows, type_rel(ir_types(ir), 3, types)};
    return ir_node(ir, OP_VALUES, &a, rows * 3, at);
}

static const Node *condition(const Scope *s) {
    const Node *p = expr(s, TY_BOOL, 3);
    for (uint32_t k = below(3); k > 0; k--) p = ir_2(ir, OP_AND, p, expr(s, TY_BOOL, 2));
    return p;
}

static const Node *relation(int depth);

static const Node *project(const Node *rel) {
    Scope s = scope_of(rel);
    const Node *in[5];
    uint32_t n = 1 + below(4);
    in[0] = rel;
    for (uint32_t i = 0; i < n; i++)
        in[i + 1] = expr(&s, plain[below(6)], (int)below(3));
    return ir_node(ir, OP_PROJECT, NULL, n + 1, in);
}

static const Node *join(int depth) {
    const Node *l = relation(depth - 1), *r = relation(depth - 1);
    const Type *types[64];
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->type->n && n < 64; i++) types[n++] = l->type->fields[i];
    for (uint32_t i = 0; i < r->type->n && n < 64; i++) types[n++] = r->type->fields[i];
    if (n == 64) return l;
    Scope s = {n, types};
    const Node *on = condition(&s);
    for (uint32_t i = l->type->n; i < n && !one_in(3); i++) {
        if (types[i]->kind != types[0]->kind || types[0]->kind == TY_TENSOR) continue;
        on = ir_2(ir, OP_AND, on, ir_2(ir, OP_EQ, ir_column(ir, 0, types[0]), ir_column(ir, i, types[i])));
        break;
    }
    if (one_in(3)) on = ir_bool(ir, true);
    AttrJoin a = {below(4)};
    return ir_node(ir, OP_JOIN, &a, 3, (const Node *[]){l, r, on});
}

static const Node *aggregate(const Node *rel) {
    static const Op fns[] = {OP_COUNT, OP_AGG_SUM, OP_AGG_AVG, OP_AGG_MIN, OP_AGG_MAX};
    Scope s = scope_of(rel);
    const Node *in[6];
    uint32_t keys = below(3), k = 0;
    for (uint32_t i = 0; i < keys; i++) in[k++] = one_in(5) ? constant(TY_I32) : expr(&s, plain[below(6)], 1);
    in[k++] = ir_node(ir, OP_COUNT_STAR, NULL, 0, NULL);
    for (uint32_t i = below(3); i > 0; i--) {
        Op f = fns[below(5)];
        in[k++] = ir_1(ir, f, expr(&s, f == OP_COUNT || f == OP_AGG_MIN ? plain[below(6)] : plain[below(3)], 1));
    }
    return ir_rel(ir, OP_AGGREGATE, &(AttrAggregate){keys}, rel, k, in);
}

/* By all columns, so that which rows a limit keeps is defined; tensors are no keys. */
static const Node *sorted(const Node *rel, bool all) {
    Scope s = scope_of(rel);
    const Node *in[66];
    int64_t flags[64];
    uint32_t k = 0, from = below(s.n + 1);
    for (uint32_t i = 0; i < s.n && i < 60; i++) {
        uint32_t c = (i + from) % s.n;
        if (s.types[c]->kind == TY_TENSOR || (!all && one_in(2))) continue;
        flags[k] = below(4);
        in[k++] = ir_column(ir, c, s.types[c]);
    }
    if (one_in(4)) flags[k] = 0, in[k++] = constant(TY_I32);
    if (!k || !all) return k ? ir_rel(ir, OP_SORT, &(AttrSort){{k, flags}}, rel, k, in) : rel;
    const Node *sort = ir_rel(ir, OP_SORT, &(AttrSort){{k, flags}}, rel, k, in);
    if (one_in(3)) sort = project(sort);
    const Node *limit = one_in(6) ? ir_null(ir, type_get(ir_types(ir), TY_I64)) : ir_i64(ir, below(4));
    return ir_3(ir, OP_LIMIT, sort, limit, ir_i64(ir, below(2)));
}

static bool has_tensor(const Node *rel) {
    for (uint32_t i = 0; i < rel->type->n; i++)
        if (rel->type->fields[i]->kind == TY_TENSOR) return true;
    return false;
}

static const Node *relation(int depth) {
    if (depth <= 0) return one_in(8) ? values() : scan();
    if (one_in(4)) return join(depth);
    const Node *rel = relation(depth - 1);
    Scope s = scope_of(rel);
    switch (below(8)) {
    case 0:
    case 1:
    case 2: return ir_2(ir, OP_FILTER, rel, condition(&s));
    case 3:
    case 4: return project(rel);
    case 5: return aggregate(rel);
    default: return sorted(rel, !has_tensor(rel) && one_in(2));
    }
}

/* ---- results as sorted lines ---- */

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static char *line_of(const Value *row, uint32_t n) {
    Buf b = {0};
    for (uint32_t i = 0; i < n; i++) {
        if (row[i].null) buf_puts(&b, "NULL");
        else value_print_whole(&b, &row[i]);
        buf_putc(&b, '|');
    }
    char *line = arena_strndup(arena, b.n ? b.p : "", b.n);
    buf_free(&b);
    return line;
}

static bool run(const Node *plan, Rows *rows) {
    EvalCtx c = {.arena = arena, .ir = ir, .source = &source};
    return ir_eval(&c, plan, rows);
}

static const char *bag_of(const Rows *rows) {
    char **lines = ARENA_ARRAY(arena, char *, rows->n);
    Buf b = {0};
    for (size_t r = 0; r < rows->n; r++) lines[r] = line_of(rows->at[r], rows->columns);
    qsort(lines, rows->n, sizeof *lines, by_text);
    for (size_t r = 0; r < rows->n; r++) buf_puts(&b, lines[r]), buf_putc(&b, '\n');
    const char *bag = arena_strndup(arena, b.n ? b.p : "", b.n);
    buf_free(&b);
    return bag;
}

/* NULL: the plan fails. */
static const char *result_of(const Node *plan) {
    Rows rows;
    return run(plan, &rows) ? bag_of(&rows) : NULL;
}

/* ---- checks ---- */

static uint64_t seed_of_plan;
static size_t fired[256]; /* applications of each rule */

static const Node *rewritten(const Node *plan, bool exact, int64_t limit, RwReport *report) {
    RwOptions opt = {.exact = exact, .limit = limit, .verify = true};
    return rw_optimise(ir, &source, &opt, plan, report, arena);
}

static void print_plan(const char *title, const Node *plan) {
    Buf b = {0};
    ir_print(&b, plan);
    fprintf(stderr, "%s\n%s", title, b.p);
    buf_free(&b);
}

/* The first application after which the result is another one. */
static void blame(const Node *plan, const char *want, size_t applications) {
    for (size_t k = 1; k <= applications; k++) {
        RwReport report;
        const Node *part = rewritten(plan, true, (int64_t)k, &report);
        const char *got = result_of(part);
        if (got && strcmp(got, want) == 0) continue;
        const RwFired *f = &report.fired[report.n_fired - 1];
        fprintf(stderr, "after application %zu, %s, the result is %s\n", k, f->name, got ? got : "an error");
        print_plan("from", f->from);
        print_plan("to", f->to);
        return;
    }
}

static void check_exact(void) {
    const Node *plan = relation(1 + (int)below(5));
    const char *want = result_of(plan), *why;
    RwReport report;
    if (!ir_verify(ir, plan, &why)) BUG("the fuzzer made a wrong plan: %s", why);
    const Node *to = rewritten(plan, true, -1, &report);
    for (size_t i = 0; i < rw_rule_count; i++) fired[i] += report.hits[i];
    if (!want) return; /* it fails: rewritten it may succeed */
    const char *got = result_of(to);
    check_count++;
    if (got && strcmp(got, want) == 0) return;
    check_failed++;
    fprintf(stderr, "seed %llu: the rows were\n%sand are\n%s\n", (unsigned long long)seed_of_plan, want, got ? got : "an error");
    print_plan("plan", plan);
    blame(plan, want, report.n_fired);
}

/* x (3) -> linear, batch norm, activations -> (4) */
static const Node *network(void) {
    static const Op unary[] = {OP_RELU, OP_SIGMOID, OP_TANH};
    const Type *wt = type_of("TENSOR(FLOAT32, 4, 3) NOT NULL"), *bt = type_of("TENSOR(FLOAT32, 4) NOT NULL");
    const Node *w[6];
    static const char *const weight_names[] = {"W0", "b0", "b1", "b2", "b3", "b4"};
    for (int i = 0; i < 6; i++) {
        AttrWeight a = {ir_name(ir, "m"), 1, ir_name(ir, weight_names[i]), i ? bt : wt};
        w[i] = ir_node(ir, OP_WEIGHT, &a, 0, NULL);
    }
    AttrContract c = {{1, (int64_t[]){9}}, {2, (int64_t[]){8, 9}}, {1, (int64_t[]){8}}};
    const Node *x = ir_node(ir, OP_CONTRACT, &c, 2, (const Node *[]){ir_column(ir, 0, type_of(column_types[7])), w[0]});
    if (!one_in(3)) x = ir_2(ir, OP_ADD, x, w[1]);
    if (one_in(4)) x = ir_1(ir, unary[below(3)], x);
    if (!one_in(3)) x = ir_node(ir, OP_BATCH_NORM, &(AttrNorm){1e-5}, 5, (const Node *[]){x, w[2], w[3], w[4], w[5]});
    if (one_in(2)) x = ir_1(ir, unary[below(3)], x);
    if (one_in(3)) x = ir_node(ir, OP_SOFTMAX, &(AttrDims){{1, (int64_t[]){0}}, false}, 1, &x);
    if (one_in(3)) return moves(x);
    if (one_in(2)) return ir_node(ir, OP_ARGMAX, &(AttrDims){{1, (int64_t[]){0}}, false}, 1, &x);
    int64_t i = below(4);
    AttrSlice a = {{1, &i}, {1, &(int64_t){i + 1}}, {1, &(int64_t){1}}, {1, &(int64_t){1}}};
    return ir_node(ir, OP_SLICE, &a, 1, &x);
}

static bool near(double a, double b) {
    if (isnan(a) || isnan(b) || isinf(a) || isinf(b)) return true; /* infinities may meet their opposites in one order only */
    return fabs(a - b) <= 1e-4 * (1 + fabs(a));
}

/* A class may be another one where the REAL rules meet NaN, infinities or a tie. */
static bool values_near(const Value *a, const Value *b) {
    if (type_is_integer(a->type)) return a->i >= 0 && a->i < 4 && b->i >= 0 && b->i < 4;
    if (a->type->kind != TY_TENSOR) return near((double)a->f32, (double)b->f32);
    for (int64_t i = 0; i < tensor_count(a); i++)
        if (!near(tensor_get(a, i), tensor_get(b, i))) return false;
    return true;
}

static void check_real(void) {
    AttrScan a = {"t0", 1, {1, (int64_t[]){7}}, false, type_rel(ir_types(ir), 1, (const Type *[]){type_of(column_types[7])})};
    const Node *rel = ir_node(ir, OP_SCAN, &a, 0, NULL);
    const Node *net = network();
    const Node *plan = ir_rel(ir, OP_PROJECT, NULL, rel, 1, &net);
    Rows before, after;
    RwReport report;
    const Node *to = rewritten(plan, false, -1, &report);
    for (size_t i = 0; i < rw_rule_count; i++) fired[i] += report.hits[i];
    bool ok = run(plan, &before) && run(to, &after) && before.n == after.n;
    for (size_t r = 0; ok && r < before.n; r++) ok = values_near(&before.at[r][0], &after.at[r][0]);
    check_count++;
    if (ok) return;
    check_failed++;
    fprintf(stderr, "seed %llu: REAL rules give other numbers\n", (unsigned long long)seed_of_plan);
    print_plan("plan", plan);
    print_plan("rewritten", to);
}

static uint64_t setting(const char *name, uint64_t or_else) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : or_else;
}

static void new_world(uint64_t seed) {
    state = seed_of_plan = seed;
    arena = arena_new();
    names = intern_new();
    ir = ir_new(arena, names);
    fill_tables();
}

static void end_world(void) {
    arena_free(arena);
    intern_free(names);
}

int main(void) {
    uint64_t seed = setting("DQL_FUZZ_SEED", 1), plans = setting("DQL_FUZZ_PLANS", 20000);
    for (uint64_t i = 0; i < plans && check_failed < 3; i++) {
        new_world(seed * 1000000 + i);
        if (i % 8 == 7) check_real();
        else check_exact();
        end_world();
    }
    size_t idle = 0;
    for (size_t i = 0; i < rw_rule_count; i++) idle += fired[i] == 0;
    printf("%zu of %zu rules fired\n", rw_rule_count - idle, rw_rule_count);
    if (getenv("DQL_FUZZ_STATS"))
        for (size_t i = 0; i < rw_rule_count; i++) printf("%8zu %s\n", fired[i], rw_rules[i]->name);
    return check_report("rewrites_fuzz");
}
