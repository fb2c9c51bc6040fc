/* A number that one thread changes and others wait for: they spin for a few microseconds, then sleep. */
#ifndef DQL_RUNTIME_SIGNAL_H
#define DQL_RUNTIME_SIGNAL_H
#include <stdatomic.h>
#include <stdint.h>

typedef struct Signal { /* starts as zeros */
    _Atomic uint32_t value, sleepers;
} Signal;

static inline uint32_t signal_value(Signal *s) { return atomic_load_explicit(&s->value, memory_order_acquire); }
static inline uint32_t signal_sleepers(Signal *s) { return atomic_load_explicit(&s->sleepers, memory_order_acquire); }
void signal_set(Signal *s, uint32_t value); /* while nobody waits */
void signal_add(Signal *s, int32_t n);      /* wakes who sleeps */
void signal_await(Signal *s, uint32_t seen); /* until the value differs from `seen` */
#endif
