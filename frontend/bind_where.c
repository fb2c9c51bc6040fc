/* WHERE: conjuncts in order.  EXISTS and IN (query) are semi- and antijoins, which they can be only as
 * conjuncts; runs of other conjuncts are filters between them, so that nothing is evaluated on a row that an
 * earlier conjunct removed.
 */
#include "base/vec.h"
#include "frontend/subquery.h"

typedef VEC(const Node *) Nodes;

static bool is_query_test(const Ast *t) {
    if (t->kind == A_UNARY && strcmp(t->text, "not") == 0) t = t->kid[UNARY_ARG];
    return t->kind == A_EXISTS || (t->kind == A_IN && t->kid[IN_QUERY]);
}

static bool is_and(const Ast *t) { return t->kind == A_BINARY && strcmp(t->text, "and") == 0; }

static void split(Binder *b, const Ast *t, Ast *list) {
    if (is_and(t)) {
        split(b, t->kid[BINARY_LEFT], list);
        split(b, t->kid[BINARY_RIGHT], list);
    } else {
        ast_push(b->arena, list, (Ast *)t);
    }
}

/* The conditions that wait, as one filter; none waits any more. */
static bool filter(Binder *b, Rel *r, Nodes *pending, Span at) {
    const Node *all = pending->n ? ir_and_all(b->ir, (uint32_t)pending->n, pending->at) : NULL;
    if (all) r->node = bind_make(b, at, OP_FILTER, NULL, 2, (const Node *const[]){r->node, all});
    pending->n = 0;
    return r->node != NULL;
}

static void keep_correlated(Binder *b, Correlated *c, const Node *cond) {
    const Node **grown = ARENA_ARRAY(b->arena, const Node *, c->n + 1);
    if (c->n) memcpy(grown, c->cond, c->n * sizeof *grown);
    grown[c->n++] = cond;
    c->cond = grown;
}

bool bind_conjuncts(Binder *b, Rel *r, const Rel *outer, const Ast *cond, const char *clause,
                    Correlated *correlated) {
    Ast *list = ast_list(b->arena, cond->span);
    Nodes pending = {0};
    bool ok = true;
    split(b, cond, list);
    for (uint32_t i = 0; i < list->n && r->node; i++) {
        const Ast *t = list->kid[i];
        if (is_query_test(t)) {
            ok &= filter(b, r, &pending, cond->span) && bind_query_test(b, r, t);
            continue;
        }
        Scope s = {.rel = r, .clause = clause, .outer = outer, .subqueries = true};
        const Node *c = bind_condition(b, bind_expr(b, &s, t), clause);
        ok &= c != NULL;
        if (c && names_outer(b, c)) keep_correlated(b, correlated, c);
        else if (c) *vec_push(&pending) = c;
    }
    ok = ok && r->node && filter(b, r, &pending, cond->span);
    vec_free(&pending);
    return ok;
}

bool bind_where(Binder *b, Rel *r, const Ast *cond, const char *clause) {
    return !cond || bind_conjuncts(b, r, NULL, cond, clause, NULL);
}
