/* The algebra: one immutable, hash-consed DAG of Nodes for relations, scalars, tensors and networks alike.
 *
 * Invariants
 *  - Same op, type, attributes and inputs: same pointer.  "Did it change" is `!=`; common subexpressions are free.
 *  - A node is never changed after construction; a rewrite returns another node or the same pointer.
 *  - Inputs of commutative ops are ordered at construction (constants last, else by id).
 *  - Operands have the types that their op computes in: the constructor inserts the widening casts (a literal is
 *    converted at once), so evaluator and lowering never widen by themselves.  ir/type_laws.h says what is accepted.
 *  - A relation's columns are addressed by position (OP_COLUMN) in the input of the operator that holds the expression;
 *    an expression of a join sees the left columns, then the right ones.  Names exist only in the binder and in results.
 *  - Volatile operators carry a serial number in their attribute, so two random() stay two.
 *  - Where a use came from (span, layer) is in the side table of origins, per use: shared nodes have many origins.
 */
#ifndef DQL_IR_NODE_H
#define DQL_IR_NODE_H
#include "base/arena.h"
#include "base/diag.h"
#include "base/map.h"
#include "base/value.h"

typedef enum Op {
#define OP(name, text, arity, attr, ty, ev, inv, bnd, dlt, grd, cst, flags) OP_##name,
#include "ir/ops.def"
#undef OP
    OP_COUNT_
} Op;

/* Algebraic flags (ops.def, last column). */
enum {
    PURE = 1 << 0,      /* same inputs, same output; no effect */
    COMM = 1 << 1,      /* commutative in its two inputs */
    INC = 1 << 2,       /* non-decreasing in its first input, the others fixed (as computed, on all its floats) */
    DEC = 1 << 3,       /* non-increasing */
    LINEAR = 1 << 4,    /* f(a x + b y) = a f(x) + b f(y) in its first input over the reals */
    IDEMP = 1 << 5,     /* f(f(x)) = f(x) */
    ROWWISE = 1 << 6,   /* a relation op that treats each row alone */
    ORDER = 1 << 7,     /* a relation op whose result depends on the order of its input */
    FALLIBLE = 1 << 8,  /* may fail at run time on a row (division, cast, overflow) */
    STRICT = 1 << 9,    /* NULL in, NULL out */
    REL = 1 << 10,      /* yields a relation */
    AGG = 1 << 11,      /* an aggregate function: only as an input of OP_AGGREGATE */
    COMPARE = 1 << 12,  /* a comparison of two values */
    VOLATILE = 1 << 13,
    COMPOSITE = 1 << 14 /* has an expansion into other ops (ir/expand.c) */
};

typedef struct Node Node;
struct Node {
    Op op;
    uint32_t id; /* order of construction in its Ir: inputs have smaller ids */
    uint32_t n;
    const Type *type;
    const void *attr;     /* the op's attribute struct (attr.def), NULL if it has none */
    const Node *const *in;
    uint64_t hash;        /* of the structure; equal nodes of two Irs have equal hashes */
    uint32_t below;       /* BELOW_..: what this node or one below it is */
    uint32_t height;      /* 1 above the highest input, 0 of a leaf: how deep who walks down recurses */
};

/* Columns end at the relation op that binds them; the other bits reach the root. */
enum {
    BELOW_COLUMN = 1 << 0,
    BELOW_PARAM = 1 << 1,
    BELOW_WEIGHT = 1 << 2,
    BELOW_VOLATILE = 1 << 3,
    BELOW_SOURCE = 1 << 4,   /* a scan */
    BELOW_FALLIBLE = 1 << 5, /* may fail on a row, as its types say (ir/fallible.c): finer than the flag */
    BELOW_AGG = 1 << 6       /* an aggregate function; ends at its OP_AGGREGATE */
};

/* Attribute structs: attr.def declares their fields once; hashing, equality, printing and reading follow from it. */
typedef struct IntList { uint32_t n; const int64_t *at; } IntList;
#define ATTR_BEGIN(name) typedef struct Attr##name {
#define F_INT(field) int64_t field;
#define F_OPTION(field) int64_t field; /* 0 unless the text says it */
#define F_BOOL(field) bool field;
#define F_F64(field) double field;
#define F_TEXT(field) const char *field; /* interned */
#define F_VALUE(field) Value field;
#define F_TYPE(field) const Type *field;
#define F_INTS(field) IntList field;
#define ATTR_END(name) } Attr##name;
#include "ir/attr.def"
#undef ATTR_BEGIN
#undef F_INT
#undef F_OPTION
#undef F_BOOL
#undef F_F64
#undef F_TEXT
#undef F_VALUE
#undef F_TYPE
#undef F_INTS
#undef ATTR_END

typedef enum AttrKind {
    ATTR_None,
#define ATTR_BEGIN(name) ATTR_##name,
#define F_INT(field)
#define F_OPTION(field)
#define F_BOOL(field)
#define F_F64(field)
#define F_TEXT(field)
#define F_VALUE(field)
#define F_TYPE(field)
#define F_INTS(field)
#define ATTR_END(name)
#include "ir/attr.def"
#undef ATTR_BEGIN
#undef F_INT
#undef F_OPTION
#undef F_BOOL
#undef F_F64
#undef F_TEXT
#undef F_VALUE
#undef F_TYPE
#undef F_INTS
#undef ATTR_END
    ATTR_COUNT_
} AttrKind;

enum { JOIN_INNER, JOIN_LEFT, JOIN_SEMI, JOIN_ANTI };

enum { SCATTER_SET, SCATTER_ADD, SCATTER_MUL, SCATTER_MIN, SCATTER_MAX, SCATTER_KINDS };

typedef struct Ir Ir;
Ir *ir_new(Arena *arena, Intern *names); /* lives and dies with the arena; names may outlive it */
TypePool *ir_types(Ir *ir);
Arena *ir_arena(Ir *ir);
const char *ir_name(Ir *ir, const char *s); /* interned */

/* The one constructor: types the node by its op's type law and hash-conses it.  BUG when the law rejects it: the binder
 * checks first with ir_check, rules only build what types. `attr` is copied. */
const Node *ir_node(Ir *ir, Op op, const void *attr, uint32_t n, const Node *const *in);
/* The type the node would have, or NULL and a sentence in *why (arena text) that names types and shapes. */
const Type *ir_check(Ir *ir, Op op, const void *attr, uint32_t n, const Node *const *in, const char **why);
/* The same node over other inputs; the same pointer when nothing changed. */
const Node *ir_with_inputs(Ir *ir, const Node *n, const Node *const *in);

/* Shorthands used everywhere (ir/build.c). */
const Node *ir_const(Ir *ir, Value v);
const Node *ir_bool(Ir *ir, bool b);
const Node *ir_i64(Ir *ir, int64_t i);
const Node *ir_null(Ir *ir, const Type *t);
const Node *ir_column(Ir *ir, uint32_t index, const Type *t);
const Node *ir_1(Ir *ir, Op op, const Node *a);
const Node *ir_2(Ir *ir, Op op, const Node *a, const Node *b);
const Node *ir_3(Ir *ir, Op op, const Node *a, const Node *b, const Node *c);
const Node *ir_cast(Ir *ir, const Node *a, const Type *to);       /* `a` itself when the type is the same but for nullability */
const Node *ir_values(Ir *ir, uint32_t rows, uint32_t columns, const Node *const *at, const char **why); /* NULL: no common type */
const Node *ir_rel(Ir *ir, Op op, const void *attr, const Node *rel, uint32_t n, const Node *const *more); /* rel, then n others */
const Node *ir_and_all(Ir *ir, uint32_t n, const Node *const *conjuncts); /* TRUE for none */

/* One row of ops.def. */
typedef struct OpInfo {
    const char *text; /* in the text form and in messages */
    int arity;        /* -1: any number */
    AttrKind attr;
    uint32_t flags;
    const char *type, *eval, *inverse, *bounds, *delta, *gradient, *cost; /* names of the laws, for --list-ops */
} OpInfo;
extern const OpInfo op_info[OP_COUNT_];
static inline bool op_has(Op op, uint32_t flag) { return (op_info[op].flags & flag) != 0; }
#define ATTR_OF(node, name) ((const Attr##name *)(node)->attr)

/* Origins: spans and layer names, per use (user node, input index) or of a root (user NULL). */
typedef struct Origin {
    Span span;
    const char *layer; /* "c1" of a model's layer, or NULL */
} Origin;
void ir_set_origin(Ir *ir, const Node *node, Origin o);        /* first origin of a node wins; later ones are added */
const Origin *ir_origin(const Ir *ir, const Node *node);       /* NULL: none known */
const Node *ir_comes_from(Ir *ir, const Node *node, const Node *old); /* node, which takes the place of old in the text too */

/* Substitutes columns: OP_COLUMN i of `expr` becomes exprs[i].  Columns beyond n are a BUG. */
const Node *ir_substitute(Ir *ir, const Node *expr, uint32_t n, const Node *const *exprs);
/* Column i becomes column map[i]; -1 in map for a used column is a BUG. */
const Node *ir_remap(Ir *ir, const Node *expr, uint32_t n, const int32_t *map);
/* Sets bit i of `used` (n bools) for each OP_COLUMN i in expr. */
void ir_columns_used(const Node *expr, uint32_t n, bool *used);
static inline bool ir_is_const(const Node *n) { return n->op == OP_CONST; }
static inline bool ir_is_constant(const Node *n) { /* no column, parameter, weight, scan or volatile op below */
    return !(n->below & (BELOW_COLUMN | BELOW_PARAM | BELOW_WEIGHT | BELOW_VOLATILE | BELOW_SOURCE | BELOW_AGG));
}
static inline bool ir_is_fallible(const Node *n) { return (n->below & BELOW_FALLIBLE) != 0; }
/* n itself may fail on a row when its inputs did not. */
bool ir_op_fallible(const Node *n);
#endif
