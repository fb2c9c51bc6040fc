/* Patterns: matching and printing.  Commutative ops are ordered at construction (constants to the right), so patterns are
 * matched in one order only. */
#include "rewrites/rule.h"

static bool head_matches(const Pat *p, const Node *n) {
    switch (p->kind) {
    case PAT_ANY: return true;
    case PAT_CONST: return n->op == OP_CONST;
    case PAT_OP: return n->op == p->op;
    case PAT_FLAGS: return (op_info[n->op].flags & p->flags) == p->flags;
    }
    BUG("pattern kind %d", (int)p->kind);
}

static bool has_inputs(const Pat *p) { return p->kind == PAT_OP || p->kind == PAT_FLAGS; }

bool pat_match(const Pat *p, const Node *n, Match *m) {
    if (!head_matches(p, n)) return false;
    if (has_inputs(p) && (p->open ? n->n < p->n : n->n != p->n)) return false;
    for (uint32_t i = 0; i < p->n; i++)
        if (!pat_match(p->in[i], n->in[i], m)) return false;
    m->at[p->slot] = n;
    return true;
}

static void print_flags(Buf *out, uint32_t flags) {
    static const struct {
        uint32_t flag;
        const char *text;
    } names[] = {{COMM, "COMM"},   {INC, "INC"},         {DEC, "DEC"},       {LINEAR, "LINEAR"},
                 {IDEMP, "IDEMP"}, {ROWWISE, "ROWWISE"}, {STRICT, "STRICT"}, {REL, "REL"},
                 {AGG, "AGG"},     {COMPARE, "COMPARE"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (flags & names[i].flag) buf_puts(out, names[i].text);
}

void pat_print(Buf *out, const Pat *p) {
    if (p->kind == PAT_ANY) return buf_printf(out, "?%d", p->slot);
    if (p->kind == PAT_CONST) return buf_printf(out, "const?%d", p->slot);
    if (p->kind == PAT_OP) buf_puts(out, op_info[p->op].text);
    if (p->kind == PAT_FLAGS) print_flags(out, p->flags);
    if (!p->n && !p->open) return;
    buf_putc(out, '(');
    for (uint32_t i = 0; i < p->n; i++) {
        if (i) buf_puts(out, ", ");
        pat_print(out, p->in[i]);
    }
    buf_puts(out, p->open ? (p->n ? ", ..)" : "..)") : ")");
}
