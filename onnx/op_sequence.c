/* Sequences and optional values. They exist while a model is imported only: how long a sequence is, and whether a value is there,
 * is known then. */
#include "onnx/expand.h"

#include <string.h>

static const OnnxValue *sequence(OnnxExpand *x) {
    const OnnxValue *v = onnx_in(x, 0);
    if (v && v->form == ONNX_IS_LIST) return v;
    onnx_refuse(x, "its first input is no sequence");
    return NULL;
}

static bool yield_list(OnnxExpand *x, uint32_t n, const OnnxValue *items) {
    OnnxValue list = onnx_list(n, items);
    return onnx_yield_value(x, 0, &list);
}

static const OnnxValue *tensor(OnnxExpand *x, uint32_t i) {
    const OnnxValue *v = onnx_in(x, i);
    if (v && v->form == ONNX_IS_TENSOR) return v;
    onnx_refuse(x, "input %u is no tensor", i);
    return NULL;
}

/* Input i, counted from the end when negative, within [0, n); `otherwise` where it is not given. */
static bool position(OnnxExpand *x, uint32_t i, int64_t n, int64_t otherwise, int64_t *out) {
    IntList at;
    *out = otherwise;
    if (onnx_in(x, i)) {
        if (!tensor(x, i) || !onnx_constant_ints(x, onnx_in(x, i), "its position", &at)) return false;
        if (at.n != 1) return onnx_refuse(x, "it has %u positions", at.n);
        *out = at.at[0] < 0 ? at.at[0] + n : at.at[0];
    }
    return (*out >= 0 && *out < n) || onnx_refuse(x, "position %lld of a sequence of %lld", (long long)*out, (long long)n);
}

/* ---- made and changed ---- */

bool onnx_expand_sequence_construct(OnnxExpand *x) {
    OnnxValue *items = ARENA_ARRAY(x->arena, OnnxValue, x->node->n_in);
    for (uint32_t i = 0; i < x->node->n_in; i++) {
        if (!tensor(x, i)) return false;
        items[i] = *onnx_in(x, i);
    }
    return yield_list(x, x->node->n_in, items);
}

bool onnx_expand_sequence_empty(OnnxExpand *x) { return yield_list(x, 0, NULL); }

bool onnx_expand_sequence_insert(OnnxExpand *x) {
    const OnnxValue *s = sequence(x), *item = tensor(x, 1);
    int64_t at;
    if (!s || !item) return false;
    bool last = !onnx_in(x, 2);
    IntList given;
    if (!last && !onnx_constant_ints(x, onnx_in(x, 2), "its position", &given)) return false;
    at = last ? s->n : given.n != 1 ? -1 : given.at[0] < 0 ? given.at[0] + s->n : given.at[0];
    if (at < 0 || at > s->n) return onnx_refuse(x, "it inserts at %lld into a sequence of %u", (long long)at, s->n);
    OnnxValue *items = ARENA_ARRAY(x->arena, OnnxValue, s->n + 1);
    for (uint32_t i = 0; i <= s->n; i++) items[i] = i < at ? s->items[i] : i == at ? *item : s->items[i - 1];
    return yield_list(x, s->n + 1, items);
}

bool onnx_expand_sequence_erase(OnnxExpand *x) {
    const OnnxValue *s = sequence(x);
    int64_t at;
    if (!s || !position(x, 1, s->n, (int64_t)s->n - 1, &at)) return false;
    OnnxValue *items = ARENA_ARRAY(x->arena, OnnxValue, s->n);
    for (uint32_t i = 0; i + 1 < s->n; i++) items[i] = s->items[i < at ? i : i + 1];
    return yield_list(x, s->n - 1, items);
}

/* ---- read ---- */

bool onnx_expand_sequence_at(OnnxExpand *x) {
    const OnnxValue *s = sequence(x);
    int64_t at;
    return s && position(x, 1, s->n, -1, &at) && onnx_yield_value(x, 0, &s->items[at]);
}

bool onnx_expand_sequence_length(OnnxExpand *x) {
    const OnnxValue *s = sequence(x);
    OnnxValue n;
    return s && onnx_int_value(x, s->n, &n) && onnx_yield_value(x, 0, &n);
}

bool onnx_expand_concat_from_sequence(OnnxExpand *x) {
    const OnnxValue *s = sequence(x);
    const OnnxAttr *axis = onnx_attr(x, "axis", ONNX_INT);
    OnnxValue v;
    if (!s || !axis) return onnx_refuse(x, "its axis is not given");
    if (!s->n) return onnx_refuse(x, "its sequence is empty");
    for (uint32_t i = 0; i < s->n; i++)
        if (s->items[i].form != ONNX_IS_TENSOR) return onnx_refuse(x, "its sequence is not one of tensors");
    bool ok = onnx_int(x, "new_axis", 0) ? onnx_stack(x, s->n, s->items, axis->i, &v) : onnx_join(x, s->n, s->items, axis->i, &v);
    return ok && onnx_yield_value(x, 0, &v);
}

/* ---- split ---- */

/* Sizes of the parts: of one size, the last one smaller; each as given; 1. */
static bool part_sizes(OnnxExpand *x, int64_t size, IntList *out) {
    const OnnxValue *given = onnx_in(x, 1);
    IntList sizes = {1, (const int64_t[]){1}};
    if (given && (!tensor(x, 1) || !onnx_constant_ints(x, given, "its split", &sizes))) return false;
    int64_t sum = 0, n = sizes.n;
    if (!given || given->rank == 0) {
        int64_t each = sizes.at[0];
        if (each < 1) return onnx_refuse(x, "parts of size %lld", (long long)each);
        n = (size + each - 1) / each;
        int64_t *at = ARENA_ARRAY(x->arena, int64_t, n);
        for (int64_t i = 0; i < n; i++) at[i] = i + 1 < n ? each : size - i * each;
        sizes = (IntList){(uint32_t)n, at};
    }
    for (uint32_t i = 0; i < sizes.n; i++) {
        if (sizes.at[i] < 0 || sizes.at[i] > size) return onnx_refuse(x, "a part of size %lld of %lld", (long long)sizes.at[i], (long long)size);
        sum += sizes.at[i];
    }
    *out = sizes;
    return sum == size || onnx_refuse(x, "its parts come to %lld of %lld", (long long)sum, (long long)size);
}

bool onnx_expand_split_to_sequence(OnnxExpand *x) {
    const OnnxValue *a = tensor(x, 0);
    uint32_t axis;
    IntList sizes = {0};
    if (!a || !onnx_axis(x, onnx_int(x, "axis", 0), a->rank, &axis) || !part_sizes(x, a->dims[axis], &sizes)) return false;
    bool drop = !onnx_in(x, 1) && !onnx_int(x, "keepdims", 1);
    OnnxValue *items = ARENA_ARRAY(x->arena, OnnxValue, sizes.n);
    int64_t dims[TENSOR_MAX_RANK], at = 0;
    memcpy(dims, a->dims, sizeof dims);
    for (uint32_t i = 0; i < sizes.n; at += sizes.at[i++]) {
        dims[axis] = sizes.at[i];
        bool ok = drop ? onnx_element(x, a, axis, at, &items[i])
                       : onnx_set(x, &items[i], onnx_cut(x, onnx_whole(x, a), axis, at, at + sizes.at[i], 1, false), a->rank, dims);
        if (!ok) return false;
    }
    return yield_list(x, sizes.n, items);
}

/* ---- map ---- */

/* The body for each element; other inputs are sequences of the same length, or the same tensor each time. */
bool onnx_expand_sequence_map(OnnxExpand *x) {
    const OnnxValue *s = sequence(x);
    const OnnxBody *b = onnx_body(x, "body");
    if (!s || !b) return false;
    if (b->n_inputs != x->node->n_in || b->n_outputs < x->node->n_out)
        return onnx_refuse(x, "its body takes %u inputs and yields %u outputs, which does not fit", b->n_inputs, b->n_outputs);
    OnnxValue *in = ARENA_ARRAY(x->arena, OnnxValue, b->n_inputs), *out = ARENA_ARRAY(x->arena, OnnxValue, b->n_outputs),
              *items = ARENA_ARRAY(x->arena, OnnxValue, (size_t)s->n * b->n_outputs);
    for (uint32_t i = 0; i < s->n; i++) {
        for (uint32_t k = 0; k < b->n_inputs; k++) {
            const OnnxValue *v = onnx_in(x, k);
            if (!v || (v->form == ONNX_IS_LIST && v->n != s->n)) return onnx_refuse(x, "input %u is not of the length of its sequence", k);
            in[k] = v->form == ONNX_IS_LIST ? v->items[i] : *v;
        }
        if (!onnx_run(x, b, in, out)) return false;
        for (uint32_t k = 0; k < b->n_outputs; k++) items[k * s->n + i] = out[k];
    }
    for (uint32_t k = 0; k < x->node->n_out; k++) {
        OnnxValue list = onnx_list(s->n, items + k * s->n);
        onnx_yield_value(x, k, &list);
    }
    return true;
}

/* ---- optional values ---- */

/* One with an element is the element. */
bool onnx_expand_optional(OnnxExpand *x) {
    OnnxValue none = {.form = ONNX_IS_NOTHING};
    const OnnxValue *v = onnx_in(x, 0);
    return onnx_yield_value(x, 0, v ? v : &none);
}

bool onnx_expand_optional_has_element(OnnxExpand *x) {
    const OnnxValue *v = onnx_in(x, 0);
    OnnxValue is;
    return onnx_bool_value(x, v && v->form != ONNX_IS_NOTHING, &is) && onnx_yield_value(x, 0, &is);
}

bool onnx_expand_optional_get_element(OnnxExpand *x) {
    const OnnxValue *v = onnx_in(x, 0);
    if (!v || v->form == ONNX_IS_NOTHING) return onnx_refuse(x, "its optional value has no element");
    return onnx_yield_value(x, 0, v);
}
