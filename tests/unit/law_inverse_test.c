/* The law of inverses: pred(z) decides like f(z) cmp t, on the floats round the boundary for many thresholds,
 * and on all values of the small exact types.  The evaluator is the arbiter. */
#include "check.h"
#include "ir/eval.h"
#include "ir/laws.h"
#include <math.h>

static Arena *arena, *scratch;
static Intern *names;
static Ir *ir;
static const Op orders[4] = {OP_LT, OP_LE, OP_GT, OP_GE};

static const Type *type_of(const char *text) { return type_parse(ir_types(ir), text, NULL); }

enum { FALSE_, TRUE_, NULL_, ERROR_ };

/* of a BOOLEAN expression for one z */
static int decide(const Node *pred, const Value *z) {
    EvalCtx c = {.arena = scratch, .ir = ir};
    Value v;
    if (!ir_eval_scalar(&c, pred, z, 1, &v)) return ERROR_;
    return v.null ? NULL_ : v.b;
}

/* A failing evaluation may have been removed; all else is the same. */
static void check_at(const Node *f, const Node *pred, const Value *z) {
    int want = decide(f, z), got = decide(pred, z);
    bool same = want == ERROR_ || got == want;
    CHECK(same);
    if (!same) {
        Buf b = {0};
        value_print(&b, z);
        fprintf(stderr, "%s at %s: %d, not %d\n", op_info[f->in[0]->op].text, b.p, got, want);
        buf_free(&b);
    }
    arena_reset(scratch);
}

static Value float_value(const Type *t, double f) {
    Value v = {.type = t};
    if (t->kind == TY_F64) v.f64 = f;
    else v.f32 = (float)f;
    return v;
}

/* The k-th float above x (below for negative k). */
static double next_float(const Type *t, double x, int k) {
    for (; k > 0; k--) x = t->kind == TY_F64 ? nextafter(x, INFINITY) : nextafterf((float)x, INFINITY);
    for (; k < 0; k++) x = t->kind == TY_F64 ? nextafter(x, -INFINITY) : nextafterf((float)x, -INFINITY);
    return x;
}

static void check_round(const Node *f, const Node *pred, const Type *t, double at, int each_way) {
    double x = next_float(t, at, -each_way);
    for (int i = 0; i <= 2 * each_way; i++, x = next_float(t, x, 1)) {
        Value z = float_value(t, x);
        check_at(f, pred, &z);
    }
}

static const double specials[] = {NAN, INFINITY, -INFINITY, 0.0,  -0.0,   1e-45,  -1e-45,
                                  1,   -1,       88.8,      -104, 3.4e38, -3.4e38};

static void check_specials(const Node *f, const Node *pred, const Type *t) {
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
        Value z = float_value(t, specials[i]);
        check_at(f, pred, &z);
    }
    Value null = value_null(t);
    check_at(f, pred, &null);
}

/* Round each literal of pred. */
static void check_boundaries(const Node *f, const Node *pred, const Type *t, int each_way) {
    if (pred->op == OP_CONST && pred->type->kind == t->kind && !pred->type->nullable) {
        const Value *v = &ATTR_OF(pred, Const)->value;
        check_round(f, pred, t, t->kind == TY_F64 ? v->f64 : v->f32, 0);
    }
    for (uint32_t i = 0; i < pred->n; i++) {
        const Node *in = pred->in[i];
        if (in->op != OP_CONST) continue;
        const Value *v = &ATTR_OF(in, Const)->value;
        check_round(f, pred, t, t->kind == TY_F64 ? v->f64 : v->f32, each_way);
    }
}

static void check_float(const Node *f, const Type *z, double t, int each_way) {
    for (int o = 0; o < 4; o++) {
        const Node *threshold =
            isnan(t) && signbit(t) ? ir_null(ir, f->type) : ir_const(ir, float_value(f->type, t));
        const Node *test = ir_2(ir, orders[o], f, threshold);
        Inverse inv = ir_inverse(ir, orders[o], f, threshold);
        CHECK(inv.pred != NULL);
        if (!inv.pred) continue;
        check_specials(test, inv.pred, z);
        check_boundaries(test, inv.pred, z, each_way);
    }
}

static const double thresholds[] = {NAN,    -NAN, INFINITY, -INFINITY,  0.0,   -0.0,     1,
                                    -1,     0.5,  0.9,      0.99999994, 1e-30, -1e-45,   0.99,
                                    -0.731, 2.5,  1e10,     -3e38,      20,    1.0000001};

static void check_function(Op op, const void *attr, const char *type, int each_way) {
    const Type *t = type_of(type);
    const Node *z = ir_column(ir, 0, t), *f = ir_node(ir, op, attr, 1, &z);
    for (size_t i = 0; i < sizeof thresholds / sizeof *thresholds; i++)
        check_float(f, t, thresholds[i], each_way);
}

static void test_functions(void) {
    static const Op functions[] = {OP_SQRT, OP_EXP,   OP_LOG,  OP_TANH, OP_SIGMOID,
                                   OP_ERF,  OP_FLOOR, OP_CEIL, OP_RELU};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        check_function(functions[i], NULL, "FLOAT32", i < 6 ? 512 : 64);
        check_function(functions[i], NULL, "DOUBLE", 0);
    }
    check_function(OP_LEAKY_RELU, &(AttrSlope){0.01}, "FLOAT32", 64);
    check_function(OP_LEAKY_RELU, &(AttrSlope){0.5}, "DOUBLE", 64);
    check_function(OP_CAST, &(AttrCast){type_of("DOUBLE NOT NULL"), false}, "FLOAT32", 64);
    check_function(OP_CAST, &(AttrCast){type_of("FLOAT32 NOT NULL"), false}, "DOUBLE", 64);
}

static void test_negation(void) {
    const Type *t = type_of("FLOAT32");
    const Node *f = ir_1(ir, OP_NEG, ir_column(ir, 0, t));
    for (size_t i = 2; i < sizeof thresholds / sizeof *thresholds; i++) check_float(f, t, thresholds[i], 16);
    CHECK(!ir_inverse(ir, OP_GT, f, ir_const(ir, float_value(f->type, NAN))).pred);
}

/* Thresholds of a cascade: cast(sigmoid(z)) > 0.9 peels twice. */
static void test_composition(void) {
    const Type *t = type_of("FLOAT32");
    const Node *s = ir_1(ir, OP_SIGMOID, ir_column(ir, 0, t)), *wide = ir_cast(ir, s, type_of("DOUBLE"));
    const Node *nine = ir_const(ir, float_value(type_of("DOUBLE NOT NULL"), 0.9));
    Inverse outer = ir_inverse(ir, OP_GT, wide, nine);
    CHECK(outer.pred && outer.pred->in[0] == s && outer.exact);
    Inverse inner = ir_inverse(ir, outer.pred->op, s, outer.pred->in[1]);
    CHECK(inner.pred && inner.exact);
    check_boundaries(ir_2(ir, OP_GT, wide, nine), inner.pred, t, 512);
}

/* ---- exact types: all values of z ---- */

static Value exact_value(const Type *t, int64_t i) {
    Value v = {.type = type_nullable(t, false)};
    if (t->kind == TY_DECIMAL) v.dec = i;
    else v.i = i;
    return v;
}

static void check_exact(const Node *f, const Type *z, int64_t from, int64_t to, int64_t t) {
    for (int o = 0; o < 4; o++) {
        const Node *threshold = ir_const(ir, exact_value(f->type, t)),
                   *test = ir_2(ir, orders[o], f, threshold);
        Inverse inv = ir_inverse(ir, orders[o], f, threshold);
        CHECK(inv.pred && inv.exact);
        for (int64_t i = from; inv.pred && i <= to; i++) {
            Value v = exact_value(z, i);
            check_at(test, inv.pred, &v);
        }
        Value null = value_null(z);
        if (inv.pred) check_at(test, inv.pred, &null);
    }
}

static void test_exact(void) {
    static const int64_t constants[] = {1, -1, 7, -7, 100, -128, 127},
                         small[] = {0, 1, -1, 50, -77, 127, -128};
    const Type *i8 = type_of("TINYINT"), *dec = type_of("DECIMAL(2,1)");
    for (size_t c = 0; c < 7; c++)
        for (size_t t = 0; t < 7; t++) {
            const Node *z = ir_column(ir, 0, i8), *k = ir_const(ir, exact_value(i8, constants[c]));
            check_exact(ir_2(ir, OP_ADD, z, k), i8, -128, 127, small[t]);
            check_exact(ir_2(ir, OP_SUB, z, k), i8, -128, 127, small[t]);
            check_exact(ir_2(ir, OP_SUB, k, z), i8, -128, 127, small[t]);
            check_exact(ir_2(ir, OP_MUL, z, k), i8, -128, 127, small[t]);
            const Node *d = ir_column(ir, 0, dec), *m = ir_const(ir, exact_value(dec, constants[c] % 99));
            check_exact(ir_2(ir, OP_MUL, d, m), dec, -99, 99, small[t] * 3);
            const Node *wide = ir_cast(ir, z, type_of("DECIMAL(5,2)"));
            check_exact(wide, i8, -128, 127, small[t] * 100 + (int64_t)c - 3);
            check_exact(wide, i8, -128, 127, 99999);
        }
    for (size_t t = 0; t < 7; t++)
        check_exact(ir_1(ir, OP_NEG, ir_column(ir, 0, i8)), i8, -128, 127, small[t]);
}

static void test_dates(void) {
    const Type *date = type_of("DATE");
    const Node *f = ir_cast(ir, ir_column(ir, 0, date), type_of("TIMESTAMP"));
    const int64_t day = INT64_C(86400000000);
    check_exact(f, date, -5, 5, 0);
    check_exact(f, date, -5, 5, 2 * day + 1);
    check_exact(f, date, -5, 5, -2 * day - 1);
    check_exact(f, date, -5, 5, INT64_MAX);
    check_exact(f, date, 9000, 9010, 9004 * day);
}

/* A narrowing cast, another comparison, a threshold that is no constant: none. */
static void test_none(void) {
    const Node *z = ir_column(ir, 0, type_of("DOUBLE")),
               *one = ir_const(ir, float_value(type_of("FLOAT32 NOT NULL"), 1));
    const Node *integer = ir_cast(ir, z, type_of("INTEGER"));
    CHECK(!ir_inverse(ir, OP_GT, integer, ir_const(ir, exact_value(integer->type, 1)))
               .pred); /* fails beyond INTEGER */
    CHECK(!ir_inverse(ir, OP_GT, z, one).pred);
    const Node *f = ir_1(ir, OP_EXP, z), *t = ir_const(ir, float_value(type_of("DOUBLE NOT NULL"), 1));
    CHECK(!ir_inverse(ir, OP_EQ, f, t).pred);
    CHECK(!ir_inverse(ir, OP_GT, f, z).pred);
    CHECK(ir_inverse(ir, OP_GT, f, t).pred && !ir_inverse(ir, OP_GT, f, t).exact);
    CHECK(!ir_inverse(ir, OP_GT, ir_1(ir, OP_SIN, z), t).pred);
}

int main(void) {
    void (*tests[])(void) = {test_functions, test_negation, test_composition,
                             test_exact,     test_dates,    test_none};
    scratch = arena_new();
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        arena = arena_new();
        names = intern_new();
        ir = ir_new(arena, names);
        tests[i]();
        arena_free(arena);
        intern_free(names);
    }
    arena_free(scratch);
    return check_report("law_inverse");
}
