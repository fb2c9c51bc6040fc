/* Mapped: the bytes of a regular file, read only.  A file that shrinks while it is mapped ends the process (SIGBUS), as
 * with any mapped file: what is being read must not be cut short.
 */
#ifndef DQL_RUNTIME_MAPPED_H
#define DQL_RUNTIME_MAPPED_H
#include "runtime/error.h"

typedef struct Mapped {
    const uint8_t *p; /* never NULL once open; 64 bytes past the end are readable */
    size_t n;
} Mapped;

bool mapped_open(const char *path, Mapped *out, RtError *e);
void mapped_close(Mapped *m);

/* One file that several columns are read from in place: counted. */
typedef struct SharedMap SharedMap;
SharedMap *mapped_share(Mapped *m); /* takes the file over; NULL: no memory, m is unchanged */
SharedMap *sharedmap_ref(SharedMap *m);
void sharedmap_unref(SharedMap *m);
#endif
