/* The tables of rules and passes, and what they print: --list-rules, --rule-stats, the report of EXPLAIN. */
#include "rewrites/measure.h"
#include "rewrites/pass.h"
#include "rewrites/rules.h"
#include <string.h>

const Rule *const rw_rules[] = {
#define RULE(file, name) &rule_##name,
#include "rewrites/rules.def"
#undef RULE
    NULL};
const size_t rw_rule_count = sizeof rw_rules / sizeof *rw_rules - 1;

static const char *const files[] = {
#define RULE(file, name) #file,
#include "rewrites/rules.def"
#undef RULE
};

const Rule *rw_find_rule(const char *name) {
    for (size_t i = 0; i < rw_rule_count; i++)
        if (strcmp(rw_rules[i]->name, name) == 0) return rw_rules[i];
    return NULL;
}

bool rw_known(const char *name) {
    for (size_t i = 0; i < rw_pass_count; i++)
        if (strcmp(rw_passes[i].name, name) == 0) return true;
    return rw_find_rule(name) != NULL;
}

static const char *sound_text(Soundness s) {
    switch (s) {
    case EXACT: return "EXACT";
    case REAL: return "REAL";
    case APPROX: return "APPROX";
    }
    BUG("soundness %d", (int)s);
}

void rw_list_rules(Buf *out) {
    buf_puts(out, "RULE                       SOUND   FILE        LAW\n");
    for (size_t i = 0; i < rw_rule_count; i++) {
        const Rule *r = rw_rules[i];
        buf_printf(out, "%-26s %-7s %-11s %s\n%46s  where %s\n", r->name, sound_text(r->sound), files[i],
                   r->law, "", r->where);
    }
    buf_puts(out, "PASS                       DOES\n");
    for (size_t i = 0; i < rw_pass_count; i++)
        buf_printf(out, "%-26s %s\n", rw_passes[i].name, rw_passes[i].does);
}

void rw_print_stats(Buf *out, const RwReport *report) {
    buf_puts(out, "RULE                          TRIED   FIRED\n");
    for (size_t i = 0; i < rw_rule_count; i++)
        if (report->tried[i])
            buf_printf(out, "%-26s %8u %7u\n", rw_rules[i]->name, report->tried[i], report->hits[i]);
}

static double gain(const Rw *rw, const RwFired *f) {
    double from = rw_measure(rw, f->from);
    return from > 0 ? 1 - rw_measure(rw, f->to) / from : 0;
}

/* How often the application's rule fired from i on; 0 when it was listed before. */
static size_t times_from(const RwReport *r, size_t i, double *saved, const Rw *rw) {
    size_t n = 0;
    for (size_t k = 0; k < r->n_fired; k++) {
        if (strcmp(r->fired[k].name, r->fired[i].name) != 0) continue;
        if (k < i) return 0;
        n++;
        *saved += gain(rw, &r->fired[k]);
    }
    return n;
}

/* What the pass does, without what it requires. */
static void put_pass(Buf *out, const char *name) {
    for (size_t i = 0; i < rw_pass_count; i++)
        if (strcmp(rw_passes[i].name, name) == 0)
            buf_printf(out, "%.*s", (int)strcspn(rw_passes[i].does, ":;"), rw_passes[i].does);
}

void rw_print_report(Buf *out, Ir *ir, const SourceApi *source, const RwReport *report) {
    PtrMap rows = {0};
    Rw rw = {ir, source, &rows};
    for (size_t i = 0; i < report->n_fired; i++) {
        const RwFired *f = &report->fired[i];
        const Rule *rule = rw_find_rule(f->name);
        double saved = 0;
        size_t n = times_from(report, i, &saved, &rw);
        if (!n) continue;
        buf_printf(out, "%-20s %3zux %-5s %5.0f %%  ", f->name, n, sound_text(f->sound),
                   100 * saved / (double)n);
        buf_puts(out, rule ? rule->law : "");
        if (!rule) put_pass(out, f->name);
        buf_putc(out, '\n');
    }
    if (report->limited) buf_puts(out, "the limit of rule applications was reached\n");
    ptrmap_free(&rows);
}
