/* dql_rt_reduce against the keys themselves: each form of index, each width of codes, tables in order, in none and with far
 * keys, NULLs, keys that the index cannot hold, and batches of any length. */
#include "check.h"
#include "runtime/abi.h"
#include "runtime/state.h"
#include <stdlib.h>

enum { KEYS = 600, ROWS = 2048, MIN = -1000 };
static const int64_t ranges[] = {4000, 100000, 0}; /* of possible keys: an array, bits, a table */

typedef struct Probe { /* the key column of a batch */
    int64_t key[ROWS];
    uint8_t valid[ROWS + 64];
    _Alignas(64) char codes[8 * (ROWS + 64)];
    int64_t base, width;
} Probe;

static uint64_t seed = 1;
static int64_t below(int64_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)(seed >> 33) % n;
}

/* The keys of the index, twice each third one; a thousandth of them at the ends of the range. */
static void make_keys(int64_t *key, int64_t spread) {
    for (int64_t i = 0, k = MIN; i < KEYS; i++, k += i % 3 ? 1 + below(spread) : 0) key[i] = k;
}

typedef enum Order { ASCENDING, RANDOM, FAR, DESCENDING, ORDERS } Order;

static void make_probe(Probe *p, Order order, int width, int64_t top) {
    static const int64_t most[] = {[1] = 255, [2] = 65535, [4] = INT32_MAX, [8] = INT32_MAX};
    int64_t step = order == FAR ? 90 : 2, at = MIN - 50;
    p->width = width;
    p->base = width == 8 ? 0 : MIN - 50;
    for (int64_t i = 0; i < ROWS; i++) {
        at += below(4) ? 0 : below(step);
        p->key[i] = order == RANDOM ? MIN - 50 + below(top + 100) : at;
        if (p->key[i] - (MIN - 50) > most[width]) p->key[i] = MIN - 50 + most[width];
        p->valid[i] = below(10) > 0;
    }
    for (int64_t i = 0; order == DESCENDING && i < ROWS / 2; i++) {
        int64_t other = p->key[ROWS - 1 - i];
        p->key[ROWS - 1 - i] = p->key[i];
        p->key[i] = other;
    }
    for (int64_t i = 0; i < ROWS; i++) {
        int64_t code = p->key[i] - p->base;
        memcpy(p->codes + i * width, &code, (size_t)width);
    }
}

static bool is_key(const int64_t *key, int64_t k) {
    for (int i = 0; i < KEYS; i++)
        if (key[i] == k) return true;
    return false;
}

static void check_probe(RtState *s, const int64_t *key, Probe *p, int64_t n, bool valid) {
    uint8_t out[ROWS + 64];
    void *args[] = {s, p->codes, &p->width, &p->base, valid ? p->valid : NULL, out};
    int64_t wrong = 0, let_through = 0;
    CHECK_INT(dql_rt_reduce(args, n), 0);
    for (int64_t i = 0; i < n; i++) {
        bool there = is_key(key, p->key[i]) && (!valid || p->valid[i]);
        wrong += out[i] > 1 || (there && !out[i]) || (valid && !p->valid[i] && out[i]);
        let_through += out[i] && !there;
    }
    CHECK_INT(wrong, 0);
    CHECK(s->join.form == JOIN_TABLE ? let_through <= n / 4 + 4 : let_through == 0);
}

static void check_index(BlockPool *pool, Workers *w, int64_t range, int64_t rows) {
    static const int64_t lengths[] = {1, 7, 8, 9, 64, 1001, ROWS};
    static Probe p;
    int64_t key[KEYS];
    RtError e = {0};
    State def = {.kind = ST_ROWS, .finish = FIN_JOIN, .dense = range > 0, .dense_min = MIN, .dense_n = range, .reduces = true};
    make_keys(key, range > 4000 ? 150 : 4);
    if (!rows) memset(key, 0x7f, sizeof key); /* nowhere */
    ColumnRef column = {.code = {CODE_INT, 8, false, 0}, .data = key};
    RtState s = {.def = &def, .pool = pool, .rows = rows, .out = &column};
    CHECK(join_finish(&s, w, &e));
    for (int order = 0; order < ORDERS; order++)
        for (int width = 1; width <= 8; width *= 2) {
            make_probe(&p, (Order)order, width, range > 0 ? range : 4000);
            for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
                for (int valid = 0; valid < 2; valid++) check_probe(&s, key, &p, lengths[l], valid);
        }
    join_free(&s.join);
}

int main(void) {
    BlockPool *pool = blockpool_new(0);
    Workers *w = workers_new(2);
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
        check_index(pool, w, ranges[r], KEYS);
        check_index(pool, w, ranges[r], 0);
    }
    CHECK_INT(blockpool_used(pool), 0);
    workers_free(w);
    blockpool_free(pool);
    return check_report("reduce_test");
}
