/* Weights from a .safetensors file.  The file must hold the model's tensors, by name and with their shapes, and no others
 * but those named *num_batches_tracked (PyTorch's counters, not used).  Elements are converted to the model's type: floats
 * rounded once, integers must fit, floats never become integers.
 */
#ifndef DQL_RUNTIME_MODEL_LOAD_H
#define DQL_RUNTIME_MODEL_LOAD_H
#include "runtime/error.h"
#include "runtime/models.h"

/* Publishes a new version of a declared model. */
bool models_load(Models *m, BlockPool *pool, const char *model, const char *path, RtError *e);
#endif
