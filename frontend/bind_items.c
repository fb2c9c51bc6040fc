/* The items of a SELECT list: expressions with names, and *. */
#include "frontend/query.h"
#include "ir/tensor_move.h"

enum { NAME_MAX = 60 };

/* The text as written, blanks joined: what a column without a name is called. */
static const char *source_text(Binder *b, Span at) {
    const Source *s = b->diags->source;
    Buf out = {0};
    for (uint32_t i = at.from; s && i < at.to && i < s->len && out.n < NAME_MAX; i++) {
        bool blank = s->text[i] == ' ' || s->text[i] == '\n' || s->text[i] == '\t' || s->text[i] == '\r';
        if (!blank) buf_putc(&out, s->text[i]);
        else if (out.n && out.p[out.n - 1] != ' ') buf_putc(&out, ' ');
    }
    const char *name = bind_intern(b, out.n ? out.p : "?column?");
    buf_free(&out);
    return name;
}

const char *bind_item_name(Binder *b, const Ast *t) {
    if (t->kind == A_NAME || t->kind == A_FIELD) return t->text;
    if (t->kind == A_CAST) return bind_item_name(b, t->kid[CAST_ARG]);
    return source_text(b, t->span);
}

/* ---- * ---- */

static bool is_excluded(const Ast *star, const char *name) {
    const Ast *names = star->kid[STAR_EXCLUDE];
    for (uint32_t i = 0; i < names->n; i++)
        if (strcmp(names->kid[i]->text, name) == 0) return true;
    return false;
}

static bool check_excluded(Binder *b, const Rel *r, const Ast *star) {
    const Ast *names = star->kid[STAR_EXCLUDE];
    bool ok = true;
    for (uint32_t i = 0; i < names->n; i++) {
        uint32_t matches;
        if (rel_find(r, NULL, names->kid[i]->text, &matches)) continue;
        diag_error(b->diags, E_UNKNOWN_COLUMN, names->kid[i]->span, names->kid[i]->text);
        ok = false;
    }
    return ok;
}

/* Where * names a column, so that an ungrouped one has a place to point at. */
static void use_column(Binder *b, Scope *s, const Column *c, Span at) {
    Use *u = ARENA_NEW(b->arena, Use);
    *u = (Use){c->node, c->name, at, s->uses};
    s->uses = u;
}

static bool add_star(Binder *b, Scope *s, const Ast *t, Rel *out) {
    const Ast *of = t->kid[STAR_OF];
    if (!bind_absent(b, t->kid[STAR_REPLACE], "* REPLACE") || !check_excluded(b, s->rel, t)) return false;
    if (of && (of->kind != A_NAME || !scope_has_table(s, of->text))) {
        diag_error(b->diags, E_UNKNOWN_QUALIFIER, of->span, of->text ? of->text : "");
        return false;
    }
    uint32_t before = out->n;
    for (uint32_t i = 0; i < s->rel->n; i++) {
        Column c = s->rel->at[i];
        if ((of ? c.table != of->text : c.hidden) || is_excluded(t, c.name)) continue;
        use_column(b, s, &c, t->span);
        c.table = NULL;
        c.hidden = false;
        rel_add(b, out, c);
    }
    if (out->n > before) return true;
    diag_error(b->diags, E_INVALID, t->span, "* stands for no column here");
    return false;
}

/* ---- one item ---- */

static const Ast *fields_argument(Binder *b, const Ast *expr) {
    bool call = expr->kind == A_CALL && expr->text && strcmp(expr->text, "vector2fields") == 0;
    if (call && expr->kid[CALL_ARGS]->n == 1 && expr->kid[CALL_ARGS]->kid[0]->kind != A_ARG)
        return expr->kid[CALL_ARGS]->kid[0];
    diag_error(b->diags, E_INVALID, expr->span, "AS with several names belongs to vector2fields(x)");
    return NULL;
}

/* vector2fields(x) AS (a, b): the elements of x's first dimension, a column each. */
static bool add_fields(Binder *b, Scope *s, const Ast *t, Rel *out) {
    const Ast *names = t->kid[ITEM_ALIASES], *arg = fields_argument(b, t->kid[ITEM_EXPR]);
    Expr e = arg ? bind_expr(b, s, arg) : (Expr){0};
    if (!e.node) return false;
    const Type *x = e.node->type;
    if (x->kind != TY_TENSOR || x->n == 0 || x->dims[0] != names->n) {
        diag_error(b->diags, E_SHAPE_MISMATCH, t->span,
                   arena_printf(b->arena, "%u %s for the elements of %s", names->n,
                                names->n == 1 ? "name" : "names", bind_type_text(b, x)));
        return false;
    }
    for (uint32_t i = 0; i < names->n; i++) {
        const Node *part = ir_part(b->ir, e.node, i);
        ir_set_origin(b->ir, part, (Origin){t->span, NULL});
        rel_add(b, out, (Column){.name = names->kid[i]->text, .node = part});
    }
    return true;
}

static bool add_item(Binder *b, Scope *s, const Ast *t, Rel *out) {
    const Ast *expr = t->kind == A_ITEM ? t->kid[ITEM_EXPR] : t;
    if (expr->kind == A_STAR) return add_star(b, s, expr, out);
    if (t->kind == A_ITEM && t->kid[ITEM_ALIASES]->n) return add_fields(b, s, t, out);
    Expr e = bind_expr(b, s, expr);
    const char *alias = t->kind == A_ITEM ? t->text : NULL;
    if (!e.node) return false;
    /* a bare NULL, as PostgreSQL has it, is text */
    if (e.node->type->kind == TY_NULL) e.node = ir_null(b->ir, type_get(b->types, TY_VARCHAR));
    rel_add(b, out,
            (Column){.name = alias ? alias : bind_item_name(b, expr), .node = e.node, .model = e.model});
    return true;
}

bool bind_items(Binder *b, Scope *s, const Ast *items, Rel *out) {
    bool ok = true;
    for (uint32_t i = 0; i < items->n; i++) ok &= add_item(b, s, items->kid[i], out);
    return ok;
}
