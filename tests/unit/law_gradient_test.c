/* The law of gradients: adjoints equal central finite differences, in DOUBLE, away from kinks. */
#include "check.h"
#include "ir/eval.h"
#include "ir/laws.h"
#include "ir/tensor_build.h"
#include "ir/text.h"
#include <math.h>

static Arena *arena;
static Intern *names;
static Ir *ir;

#define X(shape) "%1 = col {index=0, type=" shape " NOT NULL}\n"
#define Y(shape) "%2 = col {index=1, type=" shape " NOT NULL}\n"

/* Functions of columns 0 and 1; what is no scalar is summed up with weights afterwards. */
/* clang-format off */
static const struct {
    const char *name, *text;
} cases[] = {
    {"add sub", X("TENSOR(DOUBLE, 2, 3)") Y("TENSOR(DOUBLE, 3)") "%3 = add %1 %2\n%4 = sub %2 %3\n%5 = mul %4 %3\n"},
    {"broadcast", X("DOUBLE") Y("TENSOR(DOUBLE, 2, 1)") "%3 = mul %2 %1\n%4 = div %3 %2\n%5 = div %2 %1\n%6 = add %4 %5\n"},
    {"column", X("TENSOR(DOUBLE, 2, 1)") Y("TENSOR(DOUBLE, 1, 3)") "%3 = mul %1 %2\n%4 = mul %3 %3\n"},
    {"neg abs", X("TENSOR(DOUBLE, 4)") "%2 = neg %1\n%3 = abs %2\n%4 = mul %3 %2\n"},
    {"functions", X("TENSOR(DOUBLE, 3)") "%2 = exp %1\n%3 = sqrt %2\n%4 = ln %3\n%5 = tanh %4\n%6 = sigmoid %5\n%7 = erf %6\n"
                  "%8 = sin %7\n%9 = cos %1\n%10 = mul %8 %9\n"},
    {"scalar functions", X("DOUBLE") "%2 = exp %1\n%3 = sqrt %2\n%4 = ln %3\n%5 = mul %4 %3\n"},
    {"pow", X("TENSOR(DOUBLE, 3)") Y("TENSOR(DOUBLE, 3)") "%3 = exp %1\n%4 = pow %3 %2\n"},
    {"relu", X("TENSOR(DOUBLE, 5)") "%2 = relu %1\n%3 = leaky_relu %1 {slope=0.1}\n%4 = mul %2 %3\n%5 = add %4 %3\n"},
    {"scalar relu", X("DOUBLE") "%2 = relu %1\n%3 = leaky_relu %1 {slope=0.1}\n%4 = add %2 %3\n"},
    {"floor", X("TENSOR(DOUBLE, 3)") "%2 = floor %1\n%3 = mul %1 %2\n"},
    {"where", X("TENSOR(DOUBLE, 2, 3)") Y("TENSOR(DOUBLE, 3)") "%3 = gt %1 %2\n%4 = mul %1 %1\n%5 = where %3 %4 %2\n%6 = mul %5 %5\n"},
    {"where one", X("DOUBLE") Y("TENSOR(DOUBLE, 3)") "%3 = gt %2 %1\n%4 = where %3 %2 %1\n%5 = mul %4 %4\n"},
    {"atan2", X("TENSOR(DOUBLE, 3)") Y("TENSOR(DOUBLE, 3)") "%3 = atan2 %1 %2\n%4 = mul %3 %1\n"},
    {"scalar atan2", X("DOUBLE") Y("DOUBLE") "%3 = atan2 %1 %2\n"},
    {"round", X("TENSOR(DOUBLE, 3)") "%2 = round %1\n%3 = mul %1 %2\n"},
    {"gather", X("TENSOR(DOUBLE, 4, 3)") "%2 = const {value=TENSOR(BIGINT, 3) NOT NULL [3] \"0200000000000000ffffffffffffffff0000000000000000\"}\n%3 = gather %1 %2 {axis=1}\n%4 = mul %3 %3\n%5 = gather %4 %2 {axis=0}\n"},
    {"gather one", X("TENSOR(DOUBLE, 4, 3)") "%2 = const {value=BIGINT NOT NULL -2}\n%3 = gather %1 %2 {axis=1}\n%4 = mul %3 %3\n"},
    {"scatter", X("TENSOR(DOUBLE, 3, 2)") Y("TENSOR(DOUBLE, 3, 2)") "%3 = const {value=TENSOR(BIGINT, 3) NOT NULL [3] \"0200000000000000ffffffffffffffff0000000000000000\"}\n%4 = mul %1 %1\n%5 = scatter %4 %3 %2 {axis=0, kind=1}\n%6 = mul %5 %5\n"},
    {"index", X("TENSOR(DOUBLE, 4, 3)") "%2 = const {value=BIGINT NOT NULL 2}\n%3 = index %1 %2\n%4 = mul %3 %3\n%5 = index %4 %2\n%6 = mul %5 %5\n"},
    {"cumsum", X("TENSOR(DOUBLE, 3, 4)") "%2 = cumsum %1 {axis=1}\n%3 = mul %2 %2\n%4 = cumsum %3 {axis=0}\n"},
    {"case", X("DOUBLE") Y("DOUBLE") "%3 = gt %1 %2\n%4 = mul %1 %2\n%5 = exp %2\n%6 = case %3 %4 %5\n"},
    {"cast", X("TENSOR(DOUBLE, 2)") "%2 = cast %1 {to=TENSOR(FLOAT32, 2) NOT NULL, try=false}\n"
             "%3 = cast %2 {to=TENSOR(DOUBLE, 2) NOT NULL, try=false}\n%4 = const {value=DOUBLE NOT NULL 0}\n%5 = mul %3 %4\n%6 = add %5 %1\n"},
    {"stack", X("DOUBLE") Y("DOUBLE") "%3 = exp %1\n%4 = stack %1 %2 %3 %1 {axis=0}\n%5 = mul %4 %4\n"},
    {"stack axis", X("TENSOR(DOUBLE, 2)") Y("TENSOR(DOUBLE, 2)") "%3 = stack %1 %2 {axis=1}\n%4 = mul %3 %3\n"},
    {"slice", X("TENSOR(DOUBLE, 4, 7)") "%2 = slice %1 {from=[1, 1], to=[4, 7], step=[1, 3], drop=[0, 0]}\n%3 = mul %2 %2\n"},
    {"slice drop", X("TENSOR(DOUBLE, 4, 7)") "%2 = slice %1 {from=[2, 0], to=[3, 7], step=[1, 2], drop=[1, 0]}\n%3 = mul %2 %2\n"},
    {"element", X("TENSOR(DOUBLE, 3)") "%2 = slice %1 {from=[1], to=[2], step=[1], drop=[1]}\n%3 = mul %2 %2\n"},
    {"move", X("TENSOR(DOUBLE, 2, 6)") "%2 = reshape %1 {shape=[3, 4]}\n%3 = transpose %2 {shape=[1, 0]}\n%4 = concat %3 %3 {axis=0}\n"
             "%5 = mul %4 %4\n"},
    {"reduce", X("TENSOR(DOUBLE, 3, 4)") "%2 = sum %1 {dims=[1], keep=false}\n%3 = mean %1 {dims=[1], keep=true}\n%4 = mul %3 %1\n"
               "%5 = mean %4 {dims=[0, 1], keep=false}\n%6 = mul %2 %5\n"},
    {"max", X("TENSOR(DOUBLE, 3, 4)") "%2 = max %1 {dims=[1], keep=false}\n%3 = min %1 {dims=[0, 1], keep=false}\n%4 = mul %2 %3\n"},
    {"softmax", X("TENSOR(DOUBLE, 3, 4)") "%2 = softmax %1 {dims=[1], keep=false}\n%3 = log_softmax %1 {dims=[0], keep=false}\n%4 = mul %2 %3\n"},
    {"dense", X("TENSOR(DOUBLE, 4)") Y("TENSOR(DOUBLE, 3, 4)") "%3 = contract %1 %2 {a=[0], b=[1, 0], out=[1]}\n%4 = tanh %3\n"},
    {"dot", X("TENSOR(DOUBLE, 4)") Y("TENSOR(DOUBLE, 4)") "%3 = contract %1 %2 {a=[0], b=[0], out=[]}\n%4 = mul %3 %3\n"},
    {"outer", X("TENSOR(DOUBLE, 2)") Y("TENSOR(DOUBLE, 3)") "%3 = contract %1 %2 {a=[0], b=[1], out=[1, 0]}\n%4 = mul %3 %3\n"},
    {"batched", X("TENSOR(DOUBLE, 2, 3, 4)") Y("TENSOR(DOUBLE, 2, 4, 3)") "%3 = contract %1 %2 {a=[0, 1, 2], b=[0, 2, 3], out=[0, 1, 3]}\n%4 = mul %3 %3\n"},
    {"norm", X("TENSOR(DOUBLE, 2, 3)") Y("TENSOR(DOUBLE, 2)") "%3 = exp %2\n%4 = batch_norm %1 %2 %3 %2 %3 {eps=1e-05}\n%5 = mul %4 %4\n"},
};
/* clang-format on */

static uint64_t state = 1;
static double uniform(double from, double to) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return from + (to - from) * (double)(state >> 11) / 9007199254740992.0;
}

static double *data(Value *v) { return v->type->kind == TY_TENSOR ? v->t.data : &v->f64; }

static Value random_value(const Type *t) {
    Value v = {.type = t};
    int64_t n = type_elems(t);
    if (t->kind == TY_TENSOR) v.t.data = arena_alloc(arena, (size_t)n * sizeof(double));
    for (int64_t i = 0; i < n; i++) data(&v)[i] = uniform(0.3, 1.7) * (uniform(0, 1) < 0.3 ? -1 : 1);
    return v;
}

/* Of the nodes that the text made, column `index`. */
static const Node *column(const Node *root, int64_t index) {
    const Node *const *all;
    for (size_t i = 0, n = ir_reachable(arena, root, &all); i < n; i++)
        if (all[i]->op == OP_COLUMN && ATTR_OF(all[i], Column)->index == index) return all[i];
    return NULL;
}

/* sum of n * weights: one number that depends on every element in its own way */
static const Node *weighed(const Node *n) {
    int64_t dims[TENSOR_MAX_RANK];
    if (n->type->kind != TY_TENSOR) return n;
    for (uint32_t d = 0; d < n->type->n; d++) dims[d] = d;
    Value w = random_value(n->type);
    return ir_reduce(ir, OP_SUM, ir_2(ir, OP_MUL, n, ir_const(ir, w)), n->type->n, dims, false);
}

static Value eval(const Node *n, const Value *row) {
    EvalCtx c = {.arena = arena, .ir = ir};
    Value v = {0};
    bool ok = ir_eval_scalar(&c, n, row, 2, &v);
    CHECK(ok);
    if (!ok) fprintf(stderr, "%s\n", c.error.text ? c.error.text : "?");
    return v;
}

static void compare(const char *name, const Node *y, const Node *grad, Value *row, int64_t col) {
    Value g = eval(grad, row);
    CHECK(type_same(grad->type, row[col].type));
    for (int64_t i = 0; i < type_elems(row[col].type); i++) {
        double *x = &data(&row[col])[i], was = *x, h = 1e-6;
        *x = was + h;
        double above = eval(y, row).f64;
        *x = was - h;
        double below = eval(y, row).f64;
        *x = was;
        double want = (above - below) / (2 * h), got = data(&g)[i];
        bool near = fabs(want - got) <= 1e-6 * (1 + fabs(want));
        CHECK(near);
        if (!near)
            fprintf(stderr, "%s, column %lld, element %lld: %.12g, not %.12g\n", name, (long long)col,
                    (long long)i, got, want);
    }
}

static void test_case(const char *name, const char *text) {
    const char *why = "";
    const Node *n = ir_read(ir, text, &why);
    CHECK_STR(n ? "" : why, "");
    if (!n) return;
    const Node *y = weighed(n), *grad[2], *wrt[2] = {column(y, 0), column(y, 1)};
    uint32_t k = wrt[1] ? 2 : 1;
    bool ok = ir_gradient(ir, y, k, wrt, grad, &why);
    CHECK_STR(ok ? "" : why, "");
    for (int round = 0; ok && round < 4; round++) {
        Value row[2];
        for (uint32_t i = 0; i < k; i++) row[i] = random_value(wrt[i]->type);
        for (uint32_t i = 0; i < k; i++) compare(name, y, grad[i], row, i);
    }
}

static void test_driver(void) {
    const char *why = "";
    const Node *x = ir_read(ir, X("DOUBLE"), &why), *z = ir_column(ir, 1, x->type), *g[2];
    CHECK(ir_gradient(ir, ir_1(ir, OP_EXP, x), 2, (const Node *[]){x, z}, g, &why));
    CHECK(g[1] == ir_number(ir, x->type, 0));
    CHECK(!ir_gradient(ir, ir_2(ir, OP_MIN2, x, z), 1, &x, g, &why));
    CHECK_STR(why, "least has no gradient here");
    CHECK(!ir_gradient(ir, ir_2(ir, OP_LT, x, z), 1, &x, g, &why));
    CHECK_STR(why, "a gradient is that of a scalar FLOAT32 or DOUBLE");
    /* 2^60 paths, 60 nodes */
    const Node *deep = x;
    for (int i = 0; i < 60; i++) deep = ir_2(ir, OP_ADD, deep, deep);
    CHECK(ir_gradient(ir, deep, 1, &x, g, &why));
    Value one = {.type = x->type, .f64 = 1};
    CHECK(eval(g[0], &one).f64 == 1152921504606846976.0);
}

int main(void) {
    for (size_t i = 0; i <= sizeof cases / sizeof *cases; i++) {
        arena = arena_new();
        names = intern_new();
        ir = ir_new(arena, names);
        if (i < sizeof cases / sizeof *cases) test_case(cases[i].name, cases[i].text);
        else test_driver();
        arena_free(arena);
        intern_free(names);
    }
    return check_report("law_gradient");
}
