/* An ONNX graph run on whole tensors, outside of any script: what tools/dql_onnx does. */
#ifndef DQL_API_GRAPH_H
#define DQL_API_GRAPH_H
#include "api/session.h"
#include "onnx/graph.h"

typedef struct GraphRun {
    dql_db *db;
    OnnxGraph *graph; /* without a batch dimension */
    uint32_t n;
    const OnnxTensor *in;
    Arena *arena;
    OnnxTensor *out;      /* one an output, in the arena */
    bool unsupported;     /* out: the failure is something that is not there yet */
    bool not_compiled;    /* out: native code for it is not there yet; the evaluator has it */
} GraphRun;

/* Shapes may depend on values of inputs: these are known here. A DQL_ status; on failure the message is in the session. */
int graph_run(GraphRun *g);
#endif
