#include "ir/kernel.h"

const char *ktype_text(KType t) {
    static const char *const text[K_TYPE_COUNT] = {
        [K_VOID] = "void", [K_I1] = "i1",   [K_I8] = "i8",     [K_I16] = "i16",
        [K_I32] = "i32",   [K_I64] = "i64", [K_I128] = "i128", [K_F16] = "f16",
        [K_BF16] = "bf16", [K_F32] = "f32", [K_F64] = "f64",   [K_PTR] = "ptr",
    };
    return text[t];
}

int ktype_bytes(KType t) {
    static const int8_t bytes[K_TYPE_COUNT] = {
        [K_VOID] = 0,  [K_I1] = 1,  [K_I8] = 1,   [K_I16] = 2, [K_I32] = 4, [K_I64] = 8,
        [K_I128] = 16, [K_F16] = 2, [K_BF16] = 2, [K_F32] = 4, [K_F64] = 8, [K_PTR] = 8,
    };
    return bytes[t];
}

const char *kop_text(KOp op) {
    static const char *const text[KI_COUNT] = {
#define KINST(name, t, args, doc) [KI_##name] = t,
#include "ir/kernel_ops.def"
#undef KINST
    };
    return text[op];
}

int kop_inputs(KOp op) {
    static const int8_t inputs[KI_COUNT] = {
#define KINST(name, t, args, doc) [KI_##name] = args,
#include "ir/kernel_ops.def"
#undef KINST
    };
    return inputs[op];
}

const char *kpred_text(KPred p) {
    static const char *const text[] = {
        [KP_EQ] = "eq", [KP_NE] = "ne",   [KP_LT] = "lt",   [KP_LE] = "le",   [KP_GT] = "gt",
        [KP_GE] = "ge", [KP_ULT] = "ult", [KP_ULE] = "ule", [KP_UGT] = "ugt", [KP_UGE] = "uge",
    };
    return text[p];
}

static uint32_t block_size(const KBlock *b) {
    uint32_t n = b->n;
    for (uint32_t i = 0; i < b->n; i++) {
        const KInst *x = b->at[i];
        if (x->op == KI_LOOP) n += block_size(&x->loop.body);
        if (x->op == KI_IF) n += block_size(&x->branch.then) + block_size(&x->branch.otherwise);
        if (x->op == KI_TILE) n += block_size(&x->tile->epilogue);
    }
    return n;
}

uint32_t kernel_size(const Kernel *k) { return block_size(&k->body); }

Hash128 kernel_hash(const Kernel *k) {
    Buf text = {0};
    kernel_text(&text, k);
    Hash128 h = hash128(text.p, text.n);
    buf_free(&text);
    return h;
}
