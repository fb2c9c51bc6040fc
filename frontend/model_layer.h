/* One layer on its way from syntax to settings: its arguments by name, the types of its inputs, and whom to
 * name when shapes do not fit.
 */
#ifndef DQL_FRONTEND_MODEL_LAYER_H
#define DQL_FRONTEND_MODEL_LAYER_H
#include "frontend/constant.h"
#include "frontend/model.h"

enum { LAYER_MAX_ARGS = 8, LAYER_MAX_TENSORS = 4 };

typedef struct Settle {
    Binder *b;
    const Ast *ast;                    /* the LAYER */
    const char *names[LAYER_MAX_ARGS]; /* its arguments, in order */
    const Ast *args[LAYER_MAX_ARGS];   /* as given, or NULL */
    uint32_t n_args;
    ModelLayer *layer; /* kind, name, inputs given; settings to be filled */
    uint32_t n_in;
    const Type *const *in;   /* types of the inputs */
    const char *const *from; /* "layer 'c1' (conv2d)", "input 'x'": where each comes from */
    uint32_t n_tensors;
    ModelTensor tensors[LAYER_MAX_TENSORS]; /* names without the layer's: "weight" */
} Settle;

bool layer_kind_find(const char *name, LayerKind *out);
void layer_unknown(Binder *b, const Ast *t, const char *const *more,
                   size_t n);                            /* reports, with the nearest name */
const char *layer_title(Binder *b, const ModelLayer *l); /* "layer 'c1' (conv2d)" */
/* Arguments to settings and tensors, shapes checked; false: reported. */
bool layer_settle(Settle *s);
/* The layer as algebra. tensors: those of the model, state_dict names complete. */
const Node *layer_build(Binder *b, const ModelLayer *l, const char *model, int64_t version,
                        const ModelTensor *tensors, const Node *const *in, Span at);
#endif
