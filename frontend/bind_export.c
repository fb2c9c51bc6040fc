/* EXPORT MODEL: the weights alone (.safetensors), or the whole network (.onnx), of which all but the weights is made here. */
#include "frontend/constant.h"
#include "frontend/model.h"
#include "onnx/write.h"

static bool has_ending(const char *path, const char *ending) {
    size_t n = strlen(path), m = strlen(ending);
    return n >= m && strcmp(path + n - m, ending) == 0;
}

static const char *const *names(Binder *b, const ModelTensor *t, uint32_t n) {
    const char **out = ARENA_ARRAY(b->arena, const char *, n);
    for (uint32_t i = 0; i < n; i++) out[i] = t[i].name;
    return out;
}

/* Layers are applied to columns, and what that comes to is written. */
static bool export_layers(Binder *b, const Ast *t, const ModelDef *m, int64_t version, OnnxFile *f) {
    const Node **in = ARENA_ARRAY(b->arena, const Node *, m->n_inputs), **out = ARENA_ARRAY(b->arena, const Node *, m->n_outputs);
    const char *why;
    for (uint32_t i = 0; i < m->n_inputs; i++) {
        if (type_elems(m->inputs[i].type) == DIM_ANY) return bind_no(b, t->span, "EXPORT MODEL to .onnx of a model whose inputs have a dimension *"), false;
        in[i] = ir_column(b->ir, i, type_import(b->types, m->inputs[i].type));
    }
    if (!model_apply(b, m, version, in, t->span, out)) return false;
    OnnxExport e = {.ir = b->ir,
                    .arena = b->arena,
                    .name = m->name,
                    .n_inputs = m->n_inputs,
                    .n_outputs = m->n_outputs,
                    .input_names = names(b, m->inputs, m->n_inputs),
                    .output_names = names(b, m->outputs, m->n_outputs),
                    .inputs = in,
                    .outputs = out};
    if (onnx_export(&e, f, &why)) return true;
    diag_error(b->diags, E_INVALID, t->span, arena_printf(b->arena, "model '%s' cannot be written as .onnx: %s", m->name, why));
    return false;
}

static bool to_onnx(Binder *b, const Ast *t, const ModelInfo *info, Statement *out) {
    const ModelDef *m = info->definition;
    OnnxFile f = {0};
    bool ok = true;
    if (m->graph) onnx_write_graph(&f, m->graph);
    else ok = export_layers(b, t, m, out->version ? out->version : 1, &f);
    out->file = (Str){arena_copy(b->arena, f.model.p, f.model.n), f.model.n};
    out->graph = (Str){arena_copy(b->arena, f.graph.p, f.graph.n), f.graph.n};
    buf_free(&f.model);
    buf_free(&f.graph);
    return ok;
}

bool bind_export_model(Binder *b, const Ast *t, Statement *out) {
    ModelInfo info;
    out->kind = STMT_EXPORT_MODEL;
    out->path = t->text;
    if (!bind_absent(b, t->kid[EXPORT_MODEL_OPTIONS], "OPTIONS of EXPORT MODEL") ||
        !bind_model(b, t->kid[EXPORT_MODEL_MODEL], &info))
        return false;
    out->target = bind_intern(b, info.name);
    if (!bind_model_version(b, t->kid[EXPORT_MODEL_VERSION], &info, &out->version)) return false;
    if (has_ending(t->text, ".onnx")) return to_onnx(b, t, &info, out);
    return has_ending(t->text, ".safetensors") || (bind_no(b, t->span, "EXPORT MODEL to anything but a .safetensors or .onnx file"), false);
}
