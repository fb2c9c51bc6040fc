/* The weights of a model's version as a .safetensors file, named as in its state_dict. */
#ifndef DQL_RUNTIME_MODEL_EXPORT_H
#define DQL_RUNTIME_MODEL_EXPORT_H
#include "runtime/error.h"
#include "runtime/models.h"

/* version 0: the newest. The file appears whole or not at all. */
bool models_save(Models *m, const char *model, int64_t version, const char *path, RtError *e);
#endif
