/* Whole files into memory, for both programs. */
#ifndef DQL_DRIVER_FILE_H
#define DQL_DRIVER_FILE_H
#include <stddef.h>

char *driver_read_file(const char *path, size_t *len); /* malloc'd and NUL-terminated; NULL: errno says why */
#endif
