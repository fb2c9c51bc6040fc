/* The driver of the evaluator: memo, NULLs of strict operators, errors, relations. */
#include "base/diag.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/vec.h"
#include "ir/eval_law.h"

const EvalLaw eval_laws[OP_COUNT_] = {
#define OP(name, text, arity, attr, ty, ev, inv, bnd, dlt, grd, cst, flags) [OP_##name] = law_eval_##ev,
#include "ir/ops.def"
#undef OP
};

#define EVERY_ROW UINT64_MAX

/* ---- errors ---- */

bool eval_fail(Eval *e, const Node *n, RowError code, const char *fmt, ...) {
    EvalCtx *c = e->run->ctx;
    Buf b = {0};
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&b, fmt, ap);
    va_end(ap);
    c->error = (EvalError){.code = code, .node = n, .text = arena_strndup(c->arena, b.p, b.n)};
    buf_free(&b);
    return false;
}

static bool fail_range(Eval *e, const Node *n, const char *value, const Type *t) {
    Buf name = {0}, text = {0};
    type_print(&name, t, false);
    value_out_of_range(&text, value, name.p);
    eval_fail(e, n, ROW_OVERFLOW, "%s", text.p);
    buf_free(&name);
    buf_free(&text);
    return false;
}

bool eval_fail_range(Eval *e, const Node *n, const Type *t) { return fail_range(e, n, NULL, t); }

bool eval_fail_exact(Eval *e, const Node *n, Int128 v, const Type *t) {
    Buf value = {0};
    print_decimal(&value, v, t->kind == TY_DECIMAL ? t->scale : 0);
    fail_range(e, n, value.p, t);
    buf_free(&value);
    return false;
}

/* ---- values ---- */

bool eval_null(Value *out) {
    out->null = true;
    out->type = type_nullable(out->type, true);
    return true;
}

static Value *copy_list(Arena *a, const Value *at, size_t n) {
    Value *to = ARENA_ARRAY(a, Value, n);
    for (size_t i = 0; i < n; i++) to[i] = eval_keep(a, &at[i]);
    return to;
}

Value eval_keep(Arena *a, const Value *v) {
    Value to = *v;
    if (v->null) return to;
    TypeKind k = v->type->kind;
    if (k == TY_VARCHAR || k == TY_BLOB) {
        to.s.p = arena_copy(a, v->s.p, v->s.n);
    } else if (k == TY_TENSOR) {
        if (v->t.shape) to.t.shape = arena_copy(a, v->t.shape, v->type->n * sizeof *v->t.shape);
        to.t.data = arena_copy(a, v->t.data, (size_t)(tensor_count(v) * type_bytes(v->type->elem)));
    } else if (k == TY_LIST || k == TY_STRUCT || k == TY_REL) {
        to.list.at = copy_list(a, v->list.at, v->list.n);
    }
    return to;
}

/* ---- rows ---- */

void eval_open(Eval *e, EvalRun *run, uint32_t nodes) {
    *e = (Eval){.run = run, .row_arena = arena_new(), .n_memo = nodes};
    e->arena = e->row_arena;
    e->memo = mem_alloc(nodes * sizeof *e->memo);
    e->stamp = mem_alloc(nodes * sizeof *e->stamp);
    memset(e->stamp, 0, nodes * sizeof *e->stamp);
}

void eval_close(Eval *e) {
    arena_free(e->row_arena);
    free(e->memo);
    free(e->stamp);
}

static bool cancelled(const Eval *e) {
    const _Atomic bool *cancel = e->run->ctx->cancel;
    return cancel && *cancel;
}

static bool full(const Eval *e) {
    const EvalCtx *c = e->run->ctx;
    return c->limit && arena_used(c->arena) > c->limit;
}

bool eval_next(Eval *e, const Value *row, uint32_t columns) {
    arena_reset(e->row_arena);
    e->now++;
    e->row = row;
    e->columns = columns;
    if (cancelled(e)) return eval_fail(e, NULL, ROW_CANCELLED, "cancelled");
    return !full(e) || eval_fail(e, NULL, ROW_NO_MEMORY, "out of memory");
}

/* ---- nodes ---- */

static bool eval_inputs(Eval *e, const Node *n, Value *in, bool *null) {
    *null = false;
    for (uint32_t i = 0; i < n->n; i++) {
        if (!eval_value(e, n->in[i], &in[i])) return false;
        *null |= in[i].null;
    }
    return true;
}

static bool apply(Eval *e, const Node *n, Value *out) {
    Value *in = NULL;
    bool null = false;
    *out = (Value){.type = type_nullable(n->type, false)};
    if (op_has(n->op, STRICT)) {
        in = ARENA_ARRAY(e->arena, Value, n->n);
        if (!eval_inputs(e, n, in, &null)) return false;
    }
    return null ? eval_null(out) : eval_laws[n->op](e, n, in, out);
}

bool eval_value(Eval *e, const Node *n, Value *out) {
    if (n->id >= e->n_memo) BUG("node %u is younger than what is evaluated", n->id);
    if (e->stamp[n->id] == e->now || e->stamp[n->id] == EVERY_ROW) return *out = e->memo[n->id], true;
    bool fixed = !(n->below & (BELOW_COLUMN | BELOW_VOLATILE | BELOW_AGG));
    Arena *arena = e->arena;
    if (fixed) e->arena = e->run->ctx->arena;
    bool ok = apply(e, n, out);
    e->arena = arena;
    if (!ok) return false;
    e->memo[n->id] = *out;
    e->stamp[n->id] = fixed ? EVERY_ROW : e->now;
    return true;
}

/* ---- rows of relations, and errors among them ---- */

RowSource *eval_source(EvalRun *run, const Node *rel) {
    RowSource *s = ptrmap_get(&run->sources, rel);
    if (s) return s;
    s = ARENA_NEW(run->ctx->arena, RowSource);
    ptrmap_set(&run->sources, rel, s);
    return s;
}

void eval_from(EvalRun *run, const Node *of, const Node *rel, const size_t *kept, size_t n) {
    RowSource *to = eval_source(run, of);
    const RowSource *from = eval_source(run, rel);
    if (!to->pending.code) to->pending = from->pending;
    to->table = from->table;
    to->version = from->version;
    to->rows = from->rows;
    if (!from->table || !kept) return;
    size_t *rows = ARENA_ARRAY(run->ctx->arena, size_t, n + 1);
    for (size_t i = 0; i < n; i++) rows[i] = from->rows ? from->rows[kept[i]] : kept[i];
    to->rows = rows;
}

void eval_locate(EvalRun *run, const Node *rel, size_t i) {
    const RowSource *s = eval_source(run, rel);
    EvalError *e = &run->ctx->error;
    e->table = s->table;
    e->version = s->version;
    e->row = (int64_t)(s->rows ? s->rows[i] : i);
}

bool eval_stop(EvalRun *run, const Node *of, const Node *rel, size_t i) {
    RowError code = run->ctx->error.code;
    if (code == ROW_CANCELLED || code == ROW_NO_MEMORY) return false;
    if (rel) eval_locate(run, rel, i);
    eval_source(run, of)->pending = run->ctx->error;
    return true;
}

bool eval_raise(EvalRun *run, const Node *rel) {
    const RowSource *s = eval_source(run, rel);
    if (s->pending.code) run->ctx->error = s->pending;
    return !s->pending.code;
}

bool eval_relation(EvalRun *run, const Node *rel, Value *out) {
    return eval_stream(run, rel, out) && eval_raise(run, rel);
}

bool eval_stream(EvalRun *run, const Node *rel, Value *out) {
    Value *found = ptrmap_get(&run->relations, rel);
    if (!found) {
        Eval e;
        found = ARENA_NEW(run->ctx->arena, Value);
        found->type = rel->type;
        eval_open(&e, run, rel->id);
        bool ok = eval_laws[rel->op](&e, rel, NULL, found);
        eval_close(&e);
        if (!ok) return false;
        ptrmap_set(&run->relations, rel, found);
    }
    *out = *found;
    return true;
}

/* ---- entry points ---- */

bool ir_eval(EvalCtx *c, const Node *rel, Rows *out) {
    EvalRun run = {.ctx = c, .types = ir_types(c->ir)};
    Value v;
    bool ok = eval_relation(&run, rel, &v);
    ptrmap_free(&run.relations);
    ptrmap_free(&run.sources);
    if (!ok) return false;
    const Value **at = ARENA_ARRAY(c->arena, const Value *, v.list.n);
    for (size_t i = 0; i < v.list.n; i++) at[i] = v.list.at[i].list.at;
    *out = (Rows){v.list.n, rel->type->n, at};
    return true;
}

bool ir_eval_scalar(EvalCtx *c, const Node *expr, const Value *row, uint32_t n, Value *out) {
    EvalRun run = {.ctx = c, .types = ir_types(c->ir)};
    Eval e;
    eval_open(&e, &run, expr->id + 1);
    bool ok = eval_next(&e, row, n) && eval_value(&e, expr, out);
    if (ok) *out = eval_keep(c->arena, out);
    eval_close(&e);
    ptrmap_free(&run.relations);
    ptrmap_free(&run.sources);
    return ok;
}
