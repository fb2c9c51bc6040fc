#include "runtime/abi.h"
#include "runtime/acc.h"
#include "runtime/state.h"

static const int64_t no_memory = PROGRAM_ERROR(0, 0, ROW_NO_MEMORY);

int64_t dql_rt_group_find(void *const *args, int64_t n) {
    RtLocal *l = args[0];
    uint32_t *group = args[1 + 2 * l->state->def->n_keys];
    return groups_find(l, args + 1, n, group) ? 0 : no_memory;
}

static bool better(uint8_t kind, const TextView *held, TextView v) {
    if (!held->p) return true;
    int c = text_cmp(v, *held);
    return kind == ACC_MIN_TEXT ? c < 0 : c > 0;
}

int64_t dql_rt_acc_text(void *const *args, int64_t n) {
    RtLocal *l = args[0];
    int64_t column = *(const int64_t *)args[1];
    const uint32_t *group = args[2];
    const TextView *v = args[3];
    const uint8_t *valid = args[4];
    TextView *acc = (TextView *)l->groups.cols[column];
    uint8_t kind = l->state->cols[column].agg;
    for (int64_t i = 0; i < n; i++) {
        TextView *held = &acc[group ? group[i] : 0];
        if ((valid && !valid[i]) || !better(kind, held, v[i])) continue;
        if (!textheap_copy(&l->heap, v[i], held)) return no_memory;
    }
    return 0;
}

/* ---- numbers for keys that are not numbers ---- */
int64_t dql_rt_intern_text(void *const *args, int64_t n) {
    InternTable *t = intern_table(args[0]);
    const TextView *v = args[1];
    const uint8_t *valid = args[2];
    int64_t *out = args[3], add = *(const int64_t *)args[4];
    if (!t) return no_memory;
    for (int64_t i = 0; i < n; i++) {
        out[i] = valid && !valid[i] ? -1 : intern_bytes(t, v[i].p, v[i].n, add);
        if (add && out[i] < 0 && (!valid || valid[i])) return no_memory;
    }
    return 0;
}

enum { INTERNED_KEYS = 64 };

/* A tuple is the bytes of its numbers; one with a NULL in it has no number. */
static bool tuple_of(void *const *keys, int64_t count, int64_t row, int64_t *tuple) {
    for (int64_t k = 0; k < count; k++) {
        const uint8_t *valid = keys[2 * k + 1];
        if (valid && !valid[row]) return false;
        tuple[k] = ((const int64_t *)keys[2 * k])[row];
    }
    return true;
}

int64_t dql_rt_intern_keys(void *const *args, int64_t n) {
    InternTable *t = intern_table(args[0]);
    int64_t *out = args[1], add = *(const int64_t *)args[2], count = *(const int64_t *)args[3], tuple[INTERNED_KEYS];
    if (!t) return no_memory;
    if (count > INTERNED_KEYS) return PROGRAM_ERROR(0, 0, ROW_LIMIT);
    for (int64_t i = 0; i < n; i++) {
        out[i] = -1;
        if (!tuple_of(args + 4, count, i, tuple)) continue;
        out[i] = intern_bytes(t, (const char *)tuple, sizeof *tuple * (size_t)count, add);
        if (add && out[i] < 0) return no_memory;
    }
    return 0;
}
