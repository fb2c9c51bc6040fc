/* Expressions over one dictionary column: evaluated once for each entry by a pipeline over the dictionary, whose result
 * is then gathered by code.  A predicate on a few words costs a table look-up a row.
 *
 * law    e(column) = table[code(column)], table[k] = e(entry k)
 * where  e depends on the column alone (and on constants and parameters), cannot fail (an entry that no row uses would
 *        fail), and is NULL if the column is: entries are never NULL
 */
#include "lower/rows.h"

typedef struct Only {
    int64_t column; /* -1: none seen */
    bool ok;
} Only;

/* NULL in the column makes the result NULL: strict ops, and logic all of whose operands are such. */
static bool keeps_null(const Node *e) {
    return op_has(e->op, STRICT) || e->op == OP_AND || e->op == OP_OR || e->op == OP_IN;
}

static void walk(const Node *e, Only *o) {
    if (e->op == OP_COLUMN) {
        int64_t at = ATTR_OF(e, Column)->index;
        o->ok = o->ok && (o->column < 0 || o->column == at);
        o->column = at;
        return;
    }
    if (e->op == OP_CONST || e->op == OP_PARAM)
        return;
    o->ok = o->ok && keeps_null(e);
    bool logic = e->op == OP_AND || e->op == OP_OR;
    for (uint32_t i = 0; i < e->n && o->ok; i++) {
        bool must = (logic || (e->op == OP_IN && i == 0)) && !(e->in[i]->below & BELOW_COLUMN);
        if (must)
            o->ok = false;
        walk(e->in[i], o);
    }
}

static bool applies(const Scope *s, const Node *e, uint32_t *column) {
    uint32_t bad = BELOW_WEIGHT | BELOW_VOLATILE | BELOW_SOURCE | BELOW_FALLIBLE | BELOW_AGG;
    Only o = {.column = -1, .ok = true};
    if (e->op == OP_COLUMN || !(e->below & BELOW_COLUMN) || (e->below & bad) || lanes_of_type(e->type) == K_VOID)
        return false;
    walk(e, &o);
    *column = (uint32_t)o.column;
    return o.ok && o.column >= 0 && s->cols[o.column].dict;
}

/* The state whose row k is (value, valid) of the expression for entry k. */
static uint32_t table_of(Scope *s, const Node *e, uint32_t column, const LVal *dict, RowCol *col) {
    static const ColumnCode view = {.kind = CODE_VIEW, .width = 16};
    Lower *c = s->c;
    Pipe *p = pipe_new(c->a, SRC_DICT, dict->dict_scan, dict->dict_column, "dictionary");
    LVal *cols = ARENA_ARRAY(c->a, LVal, column + 1);
    Stage *entry = stage_column(p, (Arg){.kind = ARG_SRC}, view, (Arg){.kind = ARG_NULL}, K_I128, (Range){0});
    cols[column] = (LVal){.v = entry, .type = type_nullable(dict->type, false)};
    Scope inner;
    scope_init(&inner, c, p, 0, column + 1, cols);
    LVal v = lower_expr(&inner, e);
    scope_free(&inner);
    *col = row_col(&v);
    StateColumn sc = {.code = col->code};
    uint32_t state = build_state(c, (State){.kind = ST_ROWS, .expected = 16});
    append_rows(c, p, 0, state, 1, &v, col);
    build_state_cols(c, state, 1, &sc);
    *vec_push(&p->finish) = state;
    p->ordered = true;
    assemble(c, p);
    return state;
}

bool expr_by_dictionary(Scope *s, const Node *e, LVal *out) {
    uint32_t column;
    if (e->type->kind >= TY_LIST || !applies(s, e, &column))
        return false;
    RowCol col;
    LVal code = pipe_bring_val(s->p, s->cols[column], s->domain);
    uint32_t state = table_of(s, e, column, &code, &col);
    s->p->here = s->domain;
    *out = row_gather(s->p, code.v, state, 0, &col, code.valid);
    out->type = e->type;
    return true;
}
