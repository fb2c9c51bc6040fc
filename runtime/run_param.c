/* Parameters in the layout that kernels read (ARG_PARAM). */
#include "base/memory.h"
#include "runtime/run.h"
#include "runtime/scalar.h"
#include <stdlib.h>
#include <string.h>

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
        values += (scalar_bytes(r->program->params[i].type) + 127) / 64 * 64;
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
        if (!scalar_store(r->params + r->param_at[i], &copy))
            return rt_fail(e, RT_DATA, "parameter $%s cannot have this type", r->program->params[i].name);
    }
    return true;
}
