/* CREATE MODEL .. FROM MODEL: the layers of another model, some of them frozen, some replaced, with its
 * weights. What is new begins with small numbers that depend on its name alone, so that a statement gives the
 * same model every time. */
#include "base/hash.h"
#include "frontend/network.h"
#include <fnmatch.h>
#include <math.h>

typedef struct Edits {
    const Ast *list;
    bool *used; /* the pattern names a layer */
} Edits;

/* The edit of kind `kind` whose pattern names the layer, or NULL. */
static const Ast *edit_of(Edits *e, AstKind kind, const char *name) {
    const Ast *found = NULL;
    for (uint32_t i = 0; i < e->list->n; i++) {
        const Ast *t = e->list->kid[i];
        if (t->kind != kind || fnmatch(t->text, name, 0) != 0) continue;
        e->used[i] = true;
        if (!found) found = t;
    }
    return found;
}

static bool all_used(Binder *b, const Edits *e, const ModelDef *old) {
    const char **names = ARENA_ARRAY(b->arena, const char *, old->n_layers);
    bool ok = true;
    for (uint32_t i = 0; i < old->n_layers; i++) names[i] = old->layers[i].name;
    for (uint32_t i = 0; i < e->list->n; i++) {
        if (e->used[i]) continue;
        const Ast *t = e->list->kid[i];
        diag_error(b->diags, E_INVALID, t->span,
                   arena_printf(b->arena, "model '%s' has no layer '%s'", old->name, t->text));
        diag_did_you_mean(b->diags, t->text, names, old->n_layers);
        ok = false;
    }
    return ok;
}

/* ---- layers ---- */

typedef struct From {
    Network w;
    const ModelDef *old;
    Edits edits;
    uint32_t *value; /* of each value of the old model */
    bool *kept;      /* tensors that are the old model's */
} From;

static bool keep_layer(From *f, const ModelLayer *l, const uint32_t *in, const Ast *t, uint32_t *value) {
    Network *w = &f->w;
    const ModelLayer *first = network_find_layer(w, l->name);
    ModelLayer *n = &w->layers[w->n_layers];
    *n = *l;
    n->in = in;
    n->frozen |= edit_of(&f->edits, A_FREEZE, l->name) != NULL;
    n->tensor = first ? first->tensor : w->n_tensors;
    network_reserve_tensors(w, l->n_tensors);
    for (uint32_t i = 0; !first && i < l->n_tensors; i++) {
        const ModelTensor *own = &f->old->tensors[l->tensor + i];
        f->kept[w->n_tensors] = true;
        w->tensors[w->n_tensors++] =
            (ModelTensor){bind_intern(w->b, own->name), type_import(w->b->types, own->type)};
    }
    return network_yield(w, n, t, value);
}

static bool edit_layer(From *f, uint32_t i) {
    const ModelLayer *l = &f->old->layers[i];
    const Ast *with = edit_of(&f->edits, A_REPLACE_LAYER, l->name);
    uint32_t *in = ARENA_ARRAY(f->w.b->arena, uint32_t, l->n_in), *value = &f->value[f->old->n_inputs + i];
    for (uint32_t k = 0; k < l->n_in; k++) in[k] = f->value[l->in[k]];
    if (!with) return keep_layer(f, l, in, f->edits.list, value);
    *value = in[0];
    return network_replace(&f->w, with->kid[REPLACE_LAYER_WITH], l->name, value);
}

/* ---- weights ---- */

/* Matrices and filters: evenly between -1 and 1 over the root of their inputs; scales and variances 1, all
 * else 0. */
static double initial_value(const ModelTensor *t, int64_t i) {
    const char *last = strrchr(t->name, '.');
    last = last ? last + 1 : t->name;
    if (t->type->n < 2) return strcmp(last, "weight") == 0 || strcmp(last, "running_var") == 0;
    double inputs = (double)type_elems(t->type) / (double)t->type->dims[0];
    uint64_t bits = hash64(t->name, strlen(t->name), (uint64_t)i + 1);
    return ((double)(bits >> 11) * 0x1p-52 - 1) / sqrt(inputs);
}

static const void *initial(Binder *b, const ModelTensor *t) {
    int64_t n = type_elems(t->type);
    bool wide = t->type->elem->kind == TY_F64;
    float *narrow = arena_alloc(b->arena, (size_t)n * (wide ? 8 : 4));
    for (int64_t i = 0; i < n; i++) {
        if (wide) ((double *)narrow)[i] = initial_value(t, i);
        else narrow[i] = (float)initial_value(t, i);
    }
    return narrow;
}

/* Of the new tensors: the others' are the old model's, when the statement runs. */
static const void *const *weights_of(From *f) {
    const void **data = ARENA_ARRAY(f->w.b->arena, const void *, f->w.n_tensors);
    for (uint32_t i = 0; i < f->w.n_tensors; i++)
        data[i] = f->kept[i] ? NULL : initial(f->w.b, &f->w.tensors[i]);
    return data;
}

/* ---- the statement ---- */

/* That a model has this one is known when the statement runs, or before. */
bool bind_model_version(Binder *b, const Ast *t, const ModelInfo *m, int64_t *version) {
    *version = 0;
    if (!t) return true;
    if (!constant_int(b, t->kid[VERSION_OF], "VERSION AS OF", version)) return false;
    if (*version >= 1 && (m->version == 0 || *version <= m->version)) return true;
    diag_error(b->diags, E_INVALID, t->span,
               arena_printf(b->arena, "model '%s' has no version %lld", m->name, (long long)*version));
    return false;
}

static bool bind_layers(From *f) {
    for (uint32_t i = 0; i < f->old->n_inputs; i++) f->value[i] = i;
    for (uint32_t i = 0; i < f->old->n_layers; i++)
        if (!edit_layer(f, i)) return false;
    return all_used(f->w.b, &f->edits, f->old);
}

static const ModelDef *definition(From *f) {
    Arena *a = f->w.b->arena;
    uint32_t n = f->old->n_outputs, *results = ARENA_ARRAY(a, uint32_t, n);
    ModelTensor *outputs = ARENA_ARRAY(a, ModelTensor, n);
    for (uint32_t i = 0; i < n; i++) {
        results[i] = f->value[f->old->results[i]];
        outputs[i] =
            (ModelTensor){f->old->outputs[i].name, type_nullable(f->w.node[results[i]]->type, false)};
    }
    return network_finish(&f->w, n, outputs, results);
}

bool bind_create_model_from(Binder *b, const Ast *t, Statement *out) {
    const Ast *edits = t->kid[CREATE_MODEL_FROM_EDITS];
    ModelInfo info;
    out->kind = STMT_CREATE_MODEL;
    if (!bind_new_model(b, t, t->kid[CREATE_MODEL_FROM_NAME], out) ||
        !bind_model(b, t->kid[CREATE_MODEL_FROM_MODEL], &info) ||
        !bind_model_version(b, t->kid[CREATE_MODEL_FROM_VERSION], &info, &out->version))
        return false;
    const ModelDef *old = info.definition;
    if (old->graph) return bind_no(b, t->span, "CREATE MODEL FROM MODEL of a model from a file"), false;
    From f = {.w = {.b = b, .name = out->target, .n_inputs = old->n_inputs},
              .old = old,
              .edits = {edits, ARENA_ARRAY(b->arena, bool, edits->n + 1)}};
    memset(f.edits.used, 0, edits->n * sizeof(bool));
    f.w.inputs = ARENA_ARRAY(b->arena, ModelTensor, old->n_inputs);
    for (uint32_t i = 0; i < old->n_inputs; i++)
        f.w.inputs[i] = (ModelTensor){old->inputs[i].name, type_import(b->types, old->inputs[i].type)};
    uint32_t cap = network_begin(&f.w, t, old->n_inputs + old->n_layers);
    f.value = ARENA_ARRAY(b->arena, uint32_t, old->n_inputs + old->n_layers);
    f.kept = ARENA_ARRAY(b->arena, bool, cap *LAYER_MAX_TENSORS);
    memset(f.kept, 0, cap * LAYER_MAX_TENSORS * sizeof(bool));
    if (!bind_layers(&f)) return false;
    bind_model_tensors(b, definition(&f), out);
    out->weights = weights_of(&f);
    out->from = bind_intern(b, old->name); /* the definition dies with the model, which this may replace */
    return true;
}
