/* Bytes to messages. protobuf-c checks every length; it recurses without a limit, so nesting is measured
 * before. */
#include "onnx/proto.h"

#include <stdarg.h>

enum { NESTING_MAX = 64 };

bool onnx_fail(OnnxReader *r, const char *fmt, ...) {
    if (r->why) return false;
    Buf text = {0};
    va_list ap;
    buf_printf(&text, "%s: ", r->path);
    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    r->why = arena_strndup(r->arena, text.p, text.n);
    buf_free(&text);
    return false;
}

/* ---- nesting ---- */

static bool take_varint(const uint8_t **p, const uint8_t *end, uint64_t *out) {
    *out = 0;
    for (int shift = 0; shift < 64 && *p < end; shift += 7) {
        uint8_t byte = *(*p)++;
        *out |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return true;
    }
    return false;
}

/* Whether messages within messages go deeper than `left`.  Damaged bytes are left to unpacking. */
static bool too_deep(const ProtobufCMessageDescriptor *type, const uint8_t *p, const uint8_t *end, int left) {
    uint64_t tag, n;
    while (p < end && take_varint(&p, end, &tag)) {
        switch (tag & 7) {
        case 0:
            if (!take_varint(&p, end, &n)) return false;
            break;
        case 1:
            if (end - p < 8) return false;
            p += 8;
            break;
        case 5:
            if (end - p < 4) return false;
            p += 4;
            break;
        case 2: {
            if (!take_varint(&p, end, &n) || n > (uint64_t)(end - p)) return false;
            const ProtobufCFieldDescriptor *f =
                tag >> 3 <= UINT32_MAX ? protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3))
                                       : NULL;
            bool inner = f && f->type == PROTOBUF_C_TYPE_MESSAGE;
            if (inner && (left == 0 || too_deep(f->descriptor, p, p + n, left - 1))) return true;
            p += n;
            break;
        }
        default: return false;
        }
    }
    return false;
}

/* ---- unpacking ---- */

static void *allocate(void *arena, size_t n) { return arena_alloc(arena, n); }
static void leave(void *arena, void *p) { (void)arena, (void)p; }

Onnx__ModelProto *onnx_unpack(OnnxReader *r, const uint8_t *bytes, size_t n) {
    ProtobufCAllocator in_arena = {allocate, leave, r->arena};
    if (too_deep(&onnx__model_proto__descriptor, bytes, bytes + n, NESTING_MAX)) {
        onnx_fail(r, "its messages are nested deeper than %d levels", NESTING_MAX);
        return NULL;
    }
    Onnx__ModelProto *m = onnx__model_proto__unpack(&in_arena, n, bytes);
    if (!m) onnx_fail(r, "not an ONNX model, or damaged");
    return m;
}

bool onnx_read_tensor(Arena *a, const char *path, OnnxTensor *out, const char **why) {
    OnnxReader r = {.arena = a, .path = path};
    ProtobufCAllocator in_arena = {allocate, leave, a};
    size_t n;
    const uint8_t *bytes = onnx_map(&r, path, &n);
    Onnx__TensorProto *t = bytes ? onnx__tensor_proto__unpack(&in_arena, n, bytes) : NULL;
    if (bytes && !t) onnx_fail(&r, "not a tensor, or damaged");
    bool ok = t && onnx_tensor(&r, t, t->name ? t->name : "", out);
    *why = r.why;
    return ok;
}
