/* Constructors of the grammar's actions that need more than ast_new. */
#include "base/vec.h"
#include "grammar/parser.h"
#include <string.h>

/* Empty productions stand behind what was read before; they must not widen the span of what contains them. */
Span build_span(const Span *rhs, int n) {
    int first = 1;
    while (first < n && rhs[first].from == rhs[first].to) first++;
    while (n > first && rhs[n].from == rhs[n].to) n--;
    return n < first ? (Span){rhs[0].to, rhs[0].to} : (Span){rhs[first].from, rhs[n].to};
}

static const Ast *deepest_child(const Ast *t) {
    const Ast *deepest = NULL;
    for (uint32_t i = 0; i < t->n; i++)
        if (t->kid[i] && (!deepest || t->kid[i]->depth > deepest->depth)) deepest = t->kid[i];
    return deepest;
}

/* The way down to the deepest node, as far as trees may go. */
static Span too_deep(const Ast *t) {
    const Ast *next = t;
    for (int level = 1; next && level < AST_MAX_DEPTH; level++, next = deepest_child(t)) t = next;
    return t->span;
}

/* ---- chains ---- */
/* a OR b OR c .. (AND likewise) of thousands of operands, as programs write it: associative, so a tree that is as deep as the
 * logarithm of their number serves as well, in the same order. */

typedef struct Chain {
    VEC(Ast *) operands;
    VEC(Ast *) nodes; /* of the operator: one fewer */
    size_t used;
} Chain;

static bool is_chain(const Ast *t) {
    return t && t->kind == A_BINARY && (strcmp(t->text, "and") == 0 || strcmp(t->text, "or") == 0);
}

static void set_depth(Ast *t) {
    const Ast *deepest = deepest_child(t);
    t->depth = 1 + (deepest ? deepest->depth : 0);
}

static Ast *balanced(Chain *c, size_t from, size_t to) {
    if (to - from == 1) return c->operands.at[from];
    Ast *t = c->nodes.at[c->used++];
    size_t middle = from + (to - from) / 2;
    t->kid[BINARY_LEFT] = balanced(c, from, middle);
    t->kid[BINARY_RIGHT] = balanced(c, middle, to);
    t->span = span_join(t->kid[BINARY_LEFT]->span, t->kid[BINARY_RIGHT]->span);
    set_depth(t);
    return t;
}

static bool continues(const Ast *t) {
    const Ast *left = t->kid[BINARY_LEFT];
    return is_chain(left) && strcmp(left->text, t->text) == 0;
}

static void balance_chain(Ast *t) {
    Chain c = {0};
    Ast *at = t;
    for (;; at = at->kid[BINARY_LEFT]) {
        *vec_push(&c.nodes) = at;
        *vec_push(&c.operands) = at->kid[BINARY_RIGHT];
        if (!continues(at)) break;
    }
    *vec_push(&c.operands) = at->kid[BINARY_LEFT];
    for (size_t i = 0, k = c.operands.n - 1; i < k; i++, k--) {
        Ast *swap = c.operands.at[i];
        c.operands.at[i] = c.operands.at[k];
        c.operands.at[k] = swap;
    }
    balanced(&c, 0, c.operands.n);
    vec_free(&c.operands);
    vec_free(&c.nodes);
}

/* Left spines, which chains make long, are walked, not recursed into. */
static void balance(Ast *t) {
    VEC(Ast *) spine = {0};
    for (Ast *at = t; at; at = at->n ? at->kid[0] : NULL) *vec_push(&spine) = at;
    for (size_t i = spine.n; i-- > 0;) {
        Ast *at = spine.at[i];
        for (uint32_t k = 1; k < at->n; k++)
            if (at->kid[k]) balance(at->kid[k]);
        bool inner = i > 0 && is_chain(at) && is_chain(spine.at[i - 1]) && continues(spine.at[i - 1]);
        if (is_chain(at) && !inner) balance_chain(at);
        set_depth(at);
    }
    vec_free(&spine);
}

void build_statement(Parser *p, Ast *statement) {
    if (statement->depth > AST_MAX_DEPTH / 2) balance(statement);
    if (statement->depth > AST_MAX_DEPTH) report_too_deep(p, too_deep(statement));
    else ast_push(p->arena, p->statements, statement);
    p->failed = false; /* the next one may have its error */
}

Ast *build_join(Parser *p, Ast *left, Ast *join) {
    return ast_new(p->arena, A_JOIN, span_join(left->span, join->span), join->text, join->flags, left,
                   join->kid[JOIN_RHS], join->kid[JOIN_ON], join->kid[JOIN_USING], join->kid[JOIN_NEAREST]);
}

static Ast *one(Parser *p, Ast *item) { return ast_push(p->arena, ast_list(p->arena, item->span), item); }

Ast *build_table_query(Parser *p, Ast *name) {
    Ast *table = ast_new(p->arena, A_TABLE, name->span, NULL, 0, name, NULL, NULL);
    Ast *from = ast_new(p->arena, A_FROM, name->span, NULL, 0, one(p, table));
    return ast_new(p->arena, A_QUERY, name->span, NULL, 0, NULL, from, NULL, NULL, NULL, NULL);
}

AstPair build_table_element(Parser *p, AstPair lists, Ast *element) {
    Ast **list = element->kind == A_COLUMN_DEF ? &lists.a : &lists.b;
    *list = *list ? ast_push(p->arena, *list, element) : one(p, element);
    return lists;
}

/* EXPLAIN (ANALYZE, FORMAT html): ANALYZE becomes the flag that EXPLAIN ANALYZE has. */
Ast *build_explain(Parser *p, Span span, Ast *options, Ast *statement) {
    Ast *rest = ast_list(p->arena, options->span);
    uint32_t flags = 0;
    for (uint32_t i = 0; i < options->n; i++) {
        Ast *o = options->kid[i];
        if (!o->kid[OPTION_VALUE] && o->text == intern_cstr(p->intern, "analyze")) flags = AST_ANALYZE;
        else ast_push(p->arena, rest, o);
    }
    return ast_new(p->arena, A_EXPLAIN, span, NULL, flags, rest, statement);
}
