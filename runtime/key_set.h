/* KeySet: the hashes of a table's keys, so that a few new rows are checked without looking at all the old ones.  Versions of
 * a table share it, and it holds at least the hashes of each of them: a hash that is not there is no key of theirs, one
 * that is there may be of rows that are gone, or of a statement that failed.  So adding to it needs no undoing.
 */
#ifndef DQL_RUNTIME_KEY_SET_H
#define DQL_RUNTIME_KEY_SET_H
#include "runtime/block.h"

typedef struct KeySet KeySet;
KeySet *keyset_new(BlockPool *pool, int64_t room); /* NULL: no memory */
KeySet *keyset_ref(KeySet *s);
void keyset_unref(KeySet *s); /* NULL is allowed */

typedef enum KeyAdded { KEY_NEW, KEY_THERE, KEY_NO_MEMORY } KeyAdded;
KeyAdded keyset_add(KeySet *s, uint64_t hash);
#endif
