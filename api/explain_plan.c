#include "api/explain_plan.h"
#include "base/vec.h"
#include "rewrites/measure.h"
#include <stdlib.h>

enum { EXPR_DEPTH = 12 }; /* deeper parts of an expression are printed as .. */

typedef struct Explain {
    Buf *out;
    Rw rw;
    Arena *arena;
    VEC(const Node *) networks;
    PtrMap printed; /* nodes of the network at hand: their numbers + 1 */
    size_t lines;
} Explain;

/* Name of a relation's column, as far as the plan still knows one: of the table's column it came from. */
static const char *column_name(const Explain *x, const Node *rel, int64_t i) {
    switch ((int)rel->op) { /* value ops have no columns */
    case OP_SCAN: {
        const AttrScan *a = ATTR_OF(rel, Scan);
        TableInfo info;
        if (i >= a->columns.n) return "rowid";
        if (!x->rw.source->table(x->rw.source->ctx, ir_types(x->rw.ir), a->table, &info)) return NULL;
        return info.names[a->columns.at[i]];
    }
    case OP_FILTER:
    case OP_SORT:
    case OP_LIMIT:
    case OP_TOPN: return column_name(x, rel->in[0], i);
    case OP_JOIN: {
        uint32_t left = rel->in[0]->type->n;
        return i < left ? column_name(x, rel->in[0], i) : column_name(x, rel->in[1], i - left);
    }
    case OP_PROJECT:
    case OP_AGGREGATE: {
        const Node *e = rel->in[1 + i];
        return e->op == OP_COLUMN ? column_name(x, rel->in[0], ATTR_OF(e, Column)->index) : NULL;
    }
    default: return NULL;
    }
}

static void print_column(Explain *x, const Node *rel, int64_t i) {
    const char *name = column_name(x, rel, i);
    if (name) buf_puts(x->out, name);
    else buf_printf(x->out, "#%lld", (long long)i);
}

static const char *infix(Op op) {
    static const struct { Op op; const char *text; } table[] = {
        {OP_ADD, " + "}, {OP_SUB, " - "}, {OP_MUL, " * "}, {OP_DIV, " / "}, {OP_MOD, " % "}, {OP_EQ, " = "}, {OP_NE, " <> "}, {OP_LT, " < "},
        {OP_LE, " <= "}, {OP_GT, " > "}, {OP_GE, " >= "}, {OP_AND, " AND "}, {OP_OR, " OR "}, {OP_LIKE, " LIKE "}, {OP_TEXT_CONCAT, " || "}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].op == op) return table[i].text;
    return NULL;
}

static void print_expr(Explain *x, const Node *rel, const Node *e, int depth);

static void print_call(Explain *x, const Node *rel, const Node *e, int depth) {
    buf_printf(x->out, "%s(", op_info[e->op].text);
    for (uint32_t i = 0; i < e->n; i++) {
        if (i) buf_puts(x->out, ", ");
        print_expr(x, rel, e->in[i], depth - 1);
    }
    buf_putc(x->out, ')');
}

/* A constant as a person would write it: numbers bare, all else as a literal. */
static void print_const(Buf *out, const Value *v) {
    if (!v->null && (type_is_numeric(v->type) || v->type->kind == TY_BOOL)) value_print(out, v);
    else value_print_literal(out, v);
}

/* ---- networks: one name inline, the layers once each below the plan ---- */
static const Node *some_weight(const Node *e) {
    if (e->op == OP_WEIGHT) return e;
    for (uint32_t i = 0; i < e->n; i++)
        if (e->in[i]->below & BELOW_WEIGHT) return some_weight(e->in[i]);
    return NULL;
}

static bool is_network(const Node *e) {
    return e->n && (e->below & BELOW_WEIGHT) && (e->below & BELOW_COLUMN) && e->type->kind == TY_TENSOR;
}

static size_t network_number(Explain *x, const Node *e) {
    for (size_t i = 0; i < x->networks.n; i++)
        if (x->networks.at[i] == e) return i + 1;
    *vec_push(&x->networks) = e;
    return x->networks.n;
}

static void print_network_name(Explain *x, const Node *rel, const Node *e) {
    bool *used = ARENA_ARRAY(x->arena, bool, rel->type->n + 1);
    bool first = true;
    ir_columns_used(e, rel->type->n, used);
    buf_printf(x->out, "%s:%zu(", ATTR_OF(some_weight(e), Weight)->model, network_number(x, e));
    for (uint32_t i = 0; i < rel->type->n; i++) {
        if (!used[i]) continue;
        if (!first) buf_puts(x->out, ", ");
        first = false;
        print_column(x, rel, i);
    }
    buf_putc(x->out, ')');
}

static void print_expr(Explain *x, const Node *rel, const Node *e, int depth) {
    if (is_network(e)) {
        print_network_name(x, rel, e);
        return;
    }
    if (e->op == OP_COLUMN) print_column(x, rel, ATTR_OF(e, Column)->index);
    else if (e->op == OP_CONST) print_const(x->out, &ATTR_OF(e, Const)->value);
    else if (e->op == OP_PARAM) buf_printf(x->out, "$%s", ATTR_OF(e, Param)->name);
    else if (e->op == OP_WEIGHT) buf_printf(x->out, "%s.%s", ATTR_OF(e, Weight)->model, ATTR_OF(e, Weight)->name);
    else if (depth == 0) buf_puts(x->out, "..");
    else if (e->op == OP_CAST) {
        print_expr(x, rel, e->in[0], depth - 1);
        buf_puts(x->out, "::");
        type_print(x->out, e->type, false);
    } else if (infix(e->op) && e->n == 2) {
        buf_putc(x->out, '(');
        print_expr(x, rel, e->in[0], depth - 1);
        buf_puts(x->out, infix(e->op));
        print_expr(x, rel, e->in[1], depth - 1);
        buf_putc(x->out, ')');
    } else
        print_call(x, rel, e, depth);
}

static void print_list(Explain *x, const Node *rel, const Node *const *at, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (i) buf_puts(x->out, ", ");
        print_expr(x, rel, at[i], EXPR_DEPTH);
    }
}

static void print_sort_keys(Explain *x, const Node *n) {
    const AttrSort *a = ATTR_OF(n, Sort);
    buf_puts(x->out, " by ");
    for (uint32_t i = 0; i < a->flags.n; i++) {
        if (i) buf_puts(x->out, ", ");
        print_expr(x, n->in[0], n->in[1 + i], EXPR_DEPTH);
        if (a->flags.at[i] & 1) buf_puts(x->out, " DESC");
        if (a->flags.at[i] & 2) buf_puts(x->out, " NULLS FIRST");
    }
    if (n->op != OP_TOPN) return;
    buf_puts(x->out, " limit ");
    print_list(x, n->in[0], n->in + 1 + a->flags.n, n->n - 1 - a->flags.n);
}

static void print_scan(Explain *x, const Node *n) {
    const AttrScan *a = ATTR_OF(n, Scan);
    buf_printf(x->out, " %s (", a->table);
    for (uint32_t i = 0; i < n->type->n; i++) {
        if (i) buf_puts(x->out, ", ");
        print_column(x, n, i);
    }
    buf_putc(x->out, ')');
}

/* An expression of a join sees both inputs' columns, as the join's own output does. */
static void print_details(Explain *x, const Node *n) {
    static const char *const kinds[] = {[JOIN_INNER] = "inner", [JOIN_LEFT] = "left", [JOIN_SEMI] = "semi", [JOIN_ANTI] = "anti"};
    switch ((int)n->op) {
    case OP_SCAN: print_scan(x, n); break;
    case OP_FILTER:
        buf_putc(x->out, ' ');
        print_expr(x, n->in[0], n->in[1], EXPR_DEPTH);
        break;
    case OP_PROJECT:
        buf_putc(x->out, ' ');
        print_list(x, n->in[0], n->in + 1, n->n - 1);
        break;
    case OP_JOIN:
        buf_printf(x->out, " %s on ", kinds[ATTR_OF(n, Join)->kind]);
        print_expr(x, n, n->in[2], EXPR_DEPTH);
        break;
    case OP_AGGREGATE: {
        uint32_t keys = (uint32_t)ATTR_OF(n, Aggregate)->keys;
        buf_putc(x->out, ' ');
        print_list(x, n->in[0], n->in + 1 + keys, n->n - 1 - keys);
        if (keys) buf_puts(x->out, " by ");
        print_list(x, n->in[0], n->in + 1, keys);
        break;
    }
    case OP_SORT:
    case OP_TOPN: print_sort_keys(x, n); break;
    case OP_LIMIT:
        buf_putc(x->out, ' ');
        print_list(x, n->in[0], n->in + 1, n->n - 1);
        break;
    default: break;
    }
}

static void print_tree(Explain *x, const Node *n, int indent) {
    buf_printf(x->out, "%*s%s", indent, "", op_info[n->op].text);
    print_details(x, n);
    buf_printf(x->out, "  ~%.0f rows\n", rw_rows(&x->rw, n));
    for (uint32_t i = 0; i < n->n; i++)
        if (op_has(n->in[i]->op, REL)) print_tree(x, n->in[i], indent + 2);
}

/* Operands: earlier lines by number, weights by name, columns as x. */
static void print_operand(Explain *x, const Node *in) {
    size_t line = (size_t)(uintptr_t)ptrmap_get(&x->printed, in);
    if (line) buf_printf(x->out, " %%%zu", line);
    else if (in->op == OP_WEIGHT) buf_printf(x->out, " %s", ATTR_OF(in, Weight)->name);
    else if (in->op == OP_COLUMN) buf_printf(x->out, " input");
    else if (in->op == OP_CONST) {
        buf_putc(x->out, ' ');
        print_const(x->out, &ATTR_OF(in, Const)->value);
    } else if (in->below & BELOW_COLUMN) buf_puts(x->out, " ..");
    else buf_printf(x->out, " (%s of weights)", op_info[in->op].text);
}

/* A line a layer, inputs first; what depends on weights alone is computed once and not listed. */
static void print_layers(Explain *x, const Node *e) {
    if (e->type->kind != TY_TENSOR || !(e->below & BELOW_COLUMN) || e->op == OP_COLUMN || ptrmap_get(&x->printed, e)) return;
    for (uint32_t i = 0; i < e->n; i++) print_layers(x, e->in[i]);
    ptrmap_set(&x->printed, e, (void *)(uintptr_t)++x->lines);
    const Origin *o = ir_origin(x->rw.ir, e);
    buf_printf(x->out, "  %%%zu %s", x->lines, op_info[e->op].text);
    for (uint32_t i = 0; i < e->n; i++) print_operand(x, e->in[i]);
    buf_puts(x->out, " : ");
    type_print(x->out, e->type, false);
    if (o && o->layer) buf_printf(x->out, "  layer %s", o->layer);
    buf_putc(x->out, '\n');
}

static void print_networks(Explain *x) {
    for (size_t i = 0; i < x->networks.n; i++) {
        const Node *e = x->networks.at[i];
        buf_printf(x->out, "network %s:%zu\n", ATTR_OF(some_weight(e), Weight)->model, i + 1);
        print_layers(x, e);
        size_t line = (size_t)(uintptr_t)ptrmap_get(&x->printed, e);
        if (line && line < x->lines) buf_printf(x->out, "  is %%%zu above\n", line);
    }
}

void explain_plan(Buf *out, const Node *plan, const SourceApi *source, Ir *ir, Arena *arena) {
    PtrMap rows = {0};
    Explain x = {.out = out, .rw = {.ir = ir, .source = source, .rows = &rows}, .arena = arena};
    print_tree(&x, plan, 0);
    print_networks(&x);
    ptrmap_free(&x.printed);
    vec_free(&x.networks);
    ptrmap_free(&rows);
}
