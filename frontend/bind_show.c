/* SHOW MODEL: the network as a relation, a row for the model and one for each layer. */
#include "frontend/layer.h"
#include "ir/laws.h"
#include "onnx/import.h"
#include <math.h>

enum { LAYER_NAME, KIND, ARGUMENTS, OUTPUT, PARAMETERS, FLOPS, FROZEN, N_COLUMNS };
static const char *const titles[N_COLUMNS] = {"layer",      "kind",  "arguments", "output",
                                              "parameters", "flops", "frozen"};

typedef struct Shown {
    Binder *b;
    const ModelDef *m;
    const Node **at; /* the rows' values */
    uint32_t n;
    double flops; /* of all layers so far */
} Shown;

static const Node *text(Shown *s, const char *t) {
    return ir_const(s->b->ir, value_str(s->b->types, str_of(arena_strndup(s->b->arena, t, strlen(t)))));
}

static const Node *number(Shown *s, double v) {
    return ir_const(s->b->ir, (Value){.type = type_get(s->b->types, TY_I64), .i = (int64_t)v});
}

static const Node *truth(Shown *s, bool b) {
    return ir_const(s->b->ir, (Value){.type = type_get(s->b->types, TY_BOOL), .b = b});
}

static void add_row(Shown *s, const char *layer, const char *kind, const char *arguments, const char *output,
                    double parameters, double flops, bool frozen) {
    const Node *row[] = {text(s, layer),        text(s, kind),    text(s, arguments), text(s, output),
                         number(s, parameters), number(s, flops), truth(s, frozen)};
    for (uint32_t i = 0; i < N_COLUMNS; i++) s->at[s->n++] = row[i];
}

static double elements(const ModelDef *m, uint32_t from, uint32_t n) {
    double k = 0;
    for (uint32_t i = from; i < from + n; i++) k += (double)type_elems(m->tensors[i].type);
    return k;
}

static const Type *value_type(const ModelDef *m, uint32_t value) {
    return value < m->n_inputs ? m->inputs[value].type : m->layers[value - m->n_inputs].type;
}

/* One evaluation of the layer on a row: the cost of its nodes over columns of the inputs' types. */
static double layer_flops(Shown *s, const ModelLayer *l, Span at) {
    const Node **in = ARENA_ARRAY(s->b->arena, const Node *, l->n_in);
    for (uint32_t i = 0; i < l->n_in; i++)
        in[i] = ir_column(s->b->ir, i, type_import(s->b->types, value_type(s->m, l->in[i])));
    const Node *y = layer_build(s->b, l, s->m->name, 0, s->m->tensors, in, at);
    return y ? ir_cost_expr(y).flops : 0;
}

/* A layer that is applied again has its parameters in its first row. */
static bool is_again(const ModelDef *m, uint32_t i) {
    for (uint32_t k = 0; k < i; k++)
        if (strcmp(m->layers[k].name, m->layers[i].name) == 0) return true;
    return false;
}

static void add_layer_row(Shown *s, uint32_t i, Span at) {
    const ModelLayer *l = &s->m->layers[i];
    double flops = layer_flops(s, l, at),
           parameters = is_again(s->m, i) ? 0 : elements(s->m, l->tensor, l->n_tensors);
    s->flops += flops;
    add_row(s, l->name, layer_kind_text(l->kind), l->arguments, bind_type_text(s->b, l->type), parameters,
            flops, l->frozen);
}

/* ---- a graph from a file: a row for each of its nodes ---- */

/* What nodes that were not counted yet cost. */
static double fresh_flops(PtrMap *seen, const Node *n) {
    if (ptrmap_get(seen, n)) return 0;
    ptrmap_set(seen, n, (void *)(uintptr_t)n);
    double flops = ir_cost(n, 1).flops;
    for (uint32_t i = 0; i < n->n; i++) flops += fresh_flops(seen, n->in[i]);
    return flops;
}

/* Elements of the weights that the node, or a graph within it, is the first to read. */
static double fresh_weights(const OnnxGraph *g, const OnnxNode *n, bool *read) {
    double k = 0;
    for (uint32_t i = 0; i < n->n_attrs; i++)
        for (uint32_t j = 0; n->attrs[i].kind == ONNX_GRAPH && j < n->attrs[i].g->n_nodes; j++)
            k += fresh_weights(g, &n->attrs[i].g->nodes[j], read);
    for (uint32_t i = 0; i < n->n_in; i++) {
        uint32_t at = n->in[i] - g->n_inputs;
        if (n->in[i] == ONNX_ABSENT || n->in[i] < g->n_inputs || at >= g->n_weights || read[at]) continue;
        read[at] = true;
        if (onnx_is_weight(&g->weights[at])) k += (double)g->weights[at].count;
    }
    return k;
}

/* NULL: shapes are not known before the model is used. */
static const Node **graph_values(Shown *s, int64_t version, Span at) {
    Binder *b = s->b;
    const OnnxGraph *g = s->m->graph;
    const Node **in = ARENA_ARRAY(b->arena, const Node *, g->n_inputs),
               **out = ARENA_ARRAY(b->arena, const Node *, g->n_outputs);
    OnnxImport c = {.ir = b->ir,
                    .arena = b->arena,
                    .graph = g,
                    .source = b->source,
                    .model = s->m->name,
                    .version = version,
                    .at = at,
                    .values = ARENA_ARRAY(b->arena, const Node *, g->n_values)};
    const char *why;
    for (uint32_t i = 0; i < g->n_inputs; i++) {
        if (type_elems(s->m->inputs[i].type) == DIM_ANY) return NULL;
        in[i] = ir_column(b->ir, i, type_import(b->types, s->m->inputs[i].type));
    }
    return onnx_import(&c, in, out, &why) ? c.values : NULL;
}

static void add_graph_rows(Shown *s, int64_t version, Span at) {
    const OnnxGraph *g = s->m->graph;
    const Node **values = graph_values(s, version, at);
    bool *read = ARENA_ARRAY(s->b->arena, bool, g->n_weights);
    PtrMap seen = {0};
    for (uint32_t i = 0; i < g->n_nodes && values; i++) {
        const OnnxNode *n = &g->nodes[i];
        const char *first = n->n_out && n->out[0] != ONNX_ABSENT ? g->value_names[n->out[0]] : "", *type = "";
        double flops = 0;
        for (uint32_t k = n->n_out; k-- > 0;) {
            const Node *v = n->out[k] == ONNX_ABSENT ? NULL : values[n->out[k]];
            if (!v) continue;
            flops += fresh_flops(&seen, v);
            type = bind_type_text(s->b, v->type);
        }
        s->flops += flops;
        add_row(s, n->name[0] ? n->name : first, n->op, "", type, fresh_weights(g, n, read), flops, false);
    }
    ptrmap_free(&seen);
}

static const char *output_text(Shown *s) {
    Buf b = {0};
    for (uint32_t i = 0; i < s->m->n_outputs; i++)
        buf_printf(&b, "%s%s %s", i ? ", " : "", s->m->outputs[i].name,
                   bind_type_text(s->b, s->m->outputs[i].type));
    const char *all = arena_strndup(s->b->arena, b.p, b.n);
    buf_free(&b);
    return all;
}

static int64_t not_finite(const Value *v) {
    int64_t n = type_elems(v->type), count = 0;
    bool wide = v->type->elem->kind == TY_F64;
    if (v->type->elem->kind != TY_F32 && !wide) return 0;
    for (int64_t i = 0; i < n; i++) count += !isfinite(wide ? ((const double *)v->t.data)[i] : (double)((const float *)v->t.data)[i]);
    return count;
}

/* Weights that are NaN or infinite are kept: a network may mean them, a damaged one shows by them. */
static int64_t weights_not_finite(const Shown *s, int64_t version) {
    const SourceApi *source = s->b->source;
    int64_t count = 0;
    for (uint32_t i = 0; i < s->m->n_tensors && source->weight; i++) {
        Value v;
        if (source->weight(source->ctx, s->m->name, version, s->m->tensors[i].name, s->b->types, &v) && v.type->kind == TY_TENSOR)
            count += not_finite(&v);
    }
    return count;
}

static const char *state_text(const Shown *s, int64_t version) {
    if (s->m->n_tensors == 0) return "";
    if (!version) return "not loaded";
    int64_t odd = weights_not_finite(s, version);
    const char *text = arena_printf(s->b->arena, "version %lld", (long long)version);
    return odd ? arena_printf(s->b->arena, "%s, %lld weights are NaN or infinite", text, (long long)odd) : text;
}

/* The model stands first, with the sums. */
static void add_model_row(Shown *s, int64_t version) {
    uint32_t end = s->n;
    const char *state = state_text(s, version);
    s->n = 0;
    add_row(s, s->m->name, "model", state, output_text(s), elements(s->m, 0, s->m->n_tensors), s->flops,
            false);
    s->n = end;
}

static bool show_model(Binder *b, const Ast *t, Statement *out) {
    ModelInfo info;
    const char *why = NULL;
    const Ast *of = t->kid[SHOW_OF];
    if (!bind_absent(b, of->kid[OBJECT_VERSION], "VERSION AS OF") ||
        !bind_model(b, of->kid[OBJECT_NAME], &info))
        return false;
    const ModelDef *m = info.definition;
    uint32_t rows = m->graph ? m->graph->n_nodes : m->n_layers;
    Shown s = {
        .b = b, .m = m, .n = N_COLUMNS, .at = ARENA_ARRAY(b->arena, const Node *, N_COLUMNS *(rows + 1))};
    for (uint32_t i = 0; i < m->n_layers; i++) add_layer_row(&s, i, t->span);
    if (m->graph) add_graph_rows(&s, info.version, t->span);
    rows = s.n / N_COLUMNS;
    add_model_row(&s, info.version);
    out->plan = ir_values(b->ir, rows, N_COLUMNS, s.at, &why);
    out->n_columns = N_COLUMNS;
    out->columns = ARENA_ARRAY(b->arena, BoundColumn, N_COLUMNS);
    for (uint32_t i = 0; i < N_COLUMNS; i++)
        out->columns[i] = (BoundColumn){bind_intern(b, titles[i]), out->plan->type->fields[i]};
    return true;
}

bool bind_show(Binder *b, const Ast *t, Statement *out) {
    out->kind = STMT_QUERY;
    if (strcmp(t->text, "model") == 0) return show_model(b, t, out);
    return bind_no(b, t->span, "SHOW of anything but a model"), false;
}
