/* Execution on the reference evaluator. */
#include "api/prepare.h"
#include "api/run.h"
#include "api/source.h"
#include "ir/eval.h"
#include "runtime/builder.h"
#include <stdlib.h>

struct Evaluated {
    Arena *arena;      /* of the evaluator's values */
    TableVersion *rows; /* the same as columns */
};

void evaluated_free(struct Evaluated *v) {
    if (!v) return;
    version_unref(v->rows);
    arena_free(v->arena);
    free(v);
}

static int report_memory(dql_stmt *s) {
    RtError e = {0};
    rt_fail_memory(&e);
    return report_run_error(s, NULL, &e);
}

static int report_eval(dql_stmt *s, const EvalError *e) {
    if (e->code == ROW_NO_MEMORY) return report_memory(s);
    static const char *const texts[] = {[ROW_OVERFLOW] = "overflow", [ROW_DIV_ZERO] = "division by zero", [ROW_BAD_CAST] = "bad cast",
                                        [ROW_INDEX] = "index out of range", [ROW_CANCELLED] = "cancelled", [ROW_LIMIT] = "limit reached",
                                        [ROW_SHAPE] = "bad shape"};
    int status = e->code == ROW_CANCELLED ? DQL_INTERRUPTED : e->code == ROW_LIMIT ? DQL_LIMIT : DQL_ERROR;
    const Origin *at = e->node ? ir_origin(s->ir, e->node) : NULL;
    Span span = at ? at->span : s->st.span;
    const TableVersion *of = e->table ? pins_table(&s->pins, e->table) : NULL;
    Buf text = {0};
    buf_puts(&text, e->text ? e->text : texts[e->code]);
    if (of && status == DQL_ERROR) version_print_row(&text, of, e->table, e->row);
    report_at(s, status, span, text.p);
    buf_free(&text);
    return status;
}

static Schema *schema_of(const dql_stmt *s) {
    uint32_t n = s->plan->type->n;
    const char **names = ARENA_ARRAY(s->arena, const char *, n + 1);
    for (uint32_t i = 0; i < n; i++) names[i] = i < s->st.n_columns ? s->st.columns[i].name : "column";
    return schema_new(n, names, (const Type *const *)s->plan->type->fields);
}

/* Rows of values as the columns of a table version. */
static TableVersion *to_columns(dql_stmt *s, const Rows *rows, RtError *e) {
    Schema *schema = schema_of(s);
    TableBuilder *b = schema ? builder_new(s->db->rt->pool, s->db->rt->workers, schema) : NULL;
    bool ok = b != NULL;
    for (size_t r = 0; ok && r < rows->n; r++)
        for (uint32_t c = 0; ok && c < rows->columns; c++) ok = builder_value(b, c, &rows->at[r][c]);
    if (!ok) rt_fail_memory(e);
    TableVersion *v = ok ? builder_finish(b, NULL, e) : NULL;
    builder_free(b);
    schema_unref(schema);
    return v;
}

static bool set_result(dql_stmt *s, TableVersion *v, RtError *e) {
    uint32_t n = v->schema->n;
    ColumnRef *cols = ARENA_ARRAY(s->arena, ColumnRef, n + 1);
    if (v->n_segments > 1) return rt_fail(e, RT_LIMIT, "the evaluator gives at most %d rows", SEGMENT_ROWS);
    for (uint32_t i = 0; v->n_segments && i < n; i++)
        if (!table_column(v, 0, i, table_column_code(v, i), &cols[i], e)) return false;
    s->result = (RtResult){.rows = v->rows, .n = n, .cols = cols};
    return true;
}

static int eval_params(dql_stmt *s, EvalCtx *c) {
    dql_db *db = s->db;
    EvalParam *params = ARENA_ARRAY(s->arena, EvalParam, db->params.n + 1);
    int status = DQL_OK;
    for (size_t i = 0; i < db->params.n && status == DQL_OK; i++) {
        const ParamEntry *p = &db->params.at[i];
        if (!p->type) continue;
        ParamRef ref = {.name = intern_cstr(db->names, p->name), .type = type_import(ir_types(s->ir), p->type)};
        EvalParam *at = &params[c->n_params++];
        at->name = ref.name;
        status = params_get(s, 1, &ref, &at->value);
    }
    c->params = params;
    return status;
}

int run_eval(dql_stmt *s) {
    struct Evaluated *v = calloc(1, sizeof *v);
    if (!v) return report_at(s, DQL_LIMIT, s->st.span, "out of memory");
    evaluated_free(s->evaluated);
    s->evaluated = v;
    v->arena = arena_new();
    int64_t left = s->db->options.memory_limit - blockpool_used(s->db->rt->pool);
    EvalCtx c = {.arena = v->arena, .ir = s->ir, .source = &s->pins.api, .cancel = &s->db->rt->cancel,
                 .limit = s->db->options.memory_limit ? (size_t)(left > 0 ? left : 1) : 0};
    int status = eval_params(s, &c);
    if (status != DQL_OK) return status;
    Rows rows;
    progress_begin(&s->db->rt->progress, "evaluate", 0, false);
    if (!ir_eval(&c, s->plan, &rows)) return report_eval(s, &c.error);
    RtError e = {0};
    v->rows = to_columns(s, &rows, &e);
    if (!v->rows || !set_result(s, v->rows, &e)) return report_run_error(s, NULL, &e);
    return DQL_OK;
}
