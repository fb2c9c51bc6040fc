/* The smallest test harness: CHECK counts and prints failures with their place; check_report gives the exit code. */
#ifndef DQL_TESTS_UNIT_CHECK_H
#define DQL_TESTS_UNIT_CHECK_H
#include <stdio.h>
#include <string.h>

static int check_count, check_failed;

#define CHECK(cond)                                                                                          \
    (check_count++,                                                                                          \
     (cond) ? (void)0 : (void)(check_failed++, fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond)))
#define CHECK_INT(got, want) check_int((long long)(got), (long long)(want), #got, __FILE__, __LINE__)
#define CHECK_STR(got, want) check_str((got), (want), #got, __FILE__, __LINE__)

static inline void check_int(long long got, long long want, const char *what, const char *file, int line) {
    check_count++;
    if (got == want) return;
    check_failed++;
    fprintf(stderr, "%s:%d: %s is %lld, expected %lld\n", file, line, what, got, want);
}

static inline void check_str(const char *got, const char *want, const char *what, const char *file, int line) {
    check_count++;
    if (strcmp(got, want) == 0) return;
    check_failed++;
    fprintf(stderr, "%s:%d: %s is\n%s\nexpected\n%s\n", file, line, what, got, want);
}

static inline int check_report(const char *name) {
    printf("%s: %d checks, %d failed\n", name, check_count, check_failed);
    return check_failed || check_count == 0;
}
#endif
