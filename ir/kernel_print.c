/* The text form.  It names kernels in caches, so printing is on the way of every statement: no printf for
 * what is printed often. */
#include "ir/kernel.h"

typedef struct Printer {
    Buf *out;
    uint32_t depth;
    bool remarks; /* the value of floats in decimal, behind a semicolon */
} Printer;

static void text(Printer *p, const char *s) { buf_puts(p->out, s); }

static void unsigned_number(Printer *p, unsigned __int128 v) {
    char digits[40], *at = digits + sizeof digits;
    do *--at = (char)('0' + (int)(v % 10));
    while (v /= 10);
    buf_add(p->out, at, (size_t)(digits + sizeof digits - at));
}

static void number(Printer *p, Int128 v) {
    if (v < 0) buf_putc(p->out, '-');
    unsigned_number(p, v < 0 ? -(unsigned __int128)v : (unsigned __int128)v);
}

static void ref(Printer *p, const KInst *i) {
    char digits[12], *at = digits + sizeof digits;
    uint32_t v = i->id;
    do *--at = (char)('0' + v % 10);
    while (v /= 10);
    *--at = 'v';
    buf_add(p->out, at, (size_t)(digits + sizeof digits - at));
}

static void refs(Printer *p, uint32_t n, KInst *const *in) {
    for (uint32_t i = 0; i < n; i++) {
        text(p, i ? ", " : " ");
        ref(p, in[i]);
    }
}

static void typed_ref(Printer *p, const KInst *i) {
    ref(p, i);
    buf_putc(p->out, ':');
    text(p, ktype_text((KType)i->type));
    if (i->lanes == 1) return;
    buf_putc(p->out, 'x');
    unsigned_number(p, i->lanes);
}

static void indent(Printer *p) {
    for (uint32_t i = 0; i < p->depth; i++) text(p, "  ");
}

/* Integral values as such, others by their bits: exact and quick. */
static void float_constant(Printer *p, double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    if (v > -1e15 && v < 1e15 && (double)(int64_t)v == v && bits != (uint64_t)1 << 63) {
        number(p, (int64_t)v);
        return;
    }
    text(p, "0x");
    for (int i = 60; i >= 0; i -= 4) buf_putc(p->out, "0123456789abcdef"[bits >> i & 15]);
    if (p->remarks) buf_printf(p->out, " ; %.17g", v);
}

static void constant(Printer *p, const KInst *i) {
    buf_putc(p->out, ' ');
    if (i->type == K_F32 || i->type == K_F64) float_constant(p, i->fimm);
    else number(p, i->type == K_I128 ? i->wide : (Int128)i->imm);
}

static void block(Printer *p, const KBlock *b);

static void nested(Printer *p, const KBlock *b) {
    text(p, " {\n");
    p->depth++;
    block(p, b);
    p->depth--;
    indent(p);
    buf_putc(p->out, '}');
}

static void loop(Printer *p, const KInst *i) {
    if (i->loop.parallel) text(p, " parallel");
    refs(p, i->n, i->in);
    text(p, " ->");
    for (uint32_t k = 0; k <= i->loop.carried; k++) {
        text(p, k ? ", " : " ");
        typed_ref(p, i->loop.phi[k]);
    }
    nested(p, &i->loop.body);
    if (i->loop.carried) text(p, " next");
    refs(p, i->loop.carried, i->loop.next);
}

static void branch(Printer *p, const KInst *i) {
    refs(p, i->n, i->in);
    nested(p, &i->branch.then);
    if (i->branch.n_yield) text(p, " yield");
    refs(p, i->branch.n_yield, i->branch.then_yield);
    if (!i->branch.otherwise.n && !i->branch.n_yield) return;
    text(p, " else");
    nested(p, &i->branch.otherwise);
    if (i->branch.n_yield) text(p, " yield");
    refs(p, i->branch.n_yield, i->branch.else_yield);
}

static void field(Printer *p, const char *name, const KInst *value) {
    text(p, name);
    if (value) ref(p, value);
    else text(p, "none");
}

static void tile(Printer *p, const KTile *t) {
    buf_putc(p->out, ' ');
    text(p, ktype_text(t->a_type));
    field(p, " a=", t->a);
    field(p, " images=", t->images);
    field(p, " image_stride=", t->image_stride);
    field(p, " m=", t->m);
    field(p, " rows=", t->rows);
    field(p, " row_stride=", t->row_stride);
    field(p, " outer=", t->outer);
    field(p, " outer_stride=", t->outer_stride);
    field(p, " inner=", t->inner);
    field(p, " b=", t->b);
    field(p, " n=", t->n);
    text(p, " nr=");
    unsigned_number(p, t->nr);
    text(p, " mr=");
    unsigned_number(p, t->mr);
    text(p, " -> ");
    typed_ref(p, t->p_row);
    text(p, ", ");
    typed_ref(p, t->p_col);
    text(p, ", ");
    typed_ref(p, t->p_acc);
    nested(p, &t->epilogue);
}

static void operands(Printer *p, const KInst *i) {
    switch ((KOp)i->op) {
    case KI_PARAM:
        buf_putc(p->out, ' ');
        number(p, i->imm);
        return;
    case KI_CONST: constant(p, i); return;
    case KI_CMP:
        buf_putc(p->out, ' ');
        text(p, kpred_text((KPred)i->pred));
        refs(p, i->n, i->in);
        return;
    case KI_CALL:
        buf_putc(p->out, ' ');
        text(p, i->name);
        refs(p, i->n, i->in);
        return;
    case KI_RESULT:
        refs(p, i->n, i->in);
        text(p, ", ");
        number(p, i->imm);
        return;
    case KI_LOOP: loop(p, i); return;
    case KI_IF: branch(p, i); return;
    case KI_TILE:
        tile(p, i->tile);
        return;
/* clang-format off */
#define PLAIN(name) case KI_##name:
    PLAIN(COUNT_IN) PLAIN(IOTA) PLAIN(ADD) PLAIN(SUB) PLAIN(MUL) PLAIN(DIV) PLAIN(REM) PLAIN(UDIV) PLAIN(UREM)
    PLAIN(ADD_OV) PLAIN(SUB_OV) PLAIN(MUL_OV) PLAIN(NEG) PLAIN(AND) PLAIN(OR) PLAIN(XOR) PLAIN(NOT) PLAIN(SHL)
    PLAIN(SHR) PLAIN(SAR) PLAIN(MIN) PLAIN(MAX) PLAIN(ABS) PLAIN(SQRT) PLAIN(FLOOR) PLAIN(CEIL) PLAIN(ROUND)
    PLAIN(FMA) PLAIN(SELECT) PLAIN(SEXT) PLAIN(ZEXT) PLAIN(TRUNC) PLAIN(SITOF) PLAIN(UITOF) PLAIN(FTOSI) PLAIN(FEXT)
    PLAIN(FTRUNC) PLAIN(BITCAST) PLAIN(SPLAT) PLAIN(EXTRACT) PLAIN(INSERT) PLAIN(LOAD) PLAIN(STORE) PLAIN(GATHER)
    PLAIN(SCATTER) PLAIN(COMPRESS) PLAIN(OFFSET) PLAIN(PREFETCH) PLAIN(REDUCE_ADD) PLAIN(REDUCE_MIN)
    PLAIN(REDUCE_MAX) PLAIN(REDUCE_OR) PLAIN(POPCOUNT) PLAIN(FIRST) PLAIN(RETURN) PLAIN(PHI)
#undef PLAIN
            /* clang-format on */
            refs(p, i->n, i->in);
        return;
    case KI_COUNT: return;
    }
}

static void inst(Printer *p, const KInst *i) {
    indent(p);
    if (i->type != K_VOID) typed_ref(p, i);
    else if (i->id != UINT32_MAX) ref(p, i);
    if (i->id != UINT32_MAX) text(p, " = ");
    text(p, kop_text((KOp)i->op));
    operands(p, i);
    buf_putc(p->out, '\n');
}

static void block(Printer *p, const KBlock *b) {
    for (uint32_t i = 0; i < b->n; i++) inst(p, b->at[i]);
}

static void whole(Printer *p, const Kernel *k) {
    if (p->remarks && k->label && *k->label) {
        text(p, "; ");
        text(p, k->label);
        buf_putc(p->out, '\n');
    }
    text(p, "kernel ");
    unsigned_number(p, k->n_params);
    nested(p, &k->body);
    buf_putc(p->out, '\n');
}

void kernel_print(Buf *out, const Kernel *k) { whole(&(Printer){.out = out, .remarks = true}, k); }
void kernel_text(Buf *out, const Kernel *k) { whole(&(Printer){.out = out}, k); }
