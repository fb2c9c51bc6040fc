#include "runtime/store.h"
#include "base/memory.h"
#include "base/vec.h"
#include <stdlib.h>
#include <string.h>

typedef struct Entry {
    char *name;
    TableVersion *current;
} Entry;

struct Store {
    BlockPool *pool;
    Workers *workers;
    pthread_mutex_t lock;
    VEC(Entry) tables;
    int64_t published;
};

Store *store_new(BlockPool *pool, Workers *workers) {
    Store *s = mem_alloc(sizeof *s);
    memset(s, 0, sizeof *s);
    s->pool = pool;
    s->workers = workers;
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void free_entry(Entry *e) {
    free(e->name);
    version_unref(e->current);
}

void store_free(Store *s) {
    if (!s) return;
    for (size_t i = 0; i < s->tables.n; i++) free_entry(&s->tables.at[i]);
    vec_free(&s->tables);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

BlockPool *store_pool(Store *s) { return s->pool; }
Workers *store_workers(Store *s) { return s->workers; }

static Entry *find(Store *s, const char *name) {
    for (size_t i = 0; i < s->tables.n; i++)
        if (strcmp(s->tables.at[i].name, name) == 0) return &s->tables.at[i];
    return NULL;
}

TableVersion *store_table(Store *s, const char *name) {
    pthread_mutex_lock(&s->lock);
    Entry *e = find(s, name);
    TableVersion *v = e ? version_ref(e->current) : NULL;
    pthread_mutex_unlock(&s->lock);
    return v;
}

void store_publish(Store *s, const char *name, TableVersion *v) {
    pthread_mutex_lock(&s->lock);
    Entry *e = find(s, name);
    TableVersion *old = e ? e->current : NULL;
    if (!e) {
        size_t n = strlen(name) + 1;
        e = vec_push(&s->tables);
        e->name = memcpy(mem_alloc(n), name, n);
    }
    v->number = ++s->published; /* never used twice, so a table dropped and made again is another version */
    e->current = v;
    pthread_mutex_unlock(&s->lock);
    version_unref(old);
}

bool store_drop(Store *s, const char *name) {
    Entry gone = {0};
    pthread_mutex_lock(&s->lock);
    Entry *e = find(s, name);
    if (e) {
        gone = *e;
        memmove(e, e + 1, sizeof *e * (size_t)(s->tables.at + s->tables.n - (e + 1)));
        s->tables.n--;
    }
    pthread_mutex_unlock(&s->lock);
    if (e) free_entry(&gone);
    return e != NULL;
}

size_t store_names(Store *s, Arena *a, const char *const **out) {
    pthread_mutex_lock(&s->lock);
    size_t n = s->tables.n;
    const char **names = ARENA_ARRAY(a, const char *, n + 1);
    for (size_t i = 0; i < n; i++) names[i] = arena_strndup(a, s->tables.at[i].name, strlen(s->tables.at[i].name));
    pthread_mutex_unlock(&s->lock);
    *out = names;
    return n;
}
