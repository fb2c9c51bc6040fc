#include "base/diag.h"
#include "base/vec.h"
#include "ir/kernel.h"

/* A block being built, and the instruction that holds it (NULL: the kernel). */
typedef struct Open {
    KBlock *block;
    KInst *inst;
} Open;

struct KB {
    Kernel *k;
    VEC(Open) open; /* innermost last */
};

static void free_open(void *b) { vec_free(&((KB *)b)->open); }

KB *kb_new(Arena *a, const char *label) {
    KB *b = ARENA_NEW(a, KB);
    b->k = ARENA_NEW(a, Kernel);
    *b->k = (Kernel){.label = label, .arena = a};
    arena_defer(a, free_open, b);
    *vec_push(&b->open) = (Open){&b->k->body, NULL};
    return b;
}

static Arena *arena(KB *b) { return b->k->arena; }
static Open *innermost(KB *b) { return &vec_last(&b->open); }

static KInst *new_inst(KB *b, KOp op, KType t, uint16_t lanes, uint32_t n) {
    KInst *i = ARENA_NEW(arena(b), KInst);
    i->op = (uint16_t)op;
    i->type = (uint8_t)t;
    i->lanes = lanes;
    i->n = n;
    i->in = ARENA_ARRAY(arena(b), KInst *, n);
    i->id = UINT32_MAX;
    return i;
}

static void number(KB *b, KInst *i) { i->id = b->k->n_values++; }

static void block_add(KB *b, KBlock *block, KInst *i) {
    if (block->n == block->cap) {
        uint32_t cap = block->cap ? 2 * block->cap : 8;
        KInst **at = ARENA_ARRAY(arena(b), KInst *, cap);
        if (block->n) memcpy(at, block->at, block->n * sizeof *at);
        block->at = at;
        block->cap = cap;
    }
    block->at[block->n++] = i;
}

static void check(const KInst *i) {
    const char *wrong = kinst_wrong(i);
    if (wrong) BUG("kernel instruction %s: %s", i->op < KI_COUNT ? kop_text((KOp)i->op) : "?", wrong);
}

/* Loops, ifs and tiles are numbered when they are opened, the rest when complete. */
static KInst *add(KB *b, KInst *i) {
    check(i);
    if (i->type != K_VOID) number(b, i);
    block_add(b, innermost(b)->block, i);
    return i;
}

static KInst *phi(KB *b, KType t, uint16_t lanes) {
    KInst *p = new_inst(b, KI_PHI, t, lanes, 0);
    number(b, p);
    return p;
}

static KInst *make1(KB *b, KOp op, KType t, uint16_t lanes, KInst *x) {
    KInst *i = new_inst(b, op, t, lanes, 1);
    i->in[0] = x;
    return add(b, i);
}

static KInst *make2(KB *b, KOp op, KType t, uint16_t lanes, KInst *x, KInst *y) {
    KInst *i = new_inst(b, op, t, lanes, 2);
    i->in[0] = x;
    i->in[1] = y;
    return add(b, i);
}

static KInst *make3(KB *b, KOp op, KType t, uint16_t lanes, KInst *x, KInst *y, KInst *z) {
    KInst *i = new_inst(b, op, t, lanes, 3);
    i->in[0] = x;
    i->in[1] = y;
    i->in[2] = z;
    return add(b, i);
}

Kernel *kb_finish(KB *b, KInst *result) {
    kb_return(b, result ? result : kb_int(b, K_I64, 1, 0));
    if (b->open.n != 1) BUG("kernel %s ends inside a loop, if or tile", b->k->label);
    return b->k;
}

KInst *kb_param(KB *b) {
    KInst *i = new_inst(b, KI_PARAM, K_PTR, 1, 0);
    i->imm = b->k->n_params++;
    return add(b, i);
}

KInst *kb_count(KB *b) {
    if (!b->k->count) b->k->count = add(b, new_inst(b, KI_COUNT_IN, K_I64, 1, 0));
    return b->k->count;
}

/* The canonical representative of v modulo the width: sign-extended, but i1 is 0 or 1. */
static int64_t wrap(KType t, Int128 v) {
    switch (t) {
    case K_I1: return (int64_t)(v & 1);
    case K_I8: return (int8_t)v;
    case K_I16: return (int16_t)v;
    case K_I32: return (int32_t)v;
    case K_VOID:
    case K_I64:
    case K_I128:
    case K_F16:
    case K_BF16:
    case K_F32:
    case K_F64:
    case K_PTR:
    case K_TYPE_COUNT: break;
    }
    return (int64_t)v;
}

KInst *kb_int(KB *b, KType t, uint16_t lanes, Int128 v) {
    KInst *i = new_inst(b, KI_CONST, t, lanes, 0);
    if (t == K_I128) i->wide = v;
    else if (t <= K_I64 || t == K_PTR) i->imm = wrap(t, v);
    else BUG("integer constant of type %s", ktype_text(t));
    return add(b, i);
}

KInst *kb_float(KB *b, KType t, uint16_t lanes, double v) {
    if (t != K_F32 && t != K_F64) BUG("float constant of type %s", ktype_text(t));
    KInst *i = new_inst(b, KI_CONST, t, lanes, 0);
    i->fimm = t == K_F32 ? (double)(float)v : v;
    return add(b, i);
}

KInst *kb_iota(KB *b, KType t, uint16_t lanes) { return add(b, new_inst(b, KI_IOTA, t, lanes, 0)); }

KInst *kb_op1(KB *b, KOp op, KInst *x) {
    if (op == KI_FIRST || (op == KI_POPCOUNT && x->type == K_I1)) return make1(b, op, K_I64, 1, x);
    return make1(b, op, (KType)x->type, x->lanes, x);
}

KInst *kb_op2(KB *b, KOp op, KInst *x, KInst *y) {
    bool test = op == KI_ADD_OV || op == KI_SUB_OV || op == KI_MUL_OV;
    return make2(b, op, test ? K_I1 : (KType)x->type, x->lanes, x, y);
}

KInst *kb_fma(KB *b, KInst *x, KInst *y, KInst *z) {
    return make3(b, KI_FMA, (KType)x->type, x->lanes, x, y, z);
}

KInst *kb_cmp(KB *b, KPred p, KInst *x, KInst *y) {
    KInst *i = new_inst(b, KI_CMP, K_I1, x->lanes, 2);
    i->in[0] = x;
    i->in[1] = y;
    i->pred = (uint8_t)p;
    return add(b, i);
}

KInst *kb_select(KB *b, KInst *cond, KInst *x, KInst *y) {
    return make3(b, KI_SELECT, (KType)x->type, x->lanes, cond, x, y);
}

KInst *kb_convert(KB *b, KOp op, KInst *x, KType to) {
    int lanes = x->lanes;
    if (op == KI_BITCAST && ktype_bytes(to)) lanes = lanes * ktype_bytes((KType)x->type) / ktype_bytes(to);
    return make1(b, op, to, (uint16_t)lanes, x);
}

KInst *kb_splat(KB *b, KInst *scalar, uint16_t lanes) {
    return lanes == 1 ? scalar : make1(b, KI_SPLAT, (KType)scalar->type, lanes, scalar);
}

KInst *kb_extract(KB *b, KInst *vec, KInst *lane) {
    return make2(b, KI_EXTRACT, (KType)vec->type, 1, vec, lane);
}

KInst *kb_insert(KB *b, KInst *vec, KInst *scalar, KInst *lane) {
    return make3(b, KI_INSERT, (KType)vec->type, vec->lanes, vec, scalar, lane);
}

KInst *kb_load(KB *b, KInst *ptr, KInst *index, KType t, uint16_t lanes) {
    return make2(b, KI_LOAD, t, lanes, ptr, index);
}
void kb_store(KB *b, KInst *ptr, KInst *index, KInst *value) {
    make3(b, KI_STORE, K_VOID, 1, ptr, index, value);
}

KInst *kb_gather(KB *b, KInst *ptr, KInst *indexes, KType t, KInst *mask) {
    return mask ? make3(b, KI_GATHER, t, indexes->lanes, ptr, indexes, mask)
                : make2(b, KI_GATHER, t, indexes->lanes, ptr, indexes);
}

static KInst *make4(KB *b, KOp op, KType t, KInst *const in[4]) {
    KInst *i = new_inst(b, op, t, 1, 4);
    memcpy(i->in, in, 4 * sizeof *in);
    return add(b, i);
}

void kb_scatter(KB *b, KInst *ptr, KInst *indexes, KInst *value, KInst *mask) {
    if (mask) make4(b, KI_SCATTER, K_VOID, (KInst *const[]){ptr, indexes, value, mask});
    else make3(b, KI_SCATTER, K_VOID, 1, ptr, indexes, value);
}

KInst *kb_compress(KB *b, KInst *ptr, KInst *at, KInst *value, KInst *mask) {
    return make4(b, KI_COMPRESS, K_I64, (KInst *const[]){ptr, at, value, mask});
}

KInst *kb_offset(KB *b, KInst *ptr, KInst *bytes) { return make2(b, KI_OFFSET, K_PTR, 1, ptr, bytes); }
void kb_prefetch(KB *b, KInst *ptr, KInst *bytes) { make2(b, KI_PREFETCH, K_VOID, 1, ptr, bytes); }

KInst *kb_call(KB *b, const char *abi_name, uint32_t n, KInst *const *ptr_args, KInst *count) {
    KInst *i = new_inst(b, KI_CALL, K_I64, 1, n + 1);
    if (n) memcpy(i->in, ptr_args, n * sizeof *ptr_args);
    i->in[n] = count;
    i->name = abi_name;
    return add(b, i);
}

KInst *kb_reduce(KB *b, KOp op, KInst *vec) { return make1(b, op, (KType)vec->type, 1, vec); }

/* ---- loops, ifs, tiles ---- */

static void open_block(KB *b, KBlock *block, KInst *inst) { *vec_push(&b->open) = (Open){block, inst}; }

static KInst *expect_open(KB *b, KOp op) {
    KInst *i = innermost(b)->inst;
    if (!i || i->op != op) BUG("kernel %s: no %s is open", b->k->label, kop_text(op));
    return i;
}

static KInst **copy_values(KB *b, uint32_t n, KInst *const *from) {
    KInst **to = ARENA_ARRAY(arena(b), KInst *, n);
    if (n) memcpy(to, from, n * sizeof *to);
    return to;
}

KInst *kb_loop(KB *b, KInst *lo, KInst *hi, KInst *step, uint32_t carried, KInst *const *init) {
    KInst *i = new_inst(b, KI_LOOP, K_VOID, 1, carried + 3);
    i->in[0] = lo;
    i->in[1] = hi;
    i->in[2] = step;
    if (carried) memcpy(i->in + 3, init, carried * sizeof *init);
    i->loop.carried = carried;
    i->loop.phi = ARENA_ARRAY(arena(b), KInst *, carried + 1);
    number(b, i);
    i->loop.phi[0] = phi(b, K_I64, 1);
    for (uint32_t k = 0; k < carried; k++) i->loop.phi[k + 1] = phi(b, (KType)init[k]->type, init[k]->lanes);
    add(b, i);
    open_block(b, &i->loop.body, i);
    return i->loop.phi[0];
}

KInst *kb_carried(KB *b, uint32_t i) {
    for (size_t k = b->open.n; k-- > 0;) {
        KInst *loop = b->open.at[k].inst;
        if (!loop || loop->op != KI_LOOP) continue;
        if (i >= loop->loop.carried)
            BUG("kernel %s: loop carries %u values, not %u", b->k->label, loop->loop.carried, i + 1);
        return loop->loop.phi[i + 1];
    }
    BUG("kernel %s: no loop is open", b->k->label);
}

KInst *kb_loop_end(KB *b, KInst *const *next) {
    KInst *i = expect_open(b, KI_LOOP);
    i->loop.next = copy_values(b, i->loop.carried, next);
    b->open.n--;
    check(i);
    return i;
}

KInst *kb_result(KB *b, KInst *of, uint32_t i) {
    if (of->op != KI_LOOP && of->op != KI_IF) BUG("result of %s", kop_text((KOp)of->op));
    if (i >= (of->op == KI_LOOP ? of->loop.carried : of->branch.n_yield))
        BUG("%s has no result %u", kop_text((KOp)of->op), i);
    KInst *v = of->op == KI_LOOP ? of->loop.phi[i + 1] : of->branch.then_yield[i];
    KInst *r = new_inst(b, KI_RESULT, (KType)v->type, v->lanes, 1);
    r->in[0] = of;
    r->imm = i;
    return add(b, r);
}

void kb_if(KB *b, KInst *cond) {
    KInst *i = new_inst(b, KI_IF, K_VOID, 1, 1);
    i->in[0] = cond;
    number(b, i);
    add(b, i);
    open_block(b, &i->branch.then, i);
}

void kb_else(KB *b, uint32_t n_yield, KInst *const *yield) {
    KInst *i = expect_open(b, KI_IF);
    if (innermost(b)->block != &i->branch.then) BUG("kernel %s: second else", b->k->label);
    i->branch.n_yield = n_yield;
    i->branch.then_yield = copy_values(b, n_yield, yield);
    b->open.n--;
    open_block(b, &i->branch.otherwise, i);
}

KInst *kb_if_end(KB *b, uint32_t n_yield, KInst *const *yield) {
    KInst *i = expect_open(b, KI_IF);
    if (n_yield != i->branch.n_yield)
        BUG("kernel %s: the branches yield %u and %u values", b->k->label, i->branch.n_yield, n_yield);
    i->branch.else_yield = copy_values(b, n_yield, yield);
    b->open.n--;
    check(i);
    return i;
}

void kb_return(KB *b, KInst *i64_value) { make1(b, KI_RETURN, K_VOID, 1, i64_value); }

void kb_tile(KB *b, const KTile *shape, KInst **p_row, KInst **p_col, KInst **p_acc) {
    KInst *i = new_inst(b, KI_TILE, K_VOID, 1, 0);
    i->tile = arena_copy(arena(b), shape, sizeof *shape);
    i->tile->epilogue = (KBlock){0};
    *p_row = i->tile->p_row = phi(b, K_I64, 1);
    *p_col = i->tile->p_col = phi(b, K_I64, 1);
    *p_acc = i->tile->p_acc = phi(b, K_F32, 16);
    add(b, i);
    open_block(b, &i->tile->epilogue, i);
}

void kb_tile_end(KB *b) {
    expect_open(b, KI_TILE);
    b->open.n--;
}
