/* Relations with names, and how a name finds its column. */
#include "frontend/scope.h"
#include <strings.h>

const char *bind_intern(Binder *b, const char *s) { return s ? intern_cstr(b->names, s) : NULL; }

const char *bind_type_text(Binder *b, const Type *t) {
    Buf buf = {0};
    type_print(&buf, t, false);
    const char *text = arena_strndup(b->arena, buf.p ? buf.p : "", buf.n);
    buf_free(&buf);
    return text;
}

void bind_no(Binder *b, Span at, const char *what) { diag_error(b->diags, E_NOT_SUPPORTED, at, what); }

void bind_not_supported(Binder *b, const Ast *t) {
    const char *name;
    support_of(t->kind, &name);
    bind_no(b, t->span, name);
}

bool bind_absent(Binder *b, const Ast *t, const char *what) {
    if (!t || (t->kind == A_LIST && t->n == 0)) return true;
    bind_no(b, t->span, what);
    return false;
}

void rel_add(Binder *b, Rel *r, Column c) {
    if (r->n == r->cap) {
        uint32_t cap = r->cap ? 2 * r->cap : 8;
        Column *at = ARENA_ARRAY(b->arena, Column, cap);
        if (r->n) memcpy(at, r->at, r->n * sizeof *at);
        r->at = at;
        r->cap = cap;
    }
    r->at[r->n++] = c;
}

Rel rel_of_node(Binder *b, const Node *node, const char *table, const char *const *names) {
    Rel r = {.node = node};
    for (uint32_t i = 0; i < node->type->n; i++)
        rel_add(b, &r,
                (Column){.table = bind_intern(b, table),
                         .name = bind_intern(b, names[i]),
                         .node = ir_column(b->ir, i, node->type->fields[i])});
    return r;
}

static bool is_identity(const Rel *r, const Node *input) {
    if (r->n != input->type->n) return false;
    for (uint32_t i = 0; i < r->n; i++)
        if (r->at[i].node->op != OP_COLUMN || ATTR_OF(r->at[i].node, Column)->index != i) return false;
    return true;
}

static const Node *project(Binder *b, const Rel *r, const Node *input) {
    if (is_identity(r, input)) return input;
    const Node **in = ARENA_ARRAY(b->arena, const Node *, r->n + 1);
    in[0] = input;
    for (uint32_t i = 0; i < r->n; i++) in[1 + i] = r->at[i].node;
    return ir_node(b->ir, OP_PROJECT, NULL, r->n + 1, in);
}

Rel rel_project(Binder *b, const Rel *r, const Node *input) {
    Rel out = {.node = project(b, r, input)};
    for (uint32_t i = 0; i < r->n; i++) {
        Column c = r->at[i];
        c.node = ir_column(b->ir, i, out.node->type->fields[i]);
        rel_add(b, &out, c);
    }
    return out;
}

/* ---- finding ---- */

static bool answers(const Column *c, const char *table, const char *name, bool fold) {
    if (table ? c->table != table && !(fold && c->table && !strcasecmp(c->table, table)) : c->hidden)
        return false;
    return c->name == name || (fold && !strcasecmp(c->name, name));
}

/* Exactly as written (unquoted names are lower case by then); else, where that finds nothing, in any case. */
const Column *rel_find(const Rel *r, const char *table, const char *name, uint32_t *matches) {
    const Column *found = NULL;
    *matches = 0;
    for (int fold = 0; fold < 2 && !found; fold++)
        for (uint32_t i = 0; i < r->n; i++)
            if (answers(&r->at[i], table, name, fold) && (*matches)++ == 0) found = &r->at[i];
    return found;
}

static bool has_table(const Rel *r, const char *table) {
    for (uint32_t i = 0; r && i < r->n; i++)
        if (r->at[i].table == table) return true;
    return false;
}

bool scope_has_table(const Scope *s, const char *table) {
    return has_table(s->rel, table) || has_table(s->outer, table);
}

uint32_t scope_matches(const Scope *s, const char *table, const char *name) {
    uint32_t matches = 0;
    if (s->rel) rel_find(s->rel, table, name, &matches);
    if (!matches && s->outer) rel_find(s->outer, table, name, &matches);
    return matches;
}

static void suggest_column(Binder *b, const Scope *s, const char *table, const char *name) {
    const char **names = ARENA_ARRAY(b->arena, const char *, s->rel->n);
    size_t n = 0;
    for (uint32_t i = 0; i < s->rel->n; i++)
        if (!table || s->rel->at[i].table == table) names[n++] = s->rel->at[i].name;
    diag_did_you_mean(b->diags, name, names, n);
}

static bool of_enclosing(Binder *b, const char *table, const char *name) {
    uint32_t matches;
    for (const Enclosing *e = b->enclosing; e; e = e->next)
        if (rel_find(e->rel, table, name, &matches)) return true;
    return false;
}

static void unknown_column(Binder *b, const Scope *s, const char *table, const char *name, Span at) {
    if (of_enclosing(b, table, name)) {
        bind_no(b, at, "a column of the enclosing query here");
        return;
    }
    const char *shown = table ? arena_printf(b->arena, "%s.%s", table, name) : name;
    diag_error(b->diags, E_UNKNOWN_COLUMN, at, shown);
    if (!s->rel) diag_help(b->diags, "%s sees no columns", s->clause);
    else suggest_column(b, s, table, name);
}

static void ambiguous_column(Binder *b, const Scope *s, const char *name, Span at) {
    diag_error(b->diags, E_AMBIGUOUS_COLUMN, at, name);
    for (uint32_t i = 0; i < s->rel->n; i++)
        if (s->rel->at[i].table && answers(&s->rel->at[i], NULL, name, true))
            diag_help(b->diags, "it may be %s.%s", s->rel->at[i].table, name);
}

static void note_use(Binder *b, Scope *s, const Column *c, Span at) {
    Use *u = ARENA_NEW(b->arena, Use);
    *u = (Use){c->node, c->name, at, s->uses};
    s->uses = u;
}

static const Node *number_outer(void *ctx, const Node *column) {
    return ir_column(ctx, OUTER_COLUMN + (uint32_t)ATTR_OF(column, Column)->index, column->type);
}

static Expr outer_column(Binder *b, const Column *c, Span at) {
    return (Expr){.node = map_columns(b, c->node, number_outer, b->ir), .model = c->model, .span = at};
}

Expr scope_column(Binder *b, Scope *s, const char *table, const char *name, Span at) {
    uint32_t matches = 0, alias_matches = 0;
    const Column *c = s->rel ? rel_find(s->rel, table, name, &matches) : NULL;
    if (!c && s->aliases && !table) c = rel_find(s->aliases, NULL, name, &alias_matches);
    else if (c) note_use(b, s, c, at);
    if (!c && s->outer && rel_find(s->outer, table, name, &matches) && matches == 1)
        return outer_column(b, rel_find(s->outer, table, name, &matches), at);
    if (matches > 1 || alias_matches > 1) {
        ambiguous_column(b, s, name, at);
        return (Expr){.span = at};
    }
    if (!c) {
        unknown_column(b, s, table, name, at);
        return (Expr){.span = at};
    }
    return (Expr){.node = c->node, .model = c->model, .span = at};
}
