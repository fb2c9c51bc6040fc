/* Programs made by hand, with C functions as kernels, run with one and with several workers: same rows, same order, same
 * bits. */
#include "base/memory.h"
#include "runtime/abi.h"
#include "runtime/builder.h"
#include "runtime/exec.h"
#include "runtime/team.h"
#include "tests/unit/check.h"
#include <math.h>
#include <stdlib.h>

/* ---- programs by hand ---- */
typedef struct Make {
    Program p;
    Pipeline pipelines[4];
    Step steps[32];
    Arg args[200];
    uint32_t regs[64], finish[8];
    State states[4];
    StateColumn cols[32];
    Scan scans[2];
    ScanColumn scan_cols[16];
    const char *natives[16];
    ResultColumn columns[8];
    Site sites[4];
    _Alignas(64) uint8_t consts[256];
    ParamRef params[2];
    WeightRef weights[2];
} Make;

static void make_init(Make *m) {
    memset(m, 0, sizeof *m);
    m->p = (Program){.kind = PG_QUERY, .result = UINT32_MAX, .pipelines = m->pipelines, .steps = m->steps, .args = m->args,
                     .regs = m->regs, .finish = m->finish, .states = m->states, .state_cols = m->cols, .scans = m->scans,
                     .scan_cols = m->scan_cols, .natives = m->natives, .columns = m->columns, .sites = m->sites,
                     .consts = m->consts, .params = m->params, .weights = m->weights};
}

static const ColumnCode i64 = {CODE_INT, 8, false, 0}, f64 = {CODE_FLOAT, 8, false, 0},
                        view = {CODE_VIEW, 16, false, 0}, view_null = {CODE_VIEW, 16, true, 0};

static Arg arg(ArgKind kind, uint32_t a) { return (Arg){.kind = (uint16_t)kind, .a = a}; }
static Arg arg2(ArgKind kind, uint32_t a, uint16_t b) { return (Arg){.kind = (uint16_t)kind, .a = a, .b = b}; }

static Pipeline *pipeline(Make *m, SourceKind source, uint32_t a) {
    Pipeline *l = &m->pipelines[m->p.n_pipelines++];
    *l = (Pipeline){.source = (uint8_t)source, .a = a, .batch_rows = BATCH_ROWS, .steps = m->p.n_steps, .regs = m->p.n_regs,
                    .finish = m->p.n_finish, .n_domains = 4, .n_cursors = 1};
    return l;
}

static uint32_t reg(Make *m, Pipeline *l, uint32_t bytes) {
    m->regs[m->p.n_regs++] = bytes;
    return l->n_regs++;
}

static uint32_t native(Make *m, const char *name) {
    m->natives[m->p.n_natives] = name;
    return m->p.n_natives++;
}

static Step *step(Make *m, Pipeline *l, uint32_t fn, uint16_t flags, uint8_t in, uint8_t out, uint16_t n, const Arg *args) {
    Step *s = &m->steps[m->p.n_steps++];
    *s = (Step){.fn = fn, .args = m->p.n_args, .n_args = n, .in = in, .out = out, .flags = flags};
    memcpy(m->args + m->p.n_args, args, sizeof *args * n);
    m->p.n_args += n;
    l->n_steps++;
    return s;
}

static uint32_t state(Make *m, State st, uint32_t n, const StateColumn *cols) {
    st.cols = m->p.n_state_cols;
    st.n_cols = n;
    memcpy(m->cols + st.cols, cols, sizeof *cols * n);
    m->p.n_state_cols += n;
    m->states[m->p.n_states] = st;
    return m->p.n_states++;
}

static void finish(Make *m, Pipeline *l, uint32_t s) {
    m->finish[m->p.n_finish++] = s;
    l->n_finish++;
}

static uint32_t scan(Make *m, const char *table, uint32_t n, const ColumnCode *codes) {
    Scan *s = &m->scans[m->p.n_scans];
    *s = (Scan){.table = table, .cols = m->p.n_scan_cols, .n_cols = n};
    for (uint32_t i = 0; i < n; i++) m->scan_cols[m->p.n_scan_cols++] = (ScanColumn){i, codes[i]};
    return m->p.n_scans++;
}

static Arg constant(Make *m, int64_t v) {
    uint32_t at = m->p.n_consts;
    memcpy(m->consts + at, &v, 8);
    m->p.n_consts += 64;
    return arg(ARG_CONST, at);
}

/* ---- kernels ---- */
static int64_t k_copy(void *const *args, int64_t n) {
    memcpy(args[1], args[0], 8 * (size_t)n);
    return 0;
}
static int64_t k_odd(void *const *args, int64_t n) { /* i64 in, u32 positions out */
    const int64_t *v = args[0];
    uint32_t *out = args[1];
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++)
        if (v[i] & 1) out[m++] = (uint32_t)i;
    return m;
}
static int64_t k_take(void *const *args, int64_t n) {
    const int64_t *v = args[0];
    const uint32_t *at = args[1];
    int64_t *out = args[2];
    for (int64_t i = 0; i < n; i++) out[i] = at[i] == UINT32_MAX ? -1 : v[at[i]];
    return 0;
}
static int64_t k_mod(void *const *args, int64_t n) {
    const int64_t *v = args[0], *by = args[1];
    int64_t *out = args[2];
    for (int64_t i = 0; i < n; i++) out[i] = v[i] % *by;
    return 0;
}
static int64_t k_sum(void *const *args, int64_t n) { /* f64 into acc[group or 0], count */
    const double *v = args[0];
    double *acc = args[1];
    int64_t *count = args[2];
    const uint32_t *group = args[3];
    for (int64_t i = 0; i < n; i++) {
        uint32_t g = group ? group[i] : 0;
        double s = acc[2 * g] + v[i], b = s - acc[2 * g];
        acc[2 * g + 1] += (acc[2 * g] - (s - b)) + (v[i] - b);
        acc[2 * g] = s;
        count[g]++;
    }
    return 0;
}
static int64_t k_fail(void *const *args, int64_t n) { /* fails on 7777 modulo 10000 */
    const int64_t *v = args[0];
    for (int64_t i = 0; i < n; i++)
        if (v[i] % 10000 == 7777) return PROGRAM_ERROR(i, 0, ROW_DIV_ZERO);
    return 0;
}
static int64_t k_count_calls(void *const *args, int64_t n) {
    (void)n;
    ++*(int64_t *)args[0];
    *(int64_t *)args[1] = *(int64_t *)args[0];
    return 0;
}
enum { K_COPY, K_ODD, K_TAKE, K_MOD, K_SUM, K_FAIL, K_CALLS };
static const RtKernel kernels[] = {k_copy, k_odd, k_take, k_mod, k_sum, k_fail, k_count_calls};
static const RtKernels code = {.fn = kernels};

/* ---- tables: k = 0.., v = text of k % 1000, f = noise ---- */
static void fill_table(RtSession *s, const char *name, int64_t rows, int64_t step_, int64_t texts) {
    Arena *a = arena_new();
    TypePool *t = typepool_new(a);
    const char *names[] = {"k", "f", "s"};
    const Type *types[] = {type_get(t, TY_I64), type_get(t, TY_F64), type_nullable(type_get(t, TY_VARCHAR), true)};
    Schema *schema = schema_new(3, names, types);
    TableBuilder *b = builder_new(s->pool, s->workers, schema);
    RtError e = {0};
    for (int64_t i = 0; i < rows; i++) {
        char text[32];
        snprintf(text, sizeof text, "text %lld", (long long)(i * 7 % texts));
        Value k = {.type = types[0], .i = i * step_}, f = {.type = types[1], .f64 = sin((double)i) * 1e10 / (double)(i % 97 + 1)};
        Value v = {.type = types[2], .null = i % 11 == 10, .s = str_of(text)};
        builder_value(b, 0, &k);
        builder_value(b, 1, &f);
        builder_value(b, 2, &v);
    }
    store_publish(s->store, name, builder_finish(b, NULL, &e));
    builder_free(b);
    schema_unref(schema);
    arena_free(a);
}

static RtSession *session(int threads) {
    RtSession *s = rt_session_new(threads, 0);
    s->current_version = true;
    return s;
}

/* A digest of all bytes of the result in order. */
static uint64_t digest(const RtResult *r) {
    uint64_t h = (uint64_t)r->rows;
    for (uint32_t c = 0; c < r->n; c++)
        for (int64_t i = 0; i < r->rows; i++) {
            bool null = column_null(&r->cols[c], i);
            TextView v = {column_row(&r->cols[c], i), column_stride(r->cols[c].code)};
            if (r->cols[c].code.kind == CODE_VIEW) v = column_text(&r->cols[c], i);
            h = hash_mix(h, null ? 1 : hash64(v.p, v.n, c));
        }
    return h;
}

typedef void (*MakeFn)(Make *m);
typedef void (*LookFn)(const RtResult *r);

/* Runs the program with 1, 2 and 5 workers; look sees the first result. */
static void check_workers(MakeFn make, LookFn look, int64_t rows) {
    uint64_t want = 0;
    for (int i = 0; i < 3; i++) {
        Make m;
        RtSession *s = session(i == 0 ? 1 : i == 1 ? 2 : 5);
        RtError e = {0};
        RtResult r;
        fill_table(s, "t", rows, 1, 1000);
        fill_table(s, "u", 5000, 3, 1000);
        make_init(&m);
        make(&m);
        RtInstance *inst = rt_instance_new(s, &m.p);
        bool ok = rt_run(inst, &code, NULL, &r, &e);
        CHECK(ok);
        if (!ok) fprintf(stderr, "%s\n", e.message.p);
        if (i == 0) look(&r);
        if (i == 0) want = digest(&r);
        CHECK(digest(&r) == want);
        rt_result_free(&r);
        rt_instance_free(inst);
        rt_error_clear(&e);
        store_drop(s->store, "t");
        store_drop(s->store, "u");
        CHECK_INT(blockpool_used(s->pool), 0);
        rt_session_free(s);
    }
}

/* ---- SELECT k FROM t WHERE k odd ---- */
static void make_filter(Make *m) {
    ColumnCode codes[] = {i64};
    scan(m, "t", 1, codes);
    uint32_t s = state(m, (State){.kind = ST_ROWS}, 1, &(StateColumn){.code = i64});
    Pipeline *l = pipeline(m, SRC_SCAN, 0);
    uint32_t pos = reg(m, l, 4), out = reg(m, l, 8);
    step(m, l, K_ODD, 0, 0, 1, 2, (Arg[]){arg(ARG_SRC, 0), arg(ARG_REG, pos)});
    step(m, l, K_TAKE, 0, 1, DOMAIN_NONE, 3, (Arg[]){arg(ARG_SRC, 0), arg(ARG_REG, pos), arg(ARG_REG, out)});
    step(m, l, native(m, "dql_rt_rows_append"), STEP_NATIVE, 1, DOMAIN_NONE, 3,
         (Arg[]){arg(ARG_LOCAL, s), arg(ARG_REG, out), arg(ARG_NULL, 0)});
    finish(m, l, s);
    m->p.result = s;
    m->p.n_columns = 1;
}
static void look_filter(const RtResult *r) {
    CHECK_INT(r->rows, 150000);
    const int64_t *v = r->cols[0].data;
    bool ok = true;
    for (int64_t i = 0; i < r->rows; i++) ok &= v[i] == 2 * i + 1;
    CHECK(ok);
}

/* ---- LIMIT 10 OFFSET 5 ---- */
static void make_limit(Make *m) {
    make_filter(m);
    m->states[0].limit = constant(m, 10);
    m->states[0].offset = constant(m, 5);
}
static void look_limit(const RtResult *r) {
    CHECK_INT(r->rows, 10);
    CHECK_INT(((const int64_t *)r->cols[0].data)[0], 11);
}

/* ---- SELECT SUM(f), COUNT(*) FROM t ---- */
static void make_sum(Make *m) {
    ColumnCode codes[] = {i64, f64};
    scan(m, "t", 2, codes);
    StateColumn cols[] = {{.agg = ACC_SUM_F64}, {.agg = ACC_COUNT}};
    uint32_t s = state(m, (State){.kind = ST_GROUP, .global = true}, 2, cols);
    Pipeline *l = pipeline(m, SRC_SCAN, 0);
    l->ordered = true;
    step(m, l, K_SUM, 0, 0, DOMAIN_NONE, 4,
         (Arg[]){arg(ARG_SRC, 1), arg2(ARG_LOCAL_COL, s, 0), arg2(ARG_LOCAL_COL, s, 1), arg(ARG_NULL, 0)});
    finish(m, l, s);
    m->p.result = s;
    m->p.n_columns = 2;
}
static void look_sum(const RtResult *r) {
    CHECK_INT(r->rows, 1);
    CHECK_INT(((const int64_t *)r->cols[1].data)[0], 300000);
    CHECK(isfinite(((const double *)r->cols[0].data)[0]));
}

/* ---- SELECT k % 50000, SUM(f), COUNT(*) .. GROUP BY 1; by hash and dense ---- */
static void make_group(Make *m, bool dense, bool ordered) {
    ColumnCode codes[] = {i64, f64};
    scan(m, "t", 2, codes);
    StateColumn cols[] = {{.code = i64}, {.agg = ACC_COUNT}, {.agg = ACC_SUM_F64}};
    State st = {.kind = ST_GROUP, .n_keys = 1, .dense = dense, .dense_min = -3, .dense_n = 50010};
    uint32_t s = state(m, st, 3, cols);
    Pipeline *l = pipeline(m, SRC_SCAN, 0);
    l->ordered = ordered;
    uint32_t key = reg(m, l, 8), group = reg(m, l, 4);
    step(m, l, K_MOD, 0, 0, DOMAIN_NONE, 3, (Arg[]){arg(ARG_SRC, 0), constant(m, 50000), arg(ARG_REG, key)});
    step(m, l, native(m, "dql_rt_group_find"), STEP_NATIVE, 0, DOMAIN_NONE, 4,
         (Arg[]){arg(ARG_LOCAL, s), arg(ARG_REG, key), arg(ARG_NULL, 0), arg(ARG_REG, group)});
    step(m, l, K_SUM, 0, 0, DOMAIN_NONE, 4,
         (Arg[]){arg(ARG_SRC, 1), arg2(ARG_LOCAL_COL, s, 2), arg2(ARG_LOCAL_COL, s, 1), arg(ARG_REG, group)});
    finish(m, l, s);
    m->p.result = s;
    m->p.n_columns = 3;
}
static void make_group_hash(Make *m) { make_group(m, false, true); }
static void make_group_dense(Make *m) { make_group(m, true, true); }
static void look_group(const RtResult *r) {
    CHECK_INT(r->rows, 50000);
    const int64_t *key = r->cols[0].data, *count = r->cols[1].data;
    bool ok = true;
    for (int64_t i = 0; i < r->rows; i++) ok &= key[i] == i && count[i] == 6; /* first seen in this order */
    CHECK(ok);
}

/* ---- every row a group of (k, s), twice: tables are sealed and merged in partitions ---- */
static void make_group_many(Make *m) {
    ColumnCode codes[] = {i64, f64, view_null};
    scan(m, "t", 3, codes);
    StateColumn cols[] = {{.code = i64}, {.code = view_null}, {.agg = ACC_COUNT}, {.agg = ACC_SUM_F64}};
    uint32_t s = state(m, (State){.kind = ST_GROUP, .n_keys = 2}, 4, cols);
    Pipeline *l = pipeline(m, SRC_SCAN, 0);
    uint32_t key = reg(m, l, 8), group = reg(m, l, 4);
    step(m, l, K_MOD, 0, 0, DOMAIN_NONE, 3, (Arg[]){arg(ARG_SRC, 0), constant(m, 154000), arg(ARG_REG, key)});
    step(m, l, native(m, "dql_rt_group_find"), STEP_NATIVE, 0, DOMAIN_NONE, 6,
         (Arg[]){arg(ARG_LOCAL, s), arg(ARG_REG, key), arg(ARG_NULL, 0), arg(ARG_SRC, 2), arg(ARG_SRC_VALID, 2), arg(ARG_REG, group)});
    step(m, l, K_SUM, 0, 0, DOMAIN_NONE, 4,
         (Arg[]){arg(ARG_SRC, 1), arg2(ARG_LOCAL_COL, s, 3), arg2(ARG_LOCAL_COL, s, 2), arg(ARG_REG, group)});
    finish(m, l, s);
    m->p.result = s;
    m->p.n_columns = 3; /* the sum may differ: the pipeline is not ordered */
}
static void look_group_many(const RtResult *r) {
    CHECK_INT(r->rows, 154000); /* a multiple of the texts' period and of that of NULLs */
    const int64_t *key = r->cols[0].data, *count = r->cols[2].data;
    bool ok = true;
    for (int64_t i = 0; i < r->rows; i++)
        ok &= key[i] == i && count[i] == 1 + (i < 146000) && column_null(&r->cols[1], i) == (i % 11 == 10);
    CHECK(ok);
    TextView v = column_text(&r->cols[1], 153998);
    CHECK(v.n == 8 && memcmp(v.p, "text 986", 8) == 0);
}

/* ---- COUNT(*) by text with NULLs ---- */
static void make_group_text(Make *m) {
    ColumnCode codes[] = {i64, f64, view_null};
    scan(m, "t", 3, codes);
    StateColumn cols[] = {{.code = view_null}, {.agg = ACC_COUNT}, {.agg = ACC_SUM_F64}, {.agg = ACC_MAX_TEXT}};
    uint32_t s = state(m, (State){.kind = ST_GROUP, .n_keys = 1}, 4, cols);
    Pipeline *l = pipeline(m, SRC_SCAN, 0);
    l->ordered = true;
    uint32_t group = reg(m, l, 4);
    step(m, l, native(m, "dql_rt_group_find"), STEP_NATIVE, 0, DOMAIN_NONE, 4,
         (Arg[]){arg(ARG_LOCAL, s), arg(ARG_SRC, 2), arg(ARG_SRC_VALID, 2), arg(ARG_REG, group)});
    step(m, l, K_SUM, 0, 0, DOMAIN_NONE, 4,
         (Arg[]){arg(ARG_SRC, 1), arg2(ARG_LOCAL_COL, s, 2), arg2(ARG_LOCAL_COL, s, 1), arg(ARG_REG, group)});
    step(m, l, native(m, "dql_rt_acc_text"), STEP_NATIVE, 0, DOMAIN_NONE, 5,
         (Arg[]){arg(ARG_LOCAL, s), constant(m, 3), arg(ARG_REG, group), arg(ARG_SRC, 2), arg(ARG_SRC_VALID, 2)});
    finish(m, l, s);
    m->p.result = s;
    m->p.n_columns = 4;
}
static void look_group_text(const RtResult *r) {
    CHECK_INT(r->rows, 1001);
    TextView first = column_text(&r->cols[0], 0), max = column_text(&r->cols[3], 1);
    CHECK(first.n == 6 && memcmp(first.p, "text 0", 6) == 0);
    CHECK(max.n == 6 && memcmp(max.p, "text 7", 6) == 0);
    int64_t nulls = 0, total = 0;
    for (int64_t i = 0; i < r->rows; i++) {
        if (column_null(&r->cols[0], i)) nulls = ((const int64_t *)r->cols[1].data)[i];
        total += ((const int64_t *)r->cols[1].data)[i];
    }
    CHECK_INT(nulls, 300000 / 11);
    CHECK_INT(total, 300000);
}

/* ---- t JOIN u ON t.k % 7000 = u.k % 4000: chains, in order ---- */
enum { SPARSE = 100000 }; /* a range of keys of which 5000 rows are few */
static void make_join(Make *m, const char *probe, int64_t range, bool rows) {
    ColumnCode codes[] = {i64};
    scan(m, "u", 1, codes);
    scan(m, "t", 1, codes);
    StateColumn build_cols[] = {{.code = i64}, {.code = i64}}, out_cols[] = {{.code = i64}, {.code = i64}};
    uint32_t b = state(m, (State){.kind = ST_ROWS, .finish = FIN_JOIN, .dense = range > 0, .dense_n = range}, 2, build_cols);
    uint32_t s = state(m, (State){.kind = ST_ROWS}, 2, out_cols), append = native(m, "dql_rt_rows_append");
    Pipeline *l = pipeline(m, SRC_SCAN, 0);
    uint32_t key = reg(m, l, 8);
    step(m, l, K_MOD, 0, 0, DOMAIN_NONE, 3, (Arg[]){arg(ARG_SRC, 0), constant(m, 4000), arg(ARG_REG, key)});
    step(m, l, append, STEP_NATIVE, 0, DOMAIN_NONE, 5,
         (Arg[]){arg(ARG_LOCAL, b), arg(ARG_REG, key), arg(ARG_NULL, 0), arg(ARG_SRC, 0), arg(ARG_NULL, 0)});
    finish(m, l, b);
    l = pipeline(m, SRC_SCAN, 1);
    key = reg(m, l, 8);
    uint32_t pos = reg(m, l, 4), row = reg(m, l, 4), left = reg(m, l, 8), right = reg(m, l, 8);
    step(m, l, K_MOD, 0, 0, DOMAIN_NONE, 3, (Arg[]){arg(ARG_SRC, 0), constant(m, 7000), arg(ARG_REG, key)});
    step(m, l, native(m, probe), (uint16_t)(STEP_NATIVE | (rows ? STEP_EXPANDS : 0)), 0, 1, rows ? 6 : 4,
         (Arg[]){arg(ARG_STATE, b), arg(ARG_REG, key), arg(ARG_NULL, 0), arg(ARG_REG, pos), arg(ARG_REG, row), arg(ARG_CURSOR, 0)});
    step(m, l, K_TAKE, 0, 1, DOMAIN_NONE, 3, (Arg[]){arg(ARG_SRC, 0), arg(ARG_REG, pos), arg(ARG_REG, left)});
    if (rows)
        step(m, l, K_TAKE, 0, 1, DOMAIN_NONE, 3, (Arg[]){arg2(ARG_COL, b, 1), arg(ARG_REG, row), arg(ARG_REG, right)});
    else right = left;
    step(m, l, append, STEP_NATIVE, 1, DOMAIN_NONE, 5,
         (Arg[]){arg(ARG_LOCAL, s), arg(ARG_REG, left), arg(ARG_NULL, 0), arg(ARG_REG, right), arg(ARG_NULL, 0)});
    finish(m, l, s);
    m->p.result = s;
    m->p.n_columns = 2;
}
static void make_inner(Make *m) { make_join(m, "dql_rt_probe_inner", 0, true); }
static void make_inner_dense(Make *m) { make_join(m, "dql_rt_probe_inner", 4000, true); }
static void make_inner_bits(Make *m) { make_join(m, "dql_rt_probe_inner", SPARSE, true); }
static void make_left_bits(Make *m) { make_join(m, "dql_rt_probe_left", SPARSE, true); }
static void make_semi_bits(Make *m) { make_join(m, "dql_rt_probe_semi", SPARSE, false); }
static void make_anti_bits(Make *m) { make_join(m, "dql_rt_probe_anti", SPARSE, false); }
static void make_left(Make *m) { make_join(m, "dql_rt_probe_left", 0, true); }
static void make_semi(Make *m) { make_join(m, "dql_rt_probe_semi", 0, false); }
static void make_anti(Make *m) { make_join(m, "dql_rt_probe_anti", 4000, false); }

/* The nested loop. */
static void look_join(const RtResult *r, bool outer, bool inner, bool rows) {
    static int64_t match[4000][4], count[4000];
    memset(count, 0, sizeof count);
    for (int64_t u = 0; u < 5000; u++) match[3 * u % 4000][count[3 * u % 4000]++] = 3 * u;
    const int64_t *left = r->cols[0].data, *right = r->cols[1].data;
    int64_t at = 0;
    bool ok = true;
    for (int64_t k = 0; k < 300000; k++) {
        int64_t key = k % 7000, n = key < 4000 ? count[key] : 0;
        int64_t times = rows ? (n ? n : outer) : (n > 0) == inner;
        for (int64_t i = 0; i < times && ok; i++, at++)
            ok = at < r->rows && left[at] == k && (!rows || right[at] == (n ? match[key][i] : -1));
    }
    CHECK(ok);
    CHECK_INT(r->rows, at);
}
static void look_inner(const RtResult *r) { look_join(r, false, true, true); }
static void look_left(const RtResult *r) { look_join(r, true, true, true); }
static void look_semi(const RtResult *r) { look_join(r, false, true, false); }
static void look_anti(const RtResult *r) { look_join(r, false, false, false); }

/* ---- ORDER BY k % 1000, s DESC NULLS FIRST; k ---- */
static void make_sort(Make *m) {
    ColumnCode codes[] = {i64, f64, view_null};
    scan(m, "t", 3, codes);
    StateColumn cols[] = {{.code = i64}, {.code = view_null, .flags = 3}, {.code = i64}};
    uint32_t s = state(m, (State){.kind = ST_ROWS, .finish = FIN_SORT, .n_keys = 2}, 3, cols);
    Pipeline *l = pipeline(m, SRC_SCAN, 0);
    uint32_t key = reg(m, l, 8);
    step(m, l, K_MOD, 0, 0, DOMAIN_NONE, 3, (Arg[]){arg(ARG_SRC, 0), constant(m, 10), arg(ARG_REG, key)});
    step(m, l, native(m, "dql_rt_rows_append"), STEP_NATIVE, 0, DOMAIN_NONE, 7,
         (Arg[]){arg(ARG_LOCAL, s), arg(ARG_REG, key), arg(ARG_NULL, 0), arg(ARG_SRC, 2), arg(ARG_SRC_VALID, 2), arg(ARG_SRC, 0),
                 arg(ARG_NULL, 0)});
    finish(m, l, s);
    m->p.result = s;
    m->p.n_columns = 3;
}
static void make_top(Make *m) {
    make_sort(m);
    m->states[0].limit = constant(m, 100);
    m->states[0].offset = constant(m, 7);
}
static int sort_order(const RtResult *r, int64_t a, int64_t b) {
    const int64_t *key = r->cols[0].data, *k = r->cols[2].data;
    bool null_a = column_null(&r->cols[1], a), null_b = column_null(&r->cols[1], b);
    if (key[a] != key[b]) return key[a] < key[b] ? -1 : 1;
    if (null_a != null_b) return null_a ? -1 : 1;
    TextView x = column_text(&r->cols[1], a), y = column_text(&r->cols[1], b);
    int c = null_a ? 0 : -text_cmp(x, y);
    return c ? c : (k[a] > k[b]) - (k[a] < k[b]); /* stable */
}
static int64_t top_k[100];
static void look_sort(const RtResult *r) {
    bool ok = r->rows == 300000;
    for (int64_t i = 1; i < r->rows; i++) ok &= sort_order(r, i - 1, i) < 0;
    CHECK(ok);
    memcpy(top_k, (const int64_t *)r->cols[2].data + 7, sizeof top_k);
}
static void look_top(const RtResult *r) {
    CHECK_INT(r->rows, 100);
    CHECK(memcmp(r->cols[2].data, top_k, sizeof top_k) == 0);
}

/* ---- errors ---- */
static void make_fail(Make *m) {
    make_filter(m);
    m->sites[0] = (Site){.what = "INTEGER"};
    m->p.n_sites = 1;
    m->steps[0] = (Step){.fn = K_FAIL, .args = m->steps[0].args, .n_args = 2, .in = 0, .out = 1};
}
static void test_error(void) {
    for (int threads = 1; threads <= 4; threads++) {
        Make m;
        RtSession *s = session(threads);
        RtError e = {0};
        RtResult r;
        fill_table(s, "t", 300000, 1, 1000);
        make_init(&m);
        make_fail(&m);
        RtInstance *inst = rt_instance_new(s, &m.p);
        CHECK(!rt_run(inst, &code, NULL, &r, &e));
        CHECK_INT(e.kind, RT_ROW);
        CHECK_INT(e.row_error, ROW_DIV_ZERO);
        CHECK_INT(e.row, 7777);
        CHECK_STR(e.message.p, "division by zero in row 7778 of table 't'");
        rt_error_clear(&e);
        rt_instance_free(inst);
        rt_session_free(s);
    }
}

static void test_memory_limit(void) {
    Make m;
    RtSession *s = session(2);
    RtError e = {0};
    RtResult r;
    fill_table(s, "t", 300000, 1, 1000);
    make_init(&m);
    make_sort(&m);
    RtInstance *inst = rt_instance_new(s, &m.p);
    for (int64_t more = 100000; more < (64 << 20); more *= 2) {
        blockpool_set_limit(s->pool, blockpool_used(s->pool) + more);
        bool ok = rt_run(inst, &code, NULL, &r, &e);
        if (ok) rt_result_free(&r);
        else CHECK_INT(e.kind, RT_LIMIT);
        rt_error_clear(&e);
    }
    blockpool_set_limit(s->pool, 0);
    CHECK(rt_run(inst, &code, NULL, &r, &e));
    rt_result_free(&r);
    rt_instance_free(inst);
    rt_session_free(s);
}

/* Hostile builds: each allocation fails once; the run reports it, leaks nothing and works again afterwards. */
static void check_failing_allocations(MakeFn make) {
    Make m;
    RtSession *s = session(2);
    fill_table(s, "t", 100000, 1, 1000);
    fill_table(s, "u", 5000, 3, 1000);
    make_init(&m);
    make(&m);
    RtInstance *inst = rt_instance_new(s, &m.p);
    int64_t before = blockpool_used(s->pool);
    for (long n = 1; n < 120; n++) {
        RtError e = {0};
        RtResult r;
        mem_fail_after(n);
        bool ok = rt_run(inst, &code, NULL, &r, &e);
        mem_fail_after(0);
        if (ok) rt_result_free(&r);
        else CHECK_INT(e.kind, RT_LIMIT);
        if (n > 1) CHECK(blockpool_used(s->pool) <= before + (8 << 20)); /* converted columns stay with their segment */
        rt_error_clear(&e);
    }
    rt_instance_free(inst);
    rt_session_free(s);
}

static void test_stale_and_missing(void) {
    Make m;
    RtSession *s = session(1);
    RtError e = {0};
    RtResult r;
    make_init(&m);
    make_filter(&m);
    RtInstance *inst = rt_instance_new(s, &m.p);
    CHECK(!rt_run(inst, &code, NULL, &r, &e));
    CHECK_STR(e.message.p, "there is no table t");
    rt_error_clear(&e);
    fill_table(s, "t", 10, 1, 10);
    s->current_version = false;
    CHECK(!rt_run(inst, &code, NULL, &r, &e));
    CHECK_INT(e.kind, RT_STALE);
    rt_error_clear(&e);
    rt_instance_free(inst);
    rt_session_free(s);
}

static RtSession *cancelling;
static int64_t k_cancel(void *const *args, int64_t n) {
    (void)args;
    (void)n;
    atomic_store(&cancelling->cancel, true);
    return 0;
}
static void test_cancel(void) {
    static const RtKernel cancel[] = {k_cancel, k_odd, k_take};
    static const RtKernels cancel_code = {.fn = cancel};
    Make m;
    RtSession *s = cancelling = session(2);
    RtError e = {0};
    RtResult r;
    fill_table(s, "t", 300000, 1, 1000);
    make_init(&m);
    make_filter(&m);
    m.steps[0].fn = 0;
    RtInstance *inst = rt_instance_new(s, &m.p);
    CHECK(!rt_run(inst, &cancel_code, NULL, &r, &e));
    CHECK_INT(e.kind, RT_CANCELLED);
    rt_error_clear(&e);
    rt_instance_free(inst);
    rt_session_free(s);
}

/* ---- once ---- */
static void test_once(void) {
    Make m;
    RtSession *s = session(2);
    RtError e = {0};
    RtResult r;
    make_init(&m);
    Arg calls = constant(&m, 0);
    uint32_t st = state(&m, (State){.kind = ST_ROWS}, 1, &(StateColumn){.code = i64});
    Pipeline *l = pipeline(&m, SRC_ONE, 0);
    l->once = true;
    uint32_t out = reg(&m, l, 8);
    step(&m, l, K_CALLS, 0, 0, DOMAIN_NONE, 2, (Arg[]){calls, arg(ARG_REG, out)});
    step(&m, l, native(&m, "dql_rt_rows_append"), STEP_NATIVE, 0, DOMAIN_NONE, 3,
         (Arg[]){arg(ARG_LOCAL, st), arg(ARG_REG, out), arg(ARG_NULL, 0)});
    finish(&m, l, st);
    m.p.result = st;
    m.p.n_columns = 1;
    RtInstance *inst = rt_instance_new(s, &m.p);
    for (int i = 0; i < 3; i++) {
        CHECK(rt_run(inst, &code, NULL, &r, &e));
        CHECK_INT(((const int64_t *)r.cols[0].data)[0], 1);
        rt_result_free(&r);
    }
    rt_instance_free(inst);
    CHECK_INT(blockpool_used(s->pool), 0);
    rt_session_free(s);
}

/* ---- tiers ---- */
static _Atomic int asked;
static _Atomic int64_t most_left;
static const RtKernel *fused_later(void *ctx, uint32_t pipeline, int64_t left) {
    (void)ctx;
    (void)pipeline;
    if (left > most_left) most_left = left;
    return ++asked > 2 ? kernels : NULL;
}
static void test_tiers(void) {
    Make m;
    RtSession *s = session(2);
    RtError e = {0};
    RtResult r;
    fill_table(s, "t", 300000, 1, 1000);
    make_init(&m);
    make_filter(&m);
    memcpy(m.steps + 3, m.steps, 3 * sizeof *m.steps);
    m.pipelines[0].fused = 3;
    m.pipelines[0].n_fused = 3;
    m.p.n_steps = 6;
    RtKernels k = {.fn = kernels, .fused = fused_later};
    RtInstance *inst = rt_instance_new(s, &m.p);
    CHECK(rt_run(inst, &k, NULL, &r, &e));
    look_filter(&r);
    const RtPipelineStats *stats = rt_instance_stats(inst);
    CHECK(stats->fused_morsels > 0 && stats->fused_morsels < stats->morsels);
    CHECK_INT(rt_instance_stats(inst)[0].rows, 300000);
    CHECK(most_left > 0);
    rt_result_free(&r);
    rt_instance_free(inst);
    rt_session_free(s);
}

/* ---- parameters, texts, casts: SELECT CAST($p || s AS ..) ---- */
static void test_text(void) {
    Make m;
    RtSession *s = session(2);
    RtError e = {0};
    RtResult r;
    Arena *a = arena_new();
    TypePool *t = typepool_new(a);
    fill_table(s, "t", 5000, 1, 1000);
    make_init(&m);
    scan(&m, "t", 1, (ColumnCode[]){i64});
    m.params[0] = (ParamRef){"p", type_get(t, TY_VARCHAR)};
    m.p.n_params = 1;
    StateColumn cols[] = {{.code = view}, {.code = i64}};
    uint32_t st = state(&m, (State){.kind = ST_ROWS}, 2, cols);
    Pipeline *l = pipeline(&m, SRC_SCAN, 0);
    uint32_t text = reg(&m, l, 16), joined = reg(&m, l, 16), back = reg(&m, l, 8);
    Arg to_text = constant(&m, TY_VARCHAR), from_int = constant(&m, TY_I64), zero = constant(&m, 0), one;
    m.p.n_consts -= 56;
    one = arg(ARG_CONST, m.p.n_consts);
    memcpy(m.consts + m.p.n_consts, &(int64_t){1}, 8);
    m.p.n_consts += 8;
    uint32_t cast = native(&m, "dql_rt_cast"), concat = native(&m, "dql_rt_text_concat");
    step(&m, l, cast, STEP_NATIVE, 0, DOMAIN_NONE, 8,
         (Arg[]){arg(ARG_SRC, 0), from_int, to_text, arg(ARG_NULL, 0), arg(ARG_REG, text), zero, arg(ARG_NULL, 0), arg(ARG_SCRATCH, 0)});
    step(&m, l, concat, STEP_NATIVE, 0, DOMAIN_NONE, 6,
         (Arg[]){arg(ARG_SCRATCH, 0), arg(ARG_PARAM, 0), zero, arg(ARG_REG, text), one, arg(ARG_REG, joined)});
    step(&m, l, cast, STEP_NATIVE, 0, DOMAIN_NONE, 8,
         (Arg[]){arg(ARG_REG, joined), to_text, from_int, arg(ARG_NULL, 0), arg(ARG_REG, back), zero, arg(ARG_NULL, 0), arg(ARG_SCRATCH, 0)});
    step(&m, l, native(&m, "dql_rt_rows_append"), STEP_NATIVE, 0, DOMAIN_NONE, 5,
         (Arg[]){arg(ARG_LOCAL, st), arg(ARG_REG, joined), arg(ARG_NULL, 0), arg(ARG_REG, back), arg(ARG_NULL, 0)});
    finish(&m, l, st);
    m.p.result = st;
    m.p.n_columns = 2;
    RtInstance *inst = rt_instance_new(s, &m.p);
    Value p = {.type = m.params[0].type, .s = STR_LIT("12")};
    CHECK(rt_run(inst, &code, &p, &r, &e));
    TextView v = column_text(&r.cols[0], 4321);
    CHECK(v.n == 6 && memcmp(v.p, "124321", 6) == 0);
    CHECK_INT(((const int64_t *)r.cols[1].data)[4321], 124321);
    rt_result_free(&r);
    p.s = STR_LIT("x");
    CHECK(!rt_run(inst, &code, &p, &r, &e));
    CHECK_INT(e.row, 0);
    CHECK_STR(e.value.p, "x0");
    CHECK_STR(e.message.p, "'x0' is not a valid BIGINT in row 1 of table 't'");
    rt_error_clear(&e);
    rt_instance_free(inst);
    arena_free(a);
    rt_session_free(s);
}

/* ---- shares of workers ---- */
static int64_t morsels(void (*make)(Make *), int workers, int64_t rows, uint32_t batch, uint64_t row_flops) {
    Make m;
    RtSession *s = session(workers);
    RtError e = {0};
    RtResult r;
    fill_table(s, "t", rows, 1, 1000);
    make_init(&m);
    make(&m);
    m.pipelines[0].batch_rows = batch;
    m.pipelines[0].row_flops = row_flops;
    RtInstance *inst = rt_instance_new(s, &m.p);
    CHECK(rt_run(inst, &code, NULL, &r, &e));
    int64_t n = rt_instance_stats(inst)[0].morsels;
    rt_result_free(&r);
    rt_instance_free(inst);
    rt_session_free(s);
    return n;
}

static void test_shares(void) {
    CHECK_INT(morsels(make_filter, 2, 1000, BATCH_ROWS, 0), 1);    /* too little for two */
    CHECK_INT(morsels(make_filter, 2, 20000, BATCH_ROWS, 0), 3);
    CHECK_INT(morsels(make_filter, 2, 100000, BATCH_ROWS, 0), 13); /* 4 whole batches each */
    CHECK_INT(morsels(make_filter, 2, 8, 64, 2000000), 2);         /* few rows of much work: 4 each */
    CHECK_INT(morsels(make_filter, 2, 8, 64, 100000), 1);          /* of less work: not worth a second worker */
    CHECK_INT(morsels(make_filter, 2, 130, 64, 2000000), 4);       /* 33 each, not 64, 64 and 2 */
    CHECK_INT(morsels(make_filter, 2, 130, 64, 0), 3);             /* rows may fail: batches stay */
    for (int workers = 1; workers <= 5; workers++) {               /* floats are added up: the same for all */
        CHECK_INT(morsels(make_sum, workers, 100000, BATCH_ROWS, 0), 2);
        CHECK_INT(morsels(make_sum, workers, 130, 64, 20000000), 3);
    }
}

/* ---- teams ---- */
enum { UNITS = 1000 };
/* args: part, work, out; each unit is its number, through the work memory */
static int64_t squares(void *const *args, int64_t n) {
    const int64_t *part = args[0];
    int64_t *work = args[1], *out = args[2];
    for (int64_t i = UNITS * part[0] / part[1]; i < UNITS * (part[0] + 1) / part[1]; i++) {
        work[i % 8] = i;
        out[i] = work[i % 8] * n;
    }
    return 0;
}

typedef struct Teamwork {
    Team *team;
    bool ok;
} Teamwork;

static void work_in_team(void *ctx, int worker) {
    Teamwork *w = ctx;
    int64_t part[2] = {0, 1}, work[8], out[UNITS];
    void *args[] = {part, work, out};
    if (worker > 0) {
        team_help(w->team, worker);
        return;
    }
    for (int64_t call = 0; call < 300; call++) {
        memset(out, 0xff, sizeof out);
        team_call(w->team, squares, args, 3, part, work, call);
        for (int64_t i = 0; i < UNITS; i++) w->ok &= out[i] == i * call;
    }
    team_end(w->team);
}

static void test_team(void) {
    for (int n = 2; n <= 5; n++) {
        RtSession *s = session(n);
        Teamwork w = {team_new(s->pool, n, 64), true};
        workers_run(s->workers, n, work_in_team, &w);
        CHECK(w.ok);
        team_free(w.team);
        rt_session_free(s);
    }
}

int main(void) {
    check_workers(make_filter, look_filter, 300000);
    check_workers(make_limit, look_limit, 300000);
    check_workers(make_sum, look_sum, 300000);
    check_workers(make_group_hash, look_group, 300000);
    check_workers(make_group_dense, look_group, 300000);
    check_workers(make_group_many, look_group_many, 300000);
    check_workers(make_group_text, look_group_text, 300000);
    check_workers(make_inner, look_inner, 300000);
    check_workers(make_inner_dense, look_inner, 300000);
    check_workers(make_inner_bits, look_inner, 300000);
    check_workers(make_left_bits, look_left, 300000);
    check_workers(make_semi_bits, look_semi, 300000);
    check_workers(make_anti_bits, look_anti, 300000);
    check_workers(make_left, look_left, 300000);
    check_workers(make_semi, look_semi, 300000);
    check_workers(make_anti, look_anti, 300000);
    check_workers(make_sort, look_sort, 300000);
    check_workers(make_top, look_top, 300000);
    test_error();
    test_memory_limit();
    check_failing_allocations(make_sort);
    check_failing_allocations(make_group_many);
    check_failing_allocations(make_group_dense);
    check_failing_allocations(make_inner);
    test_stale_and_missing();
    test_cancel();
    test_once();
    test_tiers();
    test_shares();
    test_team();
    test_text();
    return check_report("exec");
}
