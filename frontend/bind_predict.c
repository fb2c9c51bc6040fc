/* Prediction: m(x), |> PREDICT USING m AS y, ML.PREDICT(MODEL m, (query)): one operator, the network as an
 * expression. */
#include "frontend/scope.h"

static bool dims_fit(const Type *value, const Type *declared) {
    if (value->n != declared->n) return false;
    for (uint32_t i = 0; i < value->n; i++)
        if (value->dims[i] != declared->dims[i] && declared->dims[i] != DIM_ANY && value->dims[i] != DIM_ANY)
            return false;
    return true;
}

static bool input_fits(const Type *value, const Type *declared) {
    return value->kind == TY_TENSOR && dims_fit(value, declared);
}

static void suggest_reshape(Binder *b, const Type *value, const Type *declared) {
    Buf dims = {0};
    if (value->kind != TY_TENSOR || type_elems(value) == DIM_ANY || type_elems(value) != type_elems(declared))
        return;
    for (uint32_t i = 0; i < declared->n; i++) buf_printf(&dims, ", %lld", (long long)declared->dims[i]);
    diag_help(b->diags, "shapes are never changed silently: reshape(..%s)", dims.p);
    buf_free(&dims);
}

static bool is_picture(const Type *t) {
    return t->kind == TY_TENSOR && t->n == 3 && type_elems(t) != DIM_ANY;
}

/* Pictures (channels, height, width) of another size, and of other channels. */
static void suggest_resize(Binder *b, const Type *value, const Type *declared) {
    if (!is_picture(value) || !is_picture(declared)) return;
    const int64_t *from = value->dims, *to = declared->dims;
    if (from[1] != to[1] || from[2] != to[2])
        diag_help(b->diags, "a picture of another size: resize(.., %lld, %lld)", (long long)to[1], (long long)to[2]);
    if (from[0] == 3 && to[0] == 1) diag_help(b->diags, "a picture in colour: grayscale(..)");
    else if (from[0] == 1 && to[0] == 3) diag_help(b->diags, "a grey picture: read it in colour, read_image(.., mode => 'rgb')");
    else if (from[0] != to[0]) diag_help(b->diags, "the picture has %lld channels, the network takes %lld", (long long)from[0], (long long)to[0]);
}

static bool wrong_input(Binder *b, const ModelDef *m, uint32_t i, const Type *value, Span at) {
    diag_error(b->diags, E_SHAPE_MISMATCH, at,
               arena_printf(b->arena, "input '%s' of model '%s' is %s, not %s", m->inputs[i].name, m->name,
                            bind_type_text(b, m->inputs[i].type), bind_type_text(b, value)));
    suggest_reshape(b, value, m->inputs[i].type);
    suggest_resize(b, value, m->inputs[i].type);
    return false;
}

/* The value as the input's element type; of its own sizes where the input has `*`. */
static const Node *as_input(Binder *b, const Node *x, const Type *declared, Span at) {
    const Type *elem = type_import(b->types, declared->elem);
    bool fixed = true;
    for (uint32_t i = 0; i < declared->n; i++) fixed &= declared->dims[i] != DIM_ANY;
    const Type *to = type_tensor(b->types, elem, declared->n, fixed ? declared->dims : x->type->dims);
    const Node *y = ir_cast(b->ir, x, to);
    ir_set_origin(b->ir, y, (Origin){at, NULL});
    return y;
}

static bool bad_count(Binder *b, const ModelDef *m, uint32_t n, Span at) {
    const char *takes = m->n_inputs == 1 ? "1 input" : arena_printf(b->arena, "%u inputs", m->n_inputs);
    diag_error(b->diags, E_ARGUMENT_COUNT, at, arena_printf(b->arena, "model '%s'", m->name), takes, (int)n);
    return false;
}

Expr bind_predict(Binder *b, const ModelInfo *info, uint32_t n, const Expr *args, Span at) {
    const ModelDef *m = info->definition;
    const Node **in = ARENA_ARRAY(b->arena, const Node *, n), **y = ARENA_ARRAY(b->arena, const Node *, m->n_outputs);
    bool ok = n == m->n_inputs || bad_count(b, m, n, at);
    for (uint32_t i = 0; ok && i < n; i++) {
        if (!input_fits(args[i].node->type, m->inputs[i].type))
            ok = wrong_input(b, m, i, args[i].node->type, args[i].span);
        else in[i] = as_input(b, args[i].node, m->inputs[i].type, args[i].span);
    }
    ok = ok && model_apply(b, m, info->version, in, at, y);
    return (Expr){.node = ok ? y[0] : NULL, .model = m, .outputs = ok ? y : NULL, .span = at};
}

/* ---- y.class, y.score, y.p ---- */

/* The other outputs of m(x); those of a column y answer to y.NAME themselves. */
static const Node *other_output(Expr y, const char *field) {
    for (uint32_t i = 1; y.outputs && i < y.model->n_outputs; i++)
        if (strcmp(field, y.model->outputs[i].name) == 0) return y.outputs[i];
    return NULL;
}

static Expr over_classes(Binder *b, Op op, Expr y, const char *field, Span at) {
    if (y.node->type->n != 1) {
        diag_error(b->diags, E_SHAPE_MISMATCH, at,
                   arena_printf(b->arena, ".%s takes one vector of classes, the output is %s", field,
                                bind_type_text(b, y.node->type)));
        return expr_of(NULL, at);
    }
    AttrDims a = {{1, (const int64_t[]){0}}, false};
    return expr_of(bind_make(b, at, op, &a, 1, &y.node), at);
}

Expr bind_model_field(Binder *b, Expr y, const char *field, Span at) {
    const char *output = y.model->outputs[0].name;
    if (strcmp(field, output) == 0) return expr_of(y.node, at);
    if (other_output(y, field)) return expr_of(other_output(y, field), at);
    if (strcmp(field, "class") == 0) return over_classes(b, OP_ARGMAX, y, field, at);
    if (strcmp(field, "score") == 0) return over_classes(b, OP_MAX, y, field, at);
    diag_error(b->diags, E_UNKNOWN_FIELD, at,
               arena_printf(b->arena, "the output of model '%s'", y.model->name), field);
    diag_did_you_mean(b->diags, field, (const char *const[]){output, "class", "score"}, 3);
    diag_help(b->diags, "it has %s, class and score", output);
    return expr_of(NULL, at);
}

/* ---- columns to inputs ---- */

/* By name; else the first column of a fitting shape that no other input took. */
static const Column *match_input(const Rel *r, const ModelDef *m, uint32_t i, bool *taken) {
    uint32_t matches;
    const Column *c = rel_find(r, NULL, m->inputs[i].name, &matches);
    if (c && matches == 1) return c;
    for (uint32_t k = 0; k < r->n; k++) {
        if (taken[k] || r->at[k].hidden || !input_fits(r->at[k].node->type, m->inputs[i].type)) continue;
        return taken[k] = true, &r->at[k];
    }
    return NULL;
}

static bool no_column(Binder *b, const Rel *r, const ModelDef *m, uint32_t i, Span at) {
    diag_error(b->diags, E_SHAPE_MISMATCH, at,
               arena_printf(b->arena, "no column for input '%s' of model '%s': none has its name or fits %s",
                            m->inputs[i].name, m->name, bind_type_text(b, m->inputs[i].type)));
    for (uint32_t k = 0; k < r->n; k++)
        if (!r->at[k].hidden && r->at[k].node->type->kind == TY_TENSOR)
            diag_help(b->diags, "column '%s' is %s", r->at[k].name, bind_type_text(b, r->at[k].node->type));
    diag_help(b->diags, "say which: PREDICT USING %s ON (column)", m->name);
    return false;
}

static bool match_columns(Binder *b, const Rel *r, const ModelDef *m, Span at, Expr *args) {
    bool *taken = ARENA_ARRAY(b->arena, bool, r->n), ok = true;
    for (uint32_t i = 0; i < m->n_inputs; i++) {
        const Column *c = match_input(r, m, i, taken);
        args[i] = expr_of(c ? c->node : NULL, at);
        ok &= c ? true : no_column(b, r, m, i, at);
    }
    return ok;
}

/* The relation with the prediction as one more column. */
static Rel with_prediction(Binder *b, Rel in, const ModelInfo *info, uint32_t n, const Expr *args,
                           const char *name, Span at) {
    const ModelDef *m = info->definition;
    Expr y = bind_predict(b, info, n, args, at);
    if (!y.node) return (Rel){0};
    Rel all = {0};
    for (uint32_t i = 0; i < in.n; i++) rel_add(b, &all, in.at[i]);
    const char *column = bind_intern(b, name ? name : m->outputs[0].name);
    rel_add(b, &all, (Column){.name = column, .node = y.node, .model = m});
    for (uint32_t i = 1; i < m->n_outputs; i++) /* y.NAME finds them */
        rel_add(b, &all, (Column){.table = column, .name = bind_intern(b, m->outputs[i].name), .node = y.outputs[i],
                                  .hidden = true});
    return rel_project(b, &all, in.node);
}

static Rel predict(Binder *b, Rel in, const Ast *model, const Ast *on, const char *name, Span at) {
    ModelInfo info;
    Scope s = {.rel = &in, .clause = "PREDICT"};
    if (!bind_model(b, model, &info)) return (Rel){0};
    const ModelDef *m = info.definition;
    uint32_t n = on && on->n ? on->n : m->n_inputs;
    Expr *args = ARENA_ARRAY(b->arena, Expr, n);
    bool ok = on && on->n ? bind_exprs(b, &s, on, args) : match_columns(b, &in, m, at, args);
    return ok ? with_prediction(b, in, &info, n, args, name, at) : (Rel){0};
}

Rel bind_predict_pipe(Binder *b, Rel in, const Ast *t) {
    const Ast *as = t->kid[PIPE_PREDICT_AS];
    bool ok = bind_absent(b, t->kid[PIPE_PREDICT_VERSION], "VERSION AS OF") &
              bind_absent(b, t->kid[PIPE_PREDICT_WITHIN], "WITHIN");
    if (!ok) return (Rel){0};
    return predict(b, in, t->kid[PIPE_PREDICT_MODEL], t->kid[PIPE_PREDICT_ON], as ? as->text : NULL, t->span);
}

/* ML.PREDICT(MODEL m, (query)) or (MODEL m, TABLE t) */
Rel bind_predict_call(Binder *b, const Ast *call) {
    const Ast *args = call->kid[CALL_ARGS];
    bool form = args->n == 2 && args->kid[0]->kind == A_MODEL_ARG && args->kid[1]->kind == A_SUBQUERY;
    if (!form) {
        diag_error(b->diags, E_INVALID, call->span, "ML.PREDICT takes MODEL name, (query)");
        return (Rel){0};
    }
    const Ast *model = args->kid[0];
    if (!bind_absent(b, model->kid[MODEL_ARG_VERSION], "VERSION AS OF")) return (Rel){0};
    Rel in = bind_query(b, args->kid[1]->kid[SUBQUERY_QUERY]);
    return in.node ? predict(b, in, model->kid[MODEL_ARG_MODEL], NULL, NULL, call->span) : in;
}
