/* dql_onnx [--backend=cpu|eval] MODEL IN_DIR OUT_DIR   runs an ONNX model on whole tensors: IN_DIR/input_N.npy of its
 *                                                   inputs in order, OUT_DIR/output_N.npy of its outputs
 * dql_onnx [--backend=..] --case DIR..               conformance cases: DIR/model.onnx and test_data_set_K/{input,output}_N.pb;
 *                                                   prints a line a case: ok, skip (not supported) or FAIL
 *
 * Without --backend: native code, or the evaluator for what cannot be compiled yet (said on stderr).
 * Exit codes: 0, 1 an error, 2 a wrong command line, 77 not supported yet.
 */
#include "api/graph.h"
#include "onnx/import.h"
#include "runtime/mapped.h"
#include "runtime/npy.h"

#include <errno.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

enum { UNSUPPORTED = 77 };

typedef struct Tool {
    Arena *arena;
    const char *backend; /* NULL: the best there is */
    char *message;
    bool on_evaluator;
} Tool;

static int say(Tool *t, int status, const char *text) {
    size_t n = strlen(text);
    while (n && text[n - 1] == '\n') n--;
    t->message = arena_strndup(t->arena, text, n);
    return status;
}

static int run_on(Tool *t, GraphRun *g, const char *backend) {
    int status = dql_open(NULL, &g->db);
    if (status == DQL_OK) status = dql_set(g->db, "backend", backend);
    if (status == DQL_OK) status = dql_set(g->db, "threads", "1");
    g->unsupported = g->not_compiled = false;
    if (status == DQL_OK) status = graph_run(g);
    if (status != DQL_OK) say(t, status, dql_errmsg(g->db));
    dql_close(g->db);
    return status;
}

static int run_graph(Tool *t, GraphRun *g) {
    int status = run_on(t, g, t->backend ? t->backend : "cpu");
    t->on_evaluator = !t->backend && status != DQL_OK && g->not_compiled;
    if (t->on_evaluator) {
        fprintf(stderr, "%s: on the evaluator: %s\n", g->graph->path, t->message);
        status = run_on(t, g, "eval");
    }
    return status != DQL_OK && (g->unsupported || g->not_compiled) ? UNSUPPORTED : status;
}

static int read_graph(Tool *t, const char *path, OnnxGraph **g) {
    const char *why = NULL;
    if (!onnx_read(t->arena, path, g, &why)) return say(t, strstr(why, "not supported") ? UNSUPPORTED : 1, why);
    if (!onnx_supported(t->arena, *g, &why)) return say(t, UNSUPPORTED, why);
    return onnx_find_batch(t->arena, *g, "none", &why) ? 0 : say(t, 1, why);
}

/* ---- .npy ---- */

static bool exists(const char *path) { return access(path, R_OK) == 0; }

static int read_npy(Tool *t, const char *path, OnnxTensor *out) {
    RtError e = {0};
    Mapped file = {0};
    NpyHeader h;
    int status = 0;
    if (!mapped_open(path, &file, &e) || !npy_header(path, file.p, file.n, &h, &e)) status = say(t, 1, e.message.p);
    else if (h.rank > TENSOR_MAX_RANK || (h.fortran && h.rank > 1)) status = say(t, UNSUPPORTED, "an array in Fortran order, or of too many dimensions");
    else {
        *out = (OnnxTensor){.name = path, .kind = h.kind, .rank = h.rank, .count = h.count};
        memcpy(out->dims, h.dims, h.rank * sizeof *h.dims);
        out->data = arena_copy(t->arena, file.p + h.data_at, (size_t)onnx_tensor_bytes(out));
    }
    mapped_close(&file);
    rt_error_clear(&e);
    return status;
}

static const char *npy_code(TypeKind kind) {
    static const char *const codes[TY_COUNT] = {[TY_BOOL] = "|b1", [TY_I8] = "|i1", [TY_I16] = "<i2", [TY_I32] = "<i4", [TY_I64] = "<i8",
                                                [TY_U8] = "|u1", [TY_U16] = "<u2", [TY_U32] = "<u4", [TY_U64] = "<u8", [TY_F16] = "<f2",
                                                [TY_F32] = "<f4", [TY_F64] = "<f8"};
    return codes[kind];
}

static int write_npy(Tool *t, const char *path, const OnnxTensor *v) {
    Buf header = {0};
    if (!npy_code(v->kind)) return say(t, UNSUPPORTED, "a .npy file has no such elements");
    buf_printf(&header, "{'descr': '%s', 'fortran_order': False, 'shape': (", npy_code(v->kind));
    for (uint32_t d = 0; d < v->rank; d++) buf_printf(&header, "%lld,%s", (long long)v->dims[d], d + 1 < v->rank ? " " : "");
    buf_puts(&header, "), }");
    while ((header.n + 11) % 64) buf_putc(&header, ' ');
    buf_putc(&header, '\n');
    FILE *f = fopen(path, "wb");
    uint8_t start[10] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (uint8_t)header.n, (uint8_t)(header.n >> 8)};
    size_t bytes = (size_t)onnx_tensor_bytes(v);
    bool ok = f && fwrite(start, 1, 10, f) == 10 && fwrite(header.p, 1, header.n, f) == header.n && fwrite(v->data, 1, bytes, f) == bytes;
    if (f && fclose(f) != 0) ok = false;
    buf_free(&header);
    return ok ? 0 : say(t, 1, arena_printf(t->arena, "cannot write %s: %s", path, strerror(errno)));
}

static int run_files(Tool *t, const char *model, const char *in_dir, const char *out_dir) {
    GraphRun g = {.arena = t->arena};
    int status = read_graph(t, model, &g.graph);
    if (status) return status;
    OnnxTensor *in = ARENA_ARRAY(t->arena, OnnxTensor, g.graph->n_inputs + 1);
    for (; g.n <= g.graph->n_inputs; g.n++) {
        const char *path = arena_printf(t->arena, "%s/input_%u.npy", in_dir, g.n);
        if (!exists(path)) break;
        if (g.n == g.graph->n_inputs) return say(t, 1, arena_printf(t->arena, "%s: the model has %u inputs", path, g.n));
        if ((status = read_npy(t, path, &in[g.n]))) return status;
    }
    g.in = in;
    g.out = ARENA_ARRAY(t->arena, OnnxTensor, g.graph->n_outputs);
    if ((status = run_graph(t, &g))) return status;
    for (uint32_t i = 0; i < g.graph->n_outputs && !status; i++)
        status = write_npy(t, arena_printf(t->arena, "%s/output_%u.npy", out_dir, i), &g.out[i]);
    return status;
}

/* ---- conformance cases ---- */

static bool near(double got, double want) {
    static const double relative = 1e-3, absolute = 1e-7; /* the tolerance of ONNX's own runner */
    if (isnan(want) || isinf(want)) return isnan(want) ? isnan(got) : got == want;
    return fabs(got - want) <= absolute + relative * fabs(want);
}

static int compare(Tool *t, const OnnxTensor *got, const OnnxTensor *want, uint32_t i) {
    Arena *a = t->arena;
    TypePool *types = typepool_new(a);
    if (got->kind != want->kind) return say(t, 1, arena_printf(a, "output %u is of %s, not %s", i, type_kind_text(got->kind), type_kind_text(want->kind)));
    bool same = got->rank == want->rank && memcmp(got->dims, want->dims, got->rank * sizeof *got->dims) == 0;
    if (!same) return say(t, 1, arena_printf(a, "output %u has another shape", i));
    const Type *type = type_tensor(types, type_get(types, got->kind), 1, &got->count);
    Value g = {.type = type, .t.data = (void *)(uintptr_t)got->data}, w = {.type = type, .t.data = (void *)(uintptr_t)want->data};
    for (int64_t k = 0; k < got->count; k++)
        if (!near(tensor_get(&g, k), tensor_get(&w, k)))
            return say(t, 1, arena_printf(a, "output %u: element %lld is %g, not %g", i, (long long)k, tensor_get(&g, k), tensor_get(&w, k)));
    return 0;
}

static int read_all(Tool *t, const char *dir, const char *what, uint32_t max, OnnxTensor *out, uint32_t *n) {
    for (*n = 0; *n < max; ++*n) {
        const char *path = arena_printf(t->arena, "%s/%s_%u.pb", dir, what, *n), *why = NULL;
        if (!exists(path)) break;
        if (!onnx_read_tensor(t->arena, path, &out[*n], &why)) return say(t, 1, why);
    }
    return 0;
}

static int run_set(Tool *t, OnnxGraph *graph, const char *dir) {
    GraphRun g = {.arena = t->arena, .graph = graph, .out = ARENA_ARRAY(t->arena, OnnxTensor, graph->n_outputs)};
    OnnxTensor *in = ARENA_ARRAY(t->arena, OnnxTensor, graph->n_inputs), *want = ARENA_ARRAY(t->arena, OnnxTensor, graph->n_outputs);
    uint32_t n_want;
    int status = read_all(t, dir, "input", graph->n_inputs, in, &g.n);
    if (!status) status = read_all(t, dir, "output", graph->n_outputs, want, &n_want);
    g.in = in;
    if (!status) status = run_graph(t, &g);
    for (uint32_t i = 0; !status && i < n_want; i++) status = compare(t, &g.out[i], &want[i], i);
    return status;
}

static int run_case(Tool *t, const char *dir) {
    OnnxGraph *g;
    int status = read_graph(t, arena_printf(t->arena, "%s/model.onnx", dir), &g), sets = 0;
    for (; !status; sets++) {
        const char *set = arena_printf(t->arena, "%s/test_data_set_%d", dir, sets);
        struct stat st;
        if (stat(set, &st) != 0) break;
        status = run_set(t, g, set);
    }
    return !status && !sets ? say(t, 1, "it has no data") : status;
}

static int run_cases(Tool *t, int n, char **dirs) {
    int failed = 0;
    for (int i = 0; i < n; i++) {
        const char *slash = strrchr(dirs[i], '/'), *name = slash && slash[1] ? slash + 1 : dirs[i];
        t->arena = arena_new();
        t->message = "";
        t->on_evaluator = false;
        int status = run_case(t, dirs[i]);
        const char *word = status == 0 ? "ok" : status == UNSUPPORTED ? "skip" : "FAIL";
        printf("%s %s%s%s%s\n", word, name, t->on_evaluator ? " (evaluator)" : "", status ? ": " : "", status ? t->message : "");
        fflush(stdout);
        failed += status != 0;
        arena_free(t->arena);
    }
    return failed ? 1 : 0;
}

int main(int argc, char **argv) {
    Tool t = {.backend = NULL, .message = ""};
    int at = 1;
    if (at < argc && strncmp(argv[at], "--backend=", 10) == 0) t.backend = argv[at++] + 10;
    if (at + 1 < argc && strcmp(argv[at], "--case") == 0) return run_cases(&t, argc - at - 1, argv + at + 1);
    if (argc - at != 3) {
        fprintf(stderr, "usage: dql_onnx [--backend=cpu|eval] MODEL IN_DIR OUT_DIR\n       dql_onnx [--backend=cpu|eval] --case DIR..\n");
        return 2;
    }
    t.arena = arena_new();
    int status = run_files(&t, argv[at], argv[at + 1], argv[at + 2]);
    if (status) fprintf(stderr, "dql_onnx: %s\n", t.message);
    arena_free(t.arena);
    return status;
}
