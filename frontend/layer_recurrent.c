/* rnn, lstm, gru over a sequence of known length, (T, C) to (T, directions * size): unrolled, a few nodes a
 * step.  What the inputs contribute is one contraction for all steps. Tensors of layer k: weight_ih_lk (G H,
 * C), weight_hh_lk (G H, R), bias_ih_lk, bias_hh_lk (G H), lstm with proj_size P: weight_hr_lk (P, H); of the
 * other direction with _reverse.  G gates, in PyTorch's order: lstm i f g o, gru r z n. */
#include "frontend/layer.h"

enum { MOST_STEPS = 4096 };

static int64_t gates_of(LayerKind k) { return k == LAYER_LSTM ? 4 : k == LAYER_GRU ? 3 : 1; }
static int64_t directions(const LayerSettings *set) { return set->bidirectional ? 2 : 1; }
static int64_t carried_size(const LayerSettings *set) { return set->last ? set->last : set->out; }

static void cell_tensors(Settle *s, int64_t layer, bool reverse, int64_t in) {
    LayerSettings *set = &s->layer->set;
    Arena *a = s->b->arena;
    int64_t rows = gates_of(s->layer->kind) * set->out, carried = carried_size(set);
    const char *end = arena_printf(a, "l%lld%s", (long long)layer, reverse ? "_reverse" : "");
    layer_tensor(s, arena_printf(a, "weight_ih_%s", end), 2, (int64_t[]){rows, in});
    layer_tensor(s, arena_printf(a, "weight_hh_%s", end), 2, (int64_t[]){rows, carried});
    if (set->bias) layer_tensor(s, arena_printf(a, "bias_ih_%s", end), 1, &rows);
    if (set->bias) layer_tensor(s, arena_printf(a, "bias_hh_%s", end), 1, &rows);
    if (set->last) layer_tensor(s, arena_printf(a, "weight_hr_%s", end), 2, (int64_t[]){set->last, set->out});
}

static bool recurrent_args(Settle *s) {
    static const char *const words[] = {"tanh", "relu", NULL};
    LayerSettings *set = &s->layer->set;
    bool ignored; /* a row has no batch dimension */
    return arg_int(s, "hidden_size", 0, 1, &set->out) && arg_int(s, "num_layers", 1, 1, &set->groups) &&
           arg_word(s, "nonlinearity", words, &set->mode) && arg_bool(s, "bias", true, &set->bias) &&
           arg_bool(s, "batch_first", false, &ignored) && arg_double(s, "dropout", 0, &set->p) &&
           arg_bool(s, "bidirectional", false, &set->bidirectional) &&
           arg_int(s, "proj_size", 0, 0, &set->last);
}

static bool recurrent_size(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (set->last >= set->out) return arg_reject(s, "proj_size", "proj_size is less than hidden_size");
    int64_t cells = set->groups * directions(set);
    if (cells > LAYER_MAX_TENSORS / 5)
        return arg_reject(s, "num_layers", "num_layers is at most %d", LAYER_MAX_TENSORS / 10);
    if (s->in[0]->dims[0] <= MOST_STEPS / cells) return true;
    return input_reject(s, 0, "its %lld layers take at most %d steps", (long long)cells,
                        (int)(MOST_STEPS / cells));
}

bool layer_settle_recurrent(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (!input_one(s) || !recurrent_args(s) || !input_rank(s, 2, "(length, size)") || !input_all_known(s) ||
        !recurrent_size(s))
        return false;
    set->in = s->in[0]->dims[1];
    for (int64_t k = 0; k < set->groups; k++)
        for (int64_t d = 0; d < directions(set); d++)
            cell_tensors(s, k, d == 1, k ? carried_size(set) * directions(set) : set->in);
    return true;
}

/* ---- one direction of one layer ---- */

typedef struct Cell {
    Build *m;
    const Node *w_hh, *b_hh, *w_hr; /* b_hh and w_hr may be NULL */
    const Node *inputs;             /* (T, G H) */
    const Node *h, *c;              /* of the step before; NULL: zeros */
} Cell;

/* (n) as (n / size, size)[i] */
static const Node *part(Build *m, const Node *x, int64_t i, int64_t size) {
    return nn_slice(m, x, 0, i * size, (i + 1) * size);
}

/* W h + b, or b alone at first; NULL where both are absent */
static const Node *carried(const Cell *e) {
    if (!e->h) return e->b_hh;
    const Node *y = nn_einsum(e->m, "k,ok->o", e->h, e->w_hh);
    return e->b_hh ? nn_2(e->m, OP_ADD, y, e->b_hh) : y;
}

static const Node *sum(Build *m, const Node *x, const Node *y) { return y ? nn_2(m, OP_ADD, x, y) : x; }

static const Node *rnn_step(Cell *e, const Node *x) {
    return nn_1(e->m, e->m->l->set.mode ? OP_RELU : OP_TANH, sum(e->m, x, carried(e)));
}

/* c = f c + i g,  h = o tanh(c) */
static const Node *lstm_step(Cell *e, const Node *x) {
    Build *m = e->m;
    int64_t size = m->l->set.out;
    const Node *gates = sum(m, x, carried(e));
    const Node *i = nn_1(m, OP_SIGMOID, part(m, gates, 0, size)),
               *g = nn_1(m, OP_TANH, part(m, gates, 2, size));
    const Node *added = nn_2(m, OP_MUL, i, g);
    const Node *kept = e->c ? nn_2(m, OP_MUL, nn_1(m, OP_SIGMOID, part(m, gates, 1, size)), e->c) : NULL;
    e->c = kept ? nn_2(m, OP_ADD, kept, added) : added;
    const Node *h = nn_2(m, OP_MUL, nn_1(m, OP_SIGMOID, part(m, gates, 3, size)), nn_1(m, OP_TANH, e->c));
    return e->w_hr ? nn_einsum(m, "k,ok->o", h, e->w_hr) : h;
}

/* n = tanh(x_n + r h_n),  h = n + z (h - n) */
static const Node *gru_step(Cell *e, const Node *x) {
    Build *m = e->m;
    int64_t size = m->l->set.out;
    const Node *y = carried(e), *gate[2];
    for (int i = 0; i < 2; i++)
        gate[i] = nn_1(m, OP_SIGMOID, sum(m, part(m, x, i, size), y ? part(m, y, i, size) : NULL));
    const Node *seen = y ? nn_2(m, OP_MUL, gate[0], part(m, y, 2, size)) : NULL;
    const Node *n = nn_1(m, OP_TANH, sum(m, part(m, x, 2, size), seen));
    if (e->h) return nn_2(m, OP_ADD, n, nn_2(m, OP_MUL, gate[1], nn_2(m, OP_SUB, e->h, n)));
    return nn_2(m, OP_SUB, n, nn_2(m, OP_MUL, gate[1], n));
}

static const Node *step(Cell *e, int64_t t) {
    LayerKind k = e->m->l->kind;
    const Node *x = nn_split(e->m, nn_slice(e->m, e->inputs, 0, t, t + 1), 0, 0, NULL);
    return e->h = k == LAYER_LSTM ? lstm_step(e, x) : k == LAYER_GRU ? gru_step(e, x) : rnn_step(e, x);
}

/* gru keeps b_hh apart, as r scales it; the others add it to the inputs' part, once for all steps */
static const Node *one_direction(Build *m, const Node *x, uint32_t tensor, bool reverse) {
    const LayerSettings *s = &m->l->set;
    const Node *b_ih = s->bias ? nn_weight(m, tensor + 2) : NULL,
               *b_hh = s->bias ? nn_weight(m, tensor + 3) : NULL;
    bool gru = m->l->kind == LAYER_GRU;
    if (b_ih && !gru) b_ih = nn_2(m, OP_ADD, b_ih, b_hh);
    Cell e = {.m = m,
              .w_hh = nn_weight(m, tensor + 1),
              .b_hh = gru ? b_hh : NULL,
              .w_hr = s->last ? nn_weight(m, tensor + 2 + 2 * s->bias) : NULL};
    e.inputs = nn_linear(m, x, nn_weight(m, tensor), b_ih);
    if (!e.inputs) return NULL;
    int64_t steps = e.inputs->type->dims[0];
    const Node **y = ARENA_ARRAY(m->b->arena, const Node *, steps);
    for (int64_t i = 0; i < steps; i++) {
        int64_t t = reverse ? steps - 1 - i : i;
        y[t] = step(&e, t);
    }
    return nn_make(m, OP_STACK, &(AttrAxis){0}, (uint32_t)steps, y);
}

const Node *layer_build_recurrent(Build *m) {
    const LayerSettings *s = &m->l->set;
    const Node *x = m->in[0];
    uint32_t each = 2 + 2 * s->bias + (s->last > 0), tensor = 0;
    for (int64_t k = 0; k < s->groups; k++) {
        const Node *side[2];
        for (int64_t d = 0; d < directions(s); d++, tensor += each)
            side[d] = one_direction(m, x, tensor, d == 1);
        x = nn_concat(m, 1, (uint32_t)directions(s), side);
    }
    return x;
}
