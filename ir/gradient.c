/* Gradients: adjoints of the inputs from the adjoint of the output, reverse mode over shared nodes.
 *
 * Invariant: an adjoint has the type of its node (NOT NULL or not as the expression gives it), so that laws
 * compose.  At a kink (relu at 0, |x| at 0, a tie of max) the law says which subgradient it takes.
 */
#include "ir/laws.h"
#include "ir/tensor_build.h"
#include "ir/text.h"
#include <math.h>

static const Node *add(Ir *ir, const Node *a, const Node *b) { return ir_2(ir, OP_ADD, a, b); }
static const Node *sub(Ir *ir, const Node *a, const Node *b) { return ir_2(ir, OP_SUB, a, b); }
static const Node *mul(Ir *ir, const Node *a, const Node *b) { return ir_2(ir, OP_MUL, a, b); }
static const Node *divide(Ir *ir, const Node *a, const Node *b) { return ir_2(ir, OP_DIV, a, b); }
static const Node *neg(Ir *ir, const Node *a) { return ir_1(ir, OP_NEG, a); }
static const Node *num(Ir *ir, const Node *like, double v) { return ir_number(ir, like->type, v); }
static bool is_float(const Node *n) { return type_is_float(ir_elem(n->type)); }

/* Sums an adjoint over the dimensions along which `to` was broadcast. False where a `*` hides which. */
static bool unbroadcast(Ir *ir, const Node *adj, const Node *to, const Node **out) {
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t n = 0, rank = ir_rank(adj->type), own = ir_rank(to->type);
    for (uint32_t d = 0; d < rank; d++) {
        int64_t size = d + own >= rank ? to->type->dims[d + own - rank] : 1;
        if (size == adj->type->dims[d] && d + own >= rank) continue;
        if (size == DIM_ANY || adj->type->dims[d] == DIM_ANY) return false;
        dims[n++] = d;
    }
    if (n) adj = ir_reduce(ir, OP_SUM, adj, n, dims, own > 0);
    bool reshape = own > 0 && rank > own;
    *out = reshape ? ir_reshape(ir, adj, own, to->type->dims) : adj;
    return true;
}

static bool put(Ir *ir, const Node *n, uint32_t i, const Node *adj, const Node **out) {
    out[i] = NULL;
    return !is_float(n->in[i]) || unbroadcast(ir, adj, n->in[i], &out[i]);
}

bool law_gradient_leaf(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    return (void)ir, (void)n, (void)y, (void)adj, true;
}

/* ---- elementwise: adjoint = y * df/dx ---- */

bool law_gradient_zero(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    return (void)ir, (void)y, adj[0] = NULL, n->n == 1;
}

bool law_gradient_add(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    return put(ir, n, 0, y, adj) && put(ir, n, 1, y, adj);
}

bool law_gradient_sub(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    return put(ir, n, 0, y, adj) && put(ir, n, 1, neg(ir, y), adj);
}

bool law_gradient_mul(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    return put(ir, n, 0, mul(ir, y, n->in[1]), adj) && put(ir, n, 1, mul(ir, y, n->in[0]), adj);
}

/* Scalar division fails on 0, but only where n itself did. */
bool law_gradient_div(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Node *q = divide(ir, y, n->in[1]);
    return is_float(n) && put(ir, n, 0, q, adj) && put(ir, n, 1, neg(ir, mul(ir, q, n)), adj);
}

bool law_gradient_neg(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    return adj[0] = neg(ir, y), is_float(n);
}

/* y where the condition holds, else 0; tensors by a product with 1 or 0, since CASE chooses whole values */
static const Node *where(Ir *ir, const Node *cond, const Node *y) {
    if (cond->type->kind == TY_TENSOR)
        return mul(
            ir, y,
            ir_cast(ir, cond, type_tensor(ir_types(ir), ir_elem(y->type), cond->type->n, cond->type->dims)));
    return ir_3(ir, OP_CASE, cond, y, num(ir, y, 0));
}

static const Node *positive(Ir *ir, const Node *x) { return ir_2(ir, OP_GT, x, num(ir, x, 0)); }

/* 0 at 0 */
bool law_gradient_abs(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Node *x = n->in[0], *below = ir_2(ir, OP_LT, x, num(ir, x, 0));
    adj[0] = sub(ir, where(ir, positive(ir, x), y), where(ir, below, y));
    return is_float(n);
}

/* 0 at 0 */
bool law_gradient_relu(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    return adj[0] = where(ir, positive(ir, n->in[0]), y), is_float(n);
}

/* the slope at 0 */
bool law_gradient_leaky_relu(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Node *low = mul(ir, y, num(ir, y, ATTR_OF(n, Slope)->slope));
    adj[0] = add(ir, low, where(ir, positive(ir, n->in[0]), sub(ir, y, low)));
    return true;
}

bool law_gradient_sqrt(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Node *twice = mul(ir, n, num(ir, n, 2));
    const Node *d = n->type->kind == TY_TENSOR ? divide(ir, y, twice) : NULL;
    if (!d)
        d = mul(ir, y,
                ir_2(ir, OP_POW, twice, num(ir, n, -1))); /* infinite at 0, where a scalar division fails */
    return adj[0] = d, true;
}

bool law_gradient_exp(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    return adj[0] = mul(ir, y, n), true;
}

bool law_gradient_log(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Node *x = n->in[0];
    if (n->type->kind == TY_TENSOR) adj[0] = divide(ir, y, x);
    else adj[0] = mul(ir, y, ir_2(ir, OP_POW, x, num(ir, x, -1)));
    return true;
}

/* y (1 - n^2) */
bool law_gradient_tanh(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    return adj[0] = mul(ir, y, sub(ir, num(ir, n, 1), mul(ir, n, n))), true;
}

/* y n (1 - n) */
bool law_gradient_sigmoid(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    return adj[0] = mul(ir, y, mul(ir, n, sub(ir, num(ir, n, 1), n))), true;
}

/* y 2 / sqrt(pi) exp(-x^2) */
bool law_gradient_erf(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Node *x = n->in[0], *e = ir_1(ir, OP_EXP, neg(ir, mul(ir, x, x)));
    return adj[0] = mul(ir, y, mul(ir, e, num(ir, x, M_2_SQRTPI))), true;
}

bool law_gradient_sin(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    return adj[0] = mul(ir, y, ir_1(ir, OP_COS, n->in[0])), true;
}

bool law_gradient_cos(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    return adj[0] = neg(ir, mul(ir, y, ir_1(ir, OP_SIN, n->in[0]))), true;
}

/* b x^(b-1) and ln(x) x^b; the second is NaN for x < 0, as the function is no function of b there */
bool law_gradient_pow(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Node *x = n->in[0], *b = n->in[1];
    const Node *lower = ir_2(ir, OP_POW, x, sub(ir, b, num(ir, b, 1)));
    bool ok = put(ir, n, 0, mul(ir, y, mul(ir, b, lower)), adj);
    return ok && put(ir, n, 1, mul(ir, y, mul(ir, n, ir_1(ir, OP_LOG, x))), adj);
}

/* b y / (a^2 + b^2) and -a y / (a^2 + b^2), of atan2(a, b) */
bool law_gradient_atan2(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Node *a = n->in[0], *b = n->in[1], *square = add(ir, mul(ir, a, a), mul(ir, b, b));
    const Node *part = n->type->kind == TY_TENSOR ? divide(ir, y, square)
                                                  : mul(ir, y, ir_2(ir, OP_POW, square, num(ir, square, -1)));
    return put(ir, n, 0, mul(ir, part, b), adj) && put(ir, n, 1, neg(ir, mul(ir, part, a)), adj);
}

/* Each element's adjoint goes to the value that was chosen there. */
bool law_gradient_where(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Node *zero = num(ir, y, 0);
    adj[0] = NULL;
    if (!is_float(n)) return false;
    return put(ir, n, 1, ir_3(ir, OP_WHERE, n->in[0], y, zero), adj) &&
           put(ir, n, 2, ir_3(ir, OP_WHERE, n->in[0], zero, y), adj);
}

/* The adjoint goes to the value that was chosen. */
bool law_gradient_case_when(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Node *zero = ir_filled(ir, n->type, 0);
    const Node **in = ARENA_ARRAY(ir_arena(ir), const Node *, n->n);
    if (!is_float(n) || !zero) return false;
    for (uint32_t i = 0; i < n->n; i++) {
        bool value = i % 2 == 1 || i + 1 == n->n;
        adj[i] = NULL;
        if (!value) continue;
        for (uint32_t k = 0; k < n->n; k++) in[k] = k % 2 == 0 && k + 1 < n->n ? n->in[k] : k == i ? y : zero;
        adj[i] = ir_node(ir, OP_CASE, NULL, n->n, in);
    }
    return true;
}

/* Between floats; from other types there is nothing to differentiate. */
bool law_gradient_cast(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Node *x = n->in[0];
    adj[0] = is_float(x) && is_float(n) ? ir_cast(ir, y, x->type) : NULL;
    return true;
}

bool law_gradient_expand(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const char *why;
    const Node **wrt = ARENA_ARRAY(ir_arena(ir), const Node *, n->n);
    for (uint32_t i = 0; i < n->n; i++) wrt[i] = n->in[i];
    if (!gradient_through(ir, ir_expand(ir, n), y, n->n, wrt, adj, &why)) return false;
    for (uint32_t i = 1; i < n->n; i++) /* an input that stands twice has its whole adjoint already */
        for (uint32_t k = 0; k < i; k++)
            if (wrt[k] == wrt[i]) adj[i] = NULL;
    return true;
}

/* ---- whole expressions ---- */

typedef struct Sweep {
    Ir *ir;
    PtrMap adjoint; /* node -> its adjoint so far */
    PtrMap active;  /* nodes that depend on wrt */
    const char *why;
} Sweep;

static void accumulate(Sweep *s, const Node *n, const Node *adj) {
    const Node *had = ptrmap_get(&s->adjoint, n);
    ptrmap_set(&s->adjoint, n, (void *)(had ? add(s->ir, had, adj) : adj));
}

static bool is_active(const Sweep *s, const Node *n) { return ptrmap_get(&s->active, n) != NULL; }

static void mark(Sweep *s, const Node *n, uint32_t n_wrt, const Node *const *wrt) {
    bool active = false;
    for (uint32_t i = 0; i < n_wrt; i++) active = active || wrt[i] == n;
    for (uint32_t i = 0; i < n->n; i++) active = active || is_active(s, n->in[i]);
    if (active) ptrmap_set(&s->active, n, (void *)n);
}

static bool step(Sweep *s, const Node *n) {
    const Node *y = ptrmap_get(&s->adjoint, n);
    if (!y || !is_active(s, n)) return true;
    const Node **adj = ARENA_ARRAY(ir_arena(s->ir), const Node *, n->n);
    GradientLaw law = op_laws[n->op].gradient;
    if (!law || !law(s->ir, n, y, adj)) {
        s->why = arena_printf(ir_arena(s->ir), "%s has no gradient here", op_info[n->op].text);
        return false;
    }
    for (uint32_t i = 0; i < n->n; i++)
        if (adj[i] && is_active(s, n->in[i])) accumulate(s, n->in[i], adj[i]);
    return true;
}

static bool is_one_of(const Node *n, uint32_t k, const Node *const *at) {
    for (uint32_t i = 0; i < k; i++)
        if (at[i] == n) return true;
    return false;
}

/* Users have larger ids than inputs: descending ids are a reverse topological order. */
bool gradient_through(Ir *ir, const Node *y, const Node *adjoint, uint32_t n, const Node *const *wrt,
                      const Node **out, const char **why) {
    Sweep s = {.ir = ir};
    const Node *const *all;
    size_t count = ir_reachable(ir_arena(ir), y, &all);
    bool ok = true;
    for (size_t i = 0; i < count; i++) mark(&s, all[i], n, wrt);
    accumulate(&s, y, adjoint);
    for (size_t i = count; i-- > 0 && ok;) ok = is_one_of(all[i], n, wrt) || step(&s, all[i]);
    for (uint32_t i = 0; i < n && ok; i++) {
        const Node *adj = ptrmap_get(&s.adjoint, wrt[i]);
        out[i] = is_active(&s, wrt[i]) ? adj : NULL;
    }
    *why = s.why;
    ptrmap_free(&s.adjoint);
    ptrmap_free(&s.active);
    return ok;
}

bool ir_gradient(Ir *ir, const Node *y, uint32_t n, const Node *const *wrt, const Node **out,
                 const char **why) {
    if (!type_is_float(y->type)) return *why = "a gradient is that of a scalar FLOAT32 or DOUBLE", false;
    if (!gradient_through(ir, y, ir_number(ir, y->type, 1), n, wrt, out, why)) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!out[i] && !(out[i] = ir_filled(ir, wrt[i]->type, 0)))
            return *why = "a zero of unknown shape", false;
    return true;
}
