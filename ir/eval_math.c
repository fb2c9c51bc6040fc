/* The numeric functions and the activations that are not among them, on scalars and elementwise. */
#include "base/number.h"
#include "ir/eval_map.h"
#include "ir/numeric.h"

static double leaky64(double x, double slope) { return x < 0 ? x * slope : x; }
static float leaky32(float x, float slope) { return x < 0 ? x * slope : x; }

/* relu of integers and DECIMAL */
static void exact_relu(const Value *in, Value *out) {
    const Type *t = out->type;
    out->dec = in->dec;
    if (t->kind == TY_DECIMAL && in->dec < 0) out->dec = 0;
    if (t->kind <= TY_I64 && in->i < 0) out->i = 0;
}

static bool math(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)e;
    if (!type_is_float(out->type)) return exact_relu(in, out), true;
    bool leaky = n->op == OP_LEAKY_RELU;
    double slope = leaky ? ATTR_OF(n, Slope)->slope : 0;
    if (out->type->kind == TY_F64) out->f64 = leaky ? leaky64(in->f64, slope) : num_eval_f64(n->op, in->f64);
    else
        out->f32 =
            eval_round(out->type, leaky ? leaky32(in->f32, (float)slope) : num_eval_f32(n->op, in->f32));
    return true;
}

bool law_eval_math(Eval *e, const Node *n, const Value *in, Value *out) {
    return eval_map(e, n, 1, in, out, math);
}

static bool math2(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)e;
    if (out->type->kind == TY_F64) out->f64 = num_eval2_f64(n->op, in[0].f64, in[1].f64);
    else out->f32 = eval_round(out->type, num_eval2_f32(n->op, in[0].f32, in[1].f32));
    return true;
}

bool law_eval_math2(Eval *e, const Node *n, const Value *in, Value *out) {
    return eval_map(e, n, 2, in, out, math2);
}
