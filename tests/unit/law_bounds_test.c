/* The law of bounds: sampled evaluations lie within what is built from the bounds of the columns. */
#include "check.h"
#include "ir/eval.h"
#include "ir/laws.h"
#include "ir/tensor_build.h"
#include "ir/text.h"
#include <math.h>

static Arena *arena;
static Intern *names;
static Ir *ir;

/* Column 0 varies; other columns and weights are fixed. */
/* clang-format off */
static const struct {
    const char *name, *text;
} cases[] = {
    {"affine", "%1 = col {index=0, type=TENSOR(FLOAT32, 4) NOT NULL}\n%2 = col {index=1, type=TENSOR(FLOAT32, 4) NOT NULL}\n"
               "%3 = mul %1 %2\n%4 = sub %2 %3\n%5 = add %4 %1\n"},
    {"div", "%1 = col {index=0, type=TENSOR(FLOAT32, 4) NOT NULL}\n%2 = const {value=FLOAT32 NOT NULL -3}\n%3 = div %1 %2\n"},
    {"square", "%1 = col {index=0, type=FLOAT32 NOT NULL}\n%2 = mul %1 %1\n"},
    {"abs", "%1 = col {index=0, type=TENSOR(FLOAT32, 4) NOT NULL}\n%2 = abs %1\n"},
    {"sigmoid", "%1 = col {index=0, type=TENSOR(FLOAT32, 4) NOT NULL}\n%2 = neg %1\n%3 = sigmoid %2\n%4 = tanh %3\n"},
    {"exp", "%1 = col {index=0, type=DOUBLE NOT NULL}\n%2 = exp %1\n%3 = erf %2\n"},
    {"relu", "%1 = col {index=0, type=TENSOR(FLOAT32, 4) NOT NULL}\n%2 = leaky_relu %1 {slope=0.1}\n%3 = floor %2\n"},
    {"sin", "%1 = col {index=0, type=TENSOR(FLOAT32, 4) NOT NULL}\n%2 = sin %1\n%3 = cos %2\n%4 = greatest %2 %3\n"},
    {"case", "%1 = col {index=0, type=FLOAT32 NOT NULL}\n%2 = const {value=FLOAT32 NOT NULL 0.5}\n%3 = gt %1 %2\n"
             "%4 = neg %1\n%5 = case %3 %4 %2\n"},
    {"cast", "%1 = col {index=0, type=TENSOR(FLOAT32, 4) NOT NULL}\n"
             "%2 = cast %1 {to=TENSOR(DOUBLE, 4) NOT NULL, try=false}\n%3 = sqrt %2\n%4 = abs %2\n%5 = sqrt %4\n"},
    {"where", "%1 = col {index=0, type=TENSOR(FLOAT32, 4) NOT NULL}\n%2 = col {index=1, type=TENSOR(FLOAT32, 4) NOT NULL}\n"
              "%3 = gt %1 %2\n%4 = neg %1\n%5 = where %3 %4 %2\n%6 = gt %2 %2\n%7 = where %6 %1 %5\n"},
    {"atan2", "%1 = col {index=0, type=TENSOR(FLOAT32, 4) NOT NULL}\n%2 = col {index=1, type=TENSOR(FLOAT32, 4) NOT NULL}\n"
              "%3 = atan2 %1 %2\n%4 = round %3\n"},
    {"gather", "%1 = col {index=0, type=TENSOR(FLOAT32, 4, 3) NOT NULL}\n%2 = const {value=TENSOR(BIGINT, 3) NOT NULL [3] \"0200000000000000ffffffffffffffff0000000000000000\"}\n%3 = gather %1 %2 {axis=1}\n%4 = gather %1 %2 {axis=0}\n"
               "%5 = concat %4 %3 {axis=0}\n"},
    {"scatter", "%1 = col {index=0, type=TENSOR(FLOAT32, 3, 2) NOT NULL}\n%2 = col {index=1, type=TENSOR(FLOAT32, 3, 2) NOT NULL}\n%3 = const {value=TENSOR(BIGINT, 3) NOT NULL [3] \"0200000000000000ffffffffffffffff0000000000000000\"}\n"
                "%4 = scatter %2 %3 %1 {axis=0, kind=1}\n%5 = scatter %4 %3 %1 {axis=0, kind=0}\n%6 = scatter %5 %3 %2 {axis=0, kind=4}\n"},
    {"cumsum", "%1 = col {index=0, type=TENSOR(FLOAT32, 6, 7) NOT NULL}\n%2 = cumsum %1 {axis=1}\n%3 = cumsum %2 {axis=0}\n"},
    {"dense", "%1 = col {index=0, type=TENSOR(FLOAT32, 50) NOT NULL}\n%2 = col {index=1, type=TENSOR(FLOAT32, 6, 50) NOT NULL}\n"
              "%3 = contract %1 %2 {a=[0], b=[1, 0], out=[1]}\n%4 = relu %3\n"},
    {"dense64", "%1 = col {index=0, type=TENSOR(DOUBLE, 50) NOT NULL}\n%2 = col {index=1, type=TENSOR(DOUBLE, 6, 50) NOT NULL}\n"
                "%3 = contract %2 %1 {a=[1, 0], b=[0], out=[1]}\n"},
    {"conv", "%1 = col {index=0, type=TENSOR(FLOAT32, 2, 6, 6) NOT NULL}\n%2 = col {index=1, type=TENSOR(FLOAT32, 3, 2, 3, 3) NOT NULL}\n"
             "%3 = conv %1 %2 {stride=[2, 1], before=[1, 1], after=[1, 0], dilation=[1, 1], groups=1}\n"
             "%4 = max_pool %3 {kernel=[2, 2], stride=[1, 1], before=[0, 0], after=[0, 0], dilation=[1, 1], count_pad=true}\n"},
    {"pool", "%1 = col {index=0, type=TENSOR(FLOAT32, 2, 6, 6) NOT NULL}\n"
             "%2 = avg_pool %1 {kernel=[3, 3], stride=[2, 2], before=[1, 1], after=[1, 1], dilation=[1, 1], count_pad=false}\n"
             "%3 = mean %2 {dims=[1, 2], keep=false}\n"},
    {"sum", "%1 = col {index=0, type=TENSOR(FLOAT32, 6, 7) NOT NULL}\n%2 = sum %1 {dims=[0], keep=false}\n%3 = max %1 {dims=[0], keep=false}\n"
            "%4 = add %2 %3\n%5 = min %4 {dims=[0], keep=false}\n"},
    {"norm", "%1 = col {index=0, type=TENSOR(FLOAT32, 4, 3) NOT NULL}\n%2 = col {index=1, type=TENSOR(FLOAT32, 4) NOT NULL}\n"
             "%3 = abs %2\n%4 = batch_norm %1 %2 %2 %2 %3 {eps=1e-05}\n"},
    {"move", "%1 = col {index=0, type=TENSOR(FLOAT32, 4, 3) NOT NULL}\n%2 = reshape %1 {shape=[2, 6]}\n%3 = transpose %2 {shape=[1, 0]}\n"
             "%4 = slice %3 {from=[1, 0], to=[6, 2], step=[2, 1], drop=[0, 0]}\n%5 = concat %4 %4 {axis=1}\n"
             "%6 = const {value=BIGINT NOT NULL 1}\n%7 = index %5 %6 %6\n%8 = stack %7 %7 {axis=0}\n"},
    {"softmax", "%1 = col {index=0, type=TENSOR(FLOAT32, 9) NOT NULL}\n%2 = softmax %1 {dims=[0], keep=false}\n"},
};
/* clang-format on */

static uint64_t state = 1;
static double uniform(double from, double to) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return from + (to - from) * (double)(state >> 11) / 9007199254740992.0;
}

static void set(Value *v, int64_t i, double x) {
    const Type *e = ir_elem(v->type);
    void *p = v->type->kind == TY_TENSOR ? v->t.data : e->kind == TY_F64 ? (void *)&v->f64 : (void *)&v->f32;
    if (e->kind == TY_F64) ((double *)p)[i] = x;
    else ((float *)p)[i] = (float)x;
}

static double get(const Value *v, int64_t i) {
    if (v->type->kind == TY_TENSOR) return tensor_get(v, i);
    return v->type->kind == TY_F64 ? v->f64 : v->f32;
}

static Value empty(const Type *t) {
    Value v = {.type = type_nullable(t, false)};
    if (t->kind == TY_TENSOR) v.t.data = arena_alloc(arena, (size_t)(type_elems(t) * type_bytes(t->elem)));
    return v;
}

static Value random_value(const Type *t) {
    Value v = empty(t);
    for (int64_t i = 0; i < type_elems(t); i++) set(&v, i, uniform(-2, 2));
    return v;
}

static const Type *column_type(const Node *root, int64_t index) {
    const Node *const *all;
    for (size_t i = 0, n = ir_reachable(arena, root, &all); i < n; i++)
        if (all[i]->op == OP_COLUMN && ATTR_OF(all[i], Column)->index == index) return all[i]->type;
    return NULL;
}

static Value eval(const Node *n, const Value *row) {
    EvalCtx c = {.arena = arena, .ir = ir};
    Value v = {0};
    bool ok = ir_eval_scalar(&c, n, row, 4, &v);
    CHECK(ok);
    if (!ok) fprintf(stderr, "%s\n", c.error.text ? c.error.text : "?");
    return v;
}

/* row: x, fixed, lo, hi */
static void sample(const char *name, const Node *n, const Bounds *b, Value *row, int inner) {
    Value lo = eval(b->lo, row), hi = eval(b->hi, row);
    for (int s = 0; s < inner; s++) {
        for (int64_t i = 0; i < type_elems(row[0].type); i++) {
            double at = s == 0 ? 0 : s == 1 ? 1 : uniform(0, 1), l = get(&row[2], i), h = get(&row[3], i);
            set(&row[0], i, s == 0 ? l : s == 1 ? h : fmin(fmax(l + at * (h - l), l), h));
        }
        Value v = eval(n, row);
        for (int64_t i = 0; i < type_elems(v.type); i++) {
            double x = get(&v, i), l = get(&lo, i), h = get(&hi, i);
            bool within = isnan(x) || isnan(l) || isnan(h) || (l <= x && x <= h);
            CHECK(within);
            if (!within) fprintf(stderr, "%s: %.9g is not in [%.9g, %.9g]\n", name, x, l, h);
        }
    }
}

static void test_case(const char *name, const char *text) {
    const char *why = "";
    const Node *n = ir_read(ir, text, &why);
    CHECK_STR(n ? "" : why, "");
    if (!n) return;
    const Type *x = column_type(n, 0), *fixed = column_type(n, 1);
    const Node *w = fixed ? ir_column(ir, 1, fixed) : NULL;
    Bounds columns[2] = {{ir_column(ir, 2, x), ir_column(ir, 3, x)}, {w, w}}, out;
    CHECK(ir_bounds(ir, n, 2, columns, &out));
    CHECK(out.lo && type_same(out.lo->type, n->type) && type_same(out.hi->type, n->type));
    for (int round = 0; out.lo && round < 30; round++) {
        Value row[4] = {empty(x), fixed ? random_value(fixed) : random_value(x), random_value(x), empty(x)};
        double width = round % 3 == 0 ? 1e-6 : round % 3 == 1 ? 0.1 : 3;
        for (int64_t i = 0; i < type_elems(x); i++) set(&row[3], i, get(&row[2], i) + uniform(0, width));
        sample(name, n, &out, row, 12);
    }
}

/* An exact input is its own bound; what no law speaks of has none. */
static void test_driver(void) {
    const char *why;
    const Node *x = ir_read(ir, "%1 = col {index=0, type=DOUBLE NOT NULL}\n", &why);
    Bounds exact = {x, x}, none = {NULL, NULL}, out;
    const Node *e = ir_1(ir, OP_EXP, x);
    CHECK(ir_bounds(ir, e, 1, &exact, &out) && out.lo == e && out.hi == e);
    CHECK(!ir_bounds(ir, e, 1, &none, &out));
    Bounds wide = {ir_number(ir, x->type, 0), ir_number(ir, x->type, 1)};
    CHECK(!ir_bounds(ir, ir_2(ir, OP_POW, x, x), 1, &wide, &out));
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
    return check_report("law_bounds");
}
