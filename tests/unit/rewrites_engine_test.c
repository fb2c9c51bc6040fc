/* Switches of the engine: rules and passes off, --exact, the limit; the report and what it prints. */
#include "check.h"
#include "ir/text.h"
#include "rewrites/engine.h"
#include "rewrites/pass.h"

static Arena *arena;
static Ir *ir;

static const char plan_text[] =
    "%1 = scan {table=\"t\", version=1, columns=[0], rowid=false, rel=REL(TENSOR(FLOAT32, 3) NOT NULL)}\n"
    "%2 = col {index=0, type=TENSOR(FLOAT32, 3) NOT NULL}\n"
    "%3 = softmax %2 {dims=[0], keep=false}\n"
    "%4 = argmax %3 {dims=[0], keep=false}\n"
    "%5 = const {value=BIGINT NOT NULL 1}\n"
    "%6 = add %5 %5\n"
    "%7 = lt %6 %4\n"
    "%8 = not %7\n"
    "%9 = filter %1 %8\n"
    "%10 = project %9 %4\n";

static const Node *plan(void) {
    const char *why = "";
    const Node *n = ir_read(ir, plan_text, &why);
    CHECK_STR(n ? "" : why, "");
    return n;
}

static size_t applications(const RwReport *r, const char *name) {
    size_t n = 0;
    for (size_t i = 0; i < r->n_fired; i++) n += strcmp(r->fired[i].name, name) == 0;
    return n;
}

static const Node *optimise(RwOptions opt, RwReport *report) {
    opt.verify = true;
    return rw_optimise(ir, NULL, &opt, plan(), report, arena);
}

static void test_all(void) {
    RwReport r;
    const Node *to = optimise((RwOptions){.limit = -1}, &r);
    CHECK(to != plan());
    CHECK_INT(applications(&r, "fold"), 1);
    CHECK_INT(applications(&r, "compare_flip"), 1);
    CHECK_INT(applications(&r, "not_compare"), 1);
    CHECK_INT(applications(&r, "argmax_softmax"), 1);
    CHECK(!r.limited);
    RwReport again;
    CHECK(rw_optimise(ir, NULL, &(RwOptions){.limit = -1}, to, &again, arena) == to);
    CHECK_INT(again.n_fired, 0);
}

static void test_switches(void) {
    RwReport r;
    CHECK(optimise((RwOptions){.off = true, .limit = -1}, &r) == plan());
    CHECK_INT(r.n_fired, 0);
    optimise((RwOptions){.exact = true, .limit = -1}, &r);
    CHECK_INT(applications(&r, "argmax_softmax"), 0);
    CHECK_INT(applications(&r, "fold"), 1);
    for (size_t i = 0; i < r.n_fired; i++) CHECK(r.fired[i].sound == EXACT);
    optimise((RwOptions){.limit = -1, .without = "not_compare,fol"}, &r);
    CHECK_INT(applications(&r, "not_compare"), 0);
    CHECK_INT(applications(&r, "fold"), 1);
    optimise((RwOptions){.limit = -1, .without = "simplify,place,tidy,finish"}, &r);
    CHECK_INT(applications(&r, "fold"), 0);
}

static void test_limit(void) {
    RwReport all, r;
    const Node *done = optimise((RwOptions){.limit = -1}, &all);
    for (size_t k = 0; k <= all.n_fired; k++) {
        const Node *to = optimise((RwOptions){.limit = (int64_t)k}, &r);
        CHECK_INT(r.n_fired, k);
        CHECK(r.limited);
        for (size_t i = 0; i < k; i++) CHECK_STR(r.fired[i].name, all.fired[i].name);
        if (k == all.n_fired) CHECK(to == done);
    }
}

typedef struct Passes {
    char names[256];
} Passes;

static void note_pass(void *ctx, const char *pass, const Node *to, double ms) {
    Passes *p = ctx;
    CHECK(to != NULL && ms >= 0);
    strcat(strcat(p->names, pass), " ");
}

static void test_passes(void) {
    RwReport r;
    Passes p = {""};
    optimise((RwOptions){.limit = -1, .stop_after = "join_order", .after_pass = note_pass, .ctx = &p}, &r);
    CHECK_STR(p.names, "simplify infer place join_order ");
}

static void test_printing(void) {
    RwReport r;
    Buf b = {0};
    optimise((RwOptions){.limit = -1}, &r);
    rw_print_report(&b, ir, NULL, &r);
    CHECK(strstr(b.p, "argmax_softmax") && strstr(b.p, "REAL") && strstr(b.p, "argmax(softmax(z))"));
    buf_clear(&b);
    rw_print_stats(&b, &r);
    CHECK(strstr(b.p, "not_compare") != NULL);
    buf_free(&b);
}

int main(void) {
    void (*tests[])(void) = {test_all, test_switches, test_limit, test_passes, test_printing};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        arena = arena_new();
        Intern *names = intern_new();
        ir = ir_new(arena, names);
        tests[i]();
        arena_free(arena);
        intern_free(names);
    }
    return check_report("rewrites_engine");
}
