/* The rows of a statement: running it, reading values, writing it out. */
#include "api/compiler.h"
#include "api/kept.h"
#include "api/run.h"
#include "api/source.h"
#include "base/number.h"
#include "runtime/result_print.h"
#include <stdlib.h>

static bool has_rows(const dql_stmt *s) { return s->st.kind == STMT_QUERY || s->st.explain != EXPLAIN_NONE; }

/* --stop-after: queries are only compiled; what changes the catalog runs, so that later statements find it. */
static bool only_compiled(dql_stmt *s) {
    bool only = *s->db->options.stop_after && s->st.kind == STMT_QUERY;
    if (only && s->plan && !s->program && strcmp(s->db->options.stop_after, "lower") == 0) lower_only(s);
    return only;
}

int dql_step(dql_stmt *s) {
    if (only_compiled(s)) return DQL_DONE;
    int status = run(s);
    if (status != DQL_OK) return status;
    if (!has_rows(s)) return DQL_DONE;
    if (s->row + 1 >= s->result.rows) return DQL_DONE;
    s->row++;
    return DQL_ROW;
}

int dql_reset(dql_stmt *s) {
    atomic_store(&s->db->rt->cancel, false);
    run_free(s);
    return DQL_OK;
}

void dql_finalize(dql_stmt *s) {
    if (s && !kept_put(s)) statement_free(s);
}

void statement_free(dql_stmt *s) {
    run_free(s);
    if (s->instance) rt_instance_free(s->instance);
    code_free(s->code);
    pins_free(&s->pins);
    buf_free(&s->text);
    arena_free(s->arena);
    free(s);
}

int dql_column_count(const dql_stmt *s) { return has_rows(s) ? (int)s->st.n_columns : 0; }
const char *dql_column_name(const dql_stmt *s, int column) { return s->st.columns[column].name; }

const char *dql_column_type(dql_stmt *s, int column) {
    buf_clear(&s->text);
    type_print(&s->text, s->st.columns[column].type, false);
    return s->text.p;
}

static Value value_at(const dql_stmt *s, int column) {
    return column_value(&s->result.cols[column], s->st.columns[column].type, s->row, s->arena);
}

bool dql_column_null(const dql_stmt *s, int column) { return column_null(&s->result.cols[column], s->row); }

int64_t dql_column_int64(const dql_stmt *s, int column) {
    Value v = value_at(s, column);
    if (v.null) return 0;
    if (v.type->kind == TY_BOOL) return v.b;
    if (type_is_float(v.type)) return (int64_t)(v.type->kind == TY_F64 ? v.f64 : (double)v.f32);
    return v.type->kind == TY_DECIMAL ? (int64_t)decimal_to_f64(v.dec, v.type->scale) : v.i;
}

double dql_column_double(const dql_stmt *s, int column) {
    Value v = value_at(s, column);
    if (v.null) return 0;
    if (v.type->kind == TY_F64) return v.f64;
    if (type_is_float(v.type)) return (double)v.f32;
    if (v.type->kind == TY_DECIMAL) return decimal_to_f64(v.dec, v.type->scale);
    return v.type->kind == TY_BOOL ? v.b : (double)v.i;
}

const char *dql_column_text(dql_stmt *s, int column) {
    Value v = value_at(s, column);
    if (v.null) return NULL;
    buf_clear(&s->text);
    value_print(&s->text, &v);
    return s->text.p;
}

const void *dql_column_tensor(const dql_stmt *s, int column, int *rank, const int64_t **dims) {
    Value v = value_at(s, column);
    if (v.null || v.type->kind != TY_TENSOR) return NULL;
    *rank = (int)v.type->n;
    *dims = v.type->dims;
    return v.t.data;
}

int64_t dql_row_count(const dql_stmt *s) { return has_rows(s) ? s->result.rows : s->changed; }

void dql_times(const dql_stmt *s, double *compile_ms, double *run_ms) {
    *compile_ms = s->compile_ms;
    *run_ms = s->run_ms;
}

int dql_print(dql_stmt *s, const dql_format *f, FILE *out) {
    if (only_compiled(s)) return DQL_OK;
    int status = run(s);
    if (status != DQL_OK || !has_rows(s) || strcmp(f->mode, "none") == 0) return status;
    const char **names = ARENA_ARRAY(s->arena, const char *, s->st.n_columns + 1);
    const Type **types = ARENA_ARRAY(s->arena, const Type *, s->st.n_columns + 1);
    for (uint32_t i = 0; i < s->st.n_columns; i++) {
        names[i] = s->st.columns[i].name;
        types[i] = s->st.columns[i].type;
    }
    ResultFormat format = {.mode = f->mode, .header = f->header, .null = f->null, .booleans01 = f->booleans01, .width = f->width};
    RtError e = {0};
    if (result_print(out, &format, s->st.n_columns, names, types, s->result.cols, s->result.rows, &e)) return DQL_OK;
    return report_run_error(s, NULL, &e);
}
