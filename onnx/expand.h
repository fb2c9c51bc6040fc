/* What expansions (op_*.c) are written with.
 *
 * A value of the graph is a node and the shape that ONNX says it has.  The node's own shape is the same, but
 * that
 *  - a leading dimension of size 1 is left out where others follow: (1, C, H, W) is kept as (C, H, W), which
 * is what the algebra's layers take.  Broadcasting does not see the difference, so elementwise expansions
 * need not either;
 *  - a number (rank 0) is kept as (1).
 * onnx_whole gives a node of exactly the value's shape.  Reshapes merge and cost nothing.
 *
 * Nodes are NULL after a failure, which has been reported; all functions take that and give NULL back.
 */
#ifndef DQL_ONNX_EXPAND_H
#define DQL_ONNX_EXPAND_H
#include "ir/tensor_build.h"
#include "onnx/import.h"

typedef struct OnnxValue {
    const Node *node; /* a NOT NULL tensor; NULL: of another form, or not there yet */
    uint32_t rank;
    int64_t dims[TENSOR_MAX_RANK];
    enum { ONNX_IS_TENSOR, ONNX_IS_LIST, ONNX_IS_NOTHING } form; /* a sequence; an optional value without an element */
    uint32_t n; /* elements of a sequence: their number is known when the query is compiled */
    const struct OnnxValue *items;
} OnnxValue;

typedef struct OnnxExpand {
    OnnxImport *import;
    Ir *ir;
    Arena *arena;
    TypePool *types;
    const OnnxGraph *graph;
    const OnnxNode *node;
    Op op; /* the table's parameter */
    int64_t opset;
    OnnxValue *values; /* by number */
    uint32_t unrolled; /* nodes of bodies that were expanded */
    const char *why;
} OnnxExpand;

/* Constants that expansions make have at most so many elements, values at most so many. */
enum { ONNX_MADE_MAX = 1 << 24, ONNX_VALUE_MAX = INT32_MAX };

typedef bool (*OnnxExpansion)(OnnxExpand *x);

/* ---- failing ---- */
/* "model.onnx: node 'c1' (Conv): .."; false. */
bool onnx_refuse(OnnxExpand *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same for what is not there yet: the tool's exit code 77. */
bool onnx_missing(OnnxExpand *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- inputs, attributes ---- */
const OnnxValue *onnx_in(OnnxExpand *x, uint32_t i); /* NULL: absent */
bool onnx_wants(OnnxExpand *x, uint32_t i);          /* output i is named */
const OnnxAttr *onnx_attr(OnnxExpand *x, const char *name, OnnxAttrKind kind);
int64_t onnx_int(OnnxExpand *x, const char *name, int64_t otherwise);
double onnx_float(OnnxExpand *x, const char *name, double otherwise);
const char *onnx_string(OnnxExpand *x, const char *name, const char *otherwise);
bool onnx_ints(OnnxExpand *x, const char *name, IntList *out); /* false: not given */
const OnnxBody *onnx_body(OnnxExpand *x, const char *name); /* refused where it is not given */
bool onnx_is_there(const OnnxValue *v);                     /* what yields it has been expanded */
bool onnx_is_known(const OnnxValue *v);                     /* it hangs on no input */
/* The value of v, which must not depend on the model's inputs (or these must be known). */
bool onnx_constant(OnnxExpand *x, const OnnxValue *v, const char *what, Value *out);
bool onnx_constant_ints(OnnxExpand *x, const OnnxValue *v, const char *what, IntList *out);
/* From the attribute, or, where it is not given, from input i; false: neither is there, or reported (x->why).
 */
bool onnx_ints_of(OnnxExpand *x, const char *name, uint32_t i, IntList *out);
/* An axis counted from the end when negative; refused outside [0, rank). */
bool onnx_axis(OnnxExpand *x, int64_t axis, uint32_t rank, uint32_t *out);
TypeKind onnx_elem(const OnnxValue *v);
int64_t onnx_count(const OnnxValue *v);

/* ---- nodes ---- */
const Node *onnx_make(OnnxExpand *x, Op op, const void *attr, uint32_t n, const Node *const *in);
const Node *onnx_make1(OnnxExpand *x, Op op, const Node *a);
const Node *onnx_make2(OnnxExpand *x, Op op, const Node *a, const Node *b);
const Node *onnx_number(OnnxExpand *x, const Node *like, double v); /* a literal of like's elements */
/* v in every element of a tensor. */
const Node *onnx_filled(OnnxExpand *x, const Type *t, double v);
const Node *onnx_cast(OnnxExpand *x, const Node *a, TypeKind kind);
const Node *onnx_whole(OnnxExpand *x, const OnnxValue *v); /* rank 0: (1) */
const Node *onnx_reshape(OnnxExpand *x, const Node *a, uint32_t rank, const int64_t *dims);
/* [from, to) by step of dimension d; drop: d of size 1 goes. */
const Node *onnx_cut(OnnxExpand *x, const Node *a, uint32_t d, int64_t from, int64_t to, int64_t step,
                     bool drop);
const Node *onnx_concat(OnnxExpand *x, uint32_t axis, uint32_t n, const Node *const *parts);
/* A constant of these integers. */
const Node *onnx_int_tensor(OnnxExpand *x, uint32_t rank, const int64_t *dims, const int64_t *at);
/* Dimensions of v's node for dimension d of v: one less where the leading one is left out; -1: left out. */
int64_t onnx_place(const OnnxValue *v, uint32_t d);

/* ---- values ---- */
/* Any node of as many elements as rank and dims say. */
bool onnx_set(OnnxExpand *x, OnnxValue *v, const Node *node, uint32_t rank, const int64_t *dims);
/* Element i of the axis, which goes. */
bool onnx_element(OnnxExpand *x, const OnnxValue *v, uint32_t axis, int64_t i, OnnxValue *out);
/* n > 0 tensors of one shape along a new axis; concatenated along an axis of theirs. */
bool onnx_stack(OnnxExpand *x, uint32_t n, const OnnxValue *parts, int64_t axis, OnnxValue *out);
bool onnx_join(OnnxExpand *x, uint32_t n, const OnnxValue *parts, int64_t axis, OnnxValue *out);
OnnxValue onnx_list(uint32_t n, const OnnxValue *items);
bool onnx_bool_value(OnnxExpand *x, bool b, OnnxValue *out); /* rank 0 */
bool onnx_int_value(OnnxExpand *x, int64_t i, OnnxValue *out);

/* ---- graphs within nodes ---- */
/* The body's results for these inputs. */
bool onnx_run(OnnxExpand *x, const OnnxBody *b, const OnnxValue *in, OnnxValue *out);
bool onnx_expand_node(OnnxExpand *x, const OnnxNode *n); /* import.c */

/* ---- outputs: true, or a node was NULL ---- */
/* Any node of as many elements. */
bool onnx_yield(OnnxExpand *x, uint32_t i, const Node *node, uint32_t rank, const int64_t *dims);
bool onnx_yield_like(OnnxExpand *x, uint32_t i, const Node *node, const OnnxValue *like);
bool onnx_yield_value(OnnxExpand *x, uint32_t i, const OnnxValue *v);
/* An elementwise result: of the shape that the n operands broadcast to. */
bool onnx_yield_map(OnnxExpand *x, const Node *node, uint32_t n, const OnnxValue *const *of);
bool onnx_broadcast(OnnxExpand *x, uint32_t n, const OnnxValue *const *of, uint32_t *rank, int64_t *dims);

#define ONNX_OP(name, expansion, op) bool onnx_expand_##expansion(OnnxExpand *x);
#define ONNX_ANY_OP(name, expansion) bool onnx_expand_##expansion(OnnxExpand *x);
#include "onnx/op.def"
#undef ONNX_OP
#undef ONNX_ANY_OP
#endif
