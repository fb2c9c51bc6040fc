/* Chains, branches and LET become a list of layers over numbered values (model.h). */
#include "frontend/network.h"

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

bool network_value(const Network *w, const char *name, uint32_t *value) {
    for (uint32_t i = w->n_names; i-- > 0;)
        if (strcmp(w->names[i].name, name) == 0) return *value = w->names[i].value, true;
    return false;
}

ModelLayer *network_find_layer(Network *w, const char *name) {
    for (uint32_t i = 0; i < w->n_layers; i++)
        if (strcmp(w->layers[i].name, name) == 0) return &w->layers[i];
    return NULL;
}

/* ---- one layer ---- */

void network_reserve_tensors(Network *w, uint32_t n) {
    if (w->n_tensors + n <= w->tensor_cap) return;
    w->tensor_cap = 2 * w->tensor_cap + n;
    ModelTensor *more = ARENA_ARRAY(w->b->arena, ModelTensor, w->tensor_cap);
    if (w->n_tensors) memcpy(more, w->tensors, w->n_tensors * sizeof *more);
    w->tensors = more;
}

static void keep_tensors(Network *w, ModelLayer *l, const Settle *s) {
    network_reserve_tensors(w, s->n_tensors);
    l->tensor = w->n_tensors;
    l->n_tensors = s->n_tensors;
    for (uint32_t i = 0; i < s->n_tensors; i++)
        w->tensors[w->n_tensors++] = (ModelTensor){
            arena_printf(w->b->arena, "%s.%s", l->name, s->tensors[i].name), s->tensors[i].type};
}

bool network_yield(Network *w, ModelLayer *l, const Ast *t, uint32_t *value) {
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
    if (!network_find_layer(w, name)) return true;
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
    if (type_same(a, b)) return network_yield(w, l, t, value);
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
    return t->kind == A_NAME && network_value(w, t->text, value);
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
    const ModelLayer *first = t->flags & AST_CALLED ? NULL : network_find_layer(w, t->text);
    if (first) return shared_layer(w, first, t, in, value);
    if (!layer_kind_find(t->text, &kind)) return unknown_layer(w, t), false;
    if (!check_name(w, t, name)) return false;
    ModelLayer *l = &w->layers[w->n_layers];
    Settle s;
    *l = (ModelLayer){.kind = kind, .name = name, .n_in = n, .in = in};
    if (!settle(w, l, t, &s)) return false;
    keep_tensors(w, l, &s);
    return network_yield(w, l, t, value);
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

static bool add_branches(Network *w, const Ast *t, const char *index, bool has_value, uint32_t *value) {
    const Ast *chains = t->kid[BRANCHES_CHAINS];
    uint32_t *in = ARENA_ARRAY(w->b->arena, uint32_t, chains->n);
    bool ok = true;
    for (uint32_t i = 0; i < chains->n; i++) {
        in[i] = has_value ? *value : 0;
        ok &= network_chain(w, chains->kid[i], arena_printf(w->b->arena, "%s.%u.", index, i), has_value,
                            &in[i]);
    }
    return ok && add_layer(w, t->kid[BRANCHES_JOIN], index, chains->n, in, value);
}

/* A first stage that names an input or a LET binding begins the chain there and is no layer. */
bool network_chain(Network *w, const Ast *t, const char *prefix, bool has_value, uint32_t *value) {
    const Ast *stages = t->kid[CHAIN_STAGES];
    const Ast *first = stages->kid[0];
    uint32_t i = 0;
    if (first->kind == A_LAYER && !(first->flags & AST_CALLED) && network_value(w, first->text, value))
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

bool network_let(Network *w, const Ast *t, uint32_t *value) {
    const Ast *bindings = t->kid[LET_BINDINGS];
    bool one = w->n_inputs == 1;
    for (uint32_t i = 0; i < bindings->n; i++) {
        const Ast *binding = bindings->kid[i];
        uint32_t v = 0;
        const char *prefix = arena_printf(w->b->arena, "%s.", binding->text);
        if (!network_chain(w, binding->kid[BINDING_CHAIN], prefix, one, &v)) return false;
        w->names[w->n_names++] = (NamedValue){binding->text, v};
    }
    return network_chain(w, t->kid[LET_BODY], "", one, value);
}

/* A chain of one layer keeps the name of the layer that it stands for. */
bool network_replace(Network *w, const Ast *chain, const char *name, uint32_t *value) {
    const Ast *stages = chain->kid[CHAIN_STAGES];
    if (stages->n == 1 && stages->kid[0]->kind == A_LAYER)
        return one_stage(w, stages->kid[0], name, true, value);
    return network_chain(w, chain, arena_printf(w->b->arena, "%s.", name), true, value);
}

/* ---- a whole network ---- */

uint32_t network_begin(Network *w, const Ast *t, uint32_t more) {
    Arena *a = w->b->arena;
    w->cap = count_nodes(t) + more;
    w->layers = ARENA_ARRAY(a, ModelLayer, w->cap);
    w->node = ARENA_ARRAY(a, const Node *, w->cap);
    w->from = ARENA_ARRAY(a, const char *, w->cap);
    w->names = ARENA_ARRAY(a, NamedValue, w->cap);
    for (uint32_t i = 0; i < w->n_inputs; i++) {
        add_value(w, ir_column(w->b->ir, i, w->inputs[i].type),
                  arena_printf(a, "input '%s'", w->inputs[i].name));
        w->names[w->n_names++] = (NamedValue){w->inputs[i].name, i};
    }
    return w->cap;
}

ModelDef *network_finish(Network *w, uint32_t n, const ModelTensor *outputs, const uint32_t *results) {
    ModelDef *m = ARENA_NEW(w->b->arena, ModelDef);
    *m = (ModelDef){.name = w->name,
                    .n_inputs = w->n_inputs,
                    .n_outputs = n,
                    .n_layers = w->n_layers,
                    .n_tensors = w->n_tensors,
                    .inputs = w->inputs,
                    .outputs = outputs,
                    .results = results,
                    .layers = w->layers,
                    .tensors = w->tensors};
    return m;
}
