/* Keys of plans: a canonical text of the graph, in three degrees of detail. */
#include "ir/key.h"
#include "base/number.h"
#include "base/text.h"
#include "base/vec.h"
#include "ir/attr.h"

typedef enum KeyKind { KEY_CODE, KEY_PLAN, KEY_RESULT } KeyKind;

typedef struct Seen { /* of a node: hash of its structure, number of its line (0: not yet written) */
    Hash128 hash;
    size_t line;
} Seen;

typedef struct Writer {
    Arena *arena;
    const KeyContext *c;
    KeyKind kind;
    PtrMap seen;
    Buf out;
    size_t lines;
    VEC(const Node *) slots;
} Writer;

/* ---- what a node says of itself ---- */

static bool is_slot(const Node *n) {
    if (n->op == OP_CONST) return n->type->kind != TY_BOOL && !ATTR_OF(n, Const)->value.null;
    return n->op == OP_PARAM || n->op == OP_WEIGHT || n->op == OP_SCAN;
}

static void put_encoding(Buf *b, const ColumnCode *code) {
    buf_printf(b, " enc %u %u %d %u", code->kind, code->width, code->valid, code->pitch);
}

static void put_int128(Buf *b, Int128 v) {
    buf_putc(b, ' ');
    print_decimal(b, v, 0);
}

static void put_stats(Buf *b, const ColumnStats *s) {
    buf_printf(b, " stats %d %lld %d %d %d", s->range_known, (long long)s->distinct, s->null_free, s->sorted,
               s->unique);
    if (!s->range_known) return;
    put_int128(b, s->min);
    put_int128(b, s->max);
}

static void put_column(Writer *w, Buf *b, const AttrScan *a, uint32_t column) {
    ColumnStats s;
    const SourceApi *api = w->c->source;
    if (!api || !api->column_stats(api->ctx, a->table, a->version, column, &s)) {
        buf_puts(b, " unknown");
        return;
    }
    put_encoding(b, &s.code);
    if (w->kind == KEY_PLAN) put_stats(b, &s);
}

/* The number of rows is a statistic; TableInfo's names need no pool. */
static void put_scan(Writer *w, Buf *b, const AttrScan *a) {
    buf_printf(b, " rowid %d", a->rowid);
    for (uint32_t i = 0; i < a->columns.n; i++) put_column(w, b, a, (uint32_t)a->columns.at[i]);
    TableInfo info;
    const SourceApi *api = w->c->source;
    if (w->kind == KEY_PLAN && api && api->table(api->ctx, typepool_new(w->arena), a->table, &info))
        buf_printf(b, " rows %lld", (long long)info.rows);
}

static void put_param(Writer *w, Buf *b, const char *name) {
    AttrConst value;
    for (uint32_t i = 0; i < w->c->n_params; i++) {
        if (strcmp(w->c->param_names[i], name) != 0) continue;
        value.value = w->c->params[i];
        attr_print(b, ATTR_Const, &value);
        return;
    }
    buf_puts(b, " unbound");
}

static void put_like(Writer *w, Buf *b, const Node *n) {
    Like like;
    const AttrLike *a = ATTR_OF(n, Like);
    if (!ir_is_const(n->in[1]) || n->in[1]->type->nullable) return;
    const Value *pattern = &ATTR_OF(n->in[1], Const)->value;
    if (like_compile(w->arena, pattern->s, (char)a->escape, a->fold, &like))
        buf_printf(b, " kind %d", like.kind);
}

static void put_node(Writer *w, Buf *b, const Node *n) {
    bool whole = w->kind == KEY_RESULT || !is_slot(n);
    buf_puts(b, op_info[n->op].text);
    if (whole) attr_print(b, op_info[n->op].attr, n->attr);
    if (n->op == OP_SCAN) put_scan(w, b, ATTR_OF(n, Scan));
    if (n->op == OP_PARAM && w->kind == KEY_RESULT) put_param(w, b, ATTR_OF(n, Param)->name);
    if (n->op == OP_LIKE) put_like(w, b, n);
    if (ir_op_fallible(n)) buf_putc(b, '!');
    buf_puts(b, " : ");
    type_print(b, n->type, true);
}

/* ---- order ---- */

static Seen *seen_of(const Writer *w, const Node *n) { return ptrmap_get(&w->seen, n); }

/* Inputs in the order of the key: as they are, or by structure where the op is commutative. */
static const Node *input(const Writer *w, const Node *n, uint32_t i) {
    if (!op_has(n->op, COMM)) return n->in[i];
    Hash128 a = seen_of(w, n->in[0])->hash, b = seen_of(w, n->in[1])->hash;
    bool swap = a.hi != b.hi ? a.hi > b.hi : a.lo > b.lo;
    return n->in[swap ? 1 - i : i];
}

static void hash_nodes(Writer *w, const Node *n) {
    Buf b = {0};
    if (seen_of(w, n)) return;
    for (uint32_t i = 0; i < n->n; i++) hash_nodes(w, n->in[i]);
    for (uint32_t i = 0; i < n->n; i++) buf_add(&b, &seen_of(w, input(w, n, i))->hash, sizeof(Hash128));
    put_node(w, &b, n);
    Seen *s = ARENA_NEW(w->arena, Seen);
    s->hash = hash128(b.p, b.n);
    ptrmap_set(&w->seen, n, s);
    buf_free(&b);
}

static void write_nodes(Writer *w, const Node *n) {
    Seen *s = seen_of(w, n);
    if (s->line) return;
    for (uint32_t i = 0; i < n->n; i++) write_nodes(w, input(w, n, i));
    s->line = ++w->lines;
    if (is_slot(n)) *vec_push(&w->slots) = n;
    put_node(w, &w->out, n);
    for (uint32_t i = 0; i < n->n; i++) buf_printf(&w->out, " %%%zu", seen_of(w, input(w, n, i))->line);
    buf_putc(&w->out, '\n');
}

static Key make_key(Arena *a, const Node *root, const KeyContext *c, KeyKind kind, Slots *slots) {
    Writer w = {.arena = a, .c = c, .kind = kind};
    buf_printf(&w.out, "%s\n%s\n", c->target ? c->target : "", c->compiler ? c->compiler : "");
    if (kind == KEY_RESULT) buf_printf(&w.out, "%s\n", c->real_choices ? c->real_choices : "");
    hash_nodes(&w, root);
    write_nodes(&w, root);
    Key k = {hash128(w.out.p, w.out.n), {arena_strndup(a, w.out.p, w.out.n), w.out.n}};
    if (slots)
        *slots = (Slots){(uint32_t)w.slots.n, arena_copy(a, w.slots.at, w.slots.n * sizeof *w.slots.at)};
    vec_free(&w.slots);
    buf_free(&w.out);
    ptrmap_free(&w.seen);
    return k;
}

Key ir_code_key(Arena *a, const Node *root, const KeyContext *c, Slots *slots) {
    return make_key(a, root, c, KEY_CODE, slots);
}
Key ir_plan_key(Arena *a, const Node *root, const KeyContext *c) {
    return make_key(a, root, c, KEY_PLAN, NULL);
}
Key ir_result_key(Arena *a, const Node *root, const KeyContext *c) {
    return make_key(a, root, c, KEY_RESULT, NULL);
}
