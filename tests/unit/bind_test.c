/* What the binder makes of statements: result columns, and plans as nested text. Errors are tests/errors. */
#include "tests/unit/schema.h"

static const char schema_text[] =
    "CREATE TABLE t (a INTEGER, b BIGINT NOT NULL, c VARCHAR, d DATE, f FLOAT32, p DECIMAL(15,2));"
    "CREATE TABLE s (a INTEGER, e DOUBLE, c VARCHAR NOT NULL);"
    "CREATE TABLE x (id BIGINT PRIMARY KEY, m TENSOR(FLOAT32, 3, 4), v TENSOR(FLOAT32, 4), u TENSOR(UINT8, "
    "4),"
    "                img TENSOR(UINT8, 1, 4, 4));"
    "PARAM cutoff DOUBLE DEFAULT 0.9;"
    "CREATE MODEL net INPUT (img TENSOR(FLOAT32, 1, 4, 4)) OUTPUT (p TENSOR(FLOAT32, 3))"
    "  LAYERS (flatten |> linear(3) AS fc |> softmax);"
    "CREATE MODEL pair INPUT (q TENSOR(FLOAT32, 4), r TENSOR(FLOAT32, 4)) OUTPUT (y TENSOR(FLOAT32, 2))"
    "  LAYERS (concat(q, r) |> linear(2));";

/* ---- plans as nested text ---- */

static void print_node(Buf *b, const Node *n);

static void print_inputs(Buf *b, const Node *n) {
    buf_putc(b, '(');
    for (uint32_t i = 0; i < n->n; i++) {
        if (i) buf_puts(b, ", ");
        print_node(b, n->in[i]);
    }
    buf_putc(b, ')');
}

static void print_head(Buf *b, const Node *n) {
    static const char *const joins[] = {"inner", "left", "semi", "anti"};
    if (n->op == OP_JOIN) buf_printf(b, "%s_", joins[ATTR_OF(n, Join)->kind]);
    buf_puts(b, op_info[n->op].text);
    if (n->op == OP_CAST) buf_putc(b, '<'), type_print(b, ATTR_OF(n, Cast)->to, false), buf_putc(b, '>');
    if (n->op == OP_AGGREGATE) buf_printf(b, "<%d>", (int)ATTR_OF(n, Aggregate)->keys);
    for (uint32_t i = 0; n->op == OP_SORT && i < n->n - 1; i++)
        buf_printf(b, "%c%d", i ? ',' : '<', (int)ATTR_OF(n, Sort)->flags.at[i]);
    if (n->op == OP_SORT) buf_putc(b, '>');
}

static void print_node(Buf *b, const Node *n) {
    if (n->op == OP_COLUMN) buf_printf(b, "#%d", (int)ATTR_OF(n, Column)->index);
    else if (n->op == OP_CONST) value_print_literal(b, &ATTR_OF(n, Const)->value);
    else if (n->op == OP_SCAN) buf_puts(b, ATTR_OF(n, Scan)->table);
    else if (n->op == OP_WEIGHT) buf_puts(b, ATTR_OF(n, Weight)->name);
    else if (n->op == OP_PARAM) buf_printf(b, "$%s", ATTR_OF(n, Param)->name);
    else print_head(b, n), print_inputs(b, n);
}

static const char *columns_of(Schema *s, const Statement *st) {
    Buf b = {0};
    for (uint32_t i = 0; i < st->n_columns; i++) {
        buf_printf(&b, "%s%s ", i ? ", " : "", st->columns[i].name);
        type_print(&b, st->columns[i].type, true);
    }
    const char *out = arena_strndup(s->arena, b.p ? b.p : "", b.n);
    buf_free(&b);
    return out;
}

static const char *plan_of(Schema *s, const Statement *st) {
    Buf b = {0};
    if (st->plan) print_node(&b, st->plan);
    const char *out = arena_strndup(s->arena, b.p ? b.p : "", b.n);
    buf_free(&b);
    return out;
}

static void bind(Schema *s, const char *text, Statement *out) {
    CHECK_STR(schema_run(s, "test", text, strlen(text), out), "");
}

typedef struct Case {
    const char *text, *columns, *plan; /* NULL: not looked at */
} Case;

static void run_cases(const Case *cases, size_t n) {
    for (size_t i = 0; i < n; i++) {
        Schema *s = schema_new();
        Statement st;
        int before = check_failed;
        bind(s, schema_text, &st);
        bind(s, cases[i].text, &st);
        if (cases[i].columns) CHECK_STR(columns_of(s, &st), cases[i].columns);
        if (cases[i].plan) CHECK_STR(plan_of(s, &st), cases[i].plan);
        if (check_failed > before) fprintf(stderr, "^ %s\n", cases[i].text);
        schema_free(s);
    }
}
#define RUN(cases) run_cases(cases, sizeof(cases) / sizeof *(cases))

#include "tests/unit/bind_cases.h"

/* ---- the rest ---- */

static void test_statements(void) {
    Schema *s = schema_new();
    Statement st;
    bind(s, schema_text, &st);
    CHECK_INT(st.kind, STMT_CREATE_MODEL);
    CHECK_STR(columns_of(s, &st),
              "1.weight TENSOR(FLOAT32, 2, 8) NOT NULL, 1.bias TENSOR(FLOAT32, 2) NOT NULL");
    bind(s, "DROP TABLE IF EXISTS nothing", &st);
    CHECK(st.kind == STMT_DROP_TABLE && st.if_exists);
    CHECK_STR(st.target, "nothing");
    bind(s, "LOAD MODEL net FROM 'net.safetensors'", &st);
    CHECK_INT(st.kind, STMT_LOAD_MODEL);
    CHECK_STR(st.path, "net.safetensors");
    CHECK_STR(columns_of(s, &st),
              "fc.weight TENSOR(FLOAT32, 3, 16) NOT NULL, fc.bias TENSOR(FLOAT32, 3) NOT NULL");
    bind(s, "EXPLAIN ANALYZE SELECT a FROM t", &st);
    CHECK(st.kind == STMT_QUERY && st.explain == EXPLAIN_ANALYZE);
    bind(s, "PARAM since DATE DEFAULT '2024-02-29'", &st);
    CHECK(st.kind == STMT_PARAM && st.param.has_default && st.param.value.i == 19782);
    bind(s, "UPDATE t SET c = 'x', a = a + 1 WHERE b = 1", &st);
    CHECK(st.kind == STMT_UPDATE && st.n_set == 2 && st.set[0] == 2 && st.set[1] == 0);
    bind(s, "CREATE OR REPLACE TABLE t (z INT)", &st);
    CHECK(st.kind == STMT_CREATE_TABLE && st.or_replace && st.n_columns == 1);
    schema_free(s);
}

/* Deep nesting is an error, not a crash; long chains are no depth. */
static void test_depth(void) {
    Schema *s = schema_new();
    Statement st;
    Buf text = {0};
    buf_puts(&text, "SELECT ");
    for (int i = 0; i < 1200; i++) buf_puts(&text, "- (a + ");
    buf_puts(&text, "1");
    for (int i = 0; i < 1200; i++) buf_putc(&text, ')');
    buf_puts(&text, " FROM (VALUES (1)) v (a)");
    CHECK(strstr(schema_run(s, "deep", text.p, text.n, &st), "E0004"));
    buf_clear(&text);
    buf_puts(&text, "SELECT 1");
    for (int i = 0; i < 900; i++) buf_puts(&text, " + 1");
    bind(s, text.p, &st);
    buf_free(&text);
    schema_free(s);
}

static void test_model_copy(void) {
    Schema *s = schema_new();
    Statement st;
    bind(s, schema_text, &st);
    Arena *a = arena_new();
    TypePool *p = typepool_new(a);
    ModelDef *m = model_copy(a, p, s->models[0]);
    CHECK_STR(m->layers[1].name, "fc");
    CHECK_INT(m->layers[1].set.in, 16);
    CHECK(m->tensors[0].type->elem == type_get(p, TY_F32));
    arena_free(a);
    schema_free(s);
}

int main(void) {
    test_cases();
    test_statements();
    test_depth();
    test_model_copy();
    return check_report("bind");
}
