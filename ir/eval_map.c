#include "ir/eval_map.h"
#include "base/number.h"

float eval_round(const Type *t, float x) {
    if (t->kind == TY_F16) return f16_to_f32(f32_to_f16(x));
    return t->kind == TY_BF16 ? bf16_to_f32(f32_to_bf16(x)) : x;
}

/* ---- shapes ---- */

void eval_shape_of(const Value *v, int64_t *shape) {
    for (uint32_t d = 0; d < v->type->n; d++) shape[d] = tensor_dim(v, d);
}

const char *eval_shape_text(Eval *e, uint32_t rank, const int64_t *shape) {
    Buf b = {0};
    for (uint32_t d = 0; d < rank; d++) buf_printf(&b, "%s%lld", d ? ", " : "[", (long long)shape[d]);
    const char *text = arena_printf(e->run->ctx->arena, "%s]", b.n ? b.p : "[");
    buf_free(&b);
    return text;
}

bool eval_check_shape(Eval *e, const Node *n, const Type *t, const int64_t *shape) {
    for (uint32_t d = 0; d < t->n; d++) {
        if (t->dims[d] == DIM_ANY || t->dims[d] == shape[d]) continue;
        return eval_fail(e, n, ROW_INDEX, "a shape %s where dimension %u is %lld",
                         eval_shape_text(e, t->n, shape), d, (long long)t->dims[d]);
    }
    return true;
}

enum { ALIGN = 64 };

void eval_tensor(Eval *e, Value *out, const int64_t *shape) {
    out->t.shape = arena_copy(e->arena, shape, out->type->n * sizeof *shape);
    size_t bytes = (size_t)tensor_count(out) * (size_t)type_bytes(out->type->elem);
    uintptr_t data = (uintptr_t)arena_alloc(e->arena, bytes + ALIGN);
    out->t.data = (void *)((data + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1));
}

void eval_store(Value *out, int64_t i, const Value *elem) {
    const Type *t = out->type;
    if (t->kind == TY_TENSOR) {
        tensor_set(out, i, elem);
    } else {
        *out = *elem;
        out->type = t;
    }
}

void eval_store_float(Value *out, int64_t i, double v) {
    Value elem = {.type = out->type->kind == TY_TENSOR ? out->type->elem : out->type};
    if (elem.type->kind == TY_F64) elem.f64 = v;
    else elem.f32 = eval_round(elem.type, (float)v);
    eval_store(out, i, &elem);
}

/* ---- broadcasting ---- */

enum { MAX_INPUTS = 3 };

static bool is_tensor(const Value *v) { return v->type->kind == TY_TENSOR; }

/* Size of dimension d of `rank` in v, aligned at the last. */
static int64_t aligned_dim(const Value *v, uint32_t rank, uint32_t d) {
    uint32_t own = is_tensor(v) ? v->type->n : 0, missing = rank - own;
    return d < missing ? 1 : tensor_dim(v, d - missing);
}

static bool common_shape(Eval *e, const Node *n, uint32_t inputs, const Value *in, uint32_t rank,
                         int64_t *shape) {
    for (uint32_t d = 0; d < rank; d++) {
        shape[d] = 1;
        for (uint32_t i = 0; i < inputs; i++) {
            int64_t size = aligned_dim(&in[i], rank, d);
            if (shape[d] == 1) shape[d] = size;
            else if (size != 1 && size != shape[d])
                return eval_fail(e, n, ROW_INDEX, "shapes that do not broadcast: %lld and %lld",
                                 (long long)shape[d], (long long)size);
        }
    }
    return true;
}

int64_t eval_place(const Value *v, uint32_t rank, const int64_t *at) {
    int64_t place = 0;
    for (uint32_t d = 0; d < rank; d++) {
        int64_t size = aligned_dim(v, rank, d);
        place = place * size + (size == 1 ? 0 : at[d]);
    }
    return place;
}

void eval_advance(uint32_t rank, const int64_t *shape, int64_t *at) {
    for (uint32_t d = rank; d-- > 0;) {
        if (++at[d] < shape[d]) return;
        at[d] = 0;
    }
}

bool eval_map(Eval *e, const Node *n, uint32_t inputs, const Value *in, Value *out, EvalElement fn) {
    int64_t shape[TENSOR_MAX_RANK], at[TENSOR_MAX_RANK] = {0};
    if (!is_tensor(out)) return fn(e, n, in, out);
    uint32_t rank = out->type->n;
    if (!common_shape(e, n, inputs, in, rank, shape) || !eval_check_shape(e, n, out->type, shape))
        return false;
    eval_tensor(e, out, shape);
    for (int64_t i = 0, count = tensor_count(out); i < count; i++, eval_advance(rank, shape, at)) {
        Value elem[MAX_INPUTS], result = {.type = out->type->elem};
        for (uint32_t k = 0; k < inputs; k++)
            elem[k] = is_tensor(&in[k]) ? tensor_elem(&in[k], eval_place(&in[k], rank, at)) : in[k];
        if (!fn(e, n, elem, &result)) return false;
        tensor_set(out, i, &result);
    }
    return true;
}
