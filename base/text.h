/* Text functions on UTF-8 that the evaluator and the runtime share. Invalid bytes count as one character each. */
#ifndef DQL_BASE_TEXT_H
#define DQL_BASE_TEXT_H
#include "base/arena.h"
#include "base/str.h"
#include <stdint.h>

bool utf8_valid(Str s);
size_t utf8_step(const char *p, const char *end); /* bytes of the character at p, 1 if invalid; p < end */
size_t utf8_length(Str s); /* characters */
/* SQL substring in characters: from is 1-based and may be below 1, len is not negative. No copy. */
Str utf8_substring(Str s, int64_t from, int64_t len);
Str text_upper(Arena *a, Str s); /* ASCII and Latin-1 letters; others unchanged */
Str text_lower(Arena *a, Str s);
Str text_trim(Str s); /* blanks, as SQL's TRIM, not tabs */
int64_t text_position(Str needle, Str hay); /* 1-based characters, 0 when absent */

/* LIKE: % any run, _ one character, escape character or 0. A pattern is compiled once and used for many rows. */
typedef enum LikeKind { LIKE_EXACT, LIKE_PREFIX, LIKE_SUFFIX, LIKE_CONTAINS, LIKE_GENERAL } LikeKind;
typedef struct Like {
    LikeKind kind;
    Str literal; /* of EXACT, PREFIX, SUFFIX, CONTAINS, unescaped */
    Str pattern; /* of GENERAL */
    char escape;
    bool fold;   /* ILIKE */
} Like;
/* false: the pattern ends with its escape character */
bool like_compile(Arena *a, Str pattern, char escape, bool fold, Like *out);
bool like_match(const Like *l, Str s);
#endif
