#include "runtime/models.h"
#include "base/memory.h"
#include "base/vec.h"
#include <stdlib.h>
#include <string.h>

int64_t tensor_bytes(const Type *t) {
    return t->kind == TY_TENSOR ? type_elems(t) * type_bytes(t->elem) : type_bytes(t);
}

ModelVersion *modelversion_new(BlockPool *pool, Schema *tensors) {
    ModelVersion *v = mem_alloc(sizeof *v);
    *v = (ModelVersion){.refs = 1, .tensors = schema_ref(tensors)};
    v->data = mem_alloc(sizeof *v->data * ((size_t)tensors->n + 1));
    memset(v->data, 0, sizeof *v->data * ((size_t)tensors->n + 1));
    for (uint32_t i = 0; i < tensors->n; i++) {
        v->data[i] = block_zalloc(pool, (size_t)tensor_bytes(tensors->types[i]));
        if (!v->data[i]) return modelversion_unref(v), NULL;
    }
    return v;
}

ModelVersion *modelversion_ref(ModelVersion *v) {
    atomic_fetch_add(&v->refs, 1);
    return v;
}

void modelversion_unref(ModelVersion *v) {
    if (!v || atomic_fetch_sub(&v->refs, 1) != 1) return;
    for (uint32_t i = 0; i < v->tensors->n; i++) block_free(v->data[i]);
    free(v->data);
    schema_unref(v->tensors);
    free(v);
}

int64_t modelversion_find(const ModelVersion *v, const char *tensor) {
    for (uint32_t i = 0; i < v->tensors->n; i++)
        if (strcmp(v->tensors->names[i], tensor) == 0) return i;
    return -1;
}

typedef struct Model {
    char *name;
    Schema *tensors;
    VEC(ModelVersion *) versions;
} Model;

struct Models {
    BlockPool *pool;
    pthread_mutex_t lock;
    VEC(Model) all;
};

Models *models_new(BlockPool *pool) {
    Models *m = mem_alloc(sizeof *m);
    memset(m, 0, sizeof *m);
    m->pool = pool;
    pthread_mutex_init(&m->lock, NULL);
    return m;
}

static void clear_model(Model *m) {
    for (size_t i = 0; i < m->versions.n; i++) modelversion_unref(m->versions.at[i]);
    vec_free(&m->versions);
    schema_unref(m->tensors);
    m->tensors = NULL;
}

void models_free(Models *m) {
    if (!m) return;
    for (size_t i = 0; i < m->all.n; i++) {
        clear_model(&m->all.at[i]);
        free(m->all.at[i].name);
    }
    vec_free(&m->all);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static Model *find(Models *m, const char *name) {
    for (size_t i = 0; i < m->all.n; i++)
        if (strcmp(m->all.at[i].name, name) == 0) return &m->all.at[i];
    return NULL;
}

void models_declare(Models *m, const char *name, Schema *tensors) {
    pthread_mutex_lock(&m->lock);
    Model *k = find(m, name);
    if (k) clear_model(k);
    else {
        size_t n = strlen(name) + 1;
        k = vec_push(&m->all);
        *k = (Model){.name = memcpy(mem_alloc(n), name, n)};
    }
    k->tensors = schema_ref(tensors);
    pthread_mutex_unlock(&m->lock);
}

Schema *models_tensors(Models *m, const char *name) {
    pthread_mutex_lock(&m->lock);
    Model *k = find(m, name);
    Schema *s = k ? schema_ref(k->tensors) : NULL;
    pthread_mutex_unlock(&m->lock);
    return s;
}

bool models_drop(Models *m, const char *name) {
    pthread_mutex_lock(&m->lock);
    Model *k = find(m, name);
    if (k) {
        clear_model(k);
        free(k->name);
        memmove(k, k + 1, sizeof *k * (size_t)(m->all.at + m->all.n - (k + 1)));
        m->all.n--;
    }
    pthread_mutex_unlock(&m->lock);
    return k != NULL;
}

bool models_publish(Models *m, const char *name, ModelVersion *v) {
    pthread_mutex_lock(&m->lock);
    Model *k = find(m, name);
    if (k) {
        v->number = (int64_t)k->versions.n + 1;
        *vec_push(&k->versions) = v;
    }
    pthread_mutex_unlock(&m->lock);
    if (!k) modelversion_unref(v);
    return k != NULL;
}

ModelVersion *models_get(Models *m, const char *name, int64_t number) {
    pthread_mutex_lock(&m->lock);
    Model *k = find(m, name);
    int64_t n = k ? (int64_t)k->versions.n : 0, at = number <= 0 ? n : number;
    ModelVersion *v = at >= 1 && at <= n ? modelversion_ref(k->versions.at[at - 1]) : NULL;
    pthread_mutex_unlock(&m->lock);
    return v;
}

size_t models_names(Models *m, Arena *a, const char *const **out) {
    pthread_mutex_lock(&m->lock);
    size_t n = m->all.n;
    const char **names = ARENA_ARRAY(a, const char *, n + 1);
    for (size_t i = 0; i < n; i++) names[i] = arena_strndup(a, m->all.at[i].name, strlen(m->all.at[i].name));
    pthread_mutex_unlock(&m->lock);
    *out = names;
    return n;
}
