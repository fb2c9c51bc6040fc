#include "api/kept.h"
#include "api/run.h"
#include <stdlib.h>

static bool holds(const dql_stmt *s) {
    if (s->catalog != s->db->catalog) return false;
    for (size_t i = 0; i < s->pins.at.n; i++) {
        const Pin *pin = &s->pins.at.at[i];
        TableVersion *now = store_table(s->db->rt->store, pin->name);
        version_unref(now); /* compared by address only: the pin holds a reference to the old one */
        if (now != pin->version) return false;
    }
    return true;
}

static void drop(dql_db *db, size_t i) {
    statement_free(db->kept.at[i]);
    memmove(&db->kept.at[i], &db->kept.at[i + 1], (db->kept.n - i - 1) * sizeof *db->kept.at);
    db->kept.n--;
}

static void drop_stale(dql_db *db) {
    for (size_t i = db->kept.n; i-- > 0;)
        if (!holds(db->kept.at[i])) drop(db, i);
}

dql_stmt *kept_take(dql_db *db, Str text) {
    drop_stale(db);
    for (size_t i = 0; i < db->kept.n; i++) {
        dql_stmt *s = db->kept.at[i];
        if (!str_eq(str_of(s->key), text)) continue;
        memmove(&db->kept.at[i], &db->kept.at[i + 1], (db->kept.n - i - 1) * sizeof *db->kept.at);
        db->kept.n--;
        return s;
    }
    return NULL;
}

/* Files may change without the session knowing; dumps and statistics are wanted each time. */
static bool worth_keeping(const dql_stmt *s) {
    const Options *o = &s->db->options;
    bool watched = *o->dump.text || *o->stop_after || o->time_passes || o->rule_stats;
    return s->instance && s->st.kind == STMT_QUERY && s->st.explain == EXPLAIN_NONE && !s->pins.files && !watched && holds(s);
}

bool kept_put(dql_stmt *s) {
    dql_db *db = s->db;
    if (!s->key || !worth_keeping(s)) return false;
    run_free(s);
    if (db->kept.n == KEPT_MOST) drop(db, 0);
    *vec_push(&db->kept) = s;
    return true;
}

void kept_free(dql_db *db) {
    while (db->kept.n) drop(db, db->kept.n - 1);
    vec_free(&db->kept);
}
