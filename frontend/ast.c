#include "frontend/ast.h"
#include "base/diag.h"
#include <stdarg.h>
#include <string.h>

typedef enum TextRule { NO, YES, MAY } TextRule;

/* All kinds and slots in the order of ast.def: a kind's row, then its slots' rows. */
enum {
#define AST(kind, name, text) HEAD_##kind,
#define REQ(kind, slot) ROW_##kind##_##slot,
#define OPT(kind, slot) ROW_##kind##_##slot,
#define MANY(kind, slot) ROW_##kind##_##slot,
#include "frontend/ast.def"
#undef AST
#undef REQ
#undef OPT
#undef MANY
    ROW_END
};

typedef struct KindRow {
    const char *name;
    TextRule text;
    uint32_t row;
} KindRow;

static const KindRow kinds[A_COUNT + 1] = {
#define AST(kind, name, text) {name, text, HEAD_##kind},
#define REQ(kind, slot)
#define OPT(kind, slot)
#define MANY(kind, slot)
#include "frontend/ast.def"
#undef AST
#undef REQ
#undef OPT
#undef MANY
    {"", NO, ROW_END}};

static const struct SlotRow {
    const char *name; /* upper case */
    SlotKind kind;
} slots[ROW_END] = {
#define AST(kind, name, text) {"", SLOT_REQUIRED},
#define REQ(kind, slot) {#slot, SLOT_REQUIRED},
#define OPT(kind, slot) {#slot, SLOT_OPTIONAL},
#define MANY(kind, slot) {#slot, SLOT_LIST},
#include "frontend/ast.def"
#undef AST
#undef REQ
#undef OPT
#undef MANY
};

static const char *const flag_text[32] = {
#define FLAG(bit, name, text) [bit] = text,
    AST_FLAGS(FLAG)
#undef FLAG
};

const char *ast_kind_text(AstKind k) { return kinds[k].name; }

uint32_t ast_slots(AstKind k) { return kinds[k + 1].row - kinds[k].row - 1; }

const char *ast_slot_text(AstKind k, uint32_t slot) { return slots[kinds[k].row + 1 + slot].name; }

SlotKind ast_slot_kind(AstKind k, uint32_t slot) { return slots[kinds[k].row + 1 + slot].kind; }

static void deepen(Ast *t, const Ast *child) {
    if (child && child->depth >= t->depth) t->depth = child->depth + 1;
}

static Ast *node(Arena *a, AstKind k, Span span, const char *text, uint32_t flags, uint32_t n) {
    Ast *t = ARENA_NEW(a, Ast);
    *t = (Ast){k, span, text, flags, 1, n, n ? ARENA_ARRAY(a, Ast *, n) : NULL};
    return t;
}

Ast *ast_new(Arena *a, AstKind k, Span span, const char *text, uint32_t flags, ...) {
    Ast *t = node(a, k, span, text, flags, ast_slots(k));
    va_list ap;
    va_start(ap, flags);
    for (uint32_t i = 0; i < t->n; i++) {
        Ast *child = va_arg(ap, Ast *);
        if (!child && ast_slot_kind(k, i) == SLOT_LIST) child = ast_list(a, (Span){span.to, span.to});
        t->kid[i] = child;
        deepen(t, child);
    }
    va_end(ap);
    return t;
}

Ast *ast_list(Arena *a, Span span) { return node(a, A_LIST, span, NULL, 0, 0); }

/* Storage doubles when the count is a power of two, so no capacity need be kept. */
Ast *ast_push(Arena *a, Ast *list, Ast *item) {
    if ((list->n & (list->n - 1)) == 0) {
        Ast **grown = ARENA_ARRAY(a, Ast *, list->n ? 2 * list->n : 1);
        if (list->n) memcpy(grown, list->kid, list->n * sizeof *grown);
        list->kid = grown;
    }
    list->span = list->n ? span_join(list->span, item->span) : item->span;
    list->kid[list->n++] = item;
    deepen(list, item);
    return list;
}

/* ---- printing ---- */
#define LINE_WIDTH 100

static void print_text(Buf *b, const char *s) {
    buf_putc(b, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') buf_putc(b, '\\');
        if (*s == '\n') buf_puts(b, "\\n");
        else buf_putc(b, *s);
    }
    buf_putc(b, '"');
}

static void print_head(Buf *b, const Ast *t) {
    buf_printf(b, "(%s", ast_kind_text(t->kind));
    if (t->text) buf_putc(b, ' '), print_text(b, t->text);
    for (int bit = 0; bit < 32; bit++)
        if (t->flags >> bit & 1) buf_printf(b, " :%s", flag_text[bit] ? flag_text[bit] : "?");
}

static void print_slot(Buf *b, AstKind k, uint32_t i) {
    for (const char *s = ast_slot_text(k, i); *s; s++) buf_putc(b, *s >= 'A' && *s <= 'Z' ? *s + 32 : *s);
    buf_puts(b, ": ");
}

static bool absent(const Ast *t) { return !t || (t->kind == A_LIST && t->n == 0); }

/* Prints on one line; false as soon as it is longer than `end` bytes of the buffer (what was written is then cut). */
static bool print_flat(Buf *b, const Ast *t, size_t end) {
    bool list = t->kind == A_LIST;
    if (list) buf_putc(b, '[');
    else print_head(b, t);
    if (b->n > end) return false;
    for (uint32_t i = 0; i < t->n; i++) {
        if (!list && absent(t->kid[i])) continue;
        if (!list || i) buf_putc(b, ' ');
        if (!list) print_slot(b, t->kind, i);
        if (!print_flat(b, t->kid[i], end)) return false;
    }
    buf_putc(b, list ? ']' : ')');
    return b->n <= end;
}

static void newline(Buf *b, int indent) { buf_printf(b, "\n%*s", indent, ""); }

static void print_at(Buf *b, const Ast *t, int indent) {
    size_t start = b->n;
    if (print_flat(b, t, start + (indent < LINE_WIDTH - 20 ? (size_t)(LINE_WIDTH - indent) : 20))) return;
    b->n = start;
    bool list = t->kind == A_LIST;
    if (list) buf_putc(b, '[');
    else print_head(b, t);
    for (uint32_t i = 0; i < t->n; i++) {
        if (!list && absent(t->kid[i])) continue;
        newline(b, indent + 2);
        if (!list) print_slot(b, t->kind, i);
        print_at(b, t->kid[i], indent + 2);
    }
    buf_putc(b, list ? ']' : ')');
}

void ast_print(Buf *b, const Ast *t) {
    print_at(b, t, 0);
    buf_putc(b, '\n');
}

/* ---- checking ---- */
static bool check_node(const Ast *t, Buf *why) {
    TextRule rule = kinds[t->kind].text;
    if ((rule == YES && !t->text) || (rule == NO && t->text)) {
        buf_printf(why, "%s %s text", ast_kind_text(t->kind), t->text ? "has" : "lacks its");
        return false;
    }
    if (t->kind != A_LIST && t->n != ast_slots(t->kind)) {
        buf_printf(why, "%s has %u children", ast_kind_text(t->kind), t->n);
        return false;
    }
    return true;
}

static bool check_slot(const Ast *t, uint32_t i, Buf *why) {
    const Ast *c = t->kid[i];
    if (t->kind == A_LIST) {
        if (c) return true;
        buf_puts(why, "list holds NULL");
        return false;
    }
    SlotKind k = ast_slot_kind(t->kind, i);
    if (k == SLOT_LIST ? c && c->kind == A_LIST : c ? c->kind != A_LIST : k == SLOT_OPTIONAL) return true;
    buf_printf(why, "%s: slot %s holds %s", ast_kind_text(t->kind), ast_slot_text(t->kind, i),
               c ? ast_kind_text(c->kind) : "nothing");
    return false;
}

bool ast_check(const Ast *t, Buf *why) {
    if (t->kind >= A_COUNT) BUG("syntax node of kind %d", (int)t->kind);
    if (!check_node(t, why)) return false;
    for (uint32_t i = 0; i < t->n; i++) {
        if (!check_slot(t, i, why)) return false;
        if (t->kid[i] && !ast_check(t->kid[i], why)) return false;
        if (t->kid[i] && t->kid[i]->depth >= t->depth) {
            buf_printf(why, "%s: depth is not above its child's", ast_kind_text(t->kind));
            return false;
        }
    }
    return true;
}
