/* How alike two texts are, in characters (code points; invalid bytes count as one each).  The evaluator and the runtime share
 * these, so that all executions give the same bits. */
#ifndef DQL_BASE_SIMILARITY_H
#define DQL_BASE_SIMILARITY_H
#include "base/arena.h"
#include "base/str.h"
#include <stdint.h>

enum { QGRAM_MOST = 6 };

/* Working memory, kept from call to call; one thread at a time. */
typedef struct Similarity Similarity;
Similarity *similarity_new(Arena *a);

/* The least number of characters inserted, deleted or replaced that makes one of the other. */
int64_t text_levenshtein(Similarity *s, Str a, Str b);
/* Jaro's similarity, and where it is above 0.7 Winkler's bonus of a tenth for each of up to 4 first characters in common; 1 for equal texts,
 * 0 when no characters match. */
double text_jaro_winkler(Similarity *s, Str a, Str b);
/* |A n B| / |A u B| of the sets of runs of q characters, 1 <= q <= QGRAM_MOST; a text shorter than q is one run, an empty one none;
 * 1 for two empty texts. */
double text_qgram_jaccard(Similarity *s, Str a, Str b, int64_t q);
#endif
