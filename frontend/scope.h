/* What the binder's files share: relations with names (Rel), the scope that an expression is bound in, bound
 * expressions (Expr), and one function for each kind of syntax.
 *
 * Conventions
 *  - A function that fails has reported why; it returns false, or an Expr or Rel whose node is NULL.
 *  - A Column's node is its value over the columns of its Rel's relation (mostly an OP_COLUMN; a cast or
 * another expression after a join USING), so that a scope may reorder, hide and merge without new relations.
 */
#ifndef DQL_FRONTEND_SCOPE_H
#define DQL_FRONTEND_SCOPE_H
#include "frontend/bind.h"

enum { BIND_MAX_DEPTH = 1000 };

typedef struct Column {
    const char *table; /* the qualifier it answers to, or NULL; interned */
    const char *name;  /* interned */
    const Node *node;
    const ModelDef *model; /* it is this model's (first) output: y.class, y.score; else NULL */
    bool hidden; /* only `table.name` finds it, and * leaves it out: the merged half of JOIN .. USING */
} Column;

typedef struct Rel {
    const Node *node; /* NULL: failed */
    Column *at;
    uint32_t n, cap;
} Rel;

typedef struct Cte {
    const char *name;
    Rel rel; /* rel.node NULL: its definition failed and was reported */
    const struct Cte *next;
} Cte;

typedef struct Enclosing {
    const Rel *rel;
    const struct Enclosing *next;
} Enclosing;

/* A use of a column while an expression is bound: where to point when it turns out not to be grouped. */
typedef struct Use {
    const Node *node;
    const char *name;
    Span at;
    struct Use *next;
} Use;

/* A subquery that was joined to the relation so that an expression may name its value. */
typedef struct Sub {
    const Node *rel; /* of at most one row (exactly one: JOIN_INNER) */
    int kind;
    const Node *column; /* its value, over the widened relation */
    bool correlated;    /* rel depends on the row by the join's condition */
    struct Sub *next;
} Sub;

/* Columns of the enclosing query are numbered from here until their subquery is joined to it. */
enum { OUTER_COLUMN = 1 << 20 };

typedef struct Scope {
    Rel *rel;           /* NULL: no columns here */
    const char *clause; /* "WHERE", in messages */
    bool aggregates;    /* may be called here */
    bool aggregated;    /* one was, also where its node was folded away: COALESCE(2, SUM(x)) */
    const Rel *
        aliases; /* names of SELECT's items, found where `rel` has no such column; nodes are over `rel` too */
    const Rel *outer; /* the enclosing query's columns, where they may be named; else NULL */
    bool subqueries;  /* scalar ones may stand here: they are joined to `rel` */
    Sub *subs;        /* those that were, latest first */
    Use *uses;        /* columns named outside aggregates, latest first */
} Scope;

typedef enum Literal { LIT_NONE, LIT_NULL, LIT_INT, LIT_NUMBER, LIT_STRING } Literal;

/* A literal as written takes the type of what it meets (24 beside a DECIMAL, '1998-09-02' beside a DATE). */
typedef struct Expr {
    const Node *node;
    Literal lit;
    const char *text; /* of LIT_INT, LIT_NUMBER: with its sign; of LIT_STRING: the characters */
    const Node *wide; /* of [..] with numbers that have a point: the same of DOUBLE, which it is beside DOUBLE; else NULL */
    const ModelDef *model;
    const Node *const *outputs; /* m(x): all outputs of its model; NULL: those of a column are columns beside it */
    Span span;
} Expr;

/* ---- scope.c: relations and names ---- */
Rel rel_of_node(Binder *b, const Node *node, const char *table, const char *const *names);
void rel_add(Binder *b, Rel *r, Column c);
/* The relation whose columns are r's, in order, by a PROJECT where one is needed; qualifiers stay. */
Rel rel_project(Binder *b, const Rel *r, const Node *input);
const Column *rel_find(const Rel *r, const char *table, const char *name, uint32_t *matches);
Expr scope_column(Binder *b, Scope *s, const char *table, const char *name, Span at);
bool scope_has_table(const Scope *s, const char *table);
/* How many columns answer to the name: of the query, or, if none, of the enclosing one. */
uint32_t scope_matches(const Scope *s, const char *table, const char *name);
/* x with each OP_COLUMN c replaced by fn(ctx, c), which returns c itself to keep it; NULL when fn gave up. */
typedef const Node *(*ColumnFn)(void *ctx, const Node *column);
const Node *map_columns(Binder *b, const Node *x, ColumnFn fn, void *ctx);
const char *bind_intern(Binder *b, const char *s);
const char *bind_type_text(Binder *b, const Type *t);
void bind_not_supported(Binder *b, const Ast *t);
/* "window functions are not supported yet" */
void bind_no(Binder *b, Span at, const char *what);
/* Reports any child of a MANY or OPT slot as not supported; true if it is absent. */
bool bind_absent(Binder *b, const Ast *t, const char *what);

/* ---- bind_node.c: checked construction ---- */
const Node *bind_make(Binder *b, Span at, Op op, const void *attr, uint32_t n, const Node *const *in);
/* `at` for n and what is below it, down to nodes that have a place of their own: an expression made at once.
 */
void bind_origin(Binder *b, const Node *n, Span at);
const Node *bind_make1(Binder *b, Span at, Op op, const Node *x);
const Node *bind_make2(Binder *b, Span at, Op op, const Node *x, const Node *y);

/* ---- bind_type.c, bind_cast.c: types and conversions ---- */
const Type *bind_type(Binder *b, const Ast *t); /* nullable; NULL: reported */
typedef enum Strictness { CONVERT_IMPLICIT, CONVERT_ASSIGN, CONVERT_EXPLICIT } Strictness;
/* e as a value of `to` (nullability kept), or NULL: not possible at this strictness, nothing reported but bad
 * literals. */
const Node *bind_convert(Binder *b, Expr e, const Type *to, Strictness how, bool *reported);
/* The type all n meet in, literals adapting to the others; NULL if there is none (nothing reported). */
const Type *bind_common(Binder *b, uint32_t n, const Expr *e);
/* Converts all to their common type in place; false and a message naming `what` when there is none. */
bool bind_unify(Binder *b, uint32_t n, Expr *e, const char *what, Span at);
/* The value of a column of a table (INSERT, UPDATE) or another `kind` of thing that has a type; reports. */
const Node *bind_assign(Binder *b, Expr e, const char *kind, const char *name, const Type *to);
const Node *bind_condition(Binder *b, Expr e, const char *clause); /* BOOLEAN, or reported */
/* The constant that e is (literals, signs, casts of them), folded; false if it is not one (not reported). */
bool bind_constant(Binder *b, Expr e, Value *out);

/* ---- bind_expr.c and the files of each kind of expression ---- */
Expr bind_expr(Binder *b, Scope *s, const Ast *t);
static inline Expr expr_of(const Node *node, Span at) { return (Expr){.node = node, .span = at}; }
bool bind_exprs(Binder *b, Scope *s, const Ast *list, Expr *out);
Expr bind_null(Binder *b, Scope *s, const Ast *t);
Expr bind_bool(Binder *b, Scope *s, const Ast *t);
Expr bind_int(Binder *b, Scope *s, const Ast *t);
Expr bind_number(Binder *b, Scope *s, const Ast *t);
Expr bind_string(Binder *b, Scope *s, const Ast *t);
Expr bind_typed(Binder *b, Scope *s, const Ast *t);
Expr bind_interval(Binder *b, Scope *s, const Ast *t);
Expr bind_param(Binder *b, Scope *s, const Ast *t);
Expr bind_negated_literal(Binder *b, Expr e, Span at);
Expr bind_unary(Binder *b, Scope *s, const Ast *t);
Expr bind_binary(Binder *b, Scope *s, const Ast *t);
Expr bind_between(Binder *b, Scope *s, const Ast *t);
Expr bind_is(Binder *b, Scope *s, const Ast *t);
Expr bind_in(Binder *b, Scope *s, const Ast *t);
Expr bind_like(Binder *b, Scope *s, const Ast *t);
const Node *bind_compare(Binder *b, Op op, const char *text, Expr x, Expr y, Span at);
const Node *bind_negate(Binder *b, const Node *x, bool negate, Span at); /* NOT x when asked */
Expr bind_subquery(Binder *b, Scope *s, const Ast *t);
Expr bind_exists(Binder *b, Scope *s, const Ast *t);
Expr bind_in_query(Binder *b, Scope *s, const Ast *t);
Expr bind_call(Binder *b, Scope *s, const Ast *t);
Expr bind_array(Binder *b, Scope *s, const Ast *t);
Expr bind_subscript(Binder *b, Scope *s, const Ast *t);

/* ---- queries ---- */
Rel bind_query(Binder *b, const Ast *query);
Rel bind_from(Binder *b, const Ast *tables);
Rel bind_relation(Binder *b, const Ast *t); /* one table, file, subquery or join */
Rel bind_cross(Binder *b, Rel left, Rel right, Span at);
Rel bind_join(Binder *b, Rel left, const Ast *join); /* left.node: its left side, bound */
Rel bind_pipes(Binder *b, Rel in, const Ast *pipes);
bool bind_where(Binder *b, Rel *r, const Ast *cond, const char *clause); /* NULL: TRUE */
Rel bind_values(Binder *b, const Ast *values, uint32_t n, const BoundColumn *targets);
bool bind_limit(Binder *b, Rel *r, const Ast *limit, const Ast *offset);
Rel bind_distinct(Binder *b, Rel r);
const char *bind_item_name(Binder *b, const Ast *expr);

/* ---- bind_group.c: aggregation ---- */
typedef struct Grouping {
    uint32_t n_keys, n_aggs;
    const Node **keys; /* over the input */
    const Node **aggs;
    const Node *node; /* the OP_AGGREGATE, joined to the subqueries that lifted expressions name */
    uint32_t n_subs;
    const Node **subs; /* columns of the input that are such values, in the order they were joined */
} Grouping;
bool node_has_aggregate(const Node *n);
const Node *distinct_mark(Binder *b, const Node *x); /* the argument of an aggregate over DISTINCT values */
bool distinct_any(const Grouping *g);
bool distinct_build(Binder *b, Grouping *g, const Node *input, Span at);
void group_add_key(Binder *b, Grouping *g, const Node *key);
void group_collect(Binder *b, Grouping *g, const Node *expr); /* its aggregate functions */
bool group_build(Binder *b, Grouping *g, const Node *input, Span at);
/* expr over the input as expr over the aggregate's columns; NULL: names a column that is not grouped,
 * reported. The values of uncorrelated subqueries are joined to g->node again, above the aggregate. */
const Node *group_lift(Binder *b, Grouping *g, const Scope *s, const Node *expr);

/* ---- statements ---- */
bool bind_create_table(Binder *b, const Ast *t, Statement *out);
bool bind_insert(Binder *b, const Ast *t, Statement *out);
bool bind_update(Binder *b, const Ast *t, Statement *out);
bool bind_delete(Binder *b, const Ast *t, Statement *out);
bool bind_create_model(Binder *b, const Ast *t, Statement *out);
bool bind_create_model_file(Binder *b, const Ast *t, Statement *out);
bool bind_create_model_from(Binder *b, const Ast *t, Statement *out);
bool bind_load_model(Binder *b, const Ast *t, Statement *out);
bool bind_export_model(Binder *b, const Ast *t, Statement *out);
/* VERSION AS OF of a model, or NULL: 0, the newest. */
bool bind_model_version(Binder *b, const Ast *t, const ModelInfo *m, int64_t *version);
bool bind_show(Binder *b, const Ast *t, Statement *out);
/* The name of a model that CREATE MODEL makes, into out; false: taken, reported. */
bool bind_new_model(Binder *b, const Ast *t, const Ast *name, Statement *out);
void bind_model_tensors(Binder *b, const ModelDef *m, Statement *out); /* m and the columns of its state_dict */
/* The table of this name, or NULL and a message with the nearest name. */
const TableInfo *bind_table(Binder *b, const Ast *name);
bool bind_model(Binder *b, const Ast *name, ModelInfo *out);
const char *bind_object_name(Binder *b, const Ast *name); /* NULL: schema-qualified, reported */
Rel bind_scan(Binder *b, const TableInfo *t, const char *alias, bool rowid);
Expr bind_predict(Binder *b, const ModelInfo *m, uint32_t n, const Expr *args, Span at);
Rel bind_predict_pipe(Binder *b, Rel in, const Ast *t);
Rel bind_predict_call(Binder *b, const Ast *call);
Expr bind_model_field(Binder *b, Expr y, const char *field, Span at);
#endif
