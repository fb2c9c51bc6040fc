/* Damaged models: bytes of small .onnx files changed, cut, doubled and exchanged at random.  Reading and importing must end with a
 * graph or a sentence; sanitizers watch.  Arguments: seconds (default 3) and a seed. */
#include "base/diag.h"
#include "base/vec.h"
#include "ir/tensor_build.h"
#include "onnx/import.h"
#include "tests/fuzz/random.h"
#include "tests/unit/files.h"

#include <time.h>

typedef VEC(Buf) Models;

static void add_model(Models *m, const char *path) {
    Buf b = {0};
    if (file_read(&b, path) && b.n) *vec_push(m) = b;
    else buf_free(&b);
}

/* Those of the tests, and of ONNX's conformance suite where it is installed. */
static void read_models(Models *m) {
    static const char *const folders[][2] = {{DQL_SOURCE_DIR "/tests/data", ".onnx"},
                                               {DQL_SOURCE_DIR "/tests/onnx/control", ""},
                                               {DQL_SOURCE_DIR "/tests/onnx/opsets", ""},
                                               {DQL_SOURCE_DIR "/tests/onnx/quantized", ""},
                                               {"/usr/share/libonnx-testdata/data/node", ""}};
    for (size_t k = 0; k < sizeof folders / sizeof *folders; k++) {
        Names names = names_in(folders[k][0], folders[k][1]);
        for (size_t i = 0; i < names.n; i++) {
            char path[1024];
            snprintf(path, sizeof path, "%s/%s%s", folders[k][0], names.at[i], k ? "/model.onnx" : ".onnx");
            add_model(m, path);
        }
        names_free(&names);
    }
}

/* One change somewhere. */
static void change(Random *r, Buf *b, const Models *m) {
    static const uint8_t telling[] = {0, 1, 2, 7, 8, 0x7f, 0x80, 0xff};
    if (b->n == 0) return;
    size_t at = below(r, (uint32_t)b->n), n = below(r, (uint32_t)(b->n - at)) % 32 + 1;
    const Buf *other = &m->at[below(r, (uint32_t)m->n)];
    switch (below(r, 6)) {
    case 0: b->p[at] ^= (char)(1 << below(r, 8)); break;
    case 1: b->p[at] = (char)telling[below(r, sizeof telling)]; break;
    case 2: b->n = at; break;
    case 3:
        if (at + n <= b->n) memmove(b->p + at, b->p + at + n, b->n - at - n), b->n -= n;
        break;
    case 4: buf_add(b, other->p + below(r, (uint32_t)other->n) / 2, other->n / 2 < n ? other->n / 2 : n); break;
    case 5: b->p[at] = other->p[below(r, (uint32_t)other->n)]; break;
    }
}

/* Types of inputs: sizes that are open become 3. */
static const Type *closed(TypePool *types, const Type *t) {
    int64_t dims[TENSOR_MAX_RANK];
    for (uint32_t d = 0; d < t->n; d++) dims[d] = t->dims[d] == DIM_ANY ? 3 : t->dims[d];
    return type_tensor(types, t->elem, t->n, dims);
}

enum { KNOWN_MAX = 4096 };

/* What the inputs are, for shapes that depend on them. */
static Value ones(Ir *ir, const Type *t) { return ATTR_OF(ir_filled(ir, t, 1), Const)->value; }

static bool import(Arena *a, OnnxGraph *g, const char **why) {
    Intern *names = intern_new();
    Ir *ir = ir_new(a, names);
    SourceApi weights = onnx_weights(g);
    const Node **in = ARENA_ARRAY(a, const Node *, g->n_inputs), **out = ARENA_ARRAY(a, const Node *, g->n_outputs);
    Value *known = ARENA_ARRAY(a, Value, g->n_inputs);
    OnnxImport c = {.ir = ir, .arena = a, .graph = g, .source = &weights, .model = "m", .known = known, .n_known = g->n_inputs};
    bool ok = true;
    for (uint32_t i = 0; ok && i < g->n_inputs; i++) {
        const Type *t = onnx_port_type(ir_types(ir), &g->inputs[i]);
        if (!t) ok = false, *why = "an input without a rank";
        else in[i] = ir_column(ir, i, t = closed(ir_types(ir), t));
        if (ok && type_elems(t) > KNOWN_MAX) c.known = NULL;
        else if (ok) known[i] = ones(ir, t);
    }
    ok = ok && onnx_import(&c, in, out, why);
    intern_free(names);
    return ok;
}

static bool try(const Buf *b, const char **stage) {
    Arena *a = arena_new();
    OnnxGraph *g;
    const char *why = NULL;
    *stage = "read";
    bool ok = onnx_read_bytes(a, DQL_SOURCE_DIR "/tests/data/model.onnx", b->p, b->n, &g, &why);
    if (ok) *stage = "operators", ok = onnx_supported(a, g, &why);
    if (ok) *stage = "batch", ok = onnx_find_batch(a, g, "none", &why);
    if (ok) *stage = "import", ok = import(a, onnx_copy(a, g), &why) || import(a, g, &why);
    if (!ok && (!why || !*why)) BUG("%s failed without a sentence", *stage);
    arena_free(a);
    return ok;
}

int main(int argc, char **argv) {
    double seconds = argc > 1 ? atof(argv[1]) : 3;
    Random r = {argc > 2 ? strtoull(argv[2], NULL, 10) : 1};
    Models models = {0};
    size_t runs = 0, imported = 0;
    time_t end = time(NULL) + (time_t)seconds;
    read_models(&models);
    if (!models.n) return 1;
    while (time(NULL) < end) {
        Buf b = {0};
        const Buf *from = &models.at[below(&r, (uint32_t)models.n)];
        const char *stage;
        buf_add(&b, from->p, from->n);
        for (uint32_t k = below(&r, 4) + 1; k > 0; k--) change(&r, &b, &models);
        imported += try(&b, &stage);
        runs++;
        buf_free(&b);
    }
    printf("onnx: %zu damaged models, %zu imported all the same\n", runs, imported);
    for (size_t i = 0; i < models.n; i++) buf_free(&models.at[i]);
    vec_free(&models);
    return 0;
}
