/* What is said not to fail does not: extreme values of every pair of types through every operator that may.
 */
#include "base/number.h"
#include "check.h"
#include "ir/eval.h"
#include <float.h>
#include <math.h>

static Arena *arena, *scratch;
static Intern *names;
static Ir *ir;

static const char *const types[] = {
    "BOOLEAN",       "TINYINT",      "SMALLINT",     "INTEGER",      "BIGINT",        "UTINYINT",
    "USMALLINT",     "UINTEGER",     "UBIGINT",      "FLOAT16",      "BFLOAT16",      "FLOAT32",
    "DOUBLE",        "DECIMAL(2,2)", "DECIMAL(4,0)", "DECIMAL(5,2)", "DECIMAL(18,0)", "DECIMAL(38,10)",
    "DECIMAL(38,0)", "DATE",         "TIMESTAMP",
};
enum { TYPES = sizeof types / sizeof *types, VALUES = 5 };

static const Type *type_at(int i) { return type_nullable(type_parse(ir_types(ir), types[i], NULL), false); }

/* k: 0 least, 1 greatest, 2 zero, 3 one, 4 minus one (or zero) */
static Value extreme(const Type *t, int k) {
    Value v = {.type = t};
    bool is_unsigned = t->kind >= TY_U8 && t->kind <= TY_U64;
    int bits = type_bytes(t) * 8;
    static const double floats[VALUES] = {-1, 1, 0, 1, -1};
    double most = t->kind == TY_F16    ? 65504
                  : t->kind == TY_F64  ? DBL_MAX
                  : t->kind == TY_BF16 ? 3.3e38
                                       : FLT_MAX;
    int64_t small = k == 3 ? 1 : k == 4 && !is_unsigned ? -1 : 0;
    if (t->kind == TY_BOOL) v.b = k == 1 || k == 3;
    else if (t->kind == TY_F64) v.f64 = k < 2 ? floats[k] * most : floats[k];
    else if (type_is_float(t)) v.f32 = (float)(k < 2 ? floats[k] * most : floats[k]);
    else if (t->kind == TY_DECIMAL) v.dec = k < 2 ? (k ? 1 : -1) * (decimal_pow10(t->precision) - 1) : small;
    else if (t->kind == TY_DATE) v.i = k == 0 ? -719162 : k == 1 ? 2932896 : small;
    else if (t->kind == TY_TIMESTAMP) v.i = k < 2 ? (k ? 2932896 : -719162) * INT64_C(86400000000) : small;
    else if (k >= 2) v.i = small;
    else if (is_unsigned) v.u = k ? UINT64_MAX >> (64 - bits) : 0;
    else v.i = k ? INT64_MAX >> (64 - bits) : INT64_MIN >> (64 - bits);
    return v;
}

static void check_eval(const Node *n, const Value *row, uint32_t columns) {
    EvalCtx c = {.arena = scratch, .ir = ir};
    Value out;
    bool ok = ir_is_fallible(n) || ir_eval_scalar(&c, n, row, columns, &out);
    CHECK(ok);
    if (!ok) {
        Buf b = {0};
        for (uint32_t i = 0; i < columns; i++) {
            type_print(&b, row[i].type, false);
            buf_putc(&b, ' ');
            value_print(&b, &row[i]);
            buf_putc(&b, ' ');
        }
        fprintf(stderr, "%s%s: %s\n", b.p, op_info[n->op].text, c.error.text);
        buf_free(&b);
    }
    arena_reset(scratch);
}

/* Both operands columns, and the second a literal. */
static void check_pair(Op op, const Type *a, const Type *b) {
    const char *why;
    const Node *in[2] = {ir_column(ir, 0, a), ir_column(ir, 1, b)};
    if (!ir_check(ir, op, NULL, 2, in, &why)) return;
    const Node *columns = ir_node(ir, op, NULL, 2, in);
    for (int k = 0; k < VALUES * VALUES; k++) {
        Value row[2] = {extreme(a, k / VALUES), extreme(b, k % VALUES)};
        check_eval(columns, row, 2);
        in[1] = ir_const(ir, row[1]);
        if (ir_check(ir, op, NULL, 2, in, &why)) check_eval(ir_node(ir, op, NULL, 2, in), row, 2);
    }
}

static void test_arithmetic(void) {
    static const Op ops[] = {OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD, OP_MIN2, OP_LT, OP_EQ, OP_POW};
    for (size_t o = 0; o < sizeof ops / sizeof *ops; o++)
        for (int i = 0; i < TYPES; i++)
            for (int j = 0; j < TYPES; j++) check_pair(ops[o], type_at(i), type_at(j));
}

static void test_unary(void) {
    static const Op ops[] = {OP_NEG, OP_ABS, OP_SQRT, OP_EXP, OP_LOG, OP_FLOOR, OP_RELU};
    const char *why;
    for (size_t o = 0; o < sizeof ops / sizeof *ops; o++)
        for (int i = 0; i < TYPES; i++) {
            const Node *x = ir_column(ir, 0, type_at(i));
            if (!ir_check(ir, ops[o], NULL, 1, &x, &why)) continue;
            for (int k = 0; k < VALUES; k++) {
                Value v = extreme(type_at(i), k);
                check_eval(ir_1(ir, ops[o], x), &v, 1);
            }
        }
}

static void test_casts(void) {
    const char *why;
    int infallible = 0;
    for (int i = 0; i < TYPES; i++)
        for (int j = 0; j < TYPES; j++) {
            const Node *x = ir_column(ir, 0, type_at(i));
            AttrCast to = {type_at(j), false}, attempt = {type_at(j), true};
            if (!ir_check(ir, OP_CAST, &to, 1, &x, &why)) continue;
            const Node *cast = ir_node(ir, OP_CAST, &to, 1, &x), *try = ir_node(ir, OP_CAST, &attempt, 1, &x);
            infallible += !ir_is_fallible(cast);
            CHECK(!ir_is_fallible(try));
            for (int k = 0; k < VALUES; k++) {
                Value v = extreme(type_at(i), k);
                check_eval(cast, &v, 1);
                check_eval(try, &v, 1);
            }
        }
    CHECK(infallible > 100); /* the check above is of something */
}

int main(void) {
    arena = arena_new();
    scratch = arena_new();
    names = intern_new();
    ir = ir_new(arena, names);
    test_arithmetic();
    test_unary();
    test_casts();
    arena_free(arena);
    arena_free(scratch);
    intern_free(names);
    return check_report("fallible");
}
