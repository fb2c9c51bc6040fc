#include "base/ragged.h"
#include "lower/context.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

void lower_fail(Lower *c, const char *fmt, ...) {
    if (c->why)
        return;
    Buf b = {0};
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&b, fmt, ap);
    va_end(ap);
    c->why = arena_strndup(c->a, b.p, b.n);
    buf_free(&b);
}

bool lower_cancelled(Lower *c) {
    if (c->opt->cancel && atomic_load_explicit(c->opt->cancel, memory_order_relaxed))
        lower_fail(c, "cancelled");
    return c->why != NULL;
}

/* ---- constants ---- */
/* Equal blocks are kept once. A view is none of them: it holds an address once the program is loaded. */
static uint32_t pool_add(Lower *c, const void *p, size_t n, size_t align) {
    Buf *pool = &c->b.consts;
    uint64_t hash = hash64(p, n, align);
    for (size_t i = 0; i < c->b.const_blocks.n; i++) {
        const ConstBlock *k = &c->b.const_blocks.at[i];
        if (k->hash == hash && k->n == n && k->at % align == 0 && memcmp(pool->p + k->at, p, n) == 0)
            return k->at;
    }
    while (pool->n % align)
        buf_putc(pool, 0);
    *vec_push(&c->b.const_blocks) = (ConstBlock){hash, (uint32_t)pool->n, n};
    buf_add(pool, p, n);
    return c->b.const_blocks.at[c->b.const_blocks.n - 1].at;
}

static Arg pooled(uint32_t at) {
    return (Arg){.kind = ARG_CONST, .a = at};
}

Arg build_bytes(Lower *c, const void *p, size_t n) {
    return pooled(pool_add(c, p, n, 64));
}

Arg build_int(Lower *c, Int128 v, bool wide) {
    int64_t narrow = (int64_t)v;
    return pooled(wide ? pool_add(c, &v, 16, 16) : pool_add(c, &narrow, 8, 16));
}

Arg build_texts(Lower *c, uint32_t n, const Str *s) {
    Buf heap = {0};
    for (uint32_t i = 0; i < n; i++) buf_add(&heap, s[i].p, s[i].n);
    uint64_t start = heap.n ? pool_add(c, heap.p, heap.n, 1) : 0;
    buf_free(&heap);
    while (c->b.consts.n % 64)
        buf_putc(&c->b.consts, 0);
    uint32_t first = (uint32_t)c->b.consts.n;
    for (uint32_t i = 0; i < n; start += s[i++].n) {
        uint64_t view[2] = {s[i].n ? start : 0, s[i].n};
        *vec_push(&c->b.const_views) = (uint32_t)c->b.consts.n;
        buf_add(&c->b.consts, view, 16);
    }
    return pooled(first);
}

/* A view's pointer is its text's offset in the pool: views are never shared with other blocks. */
Arg build_text(Lower *c, Str s) {
    uint64_t view[2] = {s.n ? pool_add(c, s.p, s.n, 1) : 0, s.n};
    for (size_t i = 0; i < c->b.const_views.n; i++)
        if (memcmp(c->b.consts.p + c->b.const_views.at[i], view, 16) == 0)
            return pooled(c->b.const_views.at[i]);
    while (c->b.consts.n % 16)
        buf_putc(&c->b.consts, 0);
    uint32_t at = (uint32_t)c->b.consts.n;
    buf_add(&c->b.consts, view, 16);
    *vec_push(&c->b.const_views) = at;
    return pooled(at);
}

static Arg build_float(Lower *c, const Value *v) {
    if (v->type->kind == TY_F64)
        return pooled(pool_add(c, &v->f64, 8, 16));
    return pooled(pool_add(c, &v->f32, 4, 16));
}

static Int128 integer_of(const Value *v) {
    switch (v->type->kind) {
    case TY_BOOL: return v->b;
    case TY_DECIMAL: return v->dec;
    case TY_U8: case TY_U16: case TY_U32: case TY_U64: return v->u;
    case TY_NULL: case TY_I8: case TY_I16: case TY_I32: case TY_I64: case TY_F16: case TY_BF16: case TY_F32: case TY_F64:
    case TY_DATE: case TY_TIME: case TY_TIMESTAMP: case TY_INTERVAL: case TY_VARCHAR: case TY_BLOB: case TY_LIST:
    case TY_STRUCT: case TY_TENSOR: case TY_REL: case TY_COUNT: break;
    }
    return v->i;
}

Arg build_value(Lower *c, const Value *v) {
    Range r = range_of_type(v->type);
    if (v->null)
        return build_int(c, 0, true);
    if (r.exact)
        return build_int(c, integer_of(v), range_lanes(range_point(integer_of(v))) == K_I128);
    if (v->type->kind == TY_VARCHAR || v->type->kind == TY_BLOB)
        return build_text(c, v->s);
    if (v->type->kind == TY_TENSOR) {
        char *bytes = arena_alloc(c->a, ragged_bytes(v));
        ragged_write(v, bytes);
        return build_text(c, (Str){bytes, ragged_bytes(v)});
    }
    if (v->type->kind == TY_INTERVAL)
        return pooled(pool_add(c, &v->interval, 16, 16));
    return build_float(c, v);
}

/* ---- names ---- */
uint32_t build_native(Lower *c, const char *name) {
    for (size_t i = 0; i < c->b.natives.n; i++)
        if (strcmp(c->b.natives.at[i], name) == 0)
            return (uint32_t)i;
    *vec_push(&c->b.natives) = name;
    return (uint32_t)c->b.natives.n - 1;
}

static const char *symbol_of(Lower *c, Hash128 key) {
    char hex[33];
    hash128_hex(key, hex);
    return arena_printf(c->a, "k_%s", hex);
}

uint32_t build_kernel(Lower *c, Kernel *k) {
    Hash128 h = kernel_hash(k);
    for (size_t i = 0; i < c->b.hashes.n; i++)
        if (hash128_eq(c->b.hashes.at[i], h))
            return (uint32_t)i;
    Hash128 key = c->opt->code_key ? c->opt->code_key(c->opt->key_ctx, k) : h;
    *vec_push(&c->b.hashes) = h;
    *vec_push(&c->b.kernels) = k;
    *vec_push(&c->b.refs) = (KernelRef){key, symbol_of(c, key)};
    return (uint32_t)c->b.kernels.n - 1;
}

uint32_t build_param(Lower *c, const char *name, const Type *t) {
    for (size_t i = 0; i < c->b.params.n; i++)
        if (strcmp(c->b.params.at[i].name, name) == 0)
            return (uint32_t)i;
    *vec_push(&c->b.params) = (ParamRef){name, t};
    return (uint32_t)c->b.params.n - 1;
}

uint32_t build_weight(Lower *c, const AttrWeight *w) {
    for (size_t i = 0; i < c->b.weights.n; i++) {
        const WeightRef *old = &c->b.weights.at[i];
        if (strcmp(old->model, w->model) == 0 && old->version == w->version && strcmp(old->name, w->name) == 0)
            return (uint32_t)i;
    }
    *vec_push(&c->b.weights) = (WeightRef){w->model, w->version, w->name};
    return (uint32_t)c->b.weights.n - 1;
}

uint16_t build_site(Lower *c, const Node *n, const char *what, const Type *shown) {
    const Origin *o = ir_origin(c->ir, n);
    *vec_push(&c->b.sites) = (Site){o ? o->span : (Span){0, 0}, what, shown};
    if (c->b.sites.n > 60000)
        lower_fail(c, "the statement has too many places that can fail");
    return (uint16_t)c->b.sites.n;
}

/* ---- states ---- */
uint32_t build_state(Lower *c, State s) {
    *vec_push(&c->b.states) = s;
    return (uint32_t)c->b.states.n - 1;
}

void build_state_cols(Lower *c, uint32_t state, uint32_t n, const StateColumn *cols) {
    c->b.states.at[state].cols = (uint32_t)c->b.state_cols.n;
    c->b.states.at[state].n_cols = n;
    for (uint32_t i = 0; i < n; i++)
        *vec_push(&c->b.state_cols) = cols[i];
}

/* ---- the whole ---- */
#define PART(field, n_field) p->n_##field = (uint32_t)b->n_field.n, p->field = arena_copy(c->a, b->n_field.at, b->n_field.n * sizeof *b->n_field.at)

Program *build_program(Lower *c, uint32_t result, uint32_t n, const ResultColumn *columns) {
    Program *p = ARENA_NEW(c->a, Program);
    Build *b = &c->b;
    p->kind = PG_QUERY;
    p->result = result;
    p->n_columns = n;
    p->columns = arena_copy(c->a, columns, n * sizeof *columns);
    PART(pipelines, pipelines);
    PART(steps, steps);
    PART(args, args);
    PART(regs, regs);
    PART(slots, slots);
    PART(finish, finish);
    PART(states, states);
    PART(state_cols, state_cols);
    PART(scans, scans);
    PART(scan_cols, scan_cols);
    PART(kernels, refs);
    PART(natives, natives);
    PART(weights, weights);
    PART(params, params);
    PART(sites, sites);
    PART(const_views, const_views);
    p->n_consts = (uint32_t)b->consts.n;
    p->consts = arena_alloc(c->a, b->consts.n + 192); /* readable 64 bytes past the end, aligned to 64 */
    p->consts += (64 - (uintptr_t)p->consts % 64) % 64;
    if (b->consts.n)
        memcpy(p->consts, b->consts.p, b->consts.n);
    return p;
}

void build_free(Lower *c) {
    Build *b = &c->b;
    vec_free(&b->pipelines);
    vec_free(&b->steps);
    vec_free(&b->args);
    vec_free(&b->regs);
    vec_free(&b->slots);
    vec_free(&b->finish);
    vec_free(&b->states);
    vec_free(&b->state_cols);
    vec_free(&b->scans);
    vec_free(&b->scan_cols);
    vec_free(&b->refs);
    vec_free(&b->kernels);
    vec_free(&b->hashes);
    vec_free(&b->natives);
    vec_free(&b->weights);
    vec_free(&b->params);
    vec_free(&b->sites);
    vec_free(&b->const_views);
    vec_free(&b->const_blocks);
    buf_free(&b->consts);
}
