/* Which row of its source ended a pipeline.  Steps see rows of their own domain and either tier has other steps, so the row
 * that is named is defined without them: the first one of the scanned table such that the batch up to it fails.  As the rows
 * before it do not fail, the error of that shorter batch is its error, whatever else is wrong further on.
 */
#include "runtime/run_worker.h"
#include <string.h>

/* Does the step look its rows up in another table's? */
static bool joins(const Worker *w, const Step *s) {
    const Arg *args = w->run->program->args + s->args;
    if (!(s->flags & STEP_NATIVE) || s->out == DOMAIN_NONE) return false;
    for (uint32_t k = 0; k < s->n_args; k++)
        if (args[k].kind == ARG_STATE) return true;
    return false;
}

/* Is what failed computed of rows that a join made?  Which of its sides is the source is the plan's choice: no row is named. */
static bool above_join(const Worker *w, const Tier *t) {
    bool joined[256] = {false};
    for (uint32_t i = 0; i < w->failed; i++) {
        const Step *s = &t->steps[i];
        if (s->out != DOMAIN_NONE) joined[s->out] = joined[s->in] || joins(w, s);
    }
    return joined[t->steps[w->failed].in];
}

static void name_row(Worker *w, const Tier *t, int64_t row) {
    const RtRun *r = w->run;
    const Pipeline *p = w->pipeline;
    if (p->source != SRC_SCAN || above_join(w, t)) return;
    TableVersion *v = r->tables[p->a];
    for (uint32_t s = 0; s < w->segment; s++) row += version_live_segment(v, s)->rows;
    w->error.row = row;
    version_print_row(&w->error.message, v, r->program->scans[p->a].table, row);
}

/* Rows that will not be used: the batch runs again even where memory is short. */
static void drop_rows(Worker *w) {
    for (size_t i = 0; i < w->locals.n; i++)
        if (w->locals.at[i]->state->def->kind == ST_ROWS) rows_truncate(&w->locals.at[i]->rows, 0);
}

static bool fails_within(Worker *w, Tier *t, int64_t from, int64_t to) {
    rt_error_clear(&w->error);
    return !worker_batch(w, t, from, to);
}

/* The rows before `row` again, for what they append. */
static void keep_before(Worker *w, Tier *t, int64_t from, int64_t row, RtLocal *limited, int64_t appended) {
    RtError e = w->error;
    w->error = (RtError){0};
    rows_truncate(&limited->rows, appended);
    if (row > from && !worker_batch(w, t, from, row)) rows_truncate(&limited->rows, appended);
    rt_error_clear(&w->error);
    w->error = e;
}

void worker_find_row(Worker *w, Tier *t, int64_t from, int64_t to, RtLocal *limited, int64_t appended) {
    int64_t good = from, bad = to; /* the batch up to `good` does not fail, that up to `bad` does */
    RtError e = w->error;
    uint32_t failed = w->failed;
    w->error = (RtError){0};
    while (bad - good > 1) {
        int64_t mid = good + (bad - good) / 2;
        if (limited) rows_truncate(&limited->rows, appended);
        else drop_rows(w);
        if (!fails_within(w, t, from, mid)) {
            good = mid;
            continue;
        }
        if (w->error.kind != RT_ROW) break;
        rt_error_clear(&e);
        e = w->error;
        w->error = (RtError){0};
        failed = w->failed;
        bad = mid;
    }
    bool found = bad - good == 1;
    if (!found && w->error.kind == RT_CANCELLED) {
        rt_error_clear(&e);
        return;
    }
    rt_error_clear(&w->error);
    w->error = e;
    w->failed = failed;
    if (limited) keep_before(w, t, from, found ? good : from, limited, appended);
    w->failed = failed;
    if (found) name_row(w, t, good);
}
