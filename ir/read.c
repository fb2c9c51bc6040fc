#include "base/vec.h"
#include "ir/attr.h"
#include "ir/text.h"
#include <stdlib.h>

typedef struct Line { /* what %NUMBER stands for */
    long number;
    const Node *node;
} Line;

typedef struct Reader {
    Ir *ir;
    const char *s;
    int line;
    VEC(Line) lines;
    VEC(const Node *) in; /* of the line at hand */
    const char *why;
} Reader;

static bool fail(Reader *r, const char *what) {
    if (!r->why) r->why = arena_printf(ir_arena(r->ir), "line %d: %s", r->line, what);
    return false;
}

static void blanks(Reader *r) {
    while (*r->s == ' ') r->s++;
}

static bool take(Reader *r, char c) {
    blanks(r);
    if (*r->s != c) return false;
    r->s++;
    return true;
}

static bool read_number(Reader *r, long *out) {
    char *end;
    if (!take(r, '%')) return false;
    *out = strtol(r->s, &end, 10);
    if (end == r->s) return fail(r, "expected a number behind %");
    r->s = end;
    return true;
}

static const Node *find(const Reader *r, long number) {
    for (size_t i = r->lines.n; i-- > 0;)
        if (r->lines.at[i].number == number) return r->lines.at[i].node;
    return NULL;
}

static bool read_op(Reader *r, Op *op) {
    blanks(r);
    size_t n = strcspn(r->s, " {:\n");
    for (*op = 0; *op < OP_COUNT_; (*op)++)
        if (strlen(op_info[*op].text) == n && strncmp(op_info[*op].text, r->s, n) == 0)
            return r->s += n, true;
    return fail(r, arena_printf(ir_arena(r->ir), "no operator is called %.*s", (int)n, r->s));
}

static bool read_inputs(Reader *r) {
    long number;
    r->in.n = 0;
    while (read_number(r, &number)) {
        const Node *n = find(r, number);
        if (!n) return fail(r, arena_printf(ir_arena(r->ir), "%%%ld is not defined above", number));
        *vec_push(&r->in) = n;
    }
    return !r->why;
}

static bool read_attr(Reader *r, Op op, const void **out) {
    AttrKind k = op_info[op].attr;
    const char *why;
    *out = NULL;
    if (k == ATTR_None) return true;
    void *attr = arena_alloc(ir_arena(r->ir), attr_size(k));
    *out = attr;
    return attr_read(r->ir, k, &r->s, attr, &why) || fail(r, why);
}

static const char *type_text(Reader *r, const Type *t) {
    Buf b = {0};
    type_print(&b, t, true);
    const char *s = arena_strndup(ir_arena(r->ir), b.p, b.n);
    buf_free(&b);
    return s;
}

static bool read_type(Reader *r, const Type *is) {
    if (!take(r, ':')) return true;
    const char *end;
    const Type *t = type_parse(ir_types(r->ir), r->s, &end);
    if (!t) return fail(r, "expected a type");
    r->s = end;
    return t == is || fail(r, arena_printf(ir_arena(r->ir), "the type is %s, not %s", type_text(r, is),
                                           type_text(r, t)));
}

/* %3 = op %1 %2 {attributes} : type */
static bool read_line(Reader *r) {
    Line line;
    Op op;
    const void *attr;
    const char *why;
    if (!read_number(r, &line.number)) return fail(r, "expected %number =");
    if (!take(r, '=')) return fail(r, "expected =");
    if (!read_op(r, &op) || !read_inputs(r) || !read_attr(r, op, &attr)) return false;
    uint32_t n = (uint32_t)r->in.n;
    if (!ir_check(r->ir, op, attr, n, r->in.at, &why)) return fail(r, why);
    line.node = ir_node(r->ir, op, attr, n, r->in.at);
    *vec_push(&r->lines) = line;
    if (!read_type(r, line.node->type)) return false;
    blanks(r);
    return *r->s == '\n' || *r->s == 0 || fail(r, "expected the end of the line");
}

static bool read_lines(Reader *r) {
    for (r->line = 1; *r->s; r->line++) {
        blanks(r);
        if (*r->s == '#') r->s += strcspn(r->s, "\n");
        else if (*r->s != '\n' && !read_line(r)) return false;
        if (*r->s == '\n') r->s++;
    }
    return r->lines.n > 0 || fail(r, "there is no node");
}

const Node *ir_read(Ir *ir, const char *text, const char **why) {
    Reader r = {.ir = ir, .s = text};
    const Node *root = read_lines(&r) ? vec_last(&r.lines).node : NULL;
    if (!root) *why = r.why;
    vec_free(&r.lines);
    vec_free(&r.in);
    return root;
}
