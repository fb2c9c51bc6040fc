/* x IN (constants): each row is looked up in a set (base/member.h). */
#include "base/member.h"
#include "runtime/abi.h"

int64_t dql_rt_in_numbers(void *const *args, int64_t n) {
    const NumberSet *set = args[0];
    const int64_t *x = args[1];
    uint8_t *out = args[2];
    for (int64_t i = 0; i < n; i++) out[i] = number_set_has(set, x[i]);
    return 0;
}

int64_t dql_rt_in_texts(void *const *args, int64_t n) {
    const TextSet *set = args[0];
    const TextView *x = args[1];
    uint8_t *out = args[2];
    for (int64_t i = 0; i < n; i++) out[i] = text_set_has(set, x[i]);
    return 0;
}
