/* The law of deltas: base outside the box, patch inside, is the full evaluation after the change: to the bit
 * in the exact form, to rounding in the linear one. */
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

/* clang-format off */
static const struct {
    const char *name, *text;
    bool part; /* a small change stays a part of the output */
} cases[] = {
    {"pointwise", X("TENSOR(FLOAT32, 5, 6)") Y("TENSOR(FLOAT32, 6)") "%3 = mul %1 %2\n%4 = sub %3 %1\n%5 = relu %4\n%6 = sigmoid %5\n", true},
    {"broadcast", X("TENSOR(FLOAT32, 5, 1)") Y("TENSOR(FLOAT32, 4)") "%3 = add %1 %2\n%4 = exp %3\n", true},
    {"scalar", X("FLOAT32") Y("TENSOR(FLOAT32, 4)") "%3 = exp %1\n%4 = mul %2 %3\n", false},
    {"where", X("TENSOR(FLOAT32, 5, 6)") Y("TENSOR(FLOAT32, 6)") "%3 = gt %1 %2\n%4 = where %3 %1 %2\n%5 = atan2 %4 %2\n%6 = round %5\n", true},
    {"masks", X("TENSOR(FLOAT32, 5, 6)") Y("TENSOR(FLOAT32, 6)") "%3 = gt %1 %2\n%4 = lt %1 %2\n%5 = bit_or %3 %4\n%6 = bit_not %5\n"
              "%7 = bit_and %6 %3\n%8 = bit_xor %7 %4\n%9 = cast %8 {to=TENSOR(INTEGER, 5, 6) NOT NULL, try=false}\n"
              "%10 = shift_left %9 %9\n%11 = shift_right %10 %9\n%12 = const {value=INTEGER NOT NULL 2}\n%13 = idiv %11 %12\n", true},
    {"gather", X("TENSOR(FLOAT32, 4, 3)") "%2 = const {value=TENSOR(BIGINT, 3) NOT NULL [3] \"0200000000000000ffffffffffffffff0000000000000000\"}\n%3 = gather %1 %2 {axis=1}\n%4 = scatter %3 %2 %1 {axis=1, kind=1}\n%5 = neg %4\n", false},
    {"lines", X("TENSOR(FLOAT32, 4, 3)") "%2 = cumsum %1 {axis=1}\n%3 = cumprod %1 {axis=0}\n%4 = argsort %1 {axis=0, descending=true}\n"
              "%5 = mul %2 %3\n%6 = mul %5 %4\n", false},
    {"prod", X("TENSOR(FLOAT32, 6, 8)") "%2 = prod %1 {dims=[1], keep=false}\n%3 = argmin %1 {dims=[1], keep=false}\n%4 = mul %2 %3\n", true},
    {"cast", X("TENSOR(FLOAT32, 5)") "%2 = cast %1 {to=TENSOR(DOUBLE, 5) NOT NULL, try=false}\n%3 = sqrt %2\n", true},
    {"slice", X("TENSOR(FLOAT32, 9, 7)") "%2 = slice %1 {from=[1, 2], to=[9, 3], step=[3, 1], drop=[0, 1]}\n%3 = exp %2\n", true},
    {"slice in", X("TENSOR(FLOAT32, 9, 7)") "%2 = slice %1 {from=[0, 1], to=[9, 7], step=[2, 2], drop=[0, 0]}\n", true},
    {"transpose", X("TENSOR(FLOAT32, 3, 4, 5)") "%2 = transpose %1 {shape=[2, 0, 1]}\n%3 = neg %2\n", true},
    {"reshape", X("TENSOR(FLOAT32, 3, 4)") "%2 = reshape %1 {shape=[12]}\n%3 = neg %2\n", false},
    {"concat", X("TENSOR(FLOAT32, 3, 4)") Y("TENSOR(FLOAT32, 2, 4)") "%3 = concat %2 %1 {axis=0}\n%4 = neg %3\n%5 = concat %4 %3 {axis=1}\n", false},
    {"stack", X("TENSOR(FLOAT32, 4)") Y("TENSOR(FLOAT32, 4)") "%3 = neg %1\n%4 = stack %2 %1 %3 %2 {axis=1}\n", true},
    {"contract", X("TENSOR(FLOAT32, 30)") Y("TENSOR(FLOAT32, 7, 30)") "%3 = contract %1 %2 {a=[0], b=[1, 0], out=[1]}\n%4 = tanh %3\n", false},
    {"matmul", X("TENSOR(FLOAT32, 6, 8)") Y("TENSOR(FLOAT32, 8, 5)") "%3 = contract %1 %2 {a=[0, 1], b=[1, 2], out=[2, 0]}\n", true},
    {"self", X("TENSOR(FLOAT32, 6, 8)") "%2 = contract %1 %1 {a=[0, 1], b=[2, 1], out=[0, 2]}\n", false},
    {"reduce", X("TENSOR(FLOAT32, 6, 8)") "%2 = sum %1 {dims=[1], keep=false}\n%3 = mean %1 {dims=[1], keep=true}\n"
               "%4 = max %1 {dims=[1], keep=true}\n%5 = mul %3 %4\n%6 = reshape %5 {shape=[6]}\n%7 = sub %2 %6\n", false},
    {"mean", X("TENSOR(FLOAT32, 2, 6, 8)") "%2 = mean %1 {dims=[1, 2], keep=false}\n", false},
    {"argmax", X("TENSOR(FLOAT32, 6, 8)") "%2 = argmax %1 {dims=[1], keep=false}\n", true},
    {"conv", X("TENSOR(FLOAT32, 2, 12, 11)") Y("TENSOR(FLOAT32, 3, 2, 3, 3)")
             "%3 = conv %1 %2 {stride=[1, 1], before=[1, 1], after=[1, 1], dilation=[1, 1], groups=1}\n%4 = relu %3\n", true},
    {"strided", X("TENSOR(FLOAT32, 4, 13, 12)") Y("TENSOR(FLOAT32, 4, 2, 3, 2)")
                "%3 = conv %1 %2 {stride=[2, 3], before=[2, 0], after=[1, 1], dilation=[2, 1], groups=2}\n", true},
    {"skipping", X("TENSOR(FLOAT32, 1, 13)") Y("TENSOR(FLOAT32, 1, 1, 2)")
                 "%3 = conv %1 %2 {stride=[4], before=[0], after=[0], dilation=[1], groups=1}\n", true},
    {"max pool", X("TENSOR(FLOAT32, 2, 12, 11)")
                 "%2 = max_pool %1 {kernel=[3, 2], stride=[2, 1], before=[1, 0], after=[1, 1], dilation=[1, 2], count_pad=true}\n", true},
    {"avg pool", X("TENSOR(FLOAT32, 2, 12, 11)")
                 "%2 = avg_pool %1 {kernel=[3, 3], stride=[2, 2], before=[1, 1], after=[1, 1], dilation=[1, 1], count_pad=false}\n", true},
    {"network", X("TENSOR(FLOAT32, 2, 12, 12)") Y("TENSOR(FLOAT32, 2, 2, 3, 3)")
                "%3 = conv %1 %2 {stride=[1, 1], before=[1, 1], after=[1, 1], dilation=[1, 1], groups=1}\n%4 = relu %3\n"
                "%5 = max_pool %4 {kernel=[2, 2], stride=[2, 2], before=[0, 0], after=[0, 0], dilation=[1, 1], count_pad=true}\n"
                "%6 = conv %5 %2 {stride=[1, 1], before=[0, 0], after=[0, 0], dilation=[1, 1], groups=1}\n%7 = relu %6\n"
                "%8 = reshape %7 {shape=[32]}\n%9 = softmax %8 {dims=[0], keep=false}\n", false},
    {"norm", X("TENSOR(FLOAT32, 3, 5)") Y("TENSOR(FLOAT32, 3)") "%3 = exp %2\n%4 = batch_norm %1 %2 %3 %2 %3 {eps=1e-05}\n", true},
    {"index", X("TENSOR(FLOAT32, 4, 3)") "%2 = const {value=BIGINT NOT NULL 2}\n%3 = index %1 %2\n%4 = neg %3\n", false},
};
/* clang-format on */

static uint64_t state = 1;
static uint64_t next(void) { return (state = state * 6364136223846793005u + 1442695040888963407u) >> 33; }

static Value empty(const Type *t) {
    Value v = {.type = type_nullable(t, false)};
    if (t->kind == TY_TENSOR) v.t.data = arena_alloc(arena, (size_t)(type_elems(t) * type_bytes(t->elem)));
    return v;
}

/* of FLOAT32 */
static float *elems(Value *v) { return v->type->kind == TY_TENSOR ? v->t.data : &v->f32; }

static Value random_value(const Type *t) {
    Value v = empty(t);
    for (int64_t i = 0; i < type_elems(t); i++) elems(&v)[i] = (float)next() / (float)(1u << 30) - 0.9f;
    return v;
}

static double get(const Value *v, int64_t i) {
    if (v->type->kind == TY_TENSOR) return tensor_get(v, i);
    return v->type->kind == TY_F64 ? v->f64 : v->type->kind == TY_F32 ? v->f32 : (double)v->i;
}

static const Node *column(const Node *root, int64_t index) {
    const Node *const *all;
    for (size_t i = 0, n = ir_reachable(arena, root, &all); i < n; i++)
        if (all[i]->op == OP_COLUMN && ATTR_OF(all[i], Column)->index == index) return all[i];
    return NULL;
}

static Value eval(const Node *n, const Value *row) {
    EvalCtx c = {.arena = arena, .ir = ir};
    Value v = {0};
    bool ok = ir_eval_scalar(&c, n, row, 3, &v);
    CHECK(ok);
    if (!ok) fprintf(stderr, "%s\n", c.error.text ? c.error.text : "?");
    return v;
}

/* A box of the type; its cells get new values in `after`. */
static Delta random_box(const Type *t) {
    Delta d = {0};
    for (uint32_t i = 0; i < ir_rank(t); i++) {
        int64_t size = t->dims[i], width = 1 + (int64_t)next() % (size > 4 ? 4 : size);
        d.from[i] = (int64_t)(next() % (uint64_t)(size - width + 1));
        d.to[i] = d.from[i] + width;
    }
    return d;
}

static bool in_box(const Type *t, const Delta *d, int64_t at) {
    for (uint32_t i = ir_rank(t); i-- > 0; at /= t->dims[i])
        if (at % t->dims[i] < d->from[i] || at % t->dims[i] >= d->to[i]) return false;
    return true;
}

/* row: x before, the fixed column, the patch */
static void check_change(const char *name, const Node *n, Value *row, const Delta *change, bool exact,
                         bool part) {
    Delta out = {0};
    const Node *x = column(n, 0);
    Value after_row[3] = {empty(row[0].type), row[1], row[2]};
    CHECK(ir_delta(ir, n, x, change, exact, &out));
    for (int64_t i = 0, k = 0; i < type_elems(row[0].type); i++) {
        bool in = in_box(row[0].type, change, i);
        elems(&after_row[0])[i] = in ? elems(&row[2])[k++] : elems(&row[0])[i];
    }
    Value want = eval(n, after_row), got = eval(ir_after(ir, n, &out), row);
    CHECK(type_same(ir_after(ir, n, &out)->type, n->type));
    for (int64_t i = 0; i < type_elems(n->type); i++) {
        double a = get(&want, i), b = get(&got, i);
        bool same = (isnan(a) && isnan(b)) || (exact ? a == b : fabs(a - b) <= 2e-5 * (1 + fabs(a)));
        CHECK(same);
        if (!same)
            fprintf(stderr, "%s%s, element %lld: %.9g, not %.9g\n", name, exact ? " exact" : "", (long long)i,
                    b, a);
    }
    int64_t cells = 1;
    for (uint32_t i = 0; i < ir_rank(n->type); i++) cells *= out.to[i] - out.from[i];
    if (part && out.patch) CHECK(cells < type_elems(n->type));
}

static void test_case(const char *name, const char *text, bool part) {
    const char *why = "";
    const Node *n = ir_read(ir, text, &why);
    CHECK_STR(n ? "" : why, "");
    if (!n) return;
    const Type *x = column(n, 0)->type, *fixed = column(n, 1) ? column(n, 1)->type : x;
    for (int round = 0; round < 12; round++) {
        Delta change = random_box(x);
        if (part && round == 0)
            for (uint32_t i = 0; i < ir_rank(x); i++) change.to[i] = change.from[i] + 1;
        int64_t dims[TENSOR_MAX_RANK];
        for (uint32_t i = 0; i < ir_rank(x); i++) dims[i] = change.to[i] - change.from[i];
        const Type *patch = ir_rank(x) ? type_tensor(ir_types(ir), x->elem, x->n, dims) : x;
        Value row[3] = {random_value(x), random_value(fixed), random_value(patch)};
        change.patch = ir_column(ir, 2, patch);
        check_change(name, n, row, &change, true, part && round == 0);
        check_change(name, n, row, &change, false, part && round == 0);
    }
}

/* What does not depend on the change has none; where a law is missing the answer is no. */
static void test_driver(void) {
    const char *why = "";
    const Node *x = ir_read(ir, X("TENSOR(FLOAT32, 3)"), &why), *other = ir_column(ir, 1, x->type);
    Delta change = {.from = {1},
                    .to = {2},
                    .patch = ir_column(ir, 2, type_tensor(ir_types(ir), x->type->elem, 1, (int64_t[]){1}))};
    Delta out;
    CHECK(ir_delta(ir, ir_1(ir, OP_EXP, other), x, &change, true, &out) && !out.patch);
    const Node *sum = ir_reduce(ir, OP_SUM, x, 1, (int64_t[]){0}, false);
    CHECK(!ir_delta(ir, ir_1(ir, OP_AGG_SUM, sum), x, &change, true, &out));
    CHECK(ir_delta(ir, ir_1(ir, OP_EXP, x), x, &change, true, &out) && out.from[0] == 1 && out.to[0] == 2);
    CHECK(out.patch == ir_1(ir, OP_EXP, change.patch));
}

int main(void) {
    for (size_t i = 0; i <= sizeof cases / sizeof *cases; i++) {
        arena = arena_new();
        names = intern_new();
        ir = ir_new(arena, names);
        if (i < sizeof cases / sizeof *cases) test_case(cases[i].name, cases[i].text, cases[i].part);
        else test_driver();
        arena_free(arena);
        intern_free(names);
    }
    return check_report("law_delta");
}
