/* EXPLAIN: the plan as it runs, the rewrites that made it, and with ANALYZE what happened, as rows of one text column. */
#include "api/compiler.h"
#include "api/explain_plan.h"
#include "api/prepare.h"
#include "api/run.h"
#include <stdlib.h>

static void print_rewrites(dql_stmt *s, Buf *out) {
    buf_puts(out, s->report.n_fired ? "rewrites\n" : "rewrites: none\n");
    rw_print_report(out, s->ir, &s->pins.api, &s->report);
}

static void print_pipelines(const dql_stmt *s, Buf *out) {
    const RtPipelineStats *stats = rt_instance_stats(s->instance);
    buf_puts(out, "pipelines\n");
    for (uint32_t i = 0; i < s->program->n_pipelines; i++) {
        buf_printf(out, "  %-28s %9.3f ms  %10lld rows  %lld of %lld morsels fused",
                   s->program->pipelines[i].label ? s->program->pipelines[i].label : "pipeline", (double)stats[i].nanoseconds * 1e-6,
                   (long long)stats[i].rows, (long long)stats[i].fused_morsels, (long long)stats[i].morsels);
        if (stats[i].team) buf_printf(out, ", by a team of %d", stats[i].team);
        buf_puts(out, "\n");
    }
    code_describe(s->code, out);
}

/* The text's lines as the statement's rows. */
static void set_lines(dql_stmt *s, const Buf *text) {
    size_t n = 0;
    for (size_t i = 0; i < text->n; i++) n += text->p[i] == '\n';
    TextView *views = ARENA_ARRAY(s->arena, TextView, n + 64);
    const char *at = arena_strndup(s->arena, text->p, text->n);
    for (size_t i = 0; i < n; i++) {
        const char *end = strchr(at, '\n');
        views[i] = (TextView){at, (uint64_t)(end - at)};
        at = end + 1;
    }
    ColumnRef *col = ARENA_NEW(s->arena, ColumnRef);
    *col = (ColumnRef){.code = {.kind = CODE_VIEW, .width = 16}, .data = views};
    rt_result_free(&s->result);
    s->result = (RtResult){.rows = (int64_t)n, .n = 1, .cols = col};
    s->st.n_columns = 1;
    s->st.columns = ARENA_NEW(s->arena, BoundColumn);
    s->st.columns[0] = (BoundColumn){"plan", type_get(ir_types(s->ir), TY_VARCHAR)};
}

int explain(dql_stmt *s) {
    Buf out = {0};
    int status = DQL_OK;
    if (!s->plan) {
        buf_puts(&out, "no plan: the statement changes the catalog only\n");
    } else {
        explain_plan(&out, s->plan, &s->pins.api, s->ir, s->arena);
        print_rewrites(s, &out);
    }
    if (s->plan && s->st.explain == EXPLAIN_ANALYZE && s->st.kind == STMT_QUERY) {
        status = run_cpu(s);
        if (status == DQL_OK) print_pipelines(s, &out);
    }
    if (status == DQL_OK) set_lines(s, &out);
    buf_free(&out);
    return status;
}
