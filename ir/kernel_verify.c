#include "ir/kernel.h"

/* Walks the blocks in order. A value is visible from its instruction to the end of the block it is in. */
typedef struct Verifier {
    Arena *arena;
    const Kernel *k;
    const KInst **visible; /* by id */
    const char *why;
} Verifier;

static void fail(Verifier *v, const KInst *i, const char *what) {
    if (v->why) return;
    if (i->id == UINT32_MAX) v->why = arena_printf(v->arena, "%s: %s", kop_text((KOp)i->op), what);
    else v->why = arena_printf(v->arena, "v%u = %s: %s", i->id, kop_text((KOp)i->op), what);
}

static void define(Verifier *v, const KInst *i) {
    if (i->id >= v->k->n_values) fail(v, i, "value without a number");
    else if (v->visible[i->id]) fail(v, i, "value defined twice");
    else v->visible[i->id] = i;
}

static void use(Verifier *v, const KInst *user, const KInst *i) {
    if (!i) fail(v, user, "operand missing");
    else if (i->id >= v->k->n_values || v->visible[i->id] != i) fail(v, user, "operand is not defined here");
}

static void uses(Verifier *v, const KInst *user, uint32_t n, KInst *const *in) {
    for (uint32_t k = 0; k < n && !v->why; k++) use(v, user, in[k]);
}

static void inst(Verifier *v, const KInst *i);

static void block(Verifier *v, const KBlock *b) {
    for (uint32_t k = 0; k < b->n && !v->why; k++) inst(v, b->at[k]);
}

static void forget(Verifier *v, const KBlock *b) {
    for (uint32_t k = 0; k < b->n; k++)
        if (b->at[k]->id < v->k->n_values) v->visible[b->at[k]->id] = NULL;
}

static void loop(Verifier *v, const KInst *i) {
    for (uint32_t k = 0; k <= i->loop.carried; k++) define(v, i->loop.phi[k]);
    block(v, &i->loop.body);
    if (i->loop.carried && !i->loop.next) fail(v, i, "loop without next values");
    if (!v->why) uses(v, i, i->loop.carried, i->loop.next);
    if (v->why) return;
    forget(v, &i->loop.body);
    for (uint32_t k = 0; k <= i->loop.carried; k++) v->visible[i->loop.phi[k]->id] = NULL;
}

static void arm(Verifier *v, const KInst *i, const KBlock *b, KInst *const *yield) {
    block(v, b);
    uses(v, i, i->branch.n_yield, yield);
    if (!v->why) forget(v, b);
}

static void tile(Verifier *v, const KInst *i) {
    const KTile *t = i->tile;
    KInst *const used[] = {t->a,     t->images,       t->image_stride, t->m, t->row_stride,
                           t->outer, t->outer_stride, t->inner,        t->b, t->n};
    const KInst *const params[] = {t->p_row, t->p_col, t->p_acc};
    uses(v, i, sizeof used / sizeof *used, used);
    if (t->rows) use(v, i, t->rows);
    for (int k = 0; k < 3; k++) define(v, params[k]);
    block(v, &t->epilogue);
    if (v->why) return;
    forget(v, &t->epilogue);
    for (int k = 0; k < 3; k++) v->visible[params[k]->id] = NULL;
}

static void inst(Verifier *v, const KInst *i) {
    const char *wrong = kinst_wrong(i);
    if (wrong) {
        fail(v, i, wrong);
        return;
    }
    if (i->op == KI_PHI) fail(v, i, "phi outside a loop or tile");
    if (i->op == KI_PARAM && (uint64_t)i->imm >= v->k->n_params) fail(v, i, "no such parameter");
    uses(v, i, i->n, i->in);
    if (v->why) return;
    if (i->op == KI_LOOP) loop(v, i);
    if (i->op == KI_IF) {
        arm(v, i, &i->branch.then, i->branch.then_yield);
        arm(v, i, &i->branch.otherwise, i->branch.else_yield);
    }
    if (i->op == KI_TILE) tile(v, i);
    if (i->type != K_VOID || i->op == KI_LOOP || i->op == KI_IF) define(v, i);
}

bool kernel_verify(const Kernel *k, Arena *a, const char **why) {
    Verifier v = {.arena = a, .k = k, .visible = ARENA_ARRAY(a, const KInst *, k->n_values)};
    block(&v, &k->body);
    const KBlock *b = &k->body;
    if (!v.why && (b->n == 0 || b->at[b->n - 1]->op != KI_RETURN)) v.why = "a kernel must end with return";
    if (why) *why = v.why;
    return !v.why;
}
