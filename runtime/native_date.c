#include "base/date.h"
#include "runtime/abi.h"
#include "runtime/dict.h"

int64_t dql_rt_date_add(void *const *args, int64_t n) {
    const int64_t *micros = args[0];
    const Interval *iv = args[1];
    int sign = (int)*(const int64_t *)args[2];
    int64_t *out = args[3], site = *(const int64_t *)args[4];
    for (int64_t i = 0; i < n; i++)
        if (!timestamp_add(micros[i], *iv, sign, &out[i])) return PROGRAM_ERROR(i, site, ROW_OVERFLOW);
    return 0;
}

enum { FIELD_BYTES = 16 };

int64_t dql_rt_extract(void *const *args, int64_t n) {
    const int64_t *micros = args[0];
    const TextView *field = args[1];
    double *out = args[2];
    char name[FIELD_BYTES];
    if (field->n >= FIELD_BYTES) return PROGRAM_ERROR(0, 0, ROW_BAD_CAST);
    memcpy(name, field->p, field->n);
    name[field->n] = 0;
    for (int64_t i = 0; i < n; i++)
        if (!timestamp_extract(micros[i], name, &out[i])) return PROGRAM_ERROR(i, 0, ROW_BAD_CAST);
    return 0;
}
