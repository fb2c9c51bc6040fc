/* Borders: of a value, or of the input's own elements. */
#include "frontend/layer.h"
#include "ir/tensor_build.h"

bool pad_fits(Settle *s, uint32_t dim, PadMode mode, int64_t before, int64_t after) {
    int64_t size = s->in[0]->dims[dim], most = mode == PAD_REFLECT ? size - 1 : size;
    if (size == DIM_ANY) return input_known(s, dim);
    if (size + before + after < 1) return input_reject(s, 0, "nothing is left of dimension %u", dim + 1);
    if (mode == PAD_VALUE || mode == PAD_REPLICATE || (before <= most && after <= most)) return true;
    return input_reject(s, 0, "dimension %u gives a border of at most %lld elements", dim + 1,
                        (long long)most);
}

/* PyTorch's order: the last dimension's two sides first. */
bool layer_settle_pad(Settle *s) {
    LayerSettings *set = &s->layer->set;
    uint32_t n = input_spatial(s->layer->kind), given;
    int64_t sides[6];
    if (!input_one(s) || !arg_ints(s, "padding", 2 * n, &given, sides) || !arg_double(s, "value", 0, &set->a))
        return false;
    if (given != 1 && given != 2 * n)
        return arg_reject(s, "padding", "padding takes 1 or %u numbers, not %u", 2 * n, given);
    if (!input_rank(s, n + 1, input_form(n))) return false;
    const char *kind = layer_kind_text(s->layer->kind);
    set->mode = strncmp(kind, "refl", 4) == 0   ? PAD_REFLECT
                : strncmp(kind, "repl", 4) == 0 ? PAD_REPLICATE
                : strncmp(kind, "circ", 4) == 0 ? PAD_CIRCULAR
                                                : PAD_VALUE;
    for (uint32_t i = 0; i < n; i++) {
        set->before[i] = sides[given == 1 ? 0 : 2 * (n - 1 - i)];
        set->after[i] = sides[given == 1 ? 0 : 2 * (n - 1 - i) + 1];
        if (!pad_fits(s, i + 1, (PadMode)set->mode, set->before[i], set->after[i])) return false;
    }
    return true;
}

const Node *layer_build_pad(Build *m) {
    const LayerSettings *s = &m->l->set;
    const Node *x = m->in[0];
    for (uint32_t i = 0, n = x->type->n - 1; i < n; i++)
        x = nn_pad(m, x, i + 1, (PadMode)s->mode, s->before[i], s->after[i], s->a);
    return x;
}

/* ---- for other families ---- */

static const Node *filled(Build *m, const Node *x, uint32_t dim, int64_t size, double value) {
    int64_t dims[TENSOR_MAX_RANK];
    memcpy(dims, x->type->dims, x->type->n * sizeof *dims);
    dims[dim] = size;
    return ir_filled(m->b->ir, type_tensor(m->b->types, x->type->elem, x->type->n, dims), value);
}

/* Element i, counted from x's first, of x or of a border: inside x again. */
static int64_t mirrored(PadMode mode, int64_t i, int64_t size) {
    if (mode == PAD_REPLICATE) return i < 0 ? 0 : i >= size ? size - 1 : i;
    if (mode == PAD_CIRCULAR) return (i % size + size) % size;
    return i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
}

static const Node *bordered(Build *m, const Node *x, uint32_t dim, PadMode mode, int64_t before,
                            int64_t after) {
    int64_t size = x->type->dims[dim], n = before + size + after, *at = ARENA_ARRAY(m->b->arena, int64_t, n);
    for (int64_t i = 0; i < n; i++) at[i] = mirrored(mode, i - before, size);
    return nn_gather(m, x, dim, n, at);
}

const Node *nn_pad(Build *m, const Node *x, uint32_t dim, PadMode mode, int64_t before, int64_t after,
                   double value) {
    if (!x) return NULL;
    int64_t size = x->type->dims[dim];
    x = nn_slice(m, x, dim, before < 0 ? -before : 0, after < 0 ? size + after : size);
    if (before < 0) before = 0;
    if (after < 0) after = 0;
    if (!x || (before == 0 && after == 0)) return x;
    if (mode != PAD_VALUE) return bordered(m, x, dim, mode, before, after);
    const Node *parts[3];
    uint32_t n = 0;
    if (before) parts[n++] = filled(m, x, dim, before, value);
    parts[n++] = x;
    if (after) parts[n++] = filled(m, x, dim, after, value);
    return nn_concat(m, dim, n, parts);
}

const Node *nn_spread(Build *m, const Node *x, uint32_t dim, int64_t step) {
    if (!x || step == 1) return x;
    int64_t size = x->type->dims[dim];
    const Node *apart = nn_split(m, x, dim, 2, (int64_t[]){size, 1});
    apart = nn_pad(m, apart, dim + 1, PAD_VALUE, 0, step - 1, 0);
    return nn_slice(m, nn_merge(m, apart, dim, 2), dim, 0, (size - 1) * step + 1);
}

const Node *nn_reverse(Build *m, const Node *x, uint32_t dim) {
    if (!x) return NULL;
    int64_t n = x->type->dims[dim], *at = ARENA_ARRAY(m->b->arena, int64_t, n);
    for (int64_t i = 0; i < n; i++) at[i] = n - 1 - i;
    return nn_gather(m, x, dim, n, at);
}
