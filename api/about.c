/* What dql knows of itself. */
#include "api/session.h"
#include "frontend/complete.h"
#include "ir/laws.h"
#include <stdlib.h>

#define DQL_VERSION "0.1.0"

char *dql_about(const char *what) {
    Buf out = {0};
    if (strcmp(what, "ops") == 0) ir_list_ops(&out);
    else if (strcmp(what, "rules") == 0) rw_list_rules(&out);
    else if (strcmp(what, "options") == 0) options_help(&out);
    else if (strcmp(what, "version") == 0) buf_puts(&out, "dql " DQL_VERSION);
    else return NULL;
    return out.p;
}

bool dql_complete(const char *text, size_t len) { return text_is_complete((Str){text, len}); }

static void print_columns(Buf *out, uint32_t n, const char *const *names, const Type *const *types) {
    for (uint32_t i = 0; i < n; i++) {
        buf_printf(out, "%s%s ", i ? ", " : "", names[i]);
        type_print(out, types[i], true);
    }
}

static void print_tables(dql_db *db, Buf *out) {
    Arena *a = arena_new();
    const char *const *names;
    size_t n = store_names(db->rt->store, a, &names);
    for (size_t i = 0; i < n; i++) {
        TableVersion *v = store_table(db->rt->store, names[i]);
        buf_printf(out, "%s\t", names[i]);
        print_columns(out, v->schema->n, (const char *const *)v->schema->names, v->schema->types);
        buf_printf(out, "\t%lld rows\n", (long long)v->rows);
        version_unref(v);
    }
    arena_free(a);
}

static void print_models(dql_db *db, Buf *out) {
    for (size_t i = 0; i < db->models.n; i++) {
        const ModelDef *m = db->models.at[i].def;
        buf_printf(out, "%s\t", m->name);
        for (uint32_t k = 0; k < m->n_inputs; k++) print_columns(out, 1, &m->inputs[k].name, &m->inputs[k].type);
        ModelVersion *v = models_get(db->rt->models, m->name, 0);
        buf_printf(out, "\tversion %lld\n", v ? (long long)v->number : 0);
        modelversion_unref(v);
    }
}

char *dql_catalog(dql_db *db, const char *what) {
    Buf out = {0};
    buf_puts(&out, "");
    if (!db->rt) return out.p; /* no statement yet: nothing is there */
    if (strcmp(what, "tables") == 0) print_tables(db, &out);
    else if (strcmp(what, "models") == 0) print_models(db, &out);
    return out.p;
}
