/* If, Loop, Scan. What they hang on is mostly known when the query is compiled: then one branch is imported, and a loop is unrolled.
 * Else both branches are computed, and the condition chooses element by element. */
#include "onnx/expand.h"

#include <stdio.h>
#include <string.h>

/* ---- choices ---- */

static void shape_text(char out[128], const OnnxValue *v) {
    int n = snprintf(out, 128, "(");
    for (uint32_t d = 0; d < v->rank; d++) n += snprintf(out + n, 128 - (size_t)n, "%s%lld", d ? ", " : "", (long long)v->dims[d]);
    snprintf(out + n, 128 - (size_t)n, ")");
}

static bool differ(OnnxExpand *x, const OnnxValue *a, const OnnxValue *b) {
    char first[128], second[128];
    if (a->form != ONNX_IS_TENSOR || b->form != ONNX_IS_TENSOR)
        return onnx_refuse(x, "sequences or optional values differ in length, and which one there is depends on the model's input");
    shape_text(first, a);
    shape_text(second, b);
    return onnx_refuse(x, "what it yields is of shape %s or %s, or of two types, which depends on the model's input: they must be known when the query is compiled",
                       first, second);
}

static bool alike(const OnnxValue *a, const OnnxValue *b) {
    bool same = a->form == b->form && a->n == b->n;
    if (same && a->form == ONNX_IS_TENSOR)
        return a->rank == b->rank && memcmp(a->dims, b->dims, a->rank * sizeof *a->dims) == 0 && onnx_elem(a) == onnx_elem(b);
    for (uint32_t i = 0; same && i < a->n; i++) same = alike(&a->items[i], &b->items[i]);
    return same;
}

/* cond ? a : b, where cond is a truth value that depends on the model's input. */
static bool choose(OnnxExpand *x, const OnnxValue *cond, const OnnxValue *a, const OnnxValue *b, OnnxValue *out) {
    if (!alike(a, b)) return differ(x, a, b);
    *out = *a;
    if (a->form == ONNX_IS_NOTHING || (a->form == ONNX_IS_TENSOR && a->node == b->node)) return true;
    if (a->form == ONNX_IS_TENSOR)
        return onnx_set(x, out, onnx_make(x, OP_WHERE, NULL, 3, (const Node *const[]){cond->node, a->node, b->node}), a->rank, a->dims);
    OnnxValue *items = ARENA_ARRAY(x->arena, OnnxValue, a->n);
    out->items = items;
    for (uint32_t i = 0; i < a->n; i++)
        if (!choose(x, cond, &a->items[i], &b->items[i], &items[i])) return false;
    return true;
}

/* A truth value that is known. */
static bool truth(OnnxExpand *x, const OnnxValue *v, const char *what, bool *out) {
    Value value;
    if (!onnx_constant(x, v, what, &value)) return false;
    if (value.type->elem->kind != TY_BOOL || tensor_count(&value) != 1) return onnx_refuse(x, "%s is no truth value", what);
    *out = tensor_elem(&value, 0).b;
    return true;
}

static bool is_truth(OnnxExpand *x, const OnnxValue *v, const char *what) {
    return (v->form == ONNX_IS_TENSOR && onnx_elem(v) == TY_BOOL && onnx_count(v) == 1) || onnx_refuse(x, "%s is no truth value", what);
}

static bool branch(OnnxExpand *x, const OnnxBody *b, OnnxValue **out) {
    if (b->n_inputs || b->n_outputs < x->node->n_out)
        return onnx_refuse(x, "its branches take no inputs and yield its %u outputs", x->node->n_out);
    *out = ARENA_ARRAY(x->arena, OnnxValue, b->n_outputs);
    return onnx_run(x, b, NULL, *out);
}

static bool one_branch(OnnxExpand *x, const OnnxValue *cond, const OnnxBody *const *of) {
    bool is;
    OnnxValue *out;
    if (!truth(x, cond, "its condition", &is) || !branch(x, of[!is], &out)) return false;
    for (uint32_t i = 0; i < x->node->n_out; i++) onnx_yield_value(x, i, &out[i]);
    return true;
}

static bool both_branches(OnnxExpand *x, const OnnxValue *cond, const OnnxBody *const *of) {
    OnnxValue *a, *b, v;
    if (!branch(x, of[0], &a) || !branch(x, of[1], &b)) return false;
    for (uint32_t i = 0; i < x->node->n_out; i++)
        if (!choose(x, cond, &a[i], &b[i], &v) || !onnx_yield_value(x, i, &v)) return false;
    return true;
}

bool onnx_expand_if(OnnxExpand *x) {
    const OnnxValue *cond = onnx_in(x, 0);
    const OnnxBody *of[] = {onnx_body(x, "then_branch"), onnx_body(x, "else_branch")};
    if (!cond || !of[0] || !of[1] || !is_truth(x, cond, "its condition")) return false;
    if (onnx_is_known(cond)) return one_branch(x, cond, of);
    if (both_branches(x, cond, of)) return true;
    if (!x->import->known) return false;
    x->why = NULL; /* what the input is decides */
    x->import->unsupported = false;
    return one_branch(x, cond, of);
}

/* ---- Loop ---- */

typedef struct Loop {
    const OnnxBody *body;
    uint32_t n_carried, n_scans;
    int64_t trips;    /* INT64_MAX: not given */
    OnnxValue *in;    /* of the body: number, condition, carried */
    OnnxValue *out;   /* condition, carried, scans */
    OnnxValue *scans; /* of all iterations, one after the other */
    OnnxValue alive;  /* its node NULL: the loop goes on; else a truth value that depends on the model's input */
} Loop;

static bool loop_shape(OnnxExpand *x, Loop *l) {
    const OnnxValue *trips = onnx_in(x, 0);
    IntList n;
    if (!(l->body = onnx_body(x, "body"))) return false;
    if (x->node->n_in < 2) return onnx_refuse(x, "it has %u inputs", x->node->n_in);
    l->n_carried = x->node->n_in - 2;
    if (l->body->n_inputs != 2 + l->n_carried || l->body->n_outputs < 1 + l->n_carried)
        return onnx_refuse(x, "its body takes %u inputs and yields %u outputs, which does not fit %u carried values", l->body->n_inputs,
                           l->body->n_outputs, l->n_carried);
    l->n_scans = l->body->n_outputs - 1 - l->n_carried;
    if (x->node->n_out > l->n_carried + l->n_scans) return onnx_refuse(x, "it has %u outputs, and its body yields fewer", x->node->n_out);
    l->trips = INT64_MAX;
    if (trips && !onnx_constant_ints(x, trips, "its trip count", &n)) return false;
    if (trips) l->trips = n.n ? n.at[0] : 0;
    l->in = ARENA_ARRAY(x->arena, OnnxValue, l->body->n_inputs);
    l->out = ARENA_ARRAY(x->arena, OnnxValue, l->body->n_outputs);
    for (uint32_t i = 0; i < l->n_carried; i++) {
        const OnnxValue *v = onnx_in(x, 2 + i);
        if (!v) return onnx_refuse(x, "input %u is not given", 2 + i);
        l->in[2 + i] = *v;
    }
    return true;
}

/* What the condition says after an iteration, or before the first; *ends: nothing more. */
static bool take_condition(OnnxExpand *x, Loop *l, const OnnxValue *cond, bool *ends) {
    bool is = true;
    if (!is_truth(x, cond, "its condition")) return false;
    bool needed = l->trips == INT64_MAX || l->n_scans; /* for the shape of what it yields */
    if (onnx_is_known(cond) || (needed && x->import->known)) {
        if (!truth(x, cond, "its condition", &is)) return false;
        *ends = !is;
    } else if (!l->alive.node) {
        l->alive = *cond;
    } else {
        return onnx_set(x, &l->alive, onnx_make2(x, OP_BIT_AND, l->alive.node, cond->node), 0, NULL);
    }
    return true;
}

static bool loop_step(OnnxExpand *x, Loop *l, int64_t i, bool *ends) {
    if (l->alive.node && l->trips == INT64_MAX)
        return onnx_refuse(x, "when it ends depends on the model's input, and it has no trip count");
    if (l->alive.node && l->n_scans)
        return onnx_refuse(x, "how many elements it yields depends on the model's input, and shapes must be known when the query is compiled");
    if (!onnx_int_value(x, i, &l->in[0])) return false;
    if (!l->alive.node && !onnx_bool_value(x, true, &l->in[1])) return false;
    if (l->alive.node) l->in[1] = l->alive;
    if (!onnx_run(x, l->body, l->in, l->out)) return false;
    for (uint32_t k = 0; k < l->n_carried; k++) {
        OnnxValue old = l->in[2 + k];
        if (!l->alive.node) l->in[2 + k] = l->out[1 + k];
        else if (!choose(x, &l->alive, &l->out[1 + k], &old, &l->in[2 + k])) return false;
    }
    return take_condition(x, l, &l->out[0], ends);
}

/* Of no iteration: what one would yield, none times. */
static bool no_scan(OnnxExpand *x, const OnnxValue *one, OnnxValue *out) {
    int64_t dims[TENSOR_MAX_RANK] = {0};
    if (one->form != ONNX_IS_TENSOR || one->rank == TENSOR_MAX_RANK) return onnx_refuse(x, "what it collects is no tensor");
    memcpy(dims + 1, one->dims, one->rank * sizeof *dims);
    return onnx_set(x, out, onnx_filled(x, type_tensor(x->types, one->node->type->elem, one->rank + 1, dims), 0), one->rank + 1, dims);
}

static bool yield_scan(OnnxExpand *x, const Loop *l, uint32_t k, int64_t times) {
    OnnxValue *of = ARENA_ARRAY(x->arena, OnnxValue, times + 1), v;
    for (int64_t i = 0; i < times; i++) of[i] = l->scans[i * l->n_scans + k];
    bool ok = times ? onnx_stack(x, (uint32_t)times, of, 0, &v) : no_scan(x, &l->out[1 + l->n_carried + k], &v);
    return ok && onnx_yield_value(x, l->n_carried + k, &v);
}

/* The scans of iteration i, behind those before it. */
static void keep_scans(OnnxExpand *x, Loop *l, int64_t i, int64_t *room) {
    if (i == *room) {
        int64_t wider = *room ? 2 * *room : 16;
        OnnxValue *grown = ARENA_ARRAY(x->arena, OnnxValue, wider * l->n_scans);
        if (i) memcpy(grown, l->scans, (size_t)(i * l->n_scans) * sizeof *grown);
        l->scans = grown;
        *room = wider;
    }
    memcpy(l->scans + i * l->n_scans, l->out + 1 + l->n_carried, l->n_scans * sizeof *l->scans);
}

bool onnx_expand_loop(OnnxExpand *x) {
    enum { TRIPS_MAX = 1 << 15 };
    Loop l = {0};
    bool ends = false;
    int64_t times = 0, room = 0;
    if (!loop_shape(x, &l) || (onnx_in(x, 1) && !take_condition(x, &l, onnx_in(x, 1), &ends))) return false;
    for (; !ends && times < l.trips; times++) {
        if (times == TRIPS_MAX) return onnx_refuse(x, "it runs more than %d times", TRIPS_MAX);
        if (!loop_step(x, &l, times, &ends)) return false;
        if (l.n_scans) keep_scans(x, &l, times, &room);
    }
    for (uint32_t k = 0; k < l.n_carried && k < x->node->n_out; k++) onnx_yield_value(x, k, &l.in[2 + k]);
    if (!times && l.n_scans && (!onnx_int_value(x, 0, &l.in[0]) || !onnx_bool_value(x, true, &l.in[1]) || !onnx_run(x, l.body, l.in, l.out)))
        return false;
    for (uint32_t k = 0; k < l.n_scans; k++)
        if (onnx_wants(x, l.n_carried + k) && !yield_scan(x, &l, k, times)) return false;
    return true;
}

/* ---- Scan ---- */

typedef struct Apart {
    const OnnxBody *body;
    uint32_t n_states, n_scans, n_made; /* values that are carried, taken apart, put together */
    uint32_t *axis;                     /* of each that is taken apart */
    IntList back, made_axis, made_back; /* n 0: all are 0 */
    OnnxValue *in, *out;                /* of the body */
} Apart;

static int64_t or_zero(const IntList *l, uint32_t i) { return i < l->n ? l->at[i] : 0; }

static bool scan_shape(OnnxExpand *x, Apart *s, uint32_t first) {
    int64_t n = onnx_int(x, "num_scan_inputs", 0);
    if (!(s->body = onnx_body(x, "body"))) return false;
    if (n < 1 || n > x->node->n_in - first) return onnx_refuse(x, "%lld of its %u inputs are taken apart", (long long)n, x->node->n_in - first);
    s->n_scans = (uint32_t)n;
    s->n_states = x->node->n_in - first - s->n_scans;
    if (s->body->n_inputs != s->n_states + s->n_scans || s->body->n_outputs < s->n_states || x->node->n_out > s->body->n_outputs)
        return onnx_refuse(x, "its body takes %u inputs and yields %u outputs, which does not fit", s->body->n_inputs, s->body->n_outputs);
    s->n_made = s->body->n_outputs - s->n_states;
    s->axis = ARENA_ARRAY(x->arena, uint32_t, s->n_scans);
    s->in = ARENA_ARRAY(x->arena, OnnxValue, s->body->n_inputs);
    s->out = ARENA_ARRAY(x->arena, OnnxValue, s->body->n_outputs);
    for (uint32_t i = first; i < x->node->n_in; i++)
        if (!onnx_in(x, i)) return onnx_refuse(x, "input %u is not given", i);
    return true;
}

/* States and inputs at `whole`; results likewise, behind each other. */
static bool scan_one(OnnxExpand *x, Apart *s, const OnnxValue *whole, OnnxValue *results) {
    int64_t times = whole[s->n_states].dims[s->axis[0]];
    if (times < 1) return onnx_missing(x, "there is nothing to take apart");
    OnnxValue *made = ARENA_ARRAY(x->arena, OnnxValue, times * s->n_made + 1);
    memcpy(s->in, whole, s->n_states * sizeof *whole);
    for (int64_t t = 0; t < times; t++) {
        for (uint32_t k = 0; k < s->n_scans; k++) {
            const OnnxValue *of = &whole[s->n_states + k];
            int64_t size = of->dims[s->axis[k]];
            if (size != times) return onnx_refuse(x, "it takes %lld and %lld elements apart", (long long)times, (long long)size);
            if (!onnx_element(x, of, s->axis[k], or_zero(&s->back, k) ? times - 1 - t : t, &s->in[s->n_states + k])) return false;
        }
        if (!onnx_run(x, s->body, s->in, s->out)) return false;
        memcpy(s->in, s->out, s->n_states * sizeof *s->in);
        for (uint32_t k = 0; k < s->n_made; k++)
            made[k * times + (or_zero(&s->made_back, k) ? times - 1 - t : t)] = s->out[s->n_states + k];
    }
    memcpy(results, s->in, s->n_states * sizeof *s->in);
    for (uint32_t k = 0; k < s->n_made; k++)
        if (!onnx_stack(x, (uint32_t)times, made + k * times, or_zero(&s->made_axis, k), &results[s->n_states + k])) return false;
    return true;
}

/* Before opset 9 each element of a batch is scanned by itself. */
static bool scan_batch(OnnxExpand *x, Apart *s, const OnnxValue *whole, OnnxValue *results) {
    uint32_t n_in = s->body->n_inputs, n_out = s->body->n_outputs;
    int64_t batch = whole[0].rank ? whole[0].dims[0] : 0;
    OnnxValue *one = ARENA_ARRAY(x->arena, OnnxValue, n_in), *of = ARENA_ARRAY(x->arena, OnnxValue, n_out * batch + 1),
              *by = ARENA_ARRAY(x->arena, OnnxValue, n_out);
    if (onnx_in(x, 0)) return onnx_missing(x, "lengths of sequences are not supported yet");
    if (!batch) return onnx_refuse(x, "it has no batch");
    for (int64_t b = 0; b < batch; b++) {
        for (uint32_t k = 0; k < n_in; k++) {
            if (!whole[k].rank || whole[k].dims[0] != batch) return onnx_refuse(x, "its inputs have batches of different sizes");
            if (!onnx_element(x, &whole[k], 0, b, &one[k])) return false;
        }
        if (!scan_one(x, s, one, by)) return false;
        for (uint32_t k = 0; k < n_out; k++) of[k * batch + b] = by[k];
    }
    for (uint32_t k = 0; k < n_out; k++)
        if (!onnx_stack(x, (uint32_t)batch, of + k * batch, 0, &results[k])) return false;
    return true;
}

bool onnx_expand_scan(OnnxExpand *x) {
    Apart s = {0};
    uint32_t first = x->opset < 9; /* lengths of sequences come before */
    IntList axes = {0};
    if (!scan_shape(x, &s, first)) return false;
    onnx_ints(x, first ? "directions" : "scan_input_directions", &s.back);
    onnx_ints(x, "scan_output_directions", &s.made_back);
    onnx_ints(x, "scan_output_axes", &s.made_axis);
    onnx_ints(x, "scan_input_axes", &axes);
    OnnxValue *whole = ARENA_ARRAY(x->arena, OnnxValue, s.body->n_inputs), *results = ARENA_ARRAY(x->arena, OnnxValue, s.body->n_outputs);
    for (uint32_t i = 0; i < s.body->n_inputs; i++) whole[i] = *onnx_in(x, first + i);
    for (uint32_t k = 0; k < s.n_scans; k++) {
        const OnnxValue *of = &whole[s.n_states + k];
        uint32_t rank = of->form == ONNX_IS_TENSOR ? of->rank - (first && of->rank) : 0;
        if (!onnx_axis(x, or_zero(&axes, k), rank, &s.axis[k])) return false;
    }
    if (x->why || !(first ? scan_batch(x, &s, whole, results) : scan_one(x, &s, whole, results))) return false;
    for (uint32_t i = 0; i < x->node->n_out; i++) onnx_yield_value(x, i, &results[i]);
    return true;
}
