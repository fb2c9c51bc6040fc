#include "runtime/model_export.h"
#include "base/onnx_fields.h"
#include "runtime/safetensors.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void put_text(Buf *b, const char *s) {
    buf_putc(b, '"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') buf_printf(b, "\\%c", c);
        else if (c < 0x20) buf_printf(b, "\\u%04x", c);
        else buf_putc(b, *s);
    }
    buf_putc(b, '"');
}

static void put_tensor(Buf *b, const char *name, const Type *t, int64_t from, int64_t to) {
    bool tensor = t->kind == TY_TENSOR;
    put_text(b, name);
    buf_printf(b, ":{\"dtype\":\"%s\",\"shape\":[", safetensors_dtype((tensor ? t->elem : t)->kind));
    for (uint32_t d = 0; tensor && d < t->n; d++) buf_printf(b, "%s%lld", d ? "," : "", (long long)t->dims[d]);
    buf_printf(b, "],\"data_offsets\":[%lld,%lld]}", (long long)from, (long long)to);
}

/* Spaces behind it align the data to 8 bytes. */
static void put_header(Buf *b, const ModelVersion *v) {
    int64_t at = 0;
    buf_putc(b, '{');
    for (uint32_t i = 0; i < v->tensors->n; i++) {
        int64_t end = at + tensor_bytes(v->tensors->types[i]);
        if (i) buf_putc(b, ',');
        put_tensor(b, v->tensors->names[i], v->tensors->types[i], at, end);
        at = end;
    }
    buf_putc(b, '}');
    while (b->n % 8) buf_putc(b, ' ');
}

static bool put_safetensors(FILE *f, const ModelVersion *v) {
    Buf header = {0};
    put_header(&header, v);
    uint64_t n = header.n; /* little-endian */
    bool ok = fwrite(&n, sizeof n, 1, f) == 1 && fwrite(header.p, header.n, 1, f) == 1;
    buf_free(&header);
    for (uint32_t i = 0; ok && i < v->tensors->n; i++) {
        size_t bytes = (size_t)tensor_bytes(v->tensors->types[i]);
        ok = bytes == 0 || fwrite(v->data[i], bytes, 1, f) == 1;
    }
    return ok;
}

/* ---- .onnx: the weights are the last fields of the graph, which is the last field of the file ---- */

static void put_weight(Buf *b, const ModelVersion *v, uint32_t i) {
    const Type *t = v->tensors->types[i];
    Buf head = {0};
    onnx_tensor_head(&head, v->tensors->names[i], t->elem->kind, t->n, t->dims, (uint64_t)tensor_bytes(t));
    wire_begin(b, GRAPH_INITIALIZER, head.n + (uint64_t)tensor_bytes(t));
    buf_add(b, head.p, head.n);
    buf_free(&head);
}

static bool put_buffer(FILE *f, const Buf *b) { return b->n == 0 || fwrite(b->p, b->n, 1, f) == 1; }

static bool put_onnx(FILE *f, const ModelVersion *v, const TensorBytes *parts) {
    uint64_t n = parts[1].n;
    Buf b = {0};
    for (uint32_t i = 0; i < v->tensors->n; i++) {
        buf_clear(&b);
        put_weight(&b, v, i);
        n += b.n + (uint64_t)tensor_bytes(v->tensors->types[i]);
    }
    buf_clear(&b);
    wire_begin(&b, MODEL_GRAPH, n);
    bool ok = fwrite(parts[0].at, parts[0].n, 1, f) == 1 && put_buffer(f, &b) && fwrite(parts[1].at, parts[1].n, 1, f) == 1;
    for (uint32_t i = 0; ok && i < v->tensors->n; i++) {
        size_t bytes = (size_t)tensor_bytes(v->tensors->types[i]);
        buf_clear(&b);
        put_weight(&b, v, i);
        ok = put_buffer(f, &b) && (bytes == 0 || fwrite(v->data[i], bytes, 1, f) == 1);
    }
    buf_free(&b);
    return ok;
}

/* Messages of protocol buffers hold less than 2 GiB. */
static bool is_too_large(const ModelVersion *v) {
    int64_t n = 1 << 20;
    for (uint32_t i = 0; i < v->tensors->n; i++) n += tensor_bytes(v->tensors->types[i]);
    return n > INT32_MAX;
}

/* Beside the file first, so that a full disk or a reader never meets half of it. */
static bool save(const ModelVersion *v, const char *path, const TensorBytes *onnx, RtError *e) {
    Buf beside = {0};
    buf_printf(&beside, "%s.%d.part", path, (int)getpid());
    FILE *f = fopen(beside.p, "wb");
    bool ok = f && (onnx ? put_onnx(f, v, onnx) : put_safetensors(f, v));
    if (f && fclose(f) != 0) ok = false;
    ok = ok && rename(beside.p, path) == 0;
    if (!ok) rt_fail(e, RT_DATA, "%s: %s", path, strerror(errno));
    if (!ok && f) remove(beside.p);
    buf_free(&beside);
    return ok;
}

/* A model without tensors is never loaded. */
static bool save_bare(Models *m, const char *model, const char *path, const TensorBytes *onnx, RtError *e) {
    Schema *none = models_tensors(m, model);
    bool bare = none && none->n == 0;
    bool ok = bare ? save(&(ModelVersion){.tensors = none}, path, onnx, e)
                   : rt_fail(e, RT_DATA, "model '%s' has no weights yet: LOAD MODEL %s FROM 'file'", model, model);
    schema_unref(none);
    return ok;
}

bool models_save(Models *m, const char *model, int64_t version, const char *path, const TensorBytes *onnx, RtError *e) {
    ModelVersion *v = models_get(m, model, version);
    if (!v && version) return rt_fail(e, RT_DATA, "model '%s' has no version %lld", model, (long long)version);
    if (!v) return save_bare(m, model, path, onnx, e);
    bool ok = onnx && is_too_large(v)
                  ? rt_fail(e, RT_DATA, "%s: model '%s' is larger than 2 GiB, which an .onnx file cannot hold: EXPORT MODEL to a .safetensors file", path, model)
                  : save(v, path, onnx, e);
    modelversion_unref(v);
    return ok;
}
