/* Arena, vectors, maps, names, buffers, hashes and memory: what a caller may rely on. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/vec.h"
#include "tests/unit/check.h"

static int deferred[4], deferred_n;
static void note_call(void *arg) { deferred[deferred_n++] = *(int *)arg; }

static void check_arena(void) {
    Arena *a = arena_new();
    int wrong = 0;
    CHECK_INT(arena_used(a), 0);
    for (size_t i = 0; i < 3000; i++) {
        size_t size = i * 7 % 1000;
        unsigned char *p = arena_alloc(a, size);
        wrong += !p || (uintptr_t)p % 16;
        for (size_t k = 0; k < size; k++) wrong += p[k] != 0;
        memset(p, 0xFF, size);
    }
    CHECK_INT(wrong, 0);
    CHECK(arena_used(a) >= 3000 * 400);
    CHECK(arena_alloc(a, 0) != arena_alloc(a, 0));
    CHECK_STR(arena_strndup(a, "abcdef", 3), "abc");
    CHECK_STR(arena_strndup(a, NULL, 0), "");
    CHECK_STR(arena_printf(a, "%s-%d", "x", 7), "x-7");
    CHECK_STR(arena_printf(a, "%0*d", 5000, 7) + 4990, "0000000007");
    CHECK_STR(arena_copy(a, "copy", 5), "copy");
    char *big = arena_alloc(a, 5 << 20);
    big[(5 << 20) - 1] = 1;
    int one = 1, two = 2;
    arena_defer(a, note_call, &one);
    arena_defer(a, note_call, &two);
    arena_reset(a);
    CHECK(deferred_n == 2 && deferred[0] == 2 && deferred[1] == 1);
    CHECK_INT(arena_used(a), 0);
    CHECK_STR(arena_strndup(a, "again", 5), "again");
    arena_free(a);
    arena_free(NULL);
    CHECK_INT(deferred_n, 2);
}

static void check_vec(void) {
    VEC(int) v = {0};
    for (int i = 0; i < 1000; i++) *vec_push(&v) = i;
    CHECK(v.n == 1000 && v.at[0] == 0 && v.at[999] == 999 && vec_last(&v) == 999);
    CHECK(vec_pop(&v) == 999 && v.n == 999);
    vec_reserve(&v, 5000);
    CHECK(v.cap >= 5000 && v.at[998] == 998);
    vec_free(&v);
    CHECK(!v.at && v.n == 0 && v.cap == 0);
}

typedef struct Entry {
    int key, value;
} Entry;
static bool entry_is(const void *value, const void *key) {
    return ((const Entry *)value)->key == *(const int *)key;
}

/* With all hashes equal the table is a list and must still be right. */
static void check_map(bool collide) {
    enum { N = 500 };
    Map m = {0};
    static Entry entries[N];
    int wrong = 0;
    for (int i = 0; i < N; i++) {
        entries[i] = (Entry){i * 3, i};
        wrong += map_get(&m, collide ? 7 : (uint64_t)i * 3, entry_is, &entries[i].key) != NULL;
        map_add(&m, collide ? 7 : (uint64_t)i * 3, &entries[i]);
    }
    for (int k = 0; k < N * 3; k++) {
        Entry *e = map_get(&m, collide ? 7 : (uint64_t)k, entry_is, &k);
        wrong += k % 3 ? e != NULL : !e || e->value != k / 3;
    }
    CHECK_INT(wrong, 0);
    CHECK_INT(m.n, N);
    map_free(&m);
    CHECK(!map_get(&m, 7, entry_is, &(int){0}));
}

static void check_ptrmap(void) {
    static char keys[2000];
    PtrMap m = {0};
    CHECK(!ptrmap_get(&m, keys));
    for (int i = 0; i < 1000; i++) ptrmap_set(&m, &keys[2 * i], &keys[i]);
    for (int i = 0; i < 1000; i += 2) ptrmap_set(&m, &keys[2 * i], keys);
    int wrong = 0;
    for (int i = 0; i < 1000; i++) {
        wrong += ptrmap_get(&m, &keys[2 * i]) != (i % 2 ? &keys[i] : keys);
        wrong += ptrmap_get(&m, &keys[2 * i + 1]) != NULL;
    }
    CHECK_INT(wrong, 0);
    CHECK_INT(m.n, 1000);
    ptrmap_free(&m);
}

static void check_strings(void) {
    CHECK(str_eq(str_of("ab"), STR_LIT("ab")) && !str_eq(str_of("ab"), str_of("abc")) &&
          str_eq((Str){0}, str_of("")));
    CHECK(str_cmp(str_of("ab"), str_of("abc")) < 0 && str_cmp(str_of("b"), str_of("abc")) > 0);
    CHECK(str_cmp((Str){0}, str_of("")) == 0 && str_cmp(str_of("\x80"), str_of("a")) > 0);
    CHECK(str_ieq(str_of("SeLect"), str_of("sELECT")) && !str_ieq(str_of("a"), str_of("ab")));
    CHECK(!str_ieq(str_of("@"), str_of("`")) && !str_ieq(str_of("["), str_of("{")));
    Str s = str_strip(str_of(" \t-5 \r"));
    CHECK(str_eq(s, str_of("-5")) && str_take_sign(&s) && s.n == 1 && !str_take_sign(&s));
    Intern *t = intern_new();
    const char *a = intern(t, (Str){"name", 4}), *nul = intern(t, (Str){"a\0b", 3});
    int wrong = 0;
    for (int i = 0; i < 2000; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i % 1000);
        const char *first = intern_cstr(t, name);
        wrong += first != intern_cstr(t, name) || strcmp(first, name) != 0;
    }
    CHECK_INT(wrong, 0);
    CHECK(a == intern_cstr(t, "name") && nul == intern(t, (Str){"a\0b", 3}) &&
          nul != intern(t, (Str){"a\0c", 3}));
    CHECK(*intern(t, (Str){0}) == 0 && intern_cstr(t, "") == intern(t, (Str){0}));
    intern_free(t);
    intern_free(NULL);
}

static const char *near(const char *name) {
    static const char *const names[] = {"customer", "orders", "lineitem", "id", "x", "p_name", "ps_name"};
    const char *best = str_nearest(name, names, sizeof names / sizeof *names);
    return best ? best : "none";
}

static void check_nearest(void) {
    CHECK_STR(near("custmer"), "customer");
    CHECK_STR(near("CUSTOMER"), "customer");
    CHECK_STR(near("oredrs"), "orders");
    CHECK_STR(near("order"), "orders");
    CHECK_STR(near("di"), "id");
    CHECK_STR(near("idx"), "id");
    CHECK_STR(near("y"), "none");
    CHECK_STR(near("p_nam"), "p_name");
    CHECK_STR(near("supplier"), "none");
    CHECK_STR(near(""), "none");
    char endless[500];
    memset(endless, 'a', sizeof endless);
    endless[499] = 0;
    CHECK_STR(near(endless), "none");
    CHECK(!str_nearest("a", NULL, 0));
}

static void check_buf(void) {
    Buf b = {0};
    buf_clear(&b);
    buf_add(&b, NULL, 0);
    CHECK_STR(b.p, "");
    buf_puts(&b, "ab");
    buf_putc(&b, 'c');
    buf_str(&b, (Str){"defg", 2});
    buf_printf(&b, "%s%d", "x", 12);
    CHECK_STR(b.p, "abcdex12");
    CHECK_INT(b.n, 8);
    buf_printf(&b, "%0*d", 3000, 1);
    CHECK(b.n == 3008 && strlen(b.p) == 3008);
    buf_clear(&b);
    CHECK_STR(b.p, "");
    for (int i = 0; i < 5000; i++) buf_putc(&b, 'y');
    CHECK_INT(strlen(b.p), 5000);
    buf_free(&b);
    CHECK(!b.p && !b.n);
}

/* The values are XXH3's: names on disk must not change with a library. */
static void check_hash(void) {
    char hex[33];
    hash128_hex(hash128("", 0), hex);
    CHECK_STR(hex, "99aa06d3014798d86001c324468d497f");
    hash128_hex((Hash128){0x0123456789ABCDEF, 0xFEDCBA9876543210}, hex);
    CHECK_STR(hex, "fedcba98765432100123456789abcdef");
    CHECK(hash64("", 0, 0) == 0x2D06800538D394C2);
    CHECK(hash64("a", 1, 0) != hash64("a", 1, 1) && hash64("a", 1, 0) != hash64("b", 1, 0));
    CHECK(hash128_eq(hash128("ab", 2), hash128("ab", 2)) && !hash128_eq(hash128("ab", 2), hash128("ac", 2)));
    CHECK(hash_mix(1, 2) != hash_mix(2, 1));
}

static void check_memory(void) {
    mem_fail_after(2);
    bool first = mem_should_fail(), second = mem_should_fail(), third = mem_should_fail();
#ifdef DQL_HOSTILE
    CHECK(!first && second && !third);
#else
    CHECK(!first && !second && !third);
#endif
    mem_fail_after(0);
    CHECK(!mem_should_fail());
    char *p = mem_realloc(mem_alloc(0), 100);
    p[99] = 1;
    free(p);
}

int main(void) {
    check_arena();
    check_vec();
    check_map(false);
    check_map(true);
    check_ptrmap();
    check_strings();
    check_nearest();
    check_buf();
    check_hash();
    check_memory();
    return check_report("containers");
}
