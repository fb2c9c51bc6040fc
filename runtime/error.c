#include "runtime/error.h"

bool rt_fail(RtError *e, RtErrorKind kind, const char *fmt, ...) {
    if (e->kind != RT_NONE) return false;
    e->kind = kind;
    e->site = UINT32_MAX;
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&e->message, fmt, ap);
    va_end(ap);
    return false;
}

bool rt_fail_memory(RtError *e) {
    return rt_fail(e, RT_LIMIT, "out of memory: the limit of this session (--memory-limit) or of the machine is reached");
}

void rt_error_clear(RtError *e) {
    buf_free(&e->value);
    buf_free(&e->message);
    *e = (RtError){0};
}
