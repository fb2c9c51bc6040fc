/* Models: the weights of a session's models.  A ModelVersion is tensors by name, immutable, counted; a model is its versions
 * 1, 2, .. in order.  What the layers mean is the compiler's business: here a model is names, types and bytes.
 * A model without a version has been declared (its tensors' names and types are known) but not loaded.
 */
#ifndef DQL_RUNTIME_MODELS_H
#define DQL_RUNTIME_MODELS_H
#include "runtime/table.h"

typedef struct ModelVersion {
    _Atomic int32_t refs;
    int64_t number;
    Schema *tensors; /* names and TENSOR types (or scalars) */
    void **data;     /* row-major elements, 64-byte aligned, 64 bytes past the end readable */
} ModelVersion;
ModelVersion *modelversion_new(BlockPool *pool, Schema *tensors); /* zeroed tensors; NULL: no memory */
ModelVersion *modelversion_ref(ModelVersion *v);
void modelversion_unref(ModelVersion *v);
int64_t modelversion_find(const ModelVersion *v, const char *tensor); /* -1: absent */
int64_t tensor_bytes(const Type *t);

typedef struct Models Models;
Models *models_new(BlockPool *pool);
void models_free(Models *m);
/* Declares or redeclares (all versions are dropped) a model with these tensors. */
void models_declare(Models *m, const char *name, Schema *tensors);
Schema *models_tensors(Models *m, const char *name); /* a reference, or NULL: no such model */
bool models_drop(Models *m, const char *name);
/* Adds a version and numbers it; takes over the reference. false: no such model (the reference is released). */
bool models_publish(Models *m, const char *name, ModelVersion *v);
/* Version `number`, or the newest for number <= 0; a reference, or NULL. */
ModelVersion *models_get(Models *m, const char *name, int64_t number);
size_t models_names(Models *m, Arena *a, const char *const **out);
#endif
