/* Map: open-addressing table from a 64-bit hash and an equality callback to void *.  Keys are what the values carry:
 * the map stores (hash, value) and asks `same(value, key)`.  Used for hash-consing, interning and memo tables.
 * PtrMap is the common case: pointer to pointer.
 */
#ifndef DQL_BASE_MAP_H
#define DQL_BASE_MAP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Map {
    uint64_t *hash;
    void **value; /* NULL marks a free slot */
    size_t n, cap;
} Map; /* zero-initialised is empty */

typedef bool (*MapSame)(const void *value, const void *key);
void *map_get(const Map *m, uint64_t hash, MapSame same, const void *key); /* NULL when absent */
void map_add(Map *m, uint64_t hash, void *value);                          /* the key must be absent, value not NULL */
void map_free(Map *m);

typedef struct PtrMap {
    const void **key; /* NULL marks a free slot */
    void **value;
    size_t n, cap;
} PtrMap; /* zero-initialised is empty */
void *ptrmap_get(const PtrMap *m, const void *key); /* NULL when absent */
void ptrmap_set(PtrMap *m, const void *key, void *value);
void ptrmap_free(PtrMap *m);
#endif
