/* CREATE MODEL of layers and LOAD MODEL. */
#include "frontend/network.h"

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

/* One output is what the chain yields; of several, those named as LET bindings are these, and the chain
 * yields one. */
static bool find_results(Network *w, const Ast *outputs, uint32_t chain, uint32_t *results) {
    bool yielded = false;
    for (uint32_t i = 0; i < outputs->n; i++) {
        const Ast *t = outputs->kid[i];
        if (outputs->n == 1 || !network_value(w, t->text, &results[i])) {
            if (yielded) {
                diag_error(w->b->diags, E_INVALID, t->span,
                           arena_printf(w->b->arena, "LET has no binding '%s' for the output", t->text));
                return false;
            }
            results[i] = chain;
        }
        yielded |= results[i] == chain;
    }
    if (!yielded)
        diag_error(w->b->diags, E_INVALID, outputs->span, "the chain after IN yields none of the outputs");
    return yielded;
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
    if (!bind_absent(b, t->kid[CREATE_MODEL_OPTIONS], "OPTIONS of CREATE MODEL") ||
        !bind_new_model(b, t, t->kid[CREATE_MODEL_NAME], out))
        return false;
    Network w = {.b = b, .name = out->target, .n_inputs = inputs->n};
    ModelTensor *result = ARENA_ARRAY(b->arena, ModelTensor, outputs->n);
    w.inputs = ARENA_ARRAY(b->arena, ModelTensor, inputs->n);
    bool ok = tensor_columns(b, inputs, w.inputs);
    if (!tensor_columns(b, outputs, result) || !ok) return false;
    network_begin(&w, t, 0);
    uint32_t value = 0;
    ok = layers->kind == A_LET ? network_let(&w, layers, &value)
                               : network_chain(&w, layers, "", inputs->n == 1, &value);
    uint32_t *results = ARENA_ARRAY(b->arena, uint32_t, outputs->n);
    if (!ok || !find_results(&w, outputs, value, results)) return false;
    for (uint32_t i = 0; i < outputs->n; i++) ok &= check_output(&w, outputs->kid[i], &result[i], results[i]);
    if (!ok) return false;
    bind_model_tensors(b, network_finish(&w, outputs->n, result, results), out);
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
