#include "driver/file.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

char *driver_read_file(const char *path, size_t *len) {
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    char *text = NULL;
    size_t n = 0, cap = 0, got;
    do {
        if (n + 65537 > cap) text = realloc(text, cap = (n + 65537) * 2);
        if (!text) break;
        n += got = fread(text + n, 1, 65536, f);
    } while (got > 0);
    int failed = ferror(f) ? errno : 0;
    fclose(f);
    if (failed || !text) {
        free(text);
        errno = failed ? failed : ENOMEM;
        return NULL;
    }
    text[n] = 0;
    *len = n;
    return text;
}
