/* Joins: the condition over both sides, USING and NATURAL, and what the names mean afterwards. */
#include "frontend/scope.h"

typedef struct Join {
    Binder *b;
    const Ast *ast; /* NULL: the comma */
    Span at;
    int kind;
    Rel left, right; /* as they are joined: of RIGHT JOIN, the other way round */
    Rel both;        /* left columns, then the right's: what the condition sees */
} Join;

/* Column i of a relation of n as column at + i, of the types that `node` gives it. */
static const Node *moved(Join *j, const Node *x, uint32_t n, uint32_t at, const Node *node) {
    const Node **to = ARENA_ARRAY(j->b->arena, const Node *, n);
    for (uint32_t i = 0; i < n; i++)
        to[i] = ir_column(j->b->ir, at + i,
                          node ? node->type->fields[at + i]
                          : at ? j->right.node->type->fields[i]
                               : j->left.node->type->fields[i]);
    return ir_substitute(j->b->ir, x, n, to);
}

static void add_side(Join *j, Rel *out, const Rel *side, uint32_t at, const Node *node) {
    for (uint32_t i = 0; i < side->n; i++) {
        Column c = side->at[i];
        c.node = moved(j, c.node, side->node->type->n, at, node);
        rel_add(j->b, out, c);
    }
}

static Rel both_sides(Join *j, const Node *node) {
    Rel r = {.node = node};
    add_side(j, &r, &j->left, 0, node);
    add_side(j, &r, &j->right, j->left.node->type->n, node);
    return r;
}

static Column *own_column(Join *j, Rel *side, uint32_t at, const Ast *name) {
    uint32_t matches;
    Rel part = {.at = j->both.at + at, .n = side->n};
    const Column *c = rel_find(&part, NULL, name->text, &matches);
    if (matches == 1) return (Column *)c;
    if (matches > 1) diag_error(j->b->diags, E_AMBIGUOUS_COLUMN, name->span, name->text);
    else diag_error(j->b->diags, E_UNKNOWN_COLUMN, name->span, name->text);
    if (!matches) diag_help(j->b->diags, "JOIN .. USING needs it on both sides");
    return NULL;
}

/* left.name = right.name; the name alone means the left one (of a RIGHT JOIN the sides are exchanged before),
 * and the merged column comes first in *. */
static const Node *using_one(Join *j, const Ast *name) {
    Column *l = own_column(j, &j->left, 0, name), *r = own_column(j, &j->right, j->left.n, name);
    if (!l || !r) return NULL;
    r->hidden = true;
    return bind_compare(j->b, OP_EQ, "=", expr_of(l->node, name->span), expr_of(r->node, name->span),
                        name->span);
}

static const Node *using_all(Join *j, const Ast *names) {
    const Node **all = ARENA_ARRAY(j->b->arena, const Node *, names->n);
    bool ok = true;
    for (uint32_t i = 0; i < names->n; i++) ok &= (all[i] = using_one(j, names->kid[i])) != NULL;
    return ok ? ir_and_all(j->b->ir, names->n, all) : NULL;
}

/* NATURAL is USING of the names on both sides. */
static const Ast *natural_names(Join *j) {
    Ast *names = ast_list(j->b->arena, j->ast->span);
    for (uint32_t i = 0; i < j->left.n; i++) {
        uint32_t matches;
        const Column *c = &j->left.at[i];
        if (c->hidden || !rel_find(&j->right, NULL, c->name, &matches)) continue;
        ast_push(j->b->arena, names, ast_new(j->b->arena, A_NAME, j->ast->span, c->name, 0, NULL));
    }
    return names;
}

static const Node *join_condition(Join *j, const Ast **using) {
    const Ast *on = j->ast->kid[JOIN_ON];
    *using = j->ast->flags & AST_NATURAL ? natural_names(j) : j->ast->kid[JOIN_USING];
    if ((*using)->n) return using_all(j, *using);
    if (!on) return ir_bool(j->b->ir, true);
    Scope s = {.rel = &j->both, .clause = "ON"};
    return bind_condition(j->b, bind_expr(j->b, &s, on), "ON");
}

static bool is_merged(const Column *c, const Ast *using) {
    for (uint32_t i = 0; i < using->n; i++)
        if (!c->hidden && strcmp(c->name, using->kid[i]->text) == 0) return true;
    return false;
}

static Rel merged_first(Join *j, const Rel *r, const Ast *using) {
    Rel out = {.node = r->node};
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < r->n; i++)
            if (is_merged(&r->at[i], using) == (pass == 0)) rel_add(j->b, &out, r->at[i]);
    return out;
}

/* As written: a RIGHT JOIN is a LEFT JOIN of the other side, whose columns still come second. */
static Rel as_written(Join *j, const Rel *r, bool swapped) {
    Rel out = {.node = r->node};
    for (uint32_t i = 0; i < r->n; i++) rel_add(j->b, &out, r->at[swapped ? (i + j->left.n) % r->n : i]);
    return out;
}

static Rel join_result(Join *j, const Node *cond, const Ast *using, bool swapped) {
    const Node *in[] = {j->left.node, j->right.node, cond};
    const Node *node = bind_make(j->b, j->at, OP_JOIN, &(AttrJoin){j->kind}, 3, in);
    if (!node) return (Rel){0};
    if (j->kind == JOIN_SEMI || j->kind == JOIN_ANTI) {
        Rel left = j->left;
        left.node = node;
        return left;
    }
    Rel after = both_sides(j, node);
    for (uint32_t i = 0; i < after.n; i++) after.at[i].hidden = j->both.at[i].hidden;
    after = as_written(j, &after, swapped);
    return using->n ? merged_first(j, &after, using) : after;
}

static bool join_kind(Binder *b, const Ast *t, int *kind) {
    static const struct {
        const char *text;
        int kind;
    } kinds[] = {{"inner", JOIN_INNER}, {"cross", JOIN_INNER}, {"left", JOIN_LEFT},
                 {"right", JOIN_LEFT},  {"semi", JOIN_SEMI},   {"anti", JOIN_ANTI}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].text, t->text) == 0) return *kind = kinds[i].kind, true;
    bind_no(b, t->span, arena_printf(b->arena, "%s JOIN", strcmp(t->text, "full") == 0 ? "FULL" : t->text));
    return false;
}

static bool tables_differ(Binder *b, const Rel *l, const Rel *r, Span at) {
    for (uint32_t i = 0; i < r->n; i++) {
        const char *table = r->at[i].table;
        for (uint32_t k = 0; table && k < l->n; k++) {
            if (l->at[k].table != table) continue;
            diag_error(b->diags, E_TWICE, at, "table", table);
            diag_help(b->diags, "give one of them another name: %s AS other", table);
            return false;
        }
    }
    return true;
}

Rel bind_join(Binder *b, Rel left, const Ast *t) {
    Join j = {.b = b, .ast = t, .at = t->span, .left = left, .right = bind_relation(b, t->kid[JOIN_RHS])};
    bool swapped = strcmp(t->text, "right") == 0;
    const Ast *using;
    if (!join_kind(b, t, &j.kind) || !bind_absent(b, t->kid[JOIN_NEAREST], "JOIN NEAREST")) return (Rel){0};
    if (!j.left.node || !j.right.node) return (Rel){0};
    if (!tables_differ(b, &j.left, &j.right, t->kid[JOIN_RHS]->span)) return (Rel){0};
    if (swapped) {
        Rel swap = j.left;
        j.left = j.right;
        j.right = swap;
    }
    j.both = both_sides(&j, NULL);
    const Node *cond = join_condition(&j, &using);
    return cond ? join_result(&j, cond, using, swapped) : (Rel){0};
}

Rel bind_cross(Binder *b, Rel left, Rel right, Span at) {
    if (!tables_differ(b, &left, &right, at)) return (Rel){0};
    Join j = {.b = b, .kind = JOIN_INNER, .left = left, .right = right, .at = at};
    j.both = both_sides(&j, NULL);
    return join_result(&j, ir_bool(b->ir, true), ast_list(b->arena, at), false);
}
