/* VALUES of many constant rows: the columns lie in the program's pool of constants; one row becomes as many as there are
 * (dql_rt_rows), and each gathers its values.  Few rows are pipelines of their own (lower_values). */
#include "ir/eval.h"
#include "lower/flow.h"
#include <string.h>

enum { FEW = 32 };

static const Value *value_at(const Node *rel, int64_t row, uint32_t column) {
    return &ATTR_OF(rel->in[(uint64_t)row * rel->type->n + column], Const)->value;
}

static bool is_text(const Type *t) { return t->kind == TY_VARCHAR || t->kind == TY_BLOB; }

static bool has_layout(const Type *t) { return is_text(t) || t->kind == TY_F32 || t->kind == TY_F64 || range_of_type(t).exact; }

/* Constants in every needed column, of types that a column may have here. */
static bool is_constant(const Node *rel, const bool *need) {
    for (uint32_t c = 0; c < rel->type->n; c++) {
        if (!need[c]) continue;
        if (!has_layout(rel->type->fields[c])) return false;
        for (int64_t r = 0; r < ATTR_OF(rel, Values)->rows; r++) {
            const Node *e = rel->in[(uint64_t)r * rel->type->n + c];
            if (!ir_is_const(e)) return false;
        }
    }
    return true;
}

static Int128 number_of(const Value *v) {
    if (v->null) return 0;
    if (v->type->kind == TY_DECIMAL) return v->dec;
    if (v->type->kind == TY_BOOL) return v->b;
    return v->type->kind == TY_U64 ? (Int128)v->u : v->i;
}

typedef struct Column {
    Arg data;
    ColumnCode code;
    KType lanes;
    Range range;
} Column;

static Column texts(Lower *c, const Node *rel, uint32_t column) {
    int64_t n = ATTR_OF(rel, Values)->rows;
    Str *at = ARENA_ARRAY(c->a, Str, n);
    for (int64_t r = 0; r < n; r++)
        if (!value_at(rel, r, column)->null) at[r] = value_at(rel, r, column)->s;
    return (Column){build_texts(c, (uint32_t)n, at), {.kind = CODE_VIEW, .width = 16}, K_I128, {0}};
}

static Column floats(Lower *c, const Node *rel, uint32_t column) {
    int64_t n = ATTR_OF(rel, Values)->rows;
    bool wide = rel->type->fields[column]->kind == TY_F64;
    uint32_t width = wide ? 8 : 4;
    char *at = ARENA_ARRAY(c->a, char, n * width);
    for (int64_t r = 0; r < n; r++) {
        const Value *v = value_at(rel, r, column);
        if (!v->null) memcpy(at + r * width, wide ? (const void *)&v->f64 : (const void *)&v->f32, width);
    }
    return (Column){build_bytes(c, at, (size_t)n * width), {.kind = CODE_FLOAT, .width = (uint8_t)width}, wide ? K_F64 : K_F32, {0}};
}

/* Rows that are NULL hold the smallest value, so that the range holds for them too. */
static Column numbers(Lower *c, const Node *rel, uint32_t column) {
    int64_t n = ATTR_OF(rel, Values)->rows;
    bool any = false;
    Range range = range_point(0);
    for (int64_t r = 0; r < n; r++) {
        const Value *v = value_at(rel, r, column);
        if (v->null) continue;
        range = any ? range_hull(range, range_point(number_of(v))) : range_point(number_of(v));
        any = true;
    }
    bool flag = rel->type->fields[column]->kind == TY_BOOL;
    KType lanes = flag ? K_I1 : range_lanes(range) == K_I128 ? K_I128 : K_I64;
    uint32_t width = flag ? 1 : lanes == K_I128 ? 16 : 8;
    char *at = ARENA_ARRAY(c->a, char, n * width);
    for (int64_t r = 0; r < n; r++) {
        const Value *v = value_at(rel, r, column);
        Int128 x = v->null ? range.lo : number_of(v);
        memcpy(at + r * width, &x, width);
    }
    return (Column){build_bytes(c, at, (size_t)n * width), {.kind = CODE_INT, .width = (uint8_t)width}, lanes, flag ? range_span(0, 1) : range};
}

/* One byte a row: 1 where there is a value; ARG_NULL where all have one. */
static Arg there(Lower *c, const Node *rel, uint32_t column) {
    int64_t n = ATTR_OF(rel, Values)->rows;
    uint8_t *at = ARENA_ARRAY(c->a, uint8_t, n);
    bool all = true;
    for (int64_t r = 0; r < n; r++) all &= at[r] = !value_at(rel, r, column)->null;
    return all ? (Arg){.kind = ARG_NULL} : build_bytes(c, at, (size_t)n);
}

static LVal column_of(Lower *c, Pipe *p, Stage *row, const Node *rel, uint32_t i) {
    static const ColumnCode bytes = {.kind = CODE_INT, .width = 1};
    const Type *t = rel->type->fields[i];
    Column k = is_text(t) ? texts(c, rel, i) : type_is_float(t) ? floats(c, rel, i) : numbers(c, rel, i);
    Arg valid = there(c, rel, i);
    LVal v = {.v = stage_gather(p, row, k.data, k.code, k.lanes, k.range, NULL), .type = t};
    if (valid.kind != ARG_NULL) v.valid = stage_gather(p, row, valid, bytes, K_I1, range_span(0, 1), NULL);
    return v;
}

/* The rows' numbers, in a domain of their own. */
static Stage *expand(Lower *c, Flow *f, int64_t rows) {
    Call *call = ARENA_NEW(c->a, Call);
    CallArg *a = ARENA_ARRAY(c->a, CallArg, 4);
    uint8_t d = pipe_domain(f->p, f->domain);
    a[0].arg = build_int(c, rows, false);
    a[3].arg = (Arg){.kind = ARG_CURSOR, .a = f->p->n_cursors++};
    *call = (Call){.native = "dql_rt_rows", .n = 4, .args = a, .expands = true, .out = d};
    Stage *st = stage_call(f->p, f->domain, call);
    f->p->domains.at[d].maker = st;
    f->p->domains.at[d].pos = a[1].value = stage_out(f->p, st, d, K_I32, range_span(0, 1));
    f->domain = f->p->here = d;
    return a[2].value = stage_out(f->p, st, d, K_I32, range_span(0, INT32_MAX));
}

bool lower_constant_rows(Lower *c, const Node *rel, const bool *need, Flow *out) {
    int64_t rows = ATTR_OF(rel, Values)->rows;
    if (rows <= FEW || rows > INT32_MAX || !is_constant(rel, need)) return false;
    Flow f = flow_on(c, pipe_new(c->a, SRC_ONE, 0, 0, "values"), rel->type->n);
    uint32_t state = build_state(c, (State){.kind = ST_ROWS, .expected = rows});
    RowCol *cols = ARENA_ARRAY(c->a, RowCol, rel->type->n);
    Stage *row = expand(c, &f, rows);
    for (uint32_t i = 0; i < rel->type->n; i++)
        if (need[i]) f.cols[i] = column_of(c, f.p, row, rel, i);
    flow_into_state(c, &f, state, cols);
    *out = flow_from_state(c, state, rel->type->n, cols, "values");
    out->at_most = (double)rows;
    return true;
}
