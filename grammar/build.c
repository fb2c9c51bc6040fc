/* Constructors of the grammar's actions that need more than ast_new. */
#include "grammar/parser.h"

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

void build_statement(Parser *p, Ast *statement) {
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
