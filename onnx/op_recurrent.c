/* Recurrent networks, step by step: lengths are known when the query is compiled, and each step is two
 * contractions. x (T, B, I)  w (D, G H, I)  r (D, G H, H)  b (D, 2 G H)  y (T, D, B, H), D directions, G
 * gates */
#include "onnx/gather.h"

#include <string.h>

typedef struct Cell Cell;
struct Cell {
    OnnxExpand *x;
    uint32_t gates;
    int64_t t, batch, in, hidden, directions;
    bool layout;                            /* batch first */
    const Node *w, *r, *wb, *rb, *peephole; /* of the direction at hand */
    const char *f[3];                       /* activations of the direction */
    const Node *h, *c;
    void (*step)(Cell *cell, const Node *x);
};

static const Node *mul(Cell *c, const Node *a, const Node *b) { return onnx_make2(c->x, OP_MUL, a, b); }
static const Node *add(Cell *c, const Node *a, const Node *b) {
    return a && b ? onnx_make2(c->x, OP_ADD, a, b) : a;
}

static const Node *activated(Cell *c, const char *f, const Node *a) {
    const double clip = onnx_float(c->x, "clip", 0);
    if (clip > 0)
        a = onnx_make2(c->x, OP_MIN2, onnx_make2(c->x, OP_MAX2, a, onnx_number(c->x, a, -clip)),
                       onnx_number(c->x, a, clip));
    if (strcmp(f, "Sigmoid") == 0) return onnx_make1(c->x, OP_SIGMOID, a);
    if (strcmp(f, "Tanh") == 0) return onnx_make1(c->x, OP_TANH, a);
    if (strcmp(f, "Relu") == 0) return onnx_make1(c->x, OP_RELU, a);
    onnx_missing(c->x, "activation %s is not supported yet", f);
    return NULL;
}

/* a (B, K)  w (N, K)  out (B, N) */
static const Node *times(Cell *c, const Node *a, const Node *w) {
    AttrContract k = {
        {2, (const int64_t[]){0, 1}}, {2, (const int64_t[]){2, 1}}, {2, (const int64_t[]){0, 2}}};
    return onnx_make(c->x, OP_CONTRACT, &k, 2, (const Node *const[]){a, w});
}

/* Gate g of a (B, G H) or (G H). */
static const Node *gate(Cell *c, const Node *a, uint32_t g) {
    return a ? onnx_cut(c->x, a, a->type->n - 1, g * c->hidden, (g + 1) * c->hidden, 1, false) : NULL;
}

static const Node *rows(Cell *c, const Node *a, uint32_t g) {
    return onnx_cut(c->x, a, 0, g * c->hidden, (g + 1) * c->hidden, 1, false);
}

static void rnn_step(Cell *c, const Node *x) {
    const Node *a = add(c, add(c, times(c, x, c->w), c->wb), add(c, times(c, c->h, c->r), c->rb));
    c->h = activated(c, c->f[0], a);
}

/* gates z, r, h */
static void gru_step(Cell *c, const Node *x) {
    const Node *in = add(c, times(c, x, c->w), c->wb), *own = c->h;
    const Node *both = add(c, times(c, own, onnx_cut(c->x, c->r, 0, 0, 2 * c->hidden, 1, false)),
                           c->rb ? onnx_cut(c->x, c->rb, 0, 0, 2 * c->hidden, 1, false) : NULL);
    const Node *z = activated(c, c->f[0], add(c, gate(c, in, 0), gate(c, both, 0)));
    const Node *r = activated(c, c->f[0], add(c, gate(c, in, 1), gate(c, both, 1)));
    const Node *rh = rows(c, c->r, 2), *bias = gate(c, c->rb, 2), *h;
    if (onnx_int(c->x, "linear_before_reset", 0)) h = mul(c, r, add(c, times(c, own, rh), bias));
    else h = add(c, times(c, mul(c, r, own), rh), bias);
    h = activated(c, c->f[1], add(c, gate(c, in, 2), h));
    const Node *fresh = mul(c, onnx_make2(c->x, OP_SUB, onnx_number(c->x, z, 1), z), h);
    c->h = onnx_make2(c->x, OP_ADD, fresh, mul(c, z, own));
}

/* gates i, o, f, c; peepholes of i, o, f */
static void lstm_step(Cell *c, const Node *x) {
    const Node *a = add(c, add(c, times(c, x, c->w), c->wb), add(c, times(c, c->h, c->r), c->rb)),
               *old = c->c;
    const Node *pi = gate(c, c->peephole, 0), *po = gate(c, c->peephole, 1), *pf = gate(c, c->peephole, 2);
    const Node *i = activated(c, c->f[0], add(c, gate(c, a, 0), pi ? mul(c, pi, old) : NULL));
    const Node *forget = activated(c, c->f[0], add(c, gate(c, a, 2), pf ? mul(c, pf, old) : NULL));
    if (onnx_int(c->x, "input_forget", 0)) forget = onnx_make2(c->x, OP_SUB, onnx_number(c->x, i, 1), i);
    const Node *candidate = activated(c, c->f[1], gate(c, a, 3));
    c->c = onnx_make2(c->x, OP_ADD, mul(c, forget, old), mul(c, i, candidate));
    const Node *o = activated(c, c->f[0], add(c, gate(c, a, 1), po ? mul(c, po, c->c) : NULL));
    c->h = mul(c, o, activated(c, c->f[2], c->c));
}

/* ---- a direction ---- */

static const Node *of_direction(Cell *c, uint32_t input, int64_t d) {
    const OnnxValue *v = onnx_in(c->x, input);
    return v ? onnx_cut(c->x, onnx_whole(c->x, v), 0, d, d + 1, 1, true) : NULL;
}

/* (D, B, H), or (B, D, H) where the batch is first; zeros where not given */
static const Node *initial(Cell *c, uint32_t input, int64_t d, TypeKind kind) {
    const OnnxValue *v = onnx_in(c->x, input);
    if (v) return onnx_cut(c->x, onnx_whole(c->x, v), c->layout, d, d + 1, 1, true);
    return onnx_filled(
        c->x, type_tensor(c->x->types, type_get(c->x->types, kind), 2, (int64_t[]){c->batch, c->hidden}), 0);
}

/* Where step t is within the sequence: new, else old. */
static const Node *kept(Cell *c, const Node *fresh, const Node *old, const Node *lengths, int64_t t) {
    if (!lengths) return fresh;
    const Node *within = onnx_make2(c->x, OP_GT, lengths, onnx_number(c->x, lengths, (double)t));
    return onnx_make(c->x, OP_WHERE, NULL, 3, (const Node *const[]){within, fresh, old});
}

static const Node *step_input(Cell *c, const Node *x, int64_t t) {
    return onnx_cut(c->x, x, c->layout, t, t + 1, 1, true);
}

/* out[t]: h of each step, zeros past a sequence's end */
static void run(Cell *c, const Node *x, const Node *lengths, bool backwards, const Node **out) {
    for (int64_t i = 0; i < c->t && c->h; i++) {
        int64_t t = backwards ? c->t - 1 - i : i;
        const Node *h = c->h, *cell = c->c;
        c->step(c, step_input(c, x, t));
        out[t] = c->h ? kept(c, c->h, onnx_number(c->x, c->h, 0), lengths, t) : NULL;
        c->h = kept(c, c->h, h, lengths, t);
        if (cell) c->c = kept(c, c->c, cell, lengths, t);
    }
}

static bool functions(Cell *c, int64_t d, const char *const *defaults, uint32_t n) {
    const OnnxAttr *a = onnx_attr(c->x, "activations", ONNX_STRINGS);
    for (uint32_t i = 0; i < n; i++) c->f[i] = a && d * n + i < a->n ? a->strings[d * n + i] : defaults[i];
    return c->x->why == NULL;
}

static void weights(Cell *c, int64_t d) {
    const Node *b = of_direction(c, 3, d);
    int64_t half = c->gates * c->hidden;
    c->w = of_direction(c, 1, d);
    c->r = of_direction(c, 2, d);
    c->wb = b ? onnx_cut(c->x, b, 0, 0, half, 1, false) : NULL;
    c->rb = b ? onnx_cut(c->x, b, 0, half, 2 * half, 1, false) : NULL;
    c->peephole = c->gates == 4 ? of_direction(c, 7, d) : NULL;
}

static bool fits(const OnnxValue *v, uint32_t rank, const int64_t *dims) {
    return !v || (v->rank == rank && memcmp(v->dims, dims, rank * sizeof *dims) == 0);
}

static bool shapes(Cell *c) {
    OnnxExpand *x = c->x;
    const OnnxValue *a = onnx_in(x, 0), *w = onnx_in(x, 1), *r = onnx_in(x, 2);
    enum { STEPS_MAX = 4096 };
    if (!a || !w || !r || a->rank != 3 || w->rank != 3 || r->rank != 3)
        return onnx_refuse(x, "it takes x, w and r of 3 dimensions");
    c->layout = onnx_int(x, "layout", 0) != 0;
    c->t = a->dims[c->layout];
    c->batch = a->dims[!c->layout];
    c->in = a->dims[2];
    c->hidden = r->dims[2];
    c->directions = w->dims[0];
    int64_t g = c->gates * c->hidden, d = c->directions;
    bool ok = d >= 1 && d <= 2 && fits(w, 3, (int64_t[]){d, g, c->in}) &&
              fits(r, 3, (int64_t[]){d, g, c->hidden}) && fits(onnx_in(x, 3), 2, (int64_t[]){d, 2 * g});
    int64_t state[] = {c->layout ? c->batch : d, c->layout ? d : c->batch, c->hidden};
    ok = ok && fits(onnx_in(x, 5), 3, state) &&
         (c->gates != 4 ||
          (fits(onnx_in(x, 6), 3, state) && fits(onnx_in(x, 7), 2, (int64_t[]){d, 3 * c->hidden})));
    if (!ok || c->t < 1 || c->batch < 1) return onnx_refuse(x, "its weights do not fit its input");
    return c->t <= STEPS_MAX || onnx_missing(x, "%lld steps are not supported", (long long)c->t);
}

static const Node *stack(Cell *c, uint32_t axis, uint32_t n, const Node *const *parts) {
    return onnx_make(c->x, OP_STACK, &(AttrAxis){axis}, n, parts);
}

static bool recur(OnnxExpand *x, uint32_t gates, void (*step)(Cell *, const Node *),
                  const char *const *defaults, uint32_t n) {
    Cell c = {.x = x, .gates = gates, .step = step};
    const char *direction = onnx_string(x, "direction", "forward");
    if (!shapes(&c)) return false;
    const Node *a = onnx_whole(x, onnx_in(x, 0)),
               *lengths =
                   onnx_in(x, 4) ? onnx_reshape(x, onnx_in(x, 4)->node, 2, (int64_t[]){c.batch, 1}) : NULL;
    const Node **steps[2], *hs[2] = {0}, *cs[2] = {0}, **y = ARENA_ARRAY(x->arena, const Node *, c.t);
    TypeKind kind = onnx_elem(onnx_in(x, 0));
    uint32_t dirs = (uint32_t)c.directions;
    for (uint32_t d = 0; d < dirs; d++) {
        steps[d] = ARENA_ARRAY(x->arena, const Node *, c.t);
        weights(&c, d);
        c.h = initial(&c, 5, d, kind);
        c.c = gates == 4 ? initial(&c, 6, d, kind) : NULL;
        if (!functions(&c, d, defaults, n)) return false;
        run(&c, a, lengths, d == 1 || strcmp(direction, "reverse") == 0, steps[d]);
        hs[d] = c.h;
        cs[d] = c.c;
    }
    for (int64_t t = 0; t < c.t; t++) {
        const Node *of[2] = {steps[0][t], dirs > 1 ? steps[1][t] : NULL};
        y[t] = stack(&c, c.layout, dirs, of); /* (D, B, H) or (B, D, H) */
    }
    int64_t state[] = {c.layout ? c.batch : dirs, c.layout ? dirs : c.batch, c.hidden};
    int64_t dims[] = {c.layout ? c.batch : c.t, c.layout ? c.t : dirs, c.layout ? dirs : c.batch, c.hidden};
    return onnx_yield(x, 0, onnx_wants(x, 0) ? stack(&c, c.layout, (uint32_t)c.t, y) : hs[0], 4, dims) &&
           onnx_yield(x, 1, stack(&c, c.layout, dirs, hs), 3, state) &&
           (gates != 4 || onnx_yield(x, 2, stack(&c, c.layout, dirs, cs), 3, state));
}

bool onnx_expand_rnn(OnnxExpand *x) { return recur(x, 1, rnn_step, (const char *const[]){"Tanh"}, 1); }
bool onnx_expand_gru(OnnxExpand *x) {
    return recur(x, 3, gru_step, (const char *const[]){"Sigmoid", "Tanh"}, 2);
}
bool onnx_expand_lstm(OnnxExpand *x) {
    return recur(x, 4, lstm_step, (const char *const[]){"Sigmoid", "Tanh", "Tanh"}, 3);
}
