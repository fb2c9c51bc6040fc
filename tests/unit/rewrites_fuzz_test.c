/* The rule fuzzer: random plans over small tables with NULL, NaN, -0.0, infinities, ties and no rows.  Rewritten
 * with the EXACT rules a plan gives the same bag of rows, bit for bit, wherever it succeeded before; networks
 * rewritten with the REAL rules give the same numbers up to rounding.  A failure names its seed and the first
 * application that is wrong.
 *   DQL_FUZZ_SEED=N    another seed (default 1)        DQL_FUZZ_PLANS=N    another number of plans
 *   DQL_FUZZ_STATS=1   how often each rule fired
 */
#include "check.h"
#include "ir/eval.h"
#include "ir/text.h"
#include "rewrites/engine.h"
#include "rewrites_fuzz_plans.h"
#include <stdlib.h>

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
    fprintf(stderr, "seed %llu: the rows were\n%sand are\n%s\n", (unsigned long long)seed_of_plan, want,
            got ? got : "an error");
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
    const Node *x =
        ir_node(ir, OP_CONTRACT, &c, 2, (const Node *[]){ir_column(ir, 0, type_of(column_types[7])), w[0]});
    if (!one_in(3)) x = ir_2(ir, OP_ADD, x, w[1]);
    if (one_in(4)) x = ir_1(ir, unary[below(3)], x);
    if (!one_in(3))
        x = ir_node(ir, OP_BATCH_NORM, &(AttrNorm){1e-5}, 5, (const Node *[]){x, w[2], w[3], w[4], w[5]});
    if (one_in(2)) x = ir_1(ir, unary[below(3)], x);
    if (one_in(3)) x = ir_node(ir, OP_SOFTMAX, &(AttrDims){{1, (int64_t[]){0}}, false}, 1, &x);
    if (one_in(3)) return moves(x);
    if (one_in(2)) return ir_node(ir, OP_ARGMAX, &(AttrDims){{1, (int64_t[]){0}}, false}, 1, &x);
    int64_t i = below(4);
    AttrSlice a = {{1, &i}, {1, &(int64_t){i + 1}}, {1, &(int64_t){1}}, {1, &(int64_t){1}}};
    return ir_node(ir, OP_SLICE, &a, 1, &x);
}

static bool near(double a, double b) {
    if (isnan(a) || isnan(b) || isinf(a) || isinf(b))
        return true; /* infinities may meet their opposites in one order only */
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
    AttrScan a = {"t0",
                  1,
                  {1, (int64_t[]){7}},
                  false,
                  type_rel(ir_types(ir), 1, (const Type *[]){type_of(column_types[7])})};
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
