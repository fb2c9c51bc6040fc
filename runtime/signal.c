#include "runtime/signal.h"
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SPINS = 4000 }; /* pauses, about 20 us on current x86 */

void signal_set(Signal *s, uint32_t value) { atomic_store(&s->value, value); }

void signal_add(Signal *s, int32_t n) {
    atomic_fetch_add(&s->value, (uint32_t)n);
    if (atomic_load(&s->sleepers)) syscall(SYS_futex, &s->value, FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0);
}

void signal_await(Signal *s, uint32_t seen) {
    for (int i = 0; i < SPINS; i++) {
        if (signal_value(s) != seen) return;
        __builtin_ia32_pause();
    }
    atomic_fetch_add(&s->sleepers, 1);
    while (atomic_load(&s->value) == seen) syscall(SYS_futex, &s->value, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    atomic_fetch_sub(&s->sleepers, 1);
}
