#include "frontend/function.h"

static const Function functions[] = {
#define FUNCTION(name, family, op, min, max, options, takes)                                                 \
    {name, call_##family, OP_##op, min, max, options, takes},
#include "frontend/function.def"
#undef FUNCTION
#define COMPOSITION(name, n, takes, options, first, second, build, law) {name, call_composed, OP_WHERE, n, n, options, takes},
#include "ir/compose.def"
#undef COMPOSITION
};
enum { N_FUNCTIONS = sizeof functions / sizeof *functions };

const Function *function_find(const char *name) {
    for (size_t i = 0; i < N_FUNCTIONS; i++)
        if (strcmp(functions[i].name, name) == 0) return &functions[i];
    return NULL;
}

const char *const *function_names(Arena *a, size_t *n) {
    const char **names = ARENA_ARRAY(a, const char *, N_FUNCTIONS);
    for (size_t i = 0; i < N_FUNCTIONS; i++) names[i] = functions[i].name;
    *n = N_FUNCTIONS;
    return names;
}

const Ast *call_option(const Call *c, const char *name) {
    const Ast *args = c->ast->kid[CALL_ARGS];
    for (uint32_t i = 0; i < args->n; i++)
        if (args->kid[i]->kind == A_ARG && strcmp(args->kid[i]->text, name) == 0)
            return args->kid[i]->kid[ARG_VALUE];
    return NULL;
}

Expr call_fail(const Call *c) { return (Expr){.span = c->ast->span}; }

/* The laws call an op by its own name; the user knows the function's. */
static const char *renamed(Call *c, Op op, const char *why) {
    size_t n = strlen(op_info[op].text);
    bool begins = strncmp(why, op_info[op].text, n) == 0 && (why[n] == ' ' || why[n] == ':');
    return begins ? arena_printf(c->b->arena, "%s%s", c->fn->name, why + n) : why;
}

void call_reject(Call *c, Op op, const char *why) {
    diag_error(c->b->diags, E_TYPE_MISMATCH, c->ast->span, renamed(c, op, why));
}

Expr call_make(Call *c, Op op, const void *attr, uint32_t n, const Node *const *in) {
    const char *why = NULL;
    if (!ir_check(c->b->ir, op, attr, n, in, &why)) {
        call_reject(c, op, why);
        return call_fail(c);
    }
    return expr_of(bind_make(c->b, c->ast->span, op, attr, n, in), c->ast->span);
}

bool call_value(Call *c, uint32_t i) {
    if (!c->arg[i].node) c->arg[i] = bind_expr(c->b, c->s, c->ast_arg[i]);
    return c->arg[i].node != NULL;
}

bool call_tensor(Call *c, uint32_t i) {
    if (!call_value(c, i)) return false;
    if ( c->arg[i].node->type->kind == TY_TENSOR) return true;
    diag_error(c->b->diags, E_ARGUMENT_TYPE, c->ast_arg[i]->span, c->fn->name, "a tensor",
               bind_type_text(c->b, c->arg[i].node->type));
    return false;
}
