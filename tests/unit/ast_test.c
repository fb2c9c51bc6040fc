/* The table of syntax nodes, its constructor, printer and checker. */
#include "frontend/ast.h"
#include "tests/unit/check.h"
#include <stdlib.h>

static const Span here = {0, 1};

static Ast *name(Arena *a, const char *s) { return ast_new(a, A_NAME, here, s, 0, NULL); }

static void test_new(Arena *a) {
    Ast *q = ast_new(a, A_SETOP, here, "union", AST_ALL, name(a, "a"), name(a, "b"));
    CHECK_INT(q->n, ast_slots(A_SETOP));
    CHECK_STR(q->kid[SETOP_RIGHT]->text, "b");
    CHECK_INT(q->depth, 2);
    Ast *s = ast_new(a, A_PIPE_RENDER, here, "overlay", 0, NULL);
    CHECK(s->kid[PIPE_RENDER_OPTIONS] && s->kid[PIPE_RENDER_OPTIONS]->kind == A_LIST);
    CHECK_STR(ast_slot_text(A_SELECT, SELECT_WHERE), "WHERE");
}

static void test_push(Arena *a) {
    Ast *list = ast_list(a, here);
    for (uint32_t i = 0; i < 100; i++) {
        Ast *item = ast_new(a, A_INT, (Span){i, i + 1}, "1", 0);
        CHECK(ast_push(a, list, item) == list && list->kid[i] == item);
    }
    CHECK_INT(list->n, 100);
    CHECK_INT(list->span.to, 100);
}

static void test_print(Arena *a) {
    Buf b = {0};
    Ast *t = ast_new(a, A_BINARY, here, "+", 0, name(a, "a"), ast_new(a, A_STRING, here, "x\"y\n", 0));
    ast_print(&b, t);
    CHECK_STR(b.p, "(binary \"+\" left: (name \"a\") right: (string \"x\\\"y\\n\"))\n");
    buf_clear(&b);
    ast_print(&b, ast_new(a, A_SELECT, here, NULL, AST_DISTINCT, NULL, ast_push(a, ast_list(a, here), t), NULL,
                          NULL, NULL, NULL, NULL, NULL));
    CHECK_STR(b.p, "(select :distinct items: [(binary \"+\" left: (name \"a\") right: (string \"x\\\"y\\n\"))])\n");
    buf_free(&b);
}

static void test_check(Arena *a) {
    Buf why = {0};
    Ast *t = ast_new(a, A_UNARY, here, "-", 0, name(a, "a"));
    CHECK(ast_check(t, &why));
    t->kid[UNARY_ARG] = NULL;
    CHECK(!ast_check(t, &why));
    CHECK_STR(why.p, "unary: slot ARG holds nothing");
    buf_clear(&why);
    CHECK(!ast_check(ast_new(a, A_INT, here, NULL, 0), &why));
    CHECK_STR(why.p, "int lacks its text");
    buf_clear(&why);
    t->kid[UNARY_ARG] = ast_list(a, here);
    CHECK(!ast_check(t, &why));
    buf_free(&why);
}

int main(void) {
    Arena *a = arena_new();
    test_new(a);
    test_push(a);
    test_print(a);
    test_check(a);
    arena_free(a);
    return check_report("ast");
}
