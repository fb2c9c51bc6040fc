#include "runtime/state.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>

RtState *state_new(BlockPool *pool, const Program *p, uint32_t index, int n_workers, bool ordered) {
    const State *def = &p->states[index];
    RtState *s = mem_alloc(sizeof *s);
    *s = (RtState){.def = def, .cols = p->state_cols + def->cols, .pool = pool, .ordered = ordered, .limit = -1};
    s->heap.pool = pool;
    s->n_locals = n_workers;
    s->locals = mem_alloc(sizeof *s->locals * (size_t)n_workers);
    memset(s->locals, 0, sizeof *s->locals * (size_t)n_workers);
    s->out = mem_alloc(sizeof *s->out * ((size_t)def->n_cols + 1));
    memset(s->out, 0, sizeof *s->out * ((size_t)def->n_cols + 1));
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void free_local(RtLocal *l) {
    if (!l) return;
    rows_free(&l->rows);
    groups_free(&l->groups, l->state->def);
    for (size_t i = 0; i < l->sealed.n; i++) groups_free(&l->sealed.at[i], l->state->def);
    vec_free(&l->sealed);
    textheap_free(&l->heap);
    vec_free(&l->runs);
    free(l);
}

/* Texts stay with the state: finished columns point to them. */
static void drop_locals(RtState *s) {
    for (int i = 0; i < s->n_locals; i++) {
        if (s->locals[i]) textheap_join(&s->heap, &s->locals[i]->heap);
        free_local(s->locals[i]);
        s->locals[i] = NULL;
    }
}

void state_free(RtState *s) {
    if (!s) return;
    drop_locals(s);
    for (uint32_t c = 0; c < s->def->n_cols; c++) {
        block_free((void *)(uintptr_t)s->out[c].data);
        block_free((void *)(uintptr_t)s->out[c].valid);
    }
    join_free(&s->join);
    intern_table_free(s->intern);
    textheap_free(&s->heap);
    pthread_mutex_destroy(&s->lock);
    free(s->out);
    free(s->locals);
    free(s);
}

RtLocal *state_local(RtState *s, int worker, const TextHeap *scratch) {
    if (s->locals[worker]) return s->locals[worker];
    RtLocal *l = mem_alloc(sizeof *l);
    *l = (RtLocal){.state = s, .scratch = scratch};
    l->heap.pool = s->pool;
    if (s->def->kind == ST_GROUP && !groups_init(l)) return free_local(l), NULL;
    return s->locals[worker] = l;
}

void local_begin(RtLocal *l, int64_t morsel) { l->morsel = morsel; }

bool local_end(RtLocal *l) {
    if (l->state->def->kind == ST_GROUP) return groups_end_morsel(l);
    return l->state->def->finish != FIN_SORT || sort_trim(l);
}

bool state_finish(RtState *s, Workers *w, RtError *e) {
    bool ok = s->def->kind == ST_GROUP ? groups_finish(s, w, e) : rows_finish(s, w, e);
    if (ok && s->def->kind == ST_ROWS && s->def->finish == FIN_SORT) ok = sort_finish(s, w, e);
    if (ok && s->def->kind == ST_ROWS && s->def->finish == FIN_JOIN) ok = join_finish(s, w, e);
    drop_locals(s);
    s->finished = ok;
    return ok;
}
