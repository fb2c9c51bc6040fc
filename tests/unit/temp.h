/* Files that a test writes and reads back: one folder a test program, removed at its end. */
#ifndef DQL_TESTS_UNIT_TEMP_H
#define DQL_TESTS_UNIT_TEMP_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char temp_dir[64];

/* The path of a file of that name with n bytes in it; valid until the next call. */
static inline const char *temp_file(const char *name, const void *bytes, size_t n) {
    static char path[256];
    if (!temp_dir[0]) {
        snprintf(temp_dir, sizeof temp_dir, "%s/dql_test_XXXXXX", P_tmpdir);
        if (!mkdtemp(temp_dir)) abort();
    }
    snprintf(path, sizeof path, "%s/%s", temp_dir, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0) abort();
    return path;
}

static inline void temp_remove(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", temp_dir);
    if (temp_dir[0] && system(command) != 0) abort();
}
#endif
