/* Text: by the functions of base that the evaluator uses too. New texts live in the batch's scratch. */
#include "base/similarity.h"
#include "base/text.h"
#include "runtime/abi.h"
#include "runtime/dict.h"
#include "runtime/textheap.h"
#include <string.h>

static const int64_t no_memory = PROGRAM_ERROR(0, 0, ROW_NO_MEMORY);

static Str str(TextView v) { return (Str){v.p, v.n}; }

int64_t dql_rt_text_compare(void *const *args, int64_t n) {
    const TextView *a = args[0], *b = args[1];
    int32_t *out = args[2];
    int64_t stride = *(const int64_t *)args[3];
    for (int64_t i = 0; i < n; i++) {
        int c = text_cmp(a[i], b[i * stride]);
        out[i] = (c > 0) - (c < 0);
    }
    return 0;
}

/* A pattern is compiled when it is another one than the row before has. */
int64_t dql_rt_text_like(void *const *args, int64_t n) {
    const TextView *a = args[0], *pattern = args[1], *last = NULL;
    int64_t stride = *(const int64_t *)args[2], escape = *(const int64_t *)args[3];
    bool fold = *(const int64_t *)args[4] != 0, valid = false;
    uint8_t *out = args[5];
    Arena *arena = arena_new();
    Like like;
    for (int64_t i = 0; i < n; i++) {
        const TextView *p = &pattern[i * stride];
        if (!last || (last != p && text_cmp(*last, *p) != 0)) {
            arena_reset(arena);
            valid = like_compile(arena, str(*p), (char)escape, fold, &like);
        }
        last = p;
        out[i] = valid && like_match(&like, str(a[i]));
    }
    arena_free(arena);
    return 0;
}

int64_t dql_rt_text_concat(void *const *args, int64_t n) {
    const TextView *a = args[1], *b = args[3];
    int64_t a_stride = *(const int64_t *)args[2], b_stride = *(const int64_t *)args[4];
    TextView *out = args[5];
    for (int64_t i = 0; i < n; i++) {
        TextView x = a[i * a_stride], y = b[i * b_stride];
        char *p = textheap_room(args[0], x.n + y.n);
        if (!p) return no_memory;
        if (x.n) memcpy(p, x.p, x.n);
        if (y.n) memcpy(p + x.n, y.p, y.n);
        out[i] = (TextView){p, x.n + y.n};
    }
    return 0;
}

static int64_t change(void *const *args, int64_t n, Str (*fn)(Arena *, Str)) {
    const TextView *a = args[1];
    TextView *out = args[2];
    Arena *arena = arena_new();
    bool ok = true;
    for (int64_t i = 0; ok && i < n; i++) {
        Str s = fn(arena, str(a[i]));
        ok = textheap_copy(args[0], (TextView){s.p, s.n}, &out[i]);
    }
    arena_free(arena);
    return ok ? 0 : no_memory;
}

int64_t dql_rt_text_upper(void *const *args, int64_t n) { return change(args, n, text_upper); }
int64_t dql_rt_text_lower(void *const *args, int64_t n) { return change(args, n, text_lower); }

int64_t dql_rt_text_length(void *const *args, int64_t n) {
    const TextView *a = args[0];
    int64_t *out = args[1];
    for (int64_t i = 0; i < n; i++) out[i] = (int64_t)utf8_length(str(a[i]));
    return 0;
}

int64_t dql_rt_text_substring(void *const *args, int64_t n) {
    const TextView *a = args[0];
    const int64_t *from = args[1], *length = args[2];
    TextView *out = args[3];
    for (int64_t i = 0; i < n; i++) {
        Str s = utf8_substring(str(a[i]), from[i], length[i]);
        out[i] = (TextView){s.p, s.n};
    }
    return 0;
}

/* Two operands with their strides. */
typedef struct Pairs {
    const TextView *a, *b;
    int64_t a_stride, b_stride;
    Arena *arena;
    Similarity *work;
} Pairs;

static Pairs pairs_begin(void *const *args) {
    Arena *arena = arena_new();
    return (Pairs){args[0], args[2], *(const int64_t *)args[1], *(const int64_t *)args[3], arena, similarity_new(arena)};
}

static Str first(const Pairs *p, int64_t i) { return str(p->a[i * p->a_stride]); }
static Str second(const Pairs *p, int64_t i) { return str(p->b[i * p->b_stride]); }

int64_t dql_rt_text_levenshtein(void *const *args, int64_t n) {
    Pairs p = pairs_begin(args);
    int64_t *out = args[4];
    for (int64_t i = 0; i < n; i++) out[i] = text_levenshtein(p.work, first(&p, i), second(&p, i));
    arena_free(p.arena);
    return 0;
}

int64_t dql_rt_text_jaro_winkler(void *const *args, int64_t n) {
    Pairs p = pairs_begin(args);
    double *out = args[4];
    for (int64_t i = 0; i < n; i++) out[i] = text_jaro_winkler(p.work, first(&p, i), second(&p, i));
    arena_free(p.arena);
    return 0;
}

int64_t dql_rt_text_qgram_jaccard(void *const *args, int64_t n) {
    Pairs p = pairs_begin(args);
    int64_t q = *(const int64_t *)args[4];
    double *out = args[5];
    for (int64_t i = 0; i < n; i++) out[i] = text_qgram_jaccard(p.work, first(&p, i), second(&p, i), q);
    arena_free(p.arena);
    return 0;
}
