/* Damaged text of the algebra is rejected with a sentence, or reads to a graph whose text reads back to the
 * same node: never a crash, whatever the types laws are given. */
#include "check.h"
#include "ir/text.h"
#include <stdlib.h>

/* clang-format off */
static const char *const texts[] = {
    "%1 = scan {table=\"t\", version=1, columns=[0, 1], rowid=true, rel=REL(INTEGER, VARCHAR, BIGINT NOT NULL)}\n"
    "%2 = col {index=0, type=INTEGER}\n%3 = const {value=VARCHAR NOT NULL \"a\\x0ab\"}\n%4 = like %3 %3 {escape=0, fold=false}\n"
    "%5 = filter %1 %4\n%6 = agg_sum %2\n%7 = aggregate %5 %2 %6 {keys=1}\n%8 = const {value=BIGINT NOT NULL 5}\n"
    "%9 = topn %7 %8 %8 %8 {flags=[1]}\n",
    "%1 = const {value=INTEGER[] NOT NULL {1, null}}\n%2 = const {value=VARCHAR NOT NULL \"x\"}\n%3 = is_distinct %1 %1\n"
    "%4 = const {value=DATE NOT NULL 1995-01-01}\n%5 = lt %4 %2\n%6 = case %3 %4 %5 %4 %2\n%7 = in %6 %4 %2\n",
    "%1 = col {index=0, type=TENSOR(FLOAT32, 2, 6, 6) NOT NULL}\n%2 = weight {model=\"m\", version=1, name=\"w\", type=TENSOR(FLOAT32, 3, 2, 3, 3) NOT NULL}\n"
    "%3 = conv %1 %2 {stride=[2, 1], before=[1, 1], after=[1, 0], dilation=[1, 1], groups=1}\n"
    "%4 = max_pool %3 {kernel=[2, 2], stride=[1, 1], before=[0, 0], after=[0, 0], dilation=[1, 1], count_pad=true}\n"
    "%5 = reshape %4 {shape=[-1]}\n%6 = contract %5 %5 {a=[0], b=[1], out=[1, 0]}\n%7 = sum %6 {dims=[0], keep=true}\n",
    "%1 = const {value=TENSOR(FLOAT32, *, 2) NOT NULL [1, 2] \"0000803f00008040\"}\n%2 = transpose %1 {shape=[1, 0]}\n"
    "%3 = slice %2 {from=[1, 0], to=[2, 1], step=[1, 1], drop=[1, 0]}\n%4 = concat %1 %1 {axis=0}\n%5 = const {value=BIGINT NOT NULL 1}\n"
    "%6 = index %4 %5 %5\n%7 = stack %6 %6 {axis=0}\n%8 = cast %7 {to=TENSOR(DOUBLE, 2) NOT NULL, try=true}\n%9 = div %8 %5\n",
};
/* clang-format on */

static uint64_t state = 7;
static size_t below(size_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(state >> 33) % n;
}

/* One byte replaced, removed, or swapped with another. */
static void damage(char *s) {
    static const char letters[] = "0123456789%-,[]{}*= anx";
    size_t n = strlen(s), at = below(n), other = below(n);
    char was = s[at];
    if (below(3) == 0) memmove(s + at, s + at + 1, n - at);
    else if (below(2) == 0) s[at] = letters[below(sizeof letters - 1)];
    else s[at] = s[other], s[other] = was;
}

static bool check_text(const char *text) {
    Arena *arena = arena_new();
    Intern *names = intern_new();
    Ir *ir = ir_new(arena, names);
    const char *why = NULL;
    const Node *n = ir_read(ir, text, &why);
    CHECK(n || why);
    if (n) {
        Buf b = {0};
        ir_print(&b, n);
        const Node *again = ir_read(ir, b.p, &why);
        CHECK(again == n);
        if (again != n) fprintf(stderr, "%s\nfrom %s\n", b.p, text);
        ir_verify(ir, n, &why);
        buf_free(&b);
    }
    arena_free(arena);
    intern_free(names);
    return n != NULL;
}

int main(void) {
    int read = 0;
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        CHECK(check_text(texts[t]));
        for (int i = 0; i < 4000; i++) {
            char *text = strdup(texts[t]);
            for (size_t k = 1 + below(3); k > 0; k--) damage(text);
            read += check_text(text);
            free(text);
        }
    }
    CHECK(read > 100); /* some damage leaves other algebra */
    return check_report("ir_mutation");
}
