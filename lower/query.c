#include "ir/text.h"
#include "lower/flow.h"

/* The rows of the result: texts as views, everything in the layout of its type's values. */
static uint32_t result_rows(Lower *c, Flow *f) {
    uint32_t state = build_state(c, (State){.kind = ST_ROWS, .finish = FIN_NONE, .expected = (int64_t)f->rows});
    Scope s = flow_scope(c, f);
    for (uint32_t i = 0; i < f->n; i++)
        f->cols[i] = plain_value(&s, pipe_bring_val(f->p, f->cols[i], f->domain));
    scope_free(&s);
    RowCol *cols = ARENA_ARRAY(c->a, RowCol, f->n);
    flow_into_state(c, f, state, cols);
    return state;
}

static bool *need_all(Lower *c, uint32_t n) {
    bool *need = need_none(c, n);
    for (uint32_t i = 0; i < n; i++)
        need[i] = true;
    return need;
}

uint32_t lower_uses(const Lower *c, const Node *e) {
    return (uint32_t)(uintptr_t)ptrmap_get(&c->uses, e);
}

static void count_uses(Lower *c, const Node *plan) {
    const Node *const *all;
    for (size_t i = 0, n = ir_reachable(c->a, plan, &all); i < n; i++)
        for (uint32_t k = 0; k < all[i]->n; k++)
            ptrmap_set(&c->uses, all[i]->in[k], (void *)(uintptr_t)(lower_uses(c, all[i]->in[k]) + 1));
}

bool lower_query(Arena *a, Ir *ir, const SourceApi *src, const Target *t, const LowerOptions *opt, const Node *plan,
                 uint32_t n, const char *const *names, Lowered *out, const char **why) {
    static const LowerOptions plain;
    Lower c = {.a = a, .ir = ir, .src = src, .target = t, .opt = opt ? opt : &plain};
    count_uses(&c, plan);
    Flow f = lower_relation(&c, plan, need_all(&c, plan->type->n));
    uint32_t result = result_rows(&c, &f);
    ResultColumn *columns = ARENA_ARRAY(a, ResultColumn, n);
    for (uint32_t i = 0; i < n; i++)
        columns[i] = (ResultColumn){names[i], plan->type->fields[i]};
    if (!c.why) {
        out->program = build_program(&c, result, n, columns);
        out->n_kernels = (uint32_t)c.b.kernels.n;
        out->kernels = arena_copy(a, c.b.kernels.at, c.b.kernels.n * sizeof *c.b.kernels.at);
    }
    build_free(&c);
    ptrmap_free(&c.fixed);
    ptrmap_free(&c.uses);
    ptrmap_free(&c.plain);
    if (why)
        *why = c.why;
    return !c.why;
}
