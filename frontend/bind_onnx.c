/* CREATE MODEL .. FROM 'file.onnx': a network as a graph, whose weights are the model's first version. */
#include "frontend/constant.h"
#include "onnx/import.h"

static bool in_file(Binder *b, const Ast *t, const char *why) {
    diag_error(b->diags, E_FILE, t->span, why);
    return false;
}

static bool batch_option(Binder *b, const Ast *t, const char **batch) {
    const Ast *options = t->kid[CREATE_MODEL_FILE_OPTIONS];
    *batch = NULL;
    for (uint32_t i = 0; i < options->n; i++) {
        const Ast *o = options->kid[i];
        if (strcmp(o->text, "batch") != 0) {
            diag_error(b->diags, E_UNKNOWN_ARGUMENT, o->span, "CREATE MODEL .. FROM a file", o->text);
            diag_did_you_mean(b->diags, o->text, (const char *const[]){"batch"}, 1);
            return false;
        }
        if (!(*batch = constant_text(b, o->kid[OPTION_VALUE], "batch"))) return false;
    }
    return true;
}

static bool has_ending(const char *path, const char *ending) {
    size_t n = strlen(path), m = strlen(ending);
    return n >= m && strcmp(path + n - m, ending) == 0;
}

static bool read(Binder *b, const Ast *t, OnnxGraph **g) {
    const char *why = NULL, *batch;
    if (!has_ending(t->text, ".onnx")) {
        diag_error(b->diags, E_FILE, t->span, arena_printf(b->arena, "%s is no .onnx file", t->text));
        return false;
    }
    if (!batch_option(b, t, &batch)) return false;
    bool ok = onnx_read(b->arena, t->text, g, &why) && onnx_supported(b->arena, *g, &why) &&
              onnx_find_batch(b->arena, *g, batch, &why);
    return ok || in_file(b, t, why);
}

/* ---- inputs and outputs ---- */

static bool is_fixed(const Type *t) { return type_elems(t) != DIM_ANY; }

static bool inputs(Binder *b, const Ast *t, const OnnxGraph *g, ModelTensor *out, bool *fixed) {
    *fixed = true;
    for (uint32_t i = 0; i < g->n_inputs; i++) {
        out[i] = (ModelTensor){g->inputs[i].name, onnx_port_type(b->types, &g->inputs[i])};
        if (!out[i].type)
            return in_file(b, t,
                           arena_printf(b->arena,
                                        "%s: the file does not say how many dimensions input '%s' has",
                                        g->path, out[i].name));
        *fixed = *fixed && is_fixed(out[i].type);
    }
    return true;
}

/* Of fixed inputs the outputs' types are found by importing, which also proves that the graph can be; else
 * they are as declared, and each use of the model imports for the shapes at hand. */
static bool outputs(Binder *b, const Ast *t, OnnxGraph *g, const ModelTensor *in, bool fixed,
                    ModelTensor *out) {
    SourceApi weights = onnx_weights(g);
    const Node **columns = ARENA_ARRAY(b->arena, const Node *, g->n_inputs),
               **results = ARENA_ARRAY(b->arena, const Node *, g->n_outputs);
    OnnxImport c = {
        .ir = b->ir, .arena = b->arena, .graph = g, .source = &weights, .model = "", .at = t->span};
    const char *why;
    for (uint32_t i = 0; i < g->n_inputs; i++) columns[i] = ir_column(b->ir, i, in[i].type);
    if (fixed && !onnx_import(&c, columns, results, &why)) return in_file(b, t, why);
    for (uint32_t i = 0; i < g->n_outputs; i++) {
        const Type *type = fixed ? results[i]->type : onnx_port_type(b->types, &g->outputs[i]);
        if (!type) type = type_tensor(b->types, type_get(b->types, TY_F32), 1, &(int64_t){DIM_ANY});
        out[i] = (ModelTensor){g->outputs[i].name, type};
    }
    return true;
}

/* ---- weights ---- */

static void weights(Binder *b, const OnnxGraph *g, ModelDef *m, Statement *out) {
    ModelTensor *tensors = ARENA_ARRAY(b->arena, ModelTensor, g->n_weights);
    const void **elements = ARENA_ARRAY(b->arena, const void *, g->n_weights);
    m->tensors = tensors;
    for (uint32_t i = 0; i < g->n_weights; i++) {
        if (!onnx_is_weight(&g->weights[i])) continue;
        elements[m->n_tensors] = g->weights[i].data;
        tensors[m->n_tensors++] =
            (ModelTensor){g->weights[i].name, onnx_weight_type(b->types, &g->weights[i])};
    }
    out->weights = elements;
}

bool bind_create_model_file(Binder *b, const Ast *t, Statement *out) {
    OnnxGraph *g;
    bool fixed;
    out->kind = STMT_CREATE_MODEL;
    if (!bind_new_model(b, t, t->kid[CREATE_MODEL_FILE_NAME], out) || !read(b, t, &g)) return false;
    ModelDef *m = ARENA_NEW(b->arena, ModelDef);
    ModelTensor *in = ARENA_ARRAY(b->arena, ModelTensor, g->n_inputs),
                *y = ARENA_ARRAY(b->arena, ModelTensor, g->n_outputs);
    if (!inputs(b, t, g, in, &fixed) || !outputs(b, t, g, in, fixed, y)) return false;
    *m = (ModelDef){.name = out->target,
                    .n_inputs = g->n_inputs,
                    .n_outputs = g->n_outputs,
                    .inputs = in,
                    .outputs = y,
                    .graph = g};
    weights(b, g, m, out);
    bind_model_tensors(b, m, out);
    return true;
}
