/* Queries that dql and SQLite understand with equal meaning, as trees, so that a failing one can be cut down;
 * and how each dialect writes them.
 *
 * An expression is a leaf (a column or a literal, with its text in both dialects) or a form (sql_forms.h)
 * over expressions. Trees share leaves and grouping expressions; whoever changes a tree changes a slot, never
 * a node. */
#ifndef DQL_TESTS_FUZZ_SQL_TREE_H
#define DQL_TESTS_FUZZ_SQL_TREE_H
#include "base/arena.h"
#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum Kind { K_INT, K_NUM, K_TEXT, K_DATE, K_BOOL, KINDS } Kind;
typedef enum Dialect { DQL, SQLITE } Dialect;

/* What a form does to the bounds of its operands (sql_make.h). */
typedef enum Bound {
    B_LARGEST, /* a value is one of the operands' of its kind */
    B_SUM,
    B_PRODUCT,
    B_QUOTIENT, /* that of the first; floats become inexact */
    B_SMALL,    /* an INTEGER below 100,000 */
    B_ROWS,     /* a sum: the operand's times the rows */
} Bound;

enum { MOST_IN = 4, MOST_ITEMS = 6, MOST_SOURCES = 3 };

typedef struct Form {
    Kind kind;
    uint32_t weight;
    const char *text[2]; /* by dialect; $0 .. $3 the operands, $q the query; SQLITE NULL: as DQL */
    uint32_t n;
    Kind in[MOST_IN];
    Bound bound;
} Form;

typedef struct Expr {
    const Form *form; /* NULL: a leaf */
    Kind kind;
    const char *text[2]; /* of a leaf */
    struct Expr *in[MOST_IN];
    struct Query *query;
    double most; /* K_INT, K_NUM: no absolute value is larger */
    int bits;    /* K_INT: width of dql's type */
    int grain;   /* K_NUM: multiples of 2^-grain; INEXACT: rounded */
} Expr;
enum { INEXACT = 1000 };

typedef enum JoinKind { JOIN_FIRST, JOIN_CROSS, JOIN_INNER, JOIN_LEFT } JoinKind;

typedef struct Source {
    JoinKind join;
    const char *table;
    struct Query *derived; /* instead of a table */
    const char *alias;
    Expr *on[4]; /* conjuncts */
    uint32_t n_on;
} Source;

typedef struct OrderKey {
    uint32_t item;
    bool desc, says_nulls, nulls_first;
} OrderKey;

typedef struct Query {
    Source from[MOST_SOURCES];
    uint32_t n_from;
    Expr *where[4]; /* conjuncts */
    uint32_t n_where;
    bool grouped, distinct, pipes;
    Expr *group[3];
    uint32_t n_group;
    Expr *having;
    Expr *items[MOST_ITEMS];
    uint32_t n_items;
    OrderKey order[2 * MOST_ITEMS];
    uint32_t n_order;
    int limit, offset; /* -1: none */
} Query;

static void write_query(Buf *b, const Query *q, Dialect d);

static void write_expr(Buf *b, const Expr *e, Dialect d) {
    if (!e->form) {
        buf_puts(b, e->text[d]);
        return;
    }
    const char *t = d == SQLITE && e->form->text[SQLITE] ? e->form->text[SQLITE] : e->form->text[DQL];
    for (; *t; t++) {
        if (*t != '$') buf_putc(b, *t);
        else if (*++t == 'q') write_query(b, e->query, d);
        else write_expr(b, e->in[*t - '0'], d);
    }
}

static void write_conjuncts(Buf *b, const char *before, Expr *const *at, uint32_t n, Dialect d) {
    for (uint32_t i = 0; i < n; i++) {
        buf_puts(b, i ? " AND " : before);
        write_expr(b, at[i], d);
    }
}

static void write_list(Buf *b, const char *before, Expr *const *at, uint32_t n, bool named, Dialect d) {
    for (uint32_t i = 0; i < n; i++) {
        buf_puts(b, i ? ", " : before);
        write_expr(b, at[i], d);
        if (named) buf_printf(b, " AS c%u", i);
    }
}

/* A comma binds less than JOIN: it is written where nothing is joined. */
static bool all_crossed(const Query *q) {
    for (uint32_t i = 1; i < q->n_from; i++)
        if (q->from[i].join != JOIN_CROSS) return false;
    return true;
}

static void write_source(Buf *b, const Source *s, Dialect d, bool pipes, bool comma) {
    static const char *const words[] = {"", " CROSS JOIN ", " JOIN ", " LEFT JOIN "};
    static const char *const piped[] = {"", " |> CROSS JOIN ", " |> JOIN ", " |> LEFT JOIN "};
    buf_puts(b, s->join == JOIN_CROSS && comma ? ", " : (pipes ? piped : words)[s->join]);
    if (s->derived) {
        buf_putc(b, '(');
        write_query(b, s->derived, d);
        buf_putc(b, ')');
    } else buf_puts(b, s->table);
    buf_printf(b, " AS %s", s->alias);
    if (s->join > JOIN_CROSS && !s->n_on) buf_puts(b, d == DQL ? " ON TRUE" : " ON 1");
    write_conjuncts(b, " ON ", s->on, s->n_on, d);
}

/* SQLite sorts NULLs first unless told; dql as PostgreSQL, as if they were above all values. */
static void write_order(Buf *b, const Query *q, Dialect d) {
    for (uint32_t i = 0; i < q->n_order; i++) {
        const OrderKey *k = &q->order[i];
        bool first = k->says_nulls ? k->nulls_first : k->desc;
        buf_printf(b, "%sc%u%s", i ? ", " : " ORDER BY ", k->item, k->desc ? " DESC" : "");
        if (k->says_nulls || d == SQLITE) buf_puts(b, first ? " NULLS FIRST" : " NULLS LAST");
    }
}

static void write_limit(Buf *b, const Query *q) {
    if (q->limit >= 0) buf_printf(b, " LIMIT %d", q->limit);
    if (q->limit >= 0 && q->offset >= 0) buf_printf(b, " OFFSET %d", q->offset);
}

static void write_piped(Buf *b, const Query *q) {
    buf_puts(b, "FROM ");
    for (uint32_t i = 0; i < q->n_from; i++) write_source(b, &q->from[i], DQL, true, false);
    write_conjuncts(b, " |> WHERE ", q->where, q->n_where, DQL);
    write_list(b, q->distinct ? " |> SELECT DISTINCT " : " |> SELECT ", q->items, q->n_items, true, DQL);
    if (q->n_order) buf_puts(b, " |>");
    write_order(b, q, DQL);
    if (q->limit >= 0) buf_puts(b, " |>");
    write_limit(b, q);
}

static void write_query(Buf *b, const Query *q, Dialect d) {
    if (d == DQL && q->pipes && !q->grouped) {
        write_piped(b, q);
        return;
    }
    write_list(b, q->distinct ? "SELECT DISTINCT " : "SELECT ", q->items, q->n_items, true, d);
    buf_puts(b, " FROM ");
    for (uint32_t i = 0; i < q->n_from; i++) write_source(b, &q->from[i], d, false, all_crossed(q));
    write_conjuncts(b, " WHERE ", q->where, q->n_where, d);
    write_list(b, " GROUP BY ", q->group, q->n_group, false, d);
    if (q->having) write_conjuncts(b, " HAVING ", (Expr *const *)&q->having, 1, d);
    write_order(b, q, d);
    write_limit(b, q);
}
#endif
