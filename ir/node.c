/* Construction: the one way to a node.  Checks arity, types, casts operands, orders commutative inputs,
 * hash-conses. */
#include "ir/attr.h"
#include "ir/graph.h"
#include "ir/type_laws.h"

static void ir_close(void *arg) {
    Ir *ir = arg;
    map_free(&ir->nodes);
    ptrmap_free(&ir->origins);
}

Ir *ir_new(Arena *arena, Intern *names) {
    Ir *ir = ARENA_NEW(arena, Ir);
    ir->arena = arena;
    ir->names = names;
    ir->types = typepool_new(arena);
    arena_defer(arena, ir_close, ir);
    return ir;
}

TypePool *ir_types(Ir *ir) { return ir->types; }
Arena *ir_arena(Ir *ir) { return ir->arena; }
const char *ir_name(Ir *ir, const char *s) { return intern_cstr(ir->names, s); }

/* ---- typing ---- */

/* A law may want a cast that does not exist: a text literal beside a list. */
static bool casts_exist(TypeCall *c) {
    for (uint32_t i = 0; i < c->n; i++) {
        if (!c->want[i] || type_same(c->want[i], c->in[i]->type)) continue;
        if (!type_cast_exists(c->in[i]->type, c->want[i])) return false;
    }
    return true;
}

static bool takes_relation(const TypeCall *c) {
    for (uint32_t i = 0; i < c->n; i++)
        if (c->in[i]->type->kind == TY_REL) return true;
    return false;
}

static const Type *run_law(TypeCall *c) {
    int arity = op_info[c->op].arity;
    if (arity >= 0 && c->n != (uint32_t)arity)
        return type_reject(c, "%s takes %d inputs, not %u", op_info[c->op].text, arity, c->n);
    if (!op_has(c->op, REL) && takes_relation(c)) return type_reject_inputs(c);
    const Type *t = type_laws[c->op](c);
    return t && !casts_exist(c) ? type_reject_inputs(c) : t;
}

static TypeCall new_call(Ir *ir, Op op, const void *attr, uint32_t n, const Node *const *in,
                         const Type **want) {
    for (uint32_t i = 0; i < n; i++) want[i] = NULL;
    return (TypeCall){ir, ir->types, ir->arena, op, attr, n, in, want, NULL};
}

enum { FEW = 16 }; /* inputs of nearly all nodes: their arrays live on the stack */

const Type *ir_check(Ir *ir, Op op, const void *attr, uint32_t n, const Node *const *in, const char **why) {
    const Type *few[FEW];
    TypeCall c = new_call(ir, op, attr, n, in, n <= FEW ? few : ARENA_ARRAY(ir->arena, const Type *, n));
    const Type *t = run_law(&c);
    if (!t && why) *why = c.why;
    return t;
}

/* ---- hash-consing ---- */

/* Inputs of a commutative op hash alike in either order: ids, and so the order, differ between Irs. */
static uint64_t node_hash(const Node *k) {
    AttrKind kind = op_info[k->op].attr;
    uint64_t h = hash_mix(k->op, k->n);
    if (kind != ATTR_None) h = hash_mix(h, attr_hash(kind, k->attr));
    if (op_has(k->op, COMM)) return hash_mix(h, k->in[0]->hash + k->in[1]->hash);
    for (uint32_t i = 0; i < k->n; i++) h = hash_mix(h, k->in[i]->hash);
    return h;
}

static bool node_same(const void *value, const void *key) {
    const Node *a = value, *b = key;
    if (a->op != b->op || a->n != b->n) return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (a->in[i] != b->in[i]) return false;
    AttrKind kind = op_info[a->op].attr;
    return kind == ATTR_None || attr_equal(kind, a->attr, b->attr);
}

static uint32_t own_bits(Op op) {
    if (op == OP_COLUMN) return BELOW_COLUMN;
    if (op == OP_PARAM) return BELOW_PARAM;
    if (op == OP_WEIGHT) return BELOW_WEIGHT;
    if (op == OP_SCAN) return BELOW_SOURCE;
    return (op_has(op, VOLATILE) ? (uint32_t)BELOW_VOLATILE : 0) |
           (op_has(op, AGG) ? (uint32_t)BELOW_AGG : 0);
}

static uint32_t height(const Node *n) {
    uint32_t most = 0;
    for (uint32_t i = 0; i < n->n; i++)
        if (n->in[i]->height >= most) most = n->in[i]->height + 1;
    return most;
}

static uint32_t bits_below(const Node *n) {
    uint32_t bits = 0;
    for (uint32_t i = 0; i < n->n; i++) bits |= n->in[i]->below;
    if (op_has(n->op, REL)) bits &= ~(uint32_t)(BELOW_COLUMN | BELOW_AGG);
    bits |= own_bits(n->op);
    return ir_op_fallible(n) ? bits | BELOW_FALLIBLE : bits;
}

static const Node *add_node(Ir *ir, const Node *key) {
    Node *n = ARENA_NEW(ir->arena, Node);
    *n = *key;
    n->id = ir->count++;
    n->attr = attr_copy(ir, op_info[n->op].attr, key->attr);
    n->in = arena_copy(ir->arena, key->in, key->n * sizeof *key->in);
    n->below = bits_below(n);
    n->height = height(n);
    map_add(&ir->nodes, n->hash, n);
    return n;
}

/* A literal is converted at once; one that does not fit stays a cast, which fails when and if it is
 * evaluated. */
static const Node *widen(Ir *ir, const Node *n, const Type *to) {
    return !to || type_same(n->type, to) ? n : ir_cast(ir, n, to);
}

static void order(const Node **in) {
    bool const0 = ir_is_const(in[0]), const1 = ir_is_const(in[1]);
    bool swap = const0 != const1 ? const0 : in[0]->id > in[1]->id;
    if (!swap) return;
    const Node *first = in[0];
    in[0] = in[1];
    in[1] = first;
}

/* Types once more when operands were cast: the law then wants nothing and may know the type more closely. */
static const Type *type_of(Ir *ir, Op op, const void *attr, uint32_t n, const Node **in, const Type **want) {
    TypeCall c = new_call(ir, op, attr, n, in, want);
    const Type *t = run_law(&c);
    if (!t) BUG("%s", c.why);
    bool cast = false;
    for (uint32_t i = 0; i < n; i++) {
        const Node *was = in[i];
        in[i] = widen(ir, was, want[i]);
        cast |= in[i] != was;
    }
    if (!cast) return t;
    if (!(t = ir_check(ir, op, attr, n, in, &c.why))) BUG("%s", c.why);
    return t;
}

static const Node *cons(Ir *ir, Op op, const void *attr, uint32_t n, const Node **in, const Type **want) {
    Node key = {.op = op, .n = n, .attr = attr, .in = in};
    key.type = type_of(ir, op, attr, n, in, want);
    if (op_has(op, COMM)) order(in);
    key.hash = node_hash(&key);
    const Node *found = map_get(&ir->nodes, key.hash, node_same, &key);
    return found ? found : add_node(ir, &key);
}

const Node *ir_node(Ir *ir, Op op, const void *attr, uint32_t n, const Node *const *in) {
    const Node *few_in[FEW], **own = n <= FEW ? few_in : ARENA_ARRAY(ir->arena, const Node *, n);
    const Type *few_want[FEW], **want = n <= FEW ? few_want : ARENA_ARRAY(ir->arena, const Type *, n);
    for (uint32_t i = 0; i < n; i++) own[i] = in[i];
    return cons(ir, op, attr, n, own, want);
}

/* What stood at a place of the text still stands there. */
const Node *ir_with_inputs(Ir *ir, const Node *n, const Node *const *in) {
    for (uint32_t i = 0; i < n->n; i++)
        if (in[i] != n->in[i]) return ir_comes_from(ir, ir_node(ir, n->op, n->attr, n->n, in), n);
    return n;
}
