/* JsonReader: walks a JSON text (RFC 8259) that is not trusted, from token to token, without building anything.  A call that
 * returns false leaves `why` set, and every later call returns false too.
 *
 *   json_enter(&r, '{');  while (json_more(&r, '}')) { json_key(&r, a, &key); .. one value .. }
 */
#ifndef DQL_RUNTIME_JSON_READ_H
#define DQL_RUNTIME_JSON_READ_H
#include "base/arena.h"
#include "base/str.h"
#include <stdint.h>

typedef struct JsonReader {
    const char *p, *end;
    const char *why; /* NULL while all is well */
    bool first;      /* no element of the array or object has been read yet */
} JsonReader;

bool json_enter(JsonReader *r, char open); /* '{' or '[' */
/* Whether an element follows: takes the comma before it, or the `close` behind the last one. */
bool json_more(JsonReader *r, char close);
bool json_key(JsonReader *r, Arena *a, Str *out); /* with its colon */
bool json_string(JsonReader *r, Arena *a, Str *out);
bool json_count(JsonReader *r, int64_t *out); /* an integer from 0 to INT64_MAX */
bool json_skip(JsonReader *r); /* any value */
char json_peek(JsonReader *r); /* first character of the next token; 0: none */
bool json_end(JsonReader *r);  /* nothing but blanks is left */
#endif
