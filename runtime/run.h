/* Inside of exec.h: one run of an instance. */
#ifndef DQL_RUNTIME_RUN_H
#define DQL_RUNTIME_RUN_H
#include "runtime/exec.h"
#include "runtime/state.h"

struct RtInstance {
    RtSession *session;
    const Program *program;
    char *consts;       /* 64-byte aligned copy with its views pointing into it */
    RtKernel *natives;  /* by Program.natives */
    RtState **once;     /* finished states of `once` pipelines, or NULL */
    ModelVersion **models; /* per weight: the version that `once` was computed from */
    RtPipelineStats *stats;
};

struct RtRun {
    RtInstance *instance;
    RtSession *session;
    const Program *program;
    const RtKernels *kernels;
    char *params;          /* values, PARAM_BYTES apart but for tensors, then one validity byte each */
    uint32_t *param_at;
    uint8_t *param_valid;
    const void **weights;
    TableVersion **tables; /* per scan */
    RtState **states;      /* borrowed from the instance when `once` */
    int64_t morsels;       /* of the pipelines that have run: numbers of later ones go on from here */
};

/* run_morsel.c: all morsels of one pipeline; its states are not finished yet. */
bool pipeline_run(RtRun *r, uint32_t index, RtError *e);
/* run_error.c: the sentence for a negative result of a step */
void run_error_set(const RtRun *r, const Step *step, void *const *args, int64_t result, Int128 fault, RtError *e);
/* abi.c: a function of abi.def by name, or NULL */
RtKernel abi_find(const char *name);
/* run_param.c */
bool params_set(RtRun *r, const Value *v, RtError *e);
#endif
