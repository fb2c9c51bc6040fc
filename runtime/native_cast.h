/* Why a row of dql_rt_cast could not be cast: the value and the sentence, for the error that is reported. */
#ifndef DQL_RUNTIME_NATIVE_CAST_H
#define DQL_RUNTIME_NATIVE_CAST_H
#include "base/buf.h"
#include <stdint.h>

void cast_explain(void *const *args, int64_t row, Buf *value, Buf *why);
#endif
