/* A .safetensors file as a relation of its tensors: name VARCHAR, dtype VARCHAR, shape VARCHAR ("[64, 3, 7, 7]"),
 * elements BIGINT.  Their values are for models (runtime/model_load.h): a column holds tensors of one shape only.
 */
#ifndef DQL_RUNTIME_SAFETENSORS_TABLE_H
#define DQL_RUNTIME_SAFETENSORS_TABLE_H
#include "runtime/file.h"

bool safetensors_open(Arena *a, TypePool *types, const FileSpec *spec, FileSchema *out, RtError *e);
TableVersion *safetensors_load(BlockPool *pool, Workers *workers, const FileSpec *spec, RtError *e);
#endif
