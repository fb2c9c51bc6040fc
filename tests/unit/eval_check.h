/* What the tests of the evaluator share: literals from text, values and relations as text. */
#ifndef DQL_TESTS_UNIT_EVAL_CHECK_H
#define DQL_TESTS_UNIT_EVAL_CHECK_H
#include "base/number.h"
#include "check.h"
#include "ir/eval.h"

static Arena *arena;
static Intern *names;
static Ir *ir;
static EvalCtx ctx;

static inline void eval_check_begin(void) {
    arena = arena_new();
    names = intern_new();
    ir = ir_new(arena, names);
    ctx = (EvalCtx){.arena = arena, .ir = ir};
}

static inline int eval_check_end(const char *name) {
    arena_free(arena);
    intern_free(names);
    return check_report(name);
}

static inline const Type *type_of(const char *text) { return type_parse(ir_types(ir), text, NULL); }

/* A value of the type, as CAST reads it; "NULL" is NULL. */
static inline Value value_of(const char *type, const char *text) {
    Value s = value_str(ir_types(ir), str_of(text)), v;
    const char *why = NULL;
    if (strcmp(text, "NULL") == 0) return value_null(type_of(type));
    if (!value_cast(arena, &s, type_nullable(type_of(type), false), &v, &why))
        fprintf(stderr, "%s: %s\n", text, why);
    return v;
}

static inline const Node *lit(const char *type, const char *text) {
    return ir_const(ir, value_of(type, text));
}

/* A tensor constant of the type with these elements. */
static inline const Node *tensor(const char *type, const double *elems) {
    Value t = {.type = type_of(type)}, f;
    const char *why;
    size_t bytes = (size_t)(type_elems(t.type) * type_bytes(t.type->elem));
    t.t.data = arena_alloc(arena, bytes);
    for (int64_t i = 0; i < type_elems(t.type); i++) {
        Value d = value_f64(ir_types(ir), elems[i]);
        value_cast(arena, &d, t.type->elem, &f, &why);
        tensor_set(&t, i, &f);
    }
    return ir_const(ir, t);
}
#define TENSOR(type, ...) tensor(type " NOT NULL", (const double[]){__VA_ARGS__})

static inline const char *text_of(const Value *v) {
    Buf b = {0};
    value_print_whole(&b, v);
    const char *s = v->null ? "NULL" : arena_strndup(arena, b.p ? b.p : "", b.n);
    buf_free(&b);
    return s;
}

static inline const char *error_text(void) {
    return arena_printf(arena, "%s: %s", ctx.error.node ? op_info[ctx.error.node->op].text : "-",
                        ctx.error.text);
}

static inline const char *eval_text(const Node *expr, const Value *row, uint32_t n) {
    Value v;
    return ir_eval_scalar(&ctx, expr, row, n, &v) ? text_of(&v) : error_text();
}
#define CHECK_EVAL(expr, want) CHECK_STR(eval_text(expr, NULL, 0), want)

/* Rows one a line, columns separated by blanks. */
static inline const char *rows_text(const Node *rel) {
    Rows rows;
    Buf b = {0};
    if (!ir_eval(&ctx, rel, &rows)) return error_text();
    for (size_t i = 0; i < rows.n; i++) {
        for (uint32_t c = 0; c < rows.columns; c++)
            buf_printf(&b, "%s%s", c ? " " : "", text_of(&rows.at[i][c]));
        buf_putc(&b, '\n');
    }
    const char *s = arena_strndup(arena, b.p ? b.p : "", b.n);
    buf_free(&b);
    return s;
}
#define CHECK_ROWS(rel, want) CHECK_STR(rows_text(rel), want)
#endif
