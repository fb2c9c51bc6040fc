/* Accumulators of ST_GROUP by AggKind: layout, start, merge, finish.  The order in which parts are merged matters for
 * ACC_SUM_F64 alone, whose parts come in the order of morsels.
 */
#ifndef DQL_RUNTIME_ACC_H
#define DQL_RUNTIME_ACC_H
#include "base/program.h"

size_t acc_bytes(uint8_t kind);
void acc_start(uint8_t kind, char *acc, int64_t n);
/* *to[i] takes in *from[i], in order of i */
void acc_merge_at(uint8_t kind, char *const *to, const char *const *from, int64_t n);
/* to[group[i]] takes in from[i]; group NULL: to[i] */
void acc_merge(uint8_t kind, char *to, const uint32_t *group, const char *from, int64_t n);
ColumnCode acc_code(uint8_t kind); /* of the finished column */
void acc_finish(uint8_t kind, const char *acc, int64_t n, void *out);
#endif
