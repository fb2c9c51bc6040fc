/* Value expressions to stages.  A value is (v, valid); valid is NULL for what can not be NULL (LVal).  Booleans keep three
 * values: v is meaningful where valid.
 *
 * Guards: an expression is evaluated in the rows of the scope's domain; a branch of CASE that may fail is lowered in an
 * inner scope whose guard says on which of them errors count.  What cannot fail is always lowered without a guard, so
 * that it is shared.
 */
#ifndef DQL_LOWER_EXPR_H
#define DQL_LOWER_EXPR_H
#include "lower/context.h"

typedef struct Scope Scope;
struct Scope {
    Lower *c;
    Pipe *p;
    uint8_t domain;
    uint32_t n;
    const LVal *cols; /* what OP_COLUMN i is; in the domain or an ancestor of it */
    Stage *guard;     /* NULL: all rows */
    Scope *root;      /* the scope without a guard; NULL: this one */
    PtrMap memo;      /* Node to LVal */
    const struct Border *border; /* wished for around the value that is lowered next, or NULL (lower/network_conv.h) */
};

void scope_init(Scope *s, Lower *c, Pipe *p, uint8_t domain, uint32_t n, const LVal *cols);
void scope_free(Scope *s);

LVal lower_expr(Scope *s, const Node *e);
/* Rows on which a BOOLEAN is true, NULL when on all of them. */
Stage *lower_condition(Scope *s, const Node *e);
/* Conjuncts one by one: each that may fail is evaluated under those before it. */
Stage *lower_conjuncts(Scope *s, uint32_t n, const Node *const *at);
/* Splits nested ANDs; returns their number. */
uint32_t conjuncts_of(Arena *a, const Node *e, const Node *const **out);

/* ---- between the files of expressions ---- */
LVal expr_arith(Scope *s, const Node *e);   /* expr_arith.c: +, -, *, /, %, negation, abs, least, greatest */
LVal expr_bits(Scope *s, const Node *e);    /* expr_arith.c */
LVal expr_numeric(Scope *s, const Node *e); /* expr_arith.c: sqrt .. leaky_relu */
LVal expr_cast(Scope *s, const Node *e);    /* expr_cast.c */
LVal expr_compare(Scope *s, const Node *e); /* expr_compare.c */
LVal expr_in(Scope *s, const Node *e);
LVal expr_is_distinct(Scope *s, const Node *e);
LVal expr_text(Scope *s, const Node *e);    /* expr_text.c: LIKE .. SUBSTRING */
LVal expr_extract(Scope *s, const Node *e); /* expr_date.c */
LVal expr_date_add(Scope *s, const Node *e);
Stage *compare_values(Scope *s, Op op, LVal x, LVal y); /* NULLs aside */
LVal compare_lvals(Scope *s, Op op, LVal x, LVal y, const Type *t);

/* An expression over one dictionary column alone, if e is one that pays: evaluated once an entry. */
bool expr_by_dictionary(Scope *s, const Node *e, LVal *out); /* dictionary.c */

Stage *int_const(Scope *s, Int128 v);
Stage *bool_const(Scope *s, bool b);
Stage *float_const(Scope *s, KType t, double v);
KType lanes_of_type(const Type *t);              /* floats, text, BOOLEAN; integers at full width */
LVal expr_null(Scope *s, const Type *t);
Stage *float_bits(Scope *s, Stage *x);            /* of DOUBLE, as a 64-bit number: equal values have equal ones (-0 is 0, one NaN) */
bool in_table(Scope *s, const Node *e, LVal x, LVal *out); /* x IN (many constants) by a table; false: not of that form (in_table.c) */
LVal as_view(Scope *s, LVal x);                  /* text as views, also if it is a dictionary code */
Stage *text_view(Scope *s, LVal x); /* a register of views, empty where NULL */
LVal plain_value(Scope *s, LVal x);              /* as results show it: views, row-major tensors */
Stage *need_mask(Scope *s, Stage *valid);        /* rows on which an error counts: guard and valid */
/* x, which must lie within `allowed` where the guard holds */
Stage *check_range(Scope *s, Stage *x, Range allowed, RowError error, Stage *guard, uint16_t site);
/* x within the type's range, or checked to be */
Stage *fit_type(Scope *s, const Node *e, Stage *x, const Type *t, Stage *valid);
/* A site of e for values that are not in t; shown: type of the value that is left in ARG_FAULT, or NULL */
uint16_t site_of(Scope *s, const Node *e, const Type *t, const Type *shown);
#endif
