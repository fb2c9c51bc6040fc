/* CREATE MODEL: chains, branches and LET become a list of layers over numbered values (model.h). */
#include "frontend/layer.h"

/* A name that starts a chain or is an argument of concat: an input or a LET binding. */
typedef struct NamedValue {
    const char *name;
    uint32_t value;
} NamedValue;

typedef struct Network {
    Binder *b;
    const char *name;
    uint32_t n_inputs, n_layers, n_tensors, n_values, n_names;
    ModelTensor *inputs;
    ModelLayer *layers;
    ModelTensor *tensors;
    const Node **node; /* of each value: types, and proof that the layers build */
    const char **from; /* of each value: "layer 'c1' (conv2d)" */
    NamedValue *names;
    uint32_t cap, tensor_cap;
} Network;

/* All arrays are large enough for every layer and name of the statement's syntax. */
static uint32_t count_nodes(const Ast *t) {
    uint32_t n = 1;
    for (uint32_t i = 0; t && i < t->n; i++)
        if (t->kid[i]) n += count_nodes(t->kid[i]);
    return n;
}

static void add_value(Network *w, const Node *node, const char *from) {
    w->node[w->n_values] = node;
    w->from[w->n_values++] = from;
}

static bool find_value(const Network *w, const char *name, uint32_t *value) {
    for (uint32_t i = w->n_names; i-- > 0;)
        if (strcmp(w->names[i].name, name) == 0) return *value = w->names[i].value, true;
    return false;
}

static ModelLayer *find_layer(Network *w, const char *name) {
    for (uint32_t i = 0; i < w->n_layers; i++)
        if (strcmp(w->layers[i].name, name) == 0) return &w->layers[i];
    return NULL;
}

/* ---- one layer ---- */

/* Room for n more tensors. */
static void reserve_tensors(Network *w, uint32_t n) {
    if (w->n_tensors + n <= w->tensor_cap) return;
    w->tensor_cap = 2 * w->tensor_cap + n;
    ModelTensor *more = ARENA_ARRAY(w->b->arena, ModelTensor, w->tensor_cap);
    if (w->n_tensors) memcpy(more, w->tensors, w->n_tensors * sizeof *more);
    w->tensors = more;
}

static void keep_tensors(Network *w, ModelLayer *l, const Settle *s) {
    reserve_tensors(w, s->n_tensors);
    l->tensor = w->n_tensors;
    l->n_tensors = s->n_tensors;
    for (uint32_t i = 0; i < s->n_tensors; i++)
        w->tensors[w->n_tensors++] = (ModelTensor){
            arena_printf(w->b->arena, "%s.%s", l->name, s->tensors[i].name), s->tensors[i].type};
}

static bool yield(Network *w, ModelLayer *l, const Ast *t, uint32_t *value) {
    const Node **in = ARENA_ARRAY(w->b->arena, const Node *, l->n_in);
    for (uint32_t i = 0; i < l->n_in; i++) in[i] = w->node[l->in[i]];
    const Node *y = layer_build(w->b, l, w->name, 0, w->tensors, in, t->span);
    if (!y) return false;
    l->type = type_nullable(y->type, false);
    *value = w->n_values;
    w->n_layers++;
    add_value(w, y, layer_title(w->b, l));
    return true;
}

static bool settle(Network *w, ModelLayer *l, const Ast *t, Settle *s) {
    const Type **types = ARENA_ARRAY(w->b->arena, const Type *, l->n_in);
    const char **from = ARENA_ARRAY(w->b->arena, const char *, l->n_in);
    for (uint32_t i = 0; i < l->n_in; i++) {
        types[i] = w->node[l->in[i]]->type;
        from[i] = w->from[l->in[i]];
    }
    *s = (Settle){.b = w->b, .ast = t, .layer = l, .n_in = l->n_in, .in = types, .from = from};
    return layer_settle(s);
}

static bool check_name(Network *w, const Ast *t, const char *name) {
    if (!find_layer(w, name)) return true;
    diag_error(w->b->diags, E_TWICE, t->span, "layer", name);
    return false;
}

/* A layer named before, applied again: the same settings and tensors, which the new input must fit. */
static bool shared_layer(Network *w, const ModelLayer *first, const Ast *t, const uint32_t *in,
                         uint32_t *value) {
    ModelLayer *l = &w->layers[w->n_layers];
    *l = *first;
    l->in = in;
    const Type *a = w->node[first->in[0]]->type, *b = w->node[in[0]]->type;
    if (type_same(a, b)) return yield(w, l, t, value);
    diag_error(w->b->diags, E_LAYER_SHAPE, t->span, layer_title(w->b, first), bind_type_text(w->b, b),
               w->from[in[0]],
               arena_printf(w->b->arena, "%s gave it %s", w->from[first->in[0]], bind_type_text(w->b, a)));
    return false;
}

static void unknown_layer(Network *w, const Ast *t) {
    const char **names = ARENA_ARRAY(w->b->arena, const char *, w->n_names + w->n_layers);
    size_t n = 0;
    for (uint32_t i = 0; i < w->n_names; i++) names[n++] = w->names[i].name;
    for (uint32_t i = 0; i < w->n_layers; i++) names[n++] = w->layers[i].name;
    layer_unknown(w->b, t, names, n);
}

/* concat(q, k): arguments that name values are inputs, beside or in place of the chain's. */
static bool is_value(const Network *w, const Ast *t, uint32_t *value) {
    return t->kind == A_NAME && find_value(w, t->text, value);
}

static const Ast *without_values(Network *w, const Ast *t, uint32_t *n, uint32_t *in) {
    const Ast *args = t->kid[LAYER_ARGS];
    Ast *rest = ast_list(w->b->arena, args->span);
    for (uint32_t i = 0; i < args->n; i++) {
        if (is_value(w, args->kid[i], &in[*n])) ++*n;
        else ast_push(w->b->arena, rest, args->kid[i]);
    }
    return ast_new(w->b->arena, A_LAYER, t->span, t->text, t->flags, rest, t->kid[LAYER_AS]);
}

static bool add_layer(Network *w, const Ast *t, const char *index, uint32_t n, const uint32_t *in,
                      uint32_t *value) {
    LayerKind kind;
    const char *name = t->kid[LAYER_AS] ? t->kid[LAYER_AS]->text : index;
    const ModelLayer *first = t->flags & AST_CALLED ? NULL : find_layer(w, t->text);
    if (first) return shared_layer(w, first, t, in, value);
    if (!layer_kind_find(t->text, &kind)) return unknown_layer(w, t), false;
    if (!check_name(w, t, name)) return false;
    ModelLayer *l = &w->layers[w->n_layers];
    Settle s;
    *l = (ModelLayer){.kind = kind, .name = name, .n_in = n, .in = in};
    if (!settle(w, l, t, &s)) return false;
    keep_tensors(w, l, &s);
    return yield(w, l, t, value);
}

static bool one_stage(Network *w, const Ast *t, const char *index, bool has_value, uint32_t *value) {
    uint32_t n = 0, *in = ARENA_ARRAY(w->b->arena, uint32_t, t->kid[LAYER_ARGS]->n + 1);
    const Ast *layer = without_values(w, t, &n, in);
    if (n == 0 && !has_value) {
        diag_error(w->b->diags, E_INVALID, t->span,
                   "with several inputs a chain begins with the name of one");
        return false;
    }
    if (n == 0) in[n++] = *value;
    return add_layer(w, layer, index, n, in, value);
}

/* ---- chains ---- */

static bool add_chain(Network *w, const Ast *t, const char *prefix, bool has_value, uint32_t *value);

static bool add_branches(Network *w, const Ast *t, const char *index, bool has_value, uint32_t *value) {
    const Ast *chains = t->kid[BRANCHES_CHAINS];
    uint32_t *in = ARENA_ARRAY(w->b->arena, uint32_t, chains->n);
    bool ok = true;
    for (uint32_t i = 0; i < chains->n; i++) {
        in[i] = has_value ? *value : 0;
        ok &= add_chain(w, chains->kid[i], arena_printf(w->b->arena, "%s.%u.", index, i), has_value, &in[i]);
    }
    return ok && add_layer(w, t->kid[BRANCHES_JOIN], index, chains->n, in, value);
}

/* A first stage that names an input or a LET binding begins the chain there and is no layer. */
static bool add_chain(Network *w, const Ast *t, const char *prefix, bool has_value, uint32_t *value) {
    const Ast *stages = t->kid[CHAIN_STAGES];
    const Ast *first = stages->kid[0];
    uint32_t i = 0;
    if (first->kind == A_LAYER && !(first->flags & AST_CALLED) && find_value(w, first->text, value))
        i = 1, has_value = true;
    for (uint32_t layer = 0; i < stages->n; i++, layer++) {
        const Ast *s = stages->kid[i];
        const char *index = arena_printf(w->b->arena, "%s%u", prefix, layer);
        bool ok = s->kind == A_BRANCHES ? add_branches(w, s, index, has_value, value)
                                        : one_stage(w, s, index, has_value, value);
        if (!ok) return false;
        has_value = true;
    }
    return true;
}

static bool add_let(Network *w, const Ast *t, uint32_t *value) {
    const Ast *bindings = t->kid[LET_BINDINGS];
    bool one = w->n_inputs == 1;
    for (uint32_t i = 0; i < bindings->n; i++) {
        const Ast *binding = bindings->kid[i];
        uint32_t v = 0;
        const char *prefix = arena_printf(w->b->arena, "%s.", binding->text);
        if (!add_chain(w, binding->kid[BINDING_CHAIN], prefix, one, &v)) return false;
        w->names[w->n_names++] = (NamedValue){binding->text, v};
    }
    return add_chain(w, t->kid[LET_BODY], "", one, value);
}

/* ---- the statement ---- */

/* Dimensions that are known have elements: layers divide by their sizes. */
static bool is_for_models(const Type *t) {
    bool ok = t->kind == TY_TENSOR && t->n > 0;
    for (uint32_t i = 0; ok && i < t->n; i++) ok = t->dims[i] != 0;
    return ok;
}

static bool tensor_columns(Binder *b, const Ast *columns, ModelTensor *out) {
    bool ok = true;
    for (uint32_t i = 0; i < columns->n; i++) {
        const Type *type = bind_type(b, columns->kid[i]->kid[COLUMN_DEF_TYPE]);
        if (type && !is_for_models(type)) {
            diag_error(b->diags, E_ARGUMENT_TYPE, columns->kid[i]->span, "a model",
                       "tensors of one dimension or more, none of size 0", bind_type_text(b, type));
            type = NULL;
        }
        if (type) out[i] = (ModelTensor){columns->kid[i]->text, type_nullable(type, false)};
        ok &= type != NULL;
    }
    return ok;
}

static void begin(Network *w, const Ast *t) {
    Arena *a = w->b->arena;
    w->cap = count_nodes(t);
    w->layers = ARENA_ARRAY(a, ModelLayer, w->cap);
    w->node = ARENA_ARRAY(a, const Node *, w->cap);
    w->from = ARENA_ARRAY(a, const char *, w->cap);
    w->names = ARENA_ARRAY(a, NamedValue, w->cap);
    for (uint32_t i = 0; i < w->n_inputs; i++) {
        add_value(w, ir_column(w->b->ir, i, w->inputs[i].type),
                  arena_printf(a, "input '%s'", w->inputs[i].name));
        w->names[w->n_names++] = (NamedValue){w->inputs[i].name, i};
    }
}

static bool output_fits(const Type *is, const Type *declared) {
    if (is->n != declared->n || is->elem != declared->elem) return false;
    for (uint32_t i = 0; i < is->n; i++)
        if (is->dims[i] != declared->dims[i] && declared->dims[i] != DIM_ANY) return false;
    return true;
}

static bool check_output(Network *w, const Ast *column, const ModelTensor *output, uint32_t value) {
    const Type *is = w->node[value]->type;
    if (output_fits(is, output->type)) return true;
    diag_error(w->b->diags, E_SHAPE_MISMATCH, column->span,
               arena_printf(w->b->arena, "output '%s' is declared %s, but %s yields %s", output->name,
                            bind_type_text(w->b, output->type), w->from[value], bind_type_text(w->b, is)));
    return false;
}

static ModelDef *finish(Network *w, const ModelTensor *outputs, uint32_t value) {
    ModelDef *m = ARENA_NEW(w->b->arena, ModelDef);
    uint32_t *results = ARENA_NEW(w->b->arena, uint32_t);
    *results = value;
    *m = (ModelDef){.name = w->name,
                    .n_inputs = w->n_inputs,
                    .n_outputs = 1,
                    .n_layers = w->n_layers,
                    .n_tensors = w->n_tensors,
                    .inputs = w->inputs,
                    .outputs = outputs,
                    .results = results,
                    .layers = w->layers,
                    .tensors = w->tensors};
    return m;
}

void bind_model_tensors(Binder *b, const ModelDef *m, Statement *out) {
    out->model = m;
    out->n_columns = m->n_tensors;
    out->columns = ARENA_ARRAY(b->arena, BoundColumn, m->n_tensors);
    for (uint32_t i = 0; i < m->n_tensors; i++)
        out->columns[i] = (BoundColumn){m->tensors[i].name, type_import(b->types, m->tensors[i].type)};
}

bool bind_new_model(Binder *b, const Ast *t, const Ast *name, Statement *out) {
    ModelInfo known;
    out->if_exists = t->flags & AST_IF_NOT_EXISTS;
    out->or_replace = t->flags & AST_OR_REPLACE;
    if (!(out->target = bind_object_name(b, name))) return false;
    if (out->if_exists || out->or_replace || !b->source->model(b->source->ctx, out->target, &known))
        return true;
    diag_error(b->diags, E_DUPLICATE_NAME, name->span, "model", out->target);
    diag_help(b->diags, "CREATE OR REPLACE MODEL, or CREATE MODEL IF NOT EXISTS");
    return false;
}

bool bind_create_model(Binder *b, const Ast *t, Statement *out) {
    const Ast *inputs = t->kid[CREATE_MODEL_INPUTS], *outputs = t->kid[CREATE_MODEL_OUTPUTS],
              *layers = t->kid[CREATE_MODEL_LAYERS];
    out->kind = STMT_CREATE_MODEL;
    if (!bind_absent(b, t->kid[CREATE_MODEL_OPTIONS], "OPTIONS of CREATE MODEL") || !bind_new_model(b, t, t->kid[CREATE_MODEL_NAME], out))
        return false;
    if (outputs->n != 1) return bind_no(b, outputs->span, "a model with several outputs"), false;
    Network w = {.b = b, .name = out->target, .n_inputs = inputs->n};
    ModelTensor *result = ARENA_ARRAY(b->arena, ModelTensor, outputs->n);
    w.inputs = ARENA_ARRAY(b->arena, ModelTensor, inputs->n);
    bool ok = tensor_columns(b, inputs, w.inputs);
    if (!tensor_columns(b, outputs, result) || !ok) return false;
    begin(&w, t);
    uint32_t value = 0;
    ok = layers->kind == A_LET ? add_let(&w, layers, &value)
                               : add_chain(&w, layers, "", inputs->n == 1, &value);
    if (!ok || !check_output(&w, outputs->kid[0], result, value)) return false;
    bind_model_tensors(b, finish(&w, result, value), out);
    return true;
}

bool bind_load_model(Binder *b, const Ast *t, Statement *out) {
    ModelInfo m;
    out->kind = STMT_LOAD_MODEL;
    out->path = t->text;
    if (!bind_absent(b, t->kid[LOAD_MODEL_OPTIONS], "OPTIONS of LOAD MODEL")) return false;
    if (!bind_model(b, t->kid[LOAD_MODEL_MODEL], &m)) return false;
    out->target = m.name;
    bind_model_tensors(b, m.definition, out);
    return true;
}
