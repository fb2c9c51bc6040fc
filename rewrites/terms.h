/* What rules and passes ask of expressions: conjuncts, sides of a join, constants. */
#ifndef DQL_REWRITES_TERMS_H
#define DQL_REWRITES_TERMS_H
#include "rewrites/rule.h"

/* The operands of nested ANDs (ORs), from left to right: evaluation order. The array lives in the Ir's arena. */
typedef struct Terms {
    uint32_t n;
    const Node **at;
} Terms;
Terms rw_operands(Ir *ir, Op op, const Node *p);
static inline Terms rw_conjuncts(Ir *ir, const Node *p) { return rw_operands(ir, OP_AND, p); }
/* Left-deep, but a tree as deep as the logarithm of t.n where there are more than RW_LONG; t.n > 0. */
enum { RW_LONG = 256 };
const Node *rw_joined(Ir *ir, Op op, Terms t);

/* BOOLEAN constants: exactly one of the three holds of an OP_CONST of type BOOLEAN; none of other nodes. */
bool rw_is_true(const Node *n);
bool rw_is_false(const Node *n);
bool rw_is_null(const Node *n); /* a NULL constant of any type */
/* An integer, DECIMAL or float constant with that value (-0.0 is not 0). */
bool rw_is_number(const Node *n, int value);

/* Of which side of a join its expression reads columns: bit 0 left, bit 1 right. */
enum { SIDE_NONE = 0, SIDE_LEFT = 1, SIDE_RIGHT = 2, SIDE_BOTH = 3 };
int rw_side(const Node *expr, uint32_t left, uint32_t columns);
/* An equality of an expression of the left and one of the right (still numbered as the join numbers them). */
bool rw_is_equi(const Node *p, uint32_t left, uint32_t columns, const Node **a, const Node **b);
/* Columns `by`.. of expr become columns 0.. of a relation of n columns. */
const Node *rw_shift(Ir *ir, const Node *expr, uint32_t by, uint32_t n);

/* FLOAT16 .. DOUBLE, or a tensor, list or struct with one within: values that are equal and not the same. */
bool rw_has_float(const Type *t);
int rw_whole_bits(TypeKind k); /* of an integer's magnitude; 0 for other kinds */
bool rw_is_signed(const Type *t); /* TINYINT .. BIGINT */
bool rw_integers_within(const Type *a, const Type *b); /* every value of integer type a is one of integer type b */
/* May be moved to where it is evaluated on other rows: neither fails nor is volatile. */
static inline bool rw_is_free(const Node *e) { return !(e->below & (BELOW_FALLIBLE | BELOW_VOLATILE)); }
/* Costs no more than a few functions of a number: evaluating it twice or on more rows does not matter. */
bool rw_is_cheap(const Node *e);
const Node *rw_empty(Ir *ir, const Type *rel); /* VALUES without rows */
bool rw_is_empty(const Node *rel);
#endif
