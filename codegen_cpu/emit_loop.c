/* Structure: loops, ifs, early return. */
#include "codegen_cpu/emit.h"

static bool surely_less(Val a, Val b) {
    return LLVMIsAConstantInt(a) && LLVMIsAConstantInt(b) &&
           LLVMConstIntGetSExtValue(a) < LLVMConstIntGetSExtValue(b);
}

static Val less(Emit *e, Val a, Val b) { return LLVMBuildICmp(e->b, LLVMIntSLT, a, b, ""); }

EmLoop em_loop(Emit *e, Val lo, Val hi, Val step) {
    EmLoop l = {.before = em_here(e), .body = em_block(e), .after = em_block(e), .hi = hi, .step = step};
    l.guarded = !surely_less(lo, hi);
    if (l.guarded) LLVMBuildCondBr(e->b, less(e, lo, hi), l.body, l.after);
    else LLVMBuildBr(e->b, l.body);
    em_at(e, l.body);
    l.counter = em_phi(e, em_int_type(e, 64), lo, l.before);
    return l;
}

Val em_loop_phi(Emit *e, const EmLoop *l, Val init) { return em_phi(e, LLVMTypeOf(init), init, l->before); }

void em_loop_end(Emit *e, EmLoop *l, uint32_t n, Val *phi, Val *next) {
    LLVMBasicBlockRef last = em_here(e);
    Val up = LLVMBuildAdd(e->b, l->counter, l->step, "");
    LLVMBuildCondBr(e->b, less(e, up, l->hi), l->body, l->after);
    em_incoming(l->counter, up, last);
    em_at(e, l->after);
    for (uint32_t k = 0; k < n; k++) {
        Val init = LLVMGetIncomingValue(phi[k], 0), out = em_phi(e, LLVMTypeOf(phi[k]), next[k], last);
        em_incoming(phi[k], next[k], last);
        if (l->guarded) em_incoming(out, init, l->before);
        phi[k] = out;
    }
}

static Val loop(Emit *e, const KInst *i) {
    uint32_t n = i->loop.carried;
    EmLoop l = em_loop(e, em_in(e, i, 0), em_in(e, i, 1), em_in(e, i, 2));
    Val *phi = ARENA_ARRAY(e->arena, Val, n), *next = ARENA_ARRAY(e->arena, Val, n);
    em_set(e, i->loop.phi[0], l.counter);
    for (uint32_t k = 0; k < n; k++)
        em_set(e, i->loop.phi[k + 1], phi[k] = em_loop_phi(e, &l, em_in(e, i, k + 3)));
    emit_block(e, &i->loop.body);
    for (uint32_t k = 0; k < n; k++) next[k] = em_get(e, i->loop.next[k]);
    em_loop_end(e, &l, n, phi, next);
    e->results[i->id] = phi;
    return NULL;
}

/* The values that an arm yields, and the block in which it ends. */
static LLVMBasicBlockRef arm(Emit *e, LLVMBasicBlockRef block, LLVMBasicBlockRef after, const KBlock *b,
                             uint32_t n, KInst *const *yield, Val *out) {
    em_at(e, block);
    emit_block(e, b);
    for (uint32_t k = 0; k < n; k++) out[k] = em_get(e, yield[k]);
    LLVMBuildBr(e->b, after);
    return em_here(e);
}

static Val branch(Emit *e, const KInst *i) {
    uint32_t n = i->branch.n_yield;
    Val *a = ARENA_ARRAY(e->arena, Val, n), *b = ARENA_ARRAY(e->arena, Val, n);
    LLVMBasicBlockRef yes = em_block(e), no = i->branch.otherwise.n || n ? em_block(e) : NULL,
                      after = em_block(e);
    LLVMBuildCondBr(e->b, em_in(e, i, 0), yes, no ? no : after);
    LLVMBasicBlockRef end_yes = arm(e, yes, after, &i->branch.then, n, i->branch.then_yield, a),
                      end_no = NULL;
    if (no) end_no = arm(e, no, after, &i->branch.otherwise, n, i->branch.else_yield, b);
    em_at(e, after);
    for (uint32_t k = 0; k < n; k++) {
        Val phi = em_phi(e, LLVMTypeOf(a[k]), a[k], end_yes);
        em_incoming(phi, b[k], end_no);
        a[k] = phi;
    }
    e->results[i->id] = a;
    return NULL;
}

/* What follows a return in its block is dead, but has to be somewhere. */
static Val leave(Emit *e, const KInst *i) {
    LLVMBuildRet(e->b, em_in(e, i, 0));
    em_at(e, em_block(e));
    return NULL;
}

const Translate emit_flow[KI_COUNT] = {[KI_LOOP] = loop, [KI_IF] = branch, [KI_RETURN] = leave};
