#include "api/graph.h"
#include "api/compiler.h"
#include "api/prepare.h"
#include "api/run.h"
#include "ir/tensor_build.h"
#include "onnx/import.h"
#include "runtime/builder.h"

static const char inputs_table[] = "inputs";

/* Columns have elements; what has none is a constant. */
static bool is_column(const OnnxTensor *t) { return t->count > 0; }

static Value value_of(TypePool *types, const OnnxTensor *t) {
    static const int64_t one = 1;
    const Type *type = type_tensor(types, type_get(types, t->kind), t->rank ? t->rank : 1, t->rank ? t->dims : &one);
    return (Value){.type = type, .t.data = (void *)(uintptr_t)t->data};
}

/* One row: a number, so that there is a column, then the inputs. */
static bool publish_inputs(GraphRun *g, TypePool *types, RtError *e) {
    RtSession *rt = g->db->rt;
    const char **names = ARENA_ARRAY(g->arena, const char *, g->n + 1);
    const Type **columns = ARENA_ARRAY(g->arena, const Type *, g->n + 1);
    Value *row = ARENA_ARRAY(g->arena, Value, g->n + 1);
    uint32_t n = 1;
    row[0] = value_i64(types, 0);
    for (uint32_t i = 0; i < g->n; i++)
        if (is_column(&g->in[i])) row[n++] = value_of(types, &g->in[i]);
    for (uint32_t i = 0; i < n; i++) {
        names[i] = arena_printf(g->arena, "c%u", i);
        columns[i] = row[i].type;
    }
    Schema *schema = schema_new(n, names, columns);
    TableBuilder *b = schema ? builder_new(rt->pool, rt->workers, schema) : NULL;
    bool ok = b != NULL;
    for (uint32_t i = 0; ok && i < n; i++) ok = builder_value(b, i, &row[i]);
    TableVersion *v = ok ? builder_finish(b, NULL, e) : NULL;
    if (!ok) rt_fail_memory(e);
    if (v) store_publish(rt->store, inputs_table, v);
    builder_free(b);
    schema_unref(schema);
    return v != NULL;
}

static const Node *scan(dql_stmt *s, Value *known) {
    TypePool *types = ir_types(s->ir);
    TableInfo t;
    s->pins.api.table(s->pins.api.ctx, types, inputs_table, &t);
    int64_t *columns = ARENA_ARRAY(s->arena, int64_t, t.n), cursor = 0, rowid;
    for (uint32_t i = 0; i < t.n; i++) columns[i] = i;
    s->pins.api.row(s->pins.api.ctx, t.name, t.version, &cursor, t.n, columns, s->arena, types, known, &rowid);
    AttrScan a = {t.name, t.version, {t.n, columns}, false, type_rel(types, t.n, t.types)};
    return ir_node(s->ir, OP_SCAN, &a, 0, NULL);
}

static bool fits(GraphRun *g) {
    const OnnxGraph *graph = g->graph;
    if (g->n != graph->n_inputs) {
        report_text(g->db, DQL_ERROR, "%s takes %u inputs, not %u", graph->path, graph->n_inputs, g->n);
        return false;
    }
    for (uint32_t i = 0; i < g->n; i++) {
        if (g->in[i].kind == graph->inputs[i].kind) continue;
        report_text(g->db, DQL_ERROR, "input '%s' of %s is of %s, not %s", graph->inputs[i].name, graph->path,
                    type_kind_text(graph->inputs[i].kind), type_kind_text(g->in[i].kind));
        return false;
    }
    return true;
}

static const Node *plan_of(GraphRun *g, dql_stmt *s, uint32_t *ranks) {
    TypePool *types = ir_types(s->ir);
    SourceApi weights = onnx_weights(g->graph);
    Value *known = ARENA_ARRAY(s->arena, Value, g->n + 1);
    const Node *rel = scan(s, known), **in = ARENA_ARRAY(s->arena, const Node *, g->n),
               **out = ARENA_ARRAY(s->arena, const Node *, g->graph->n_outputs);
    uint32_t column = 1;
    for (uint32_t i = 0; i < g->n; i++) {
        in[i] = is_column(&g->in[i]) ? ir_column(s->ir, column, rel->type->fields[column])
                                     : ir_const(s->ir, value_of(types, &g->in[i]));
        column += is_column(&g->in[i]);
    }
    OnnxImport c = {.ir = s->ir, .arena = s->arena, .graph = g->graph, .source = &weights, .model = "model", .version = 1,
                    .known = known, .n_known = rel->type->n, .ranks = ranks};
    const char *why;
    if (onnx_import(&c, in, out, &why)) return ir_rel(s->ir, OP_PROJECT, NULL, rel, g->graph->n_outputs, out);
    g->unsupported = c.unsupported;
    report_text(g->db, DQL_ERROR, "%s", why);
    return NULL;
}

static void take_outputs(GraphRun *g, dql_stmt *s, const uint32_t *ranks) {
    for (uint32_t i = 0; i < g->graph->n_outputs; i++) {
        const Type *t = s->plan->type->fields[i];
        Value v = column_value(&s->result.cols[i], t, 0, g->arena);
        OnnxTensor *out = &g->out[i];
        *out = (OnnxTensor){.name = g->graph->outputs[i].name, .kind = t->elem->kind, .rank = ranks[i], .count = type_elems(t)};
        for (uint32_t d = 0; d < ranks[i]; d++) out->dims[d] = t->dims[d];
        out->data = arena_copy(g->arena, v.t.data, (size_t)onnx_tensor_bytes(out));
    }
}

static int publish_weights(GraphRun *g) {
    RtSession *rt = g->db->rt;
    TypePool *types = typepool_new(g->arena);
    uint32_t n = 0;
    const char **names = ARENA_ARRAY(g->arena, const char *, g->graph->n_weights);
    const Type **of = ARENA_ARRAY(g->arena, const Type *, g->graph->n_weights);
    const void **data = ARENA_ARRAY(g->arena, const void *, g->graph->n_weights);
    for (uint32_t i = 0; i < g->graph->n_weights; i++) {
        const OnnxTensor *t = &g->graph->weights[i];
        if (!onnx_is_weight(t)) continue;
        names[n] = t->name;
        of[n] = onnx_weight_type(types, t);
        data[n++] = t->data;
    }
    Schema *schema = schema_new(n, names, of);
    ModelVersion *v = schema ? modelversion_new(rt->pool, schema) : NULL;
    for (uint32_t i = 0; v && i < n; i++) memcpy(v->data[i], data[i], (size_t)tensor_bytes(of[i]));
    if (v) models_declare(rt->models, "model", schema);
    schema_unref(schema);
    return v && models_publish(rt->models, "model", v) ? DQL_OK : report_text(g->db, DQL_LIMIT, "out of memory");
}

static int run_plan(GraphRun *g, dql_script *script) {
    dql_stmt *s = statement_new(script, 0, (Str){"", 0});
    uint32_t *ranks = ARENA_ARRAY(g->arena, uint32_t, g->graph->n_outputs);
    if (!s) return DQL_LIMIT;
    const Node *plan = plan_of(g, s, ranks);
    int status = plan ? DQL_OK : DQL_ERROR;
    if (plan) {
        prepare_plan(s, plan);
        bool native = strcmp(g->db->options.backend, "eval") != 0;
        if (native) status = lower_only(s);
        g->not_compiled = status == DQL_ERROR;
        if (status == DQL_OK) status = native ? run_cpu(s) : run_eval(s);
    }
    if (status == DQL_OK) take_outputs(g, s, ranks);
    dql_finalize(s);
    return status;
}

int graph_run(GraphRun *g) {
    RtError e = {0};
    dql_script *script = NULL;
    if (!session_start(g->db)) return DQL_LIMIT;
    if (!fits(g)) return DQL_ERROR;
    if (publish_weights(g) != DQL_OK) return DQL_LIMIT;
    if (!publish_inputs(g, typepool_new(g->arena), &e)) {
        report_text(g->db, DQL_LIMIT, "%s", e.message.p);
        rt_error_clear(&e);
        return DQL_LIMIT;
    }
    int status = dql_read(g->db, g->graph->path, "", 0, &script);
    if (status == DQL_OK) status = run_plan(g, script);
    dql_script_free(script);
    return status;
}
