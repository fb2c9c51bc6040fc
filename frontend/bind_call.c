/* A call: which function or model it names, its arguments, and whether it may stand here. */
#include "frontend/function.h"

static bool has_word(const char *words, const char *word) {
    size_t n = strlen(word);
    for (const char *p = words; (p = strstr(p, word)); p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == 0 || p[n] == ' ')) return true;
    return false;
}

static bool check_option(Binder *b, const Function *fn, const Ast *arg) {
    if (has_word(fn->options, arg->text)) return true;
    diag_error(b->diags, E_UNKNOWN_ARGUMENT, arg->span, fn->name, arg->text);
    if (*fn->options) diag_help(b->diags, "it has %s", fn->options);
    return false;
}

/* Splits positional arguments from options. */
static bool collect_arguments(Call *c) {
    const Ast *args = c->ast->kid[CALL_ARGS];
    bool ok = true;
    c->ast_arg = ARENA_ARRAY(c->b->arena, const Ast *, args->n);
    for (uint32_t i = 0; i < args->n; i++) {
        if (args->kid[i]->kind == A_ARG) ok &= check_option(c->b, c->fn, args->kid[i]);
        else c->ast_arg[c->n++] = args->kid[i];
    }
    return ok;
}

static bool check_count(Call *c) {
    bool star = c->ast->flags & AST_STAR;
    int n = star ? 1 : (int)c->n;
    if (n >= c->fn->min && (c->fn->max < 0 || n <= c->fn->max)) return true;
    diag_error(c->b->diags, E_ARGUMENT_COUNT, c->ast->span, c->fn->name, c->fn->takes, n);
    return false;
}

static bool is_aggregate(Op op) { return op_has(op, AGG); }

/* Clauses that only aggregates, or no function yet, can have. */
static bool check_clauses(Call *c) {
    const Ast *t = c->ast;
    Binder *b = c->b;
    bool ok = bind_absent(b, t->kid[CALL_OVER], "a window function (OVER)") &&
              bind_absent(b, t->kid[CALL_ORDER], "ORDER BY in a call");
    if (is_aggregate(c->fn->op)) return ok;
    const Ast *filter = t->kid[CALL_FILTER];
    if (!filter && !(t->flags & (AST_STAR | AST_DISTINCT))) return ok;
    const char *clause = filter ? "FILTER" : t->flags & AST_STAR ? "*" : "DISTINCT";
    diag_error(b->diags, E_INVALID, filter ? filter->span : t->span,
               arena_printf(b->arena, "%s belongs to aggregates; %s is not one", clause, c->fn->name));
    return false;
}

/* Lists are left to the functions that read them as constants. */
static bool bind_arguments(Call *c) {
    bool ok = true;
    c->arg = ARENA_ARRAY(c->b->arena, Expr, c->n);
    for (uint32_t i = 0; i < c->n; i++) {
        if (c->ast_arg[i]->kind == A_ARRAY) c->arg[i] = (Expr){.span = c->ast_arg[i]->span};
        else ok &= (c->arg[i] = bind_expr(c->b, c->s, c->ast_arg[i])).node != NULL;
    }
    return ok;
}

static Expr call_function(Binder *b, Scope *s, const Ast *t, const Function *fn) {
    Call c = {.b = b, .s = s, .ast = t, .fn = fn};
    if (!collect_arguments(&c) || !check_count(&c) || !check_clauses(&c)) return call_fail(&c);
    if (is_aggregate(fn->op)) return fn->bind(&c); /* binds its argument itself: inside the aggregate */
    return bind_arguments(&c) ? fn->bind(&c) : call_fail(&c);
}

static Expr call_model(Binder *b, Scope *s, const Ast *t, const ModelInfo *m) {
    const Ast *args = t->kid[CALL_ARGS];
    Expr *e = ARENA_ARRAY(b->arena, Expr, args->n);
    if (!bind_exprs(b, s, args, e)) return (Expr){.span = t->span};
    return bind_predict(b, m, args->n, e, t->span);
}

static void unknown_function(Binder *b, const Ast *t) {
    size_t n, m = 0;
    const char *const *names = function_names(b->arena, &n), *const *models = NULL;
    if (b->source->names) m = b->source->names(b->source->ctx, 'm', b->arena, &models);
    const char **all = ARENA_ARRAY(b->arena, const char *, n + m);
    memcpy(all, names, n * sizeof *all);
    if (m) memcpy(all + n, models, m * sizeof *all);
    diag_error(b->diags, E_UNKNOWN_FUNCTION, t->span, t->text);
    diag_did_you_mean(b->diags, t->text, all, n + m);
}

Expr bind_call(Binder *b, Scope *s, const Ast *t) {
    ModelInfo m;
    const Function *fn = t->kid[CALL_QUALIFIER] ? NULL : function_find(t->text);
    if (fn) return call_function(b, s, t, fn);
    if (!t->kid[CALL_QUALIFIER] && b->source->model(b->source->ctx, t->text, &m))
        return call_model(b, s, t, &m);
    unknown_function(b, t);
    return (Expr){.span = t->span};
}
