/* Parameters in the layout that kernels read (ARG_PARAM). */
#include "base/memory.h"
#include "runtime/run.h"
#include <stdlib.h>
#include <string.h>

static size_t param_bytes(const Type *t) { return t->kind == TY_TENSOR ? (size_t)tensor_bytes(t) : 64; }

static bool put_param(char *to, const Value *v) {
    const Type *t = v->type;
    switch (t->kind) {
    case TY_BOOL: memcpy(to, &(int64_t){v->b}, 8); return true;
    case TY_I8:
    case TY_I16:
    case TY_I32:
    case TY_I64:
    case TY_DATE:
    case TY_TIME:
    case TY_TIMESTAMP: memcpy(to, &v->i, 8); return true;
    case TY_U8:
    case TY_U16:
    case TY_U32: memcpy(to, &v->u, 8); return true;
    case TY_U64: memcpy(to, &(Int128){v->u}, 16); return true;
    case TY_DECIMAL: memcpy(to, &v->dec, 16); return true;
    case TY_F16:
    case TY_BF16:
    case TY_F32: memcpy(to, &v->f32, 4); return true;
    case TY_F64: memcpy(to, &v->f64, 8); return true;
    case TY_INTERVAL: memcpy(to, &v->interval, sizeof v->interval); return true;
    case TY_VARCHAR:
    case TY_BLOB: memcpy(to, &(TextView){v->s.p, v->s.n}, sizeof(TextView)); return true;
    case TY_TENSOR: memcpy(to, v->t.data, (size_t)tensor_bytes(t)); return true;
    case TY_NULL: return v->null;
    case TY_LIST:
    case TY_STRUCT:
    case TY_REL:
    case TY_COUNT: return false;
    }
    return false;
}

/* Texts are copied behind the values, so that a result may keep views of them. */
static size_t text_bytes(const Value *v) {
    bool text = v->type && (v->type->kind == TY_VARCHAR || v->type->kind == TY_BLOB);
    return text && !v->null ? v->s.n : 0;
}

bool params_set(RtRun *r, const Value *v, RtError *e) {
    uint32_t n = r->program->n_params;
    size_t values = 64, texts = 0;
    r->param_at = mem_alloc(sizeof *r->param_at * ((size_t)n + 1));
    for (uint32_t i = 0; i < n; i++) {
        r->param_at[i] = (uint32_t)values;
        values += (param_bytes(r->program->params[i].type) + 127) / 64 * 64;
        texts += text_bytes(&v[i]);
    }
    r->params = block_zalloc(r->session->pool, values + n + texts);
    if (!r->params) return rt_fail_memory(e);
    r->param_valid = (uint8_t *)r->params + values;
    char *text = r->params + values + n;
    for (uint32_t i = 0; i < n; i++) {
        Value copy = v[i];
        r->param_valid[i] = !v[i].null;
        if (v[i].null) {
            if (r->program->params[i].type->kind == TY_VARCHAR) memcpy(r->params + r->param_at[i], &(TextView){"", 0}, 16);
            continue;
        }
        if (text_bytes(&copy)) {
            memcpy(text, copy.s.p, copy.s.n);
            copy.s.p = text;
            text += copy.s.n;
        }
        if (!put_param(r->params + r->param_at[i], &copy))
            return rt_fail(e, RT_DATA, "parameter $%s cannot have this type", r->program->params[i].name);
    }
    return true;
}
