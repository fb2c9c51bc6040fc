/* Reads the text form back.  A text may come from anywhere: what is wrong with it is said, never a BUG. */
#include "base/vec.h"
#include "ir/kernel.h"
#include <stdlib.h>

typedef struct Reader {
    Arena *arena;
    const char *at, *start;
    const char *why; /* the first mistake; everything returns at once after it */
    Kernel *k;
    VEC(KInst *) values; /* by number in the text */
    VEC(KInst *) list;   /* scratch: operands being read, a stack */
    uint32_t depth;
} Reader;

enum { MAX_DEPTH = 200, MAX_VALUES = 1 << 22 };

static void fail_at(Reader *r, const char *at, const char *what) {
    if (r->why) return;
    int line = 1;
    for (const char *p = r->start; p < at; p++) line += *p == '\n';
    r->why = arena_printf(r->arena, "line %d: %s", line, what);
}

static void fail(Reader *r, const char *what) { fail_at(r, r->at, what); }

static void skip_space(Reader *r) {
    while (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r' || *r->at == ';') {
        if (*r->at == ';') r->at += strcspn(r->at, "\n");
        else r->at++;
    }
}

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static Str word(Reader *r) {
    skip_space(r);
    Str s = {r->at, 0};
    while (is_word(s.p[s.n])) s.n++;
    r->at += s.n;
    return s;
}

static bool take(Reader *r, const char *token) {
    skip_space(r);
    size_t n = strlen(token);
    if (strncmp(r->at, token, n) != 0 || (is_word(token[n - 1]) && is_word(r->at[n]))) return false;
    r->at += n;
    return true;
}

static void expect(Reader *r, const char *token) {
    if (!r->why && !take(r, token)) fail(r, arena_printf(r->arena, "expected %s", token));
}

static Int128 integer(Reader *r) {
    bool negative = take(r, "-");
    skip_space(r);
    if (*r->at < '0' || *r->at > '9') fail(r, "expected a number");
    unsigned __int128 v = 0;
    while (*r->at >= '0' && *r->at <= '9') v = v * 10 + (unsigned)(*r->at++ - '0');
    return (Int128)(negative ? -v : v);
}

static double real(Reader *r) {
    skip_space(r);
    if (strncmp(r->at, "0x", 2) != 0) return (double)integer(r);
    char *end;
    uint64_t bits = strtoull(r->at + 2, &end, 16);
    double v;
    memcpy(&v, &bits, sizeof v);
    r->at = end;
    return v;
}

static uint32_t value_number(Reader *r) {
    skip_space(r);
    if (*r->at != 'v' || r->at[1] < '0' || r->at[1] > '9') {
        fail(r, "expected a value");
        return 0;
    }
    r->at++;
    Int128 n = integer(r);
    if (n >= 0 && n < MAX_VALUES) return (uint32_t)n;
    fail(r, "value number too large");
    return 0;
}

/* Never NULL: after a mistake any instruction will do. */
static KInst *value(Reader *r) {
    uint32_t n = value_number(r);
    if (n < r->values.n && r->values.at[n]) return r->values.at[n];
    fail(r, "value used before it is defined");
    return ARENA_NEW(r->arena, KInst);
}

static void define(Reader *r, uint32_t n, KInst *i) {
    vec_reserve(&r->values, (size_t)n + 1);
    while (r->values.n <= n) *vec_push(&r->values) = NULL;
    if (r->values.at[n]) fail(r, "value defined twice");
    r->values.at[n] = i;
    i->id = r->k->n_values++;
}

static KType type_name(Reader *r, Str s) {
    for (int t = K_I1; t < K_TYPE_COUNT; t++)
        if (str_eq(s, str_of(ktype_text((KType)t)))) return (KType)t;
    fail(r, "unknown type");
    return K_I64;
}

/* "f32x16": the lanes follow the last x. */
static void type(Reader *r, KInst *i) {
    Str s = word(r);
    size_t x = s.n;
    while (x > 0 && s.p[x - 1] != 'x') x--;
    i->lanes = 1;
    if (x > 1) {
        i->lanes = (uint16_t)strtoul(s.p + x, NULL, 10);
        s.n = x - 1;
    }
    i->type = (uint8_t)type_name(r, s);
}

static KInst *new_inst(Reader *r) {
    KInst *i = ARENA_NEW(r->arena, KInst);
    i->lanes = 1;
    i->id = UINT32_MAX;
    return i;
}

static KInst *phi(Reader *r) {
    KInst *i = new_inst(r);
    i->op = KI_PHI;
    uint32_t n = value_number(r);
    expect(r, ":");
    type(r, i);
    define(r, n, i);
    return i;
}

/* Values separated by commas, the first on this line; `want` is where they go. Returns how many. */
static uint32_t values(Reader *r, KInst ***want, KInst *(*one)(Reader *)) {
    size_t base = r->list.n;
    r->at += strspn(r->at, " \t");
    if (*r->at == 'v' && r->at[1] >= '0' && r->at[1] <= '9') do
            *vec_push(&r->list) = one(r);
        while (!r->why && take(r, ","));
    uint32_t n = (uint32_t)(r->list.n - base);
    *want = ARENA_ARRAY(r->arena, KInst *, n);
    if (n) memcpy(*want, r->list.at + base, n * sizeof **want);
    r->list.n = base;
    return n;
}

static void block(Reader *r, KBlock *b);

static void loop(Reader *r, KInst *i) {
    i->loop.parallel = take(r, "parallel");
    i->n = values(r, &i->in, value);
    expect(r, "->");
    uint32_t phis = values(r, &i->loop.phi, phi);
    if (phis == 0 || i->n != phis + 2) {
        fail(r, "loop needs lo, hi, step, initial values and a name for each carried value");
        return;
    }
    i->loop.carried = phis - 1;
    block(r, &i->loop.body);
    if (i->loop.carried) {
        expect(r, "next");
        if (values(r, &i->loop.next, value) != i->loop.carried) fail(r, "wrong number of next values");
    }
}

static uint32_t yields(Reader *r, KInst ***want) {
    if (take(r, "yield")) return values(r, want, value);
    *want = NULL;
    return 0;
}

static void branch(Reader *r, KInst *i) {
    i->n = values(r, &i->in, value);
    block(r, &i->branch.then);
    i->branch.n_yield = yields(r, &i->branch.then_yield);
    uint32_t n = 0;
    if (take(r, "else")) {
        block(r, &i->branch.otherwise);
        n = yields(r, &i->branch.else_yield);
    }
    if (n != i->branch.n_yield) fail(r, "the branches yield different numbers of values");
}

static KInst *field(Reader *r, const char *name) {
    expect(r, name);
    expect(r, "=");
    return take(r, "none") ? NULL : value(r);
}

static uint32_t size_field(Reader *r, const char *name) {
    expect(r, name);
    expect(r, "=");
    return (uint32_t)integer(r);
}

static void tile(Reader *r, KInst *i) {
    KTile *t = i->tile = ARENA_NEW(r->arena, KTile);
    t->a_type = type_name(r, word(r));
    t->a = field(r, "a");
    t->images = field(r, "images");
    t->image_stride = field(r, "image_stride");
    t->m = field(r, "m");
    t->rows = field(r, "rows");
    t->row_stride = field(r, "row_stride");
    t->outer = field(r, "outer");
    t->outer_stride = field(r, "outer_stride");
    t->inner = field(r, "inner");
    t->b = field(r, "b");
    t->n = field(r, "n");
    t->nr = size_field(r, "nr");
    t->mr = size_field(r, "mr");
    expect(r, "->");
    KInst **params;
    if (values(r, &params, phi) != 3) {
        fail(r, "a tile has three parameters");
        params = ARENA_ARRAY(r->arena, KInst *, 3);
        params[0] = params[1] = params[2] = new_inst(r);
    }
    t->p_row = params[0];
    t->p_col = params[1];
    t->p_acc = params[2];
    block(r, &t->epilogue);
}

static void constant(Reader *r, KInst *i) {
    if (i->type == K_F32 || i->type == K_F64) i->fimm = real(r);
    else if (i->type == K_I128) i->wide = integer(r);
    else i->imm = (int64_t)integer(r);
}

static void predicate(Reader *r, KInst *i) {
    Str s = word(r);
    for (int p = KP_EQ; p <= KP_UGE; p++)
        if (str_eq(s, str_of(kpred_text((KPred)p)))) {
            i->pred = (uint8_t)p;
            return;
        }
    fail(r, "unknown predicate");
}

static void operands(Reader *r, KInst *i) {
    switch (i->op) {
    case KI_PARAM:
        i->imm = (int64_t)integer(r);
        if (i->imm < 0 || i->imm >= r->k->n_params) fail(r, "no such parameter");
        return;
    case KI_COUNT_IN: r->k->count = i; return;
    case KI_CONST: constant(r, i); return;
    case KI_CMP: predicate(r, i); break;
    case KI_LOOP: loop(r, i); return;
    case KI_IF: branch(r, i); return;
    case KI_TILE: tile(r, i); return;
    case KI_RESULT:
        i->in = ARENA_ARRAY(r->arena, KInst *, 1);
        i->in[i->n++] = value(r);
        expect(r, ",");
        i->imm = (int64_t)integer(r);
        return;
    case KI_CALL: {
        Str s = word(r);
        i->name = arena_strndup(r->arena, s.p, s.n);
        break;
    }
    default: break;
    }
    i->n = values(r, &i->in, value);
}

static void op_name(Reader *r, KInst *i) {
    Str s = word(r);
    for (int op = 0; op < KI_COUNT; op++)
        if (op != KI_PHI && str_eq(s, str_of(kop_text((KOp)op)))) {
            i->op = (uint16_t)op;
            return;
        }
    fail(r, "unknown operation");
}

/* A value whose text says a type is defined after its operands; a loop or if before them, for its inside. */
static KInst *inst(Reader *r) {
    KInst *i = new_inst(r);
    skip_space(r);
    const char *start = r->at;
    bool named = *r->at == 'v' && r->at[1] >= '0' && r->at[1] <= '9';
    if (named) {
        uint32_t n = value_number(r);
        if (take(r, ":")) type(r, i);
        expect(r, "=");
        op_name(r, i);
        define(r, n, i);
    } else op_name(r, i);
    if (r->why) return i;
    if (named != (i->type != K_VOID || i->op == KI_LOOP || i->op == KI_IF))
        fail(r, "type missing, or name of nothing");
    operands(r, i);
    const char *wrong = r->why ? NULL : kinst_wrong(i);
    if (wrong) fail_at(r, start, wrong);
    return i;
}

static void block(Reader *r, KBlock *b) {
    expect(r, "{");
    if (++r->depth > MAX_DEPTH) fail(r, "nested too deeply");
    size_t base = r->list.n;
    while (!r->why && !take(r, "}")) {
        KInst *i = inst(r);
        *vec_push(&r->list) = i;
    }
    b->n = b->cap = (uint32_t)(r->list.n - base);
    b->at = ARENA_ARRAY(r->arena, KInst *, b->n);
    if (b->n) memcpy(b->at, r->list.at + base, b->n * sizeof *b->at);
    r->list.n = base;
    r->depth--;
}

Kernel *kernel_read(Arena *a, const char *text, const char **why) {
    Reader r = {.arena = a, .at = text, .start = text, .k = ARENA_NEW(a, Kernel)};
    r.k->arena = a;
    r.k->label = "";
    expect(&r, "kernel");
    r.k->n_params = (uint32_t)integer(&r);
    block(&r, &r.k->body);
    skip_space(&r);
    if (*r.at) fail(&r, "text after the kernel");
    vec_free(&r.values);
    vec_free(&r.list);
    if (!r.why) kernel_verify(r.k, a, &r.why);
    if (why) *why = r.why;
    return r.why ? NULL : r.k;
}
