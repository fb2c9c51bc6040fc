/* The weights of a model's version as a file, named as in its state_dict: a .safetensors file, or the rest of an .onnx file. */
#ifndef DQL_RUNTIME_MODEL_EXPORT_H
#define DQL_RUNTIME_MODEL_EXPORT_H
#include "base/program.h"
#include "runtime/error.h"
#include "runtime/models.h"

/* version 0: the newest. The file appears whole or not at all. onnx: NULL, or an .onnx file but its graph, and its graph but the weights. */
bool models_save(Models *m, const char *model, int64_t version, const char *path, const TensorBytes *onnx, RtError *e);
#endif
