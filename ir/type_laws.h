/* The type law of each op: from attributes and inputs to the type of the result, or a sentence why there is
 * none.
 *
 * A law also says to which type each input is widened before the op computes (want[i]): operands are accepted
 * mixed and the constructor casts them.  What is accepted, and what comes out:
 *  - NULL in, NULL out for STRICT ops; a bare NULL takes the type that the other operands give it.
 *  - Scalars widen as PostgreSQL's (type_common): integers to the wider, integers and DECIMAL to DECIMAL,
 * either and a float to DOUBLE; FLOAT32 with FLOAT32 stays.  Integer / integer is an integer division;
 * DECIMAL / DECIMAL is DOUBLE.
 *  - DECIMAL +, - : both cast to the larger scale, one digit more; * : scales add (at most 38), operands keep
 * theirs. 38 digits are the most; a result beyond them fails.
 *  - DATE + INTEGER (either order) and DATE - INTEGER: DATE; DATE - DATE: INTEGER; TIMESTAMP - TIMESTAMP:
 * INTERVAL; DATE or TIMESTAMP +- INTERVAL (+ in either order): TIMESTAMP; TIME +- INTERVAL: TIME; INTERVAL +-
 * INTERVAL.
 *  - Tensors broadcast as NumPy's; scalars beside them stay scalars of the element type. Constants and
 * parameters do not widen a tensor beyond the kind integer or float; integer tensors become FLOAT32 beside a
 * fraction and under `/`.
 *  - Numeric functions compute in FLOAT32 (FLOAT16, BFLOAT16, FLOAT32 and integer tensors) or DOUBLE (all
 * else).
 */
#ifndef DQL_IR_TYPE_LAWS_H
#define DQL_IR_TYPE_LAWS_H
#include "ir/node.h"

typedef struct TypeCall {
    Ir *ir;
    TypePool *types;
    Arena *arena;
    Op op;
    const void *attr;
    uint32_t n;
    const Node *const *in;
    const Type **want; /* per input, set by the law where it must be cast; NULL: as it is. Nullability does
                          not matter */
    const char *why;   /* set when the law returns NULL */
} TypeCall;

typedef const Type *(*TypeLaw)(TypeCall *c);
#define OP(name, text, arity, attr, ty, ev, inv, bnd, dlt, grd, cst, flags)                                  \
    const Type *law_type_##ty(TypeCall *c);
#include "ir/ops.def"
#undef OP
extern const TypeLaw type_laws[OP_COUNT_];

/* ---- for laws (ir/type_call.c) ---- */
#define CALL_ATTR(c, name) ((const Attr##name *)(c)->attr)
/* Returns NULL and sets why. */
const Type *type_reject(TypeCall *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *type_name(TypeCall *c, const Type *t); /* "DECIMAL(15,2)" */
/* "add does not take VARCHAR and INTEGER" */
const Type *type_reject_inputs(TypeCall *c);
const Type *type_in(const TypeCall *c, uint32_t i); /* type of input i */
bool type_is_tensor(const Type *t);
bool type_cast_exists(const Type *from, const Type *to); /* may still fail on a value */
bool any_nullable(const TypeCall *c, uint32_t from); /* among inputs from .. n - 1 */
const Type *strict(TypeCall *c, const Type *t);      /* t, nullable if any input is */
const Type *kind_type(TypeCall *c, TypeKind k);      /* NOT NULL */
const Type *with_elem(TypeCall *c, const Type *t,
                      const Type *elem); /* the tensor or scalar t over another element type */
bool want_kind(TypeCall *c, uint32_t i,
               TypeKind k); /* casts a bare NULL or a value that widens to k; else false */
bool want_bool(TypeCall *c, uint32_t i);
/* The common type of inputs at[0 .. k), wanted of each; NULL and why if there is none.  A text literal takes
 * the type of the others, and a list of bare NULLs is VARCHAR, as PostgreSQL resolves them. */
const Type *want_common(TypeCall *c, uint32_t k, const uint32_t *at);
const Type *want_common_all(TypeCall *c);
/* Common element type of two tensors, a tensor and a scalar (the literal rule) or two scalars; NULL: none. */
const Type *common_elem(TypeCall *c, uint32_t i, uint32_t j);
/* NumPy's broadcast of two shapes; false when they do not. *rank and dims (TENSOR_MAX_RANK) of the result. */
bool broadcast_dims(const Type *a, const Type *b, uint32_t *rank, int64_t *dims);
/* want[] for an elementwise op over inputs i and j whose elements become `elem`; the result's type. */
const Type *broadcast(TypeCall *c, uint32_t i, uint32_t j, const Type *elem);
#endif
