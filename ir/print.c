#include "base/vec.h"
#include "ir/attr.h"
#include "ir/text.h"

typedef VEC(const Node *) Nodes;

/* Without recursion on paths: a graph may be deep and is shared. */
static void collect(const Node *root, Nodes *all) {
    PtrMap seen = {0};
    *vec_push(all) = root;
    ptrmap_set(&seen, root, all);
    for (size_t at = 0; at < all->n; at++) {
        const Node *n = all->at[at];
        for (uint32_t i = 0; i < n->n; i++) {
            if (ptrmap_get(&seen, n->in[i])) continue;
            ptrmap_set(&seen, n->in[i], all);
            *vec_push(all) = n->in[i];
        }
    }
    ptrmap_free(&seen);
}

static int by_id(const void *a, const void *b) {
    const Node *x = *(const Node *const *)a, *y = *(const Node *const *)b;
    return (x->id > y->id) - (x->id < y->id);
}

size_t ir_reachable(Arena *a, const Node *root, const Node *const **out) {
    Nodes all = {0};
    collect(root, &all);
    qsort(all.at, all.n, sizeof *all.at, by_id);
    size_t n = all.n;
    *out = arena_copy(a, all.at, n * sizeof *all.at);
    vec_free(&all);
    return n;
}

/* The line of node n; ids of all nodes in ascending order number it and its inputs. */
static size_t number(const Node *const *all, size_t n, const Node *node) {
    const Node *const *at = bsearch(&node, all, n, sizeof *all, by_id);
    return (size_t)(at - all) + 1;
}

static void print_node(Buf *out, const Node *const *all, size_t n, const Node *node) {
    buf_printf(out, "%%%zu = %s", number(all, n, node), op_info[node->op].text);
    for (uint32_t i = 0; i < node->n; i++) buf_printf(out, " %%%zu", number(all, n, node->in[i]));
    if (op_info[node->op].attr != ATTR_None) {
        buf_putc(out, ' ');
        attr_print(out, op_info[node->op].attr, node->attr);
    }
    buf_puts(out, " : ");
    type_print(out, node->type, true);
    buf_putc(out, '\n');
}

void ir_print(Buf *out, const Node *root) {
    Arena *a = arena_new();
    const Node *const *all;
    size_t n = ir_reachable(a, root, &all);
    for (size_t i = 0; i < n; i++) print_node(out, all, n, all[i]);
    arena_free(a);
}
