/* A program written and read back is the same program; damaged images are refused. */
#include "base/program.h"
#include "tests/unit/check.h"

static void fill(Program *p, TypePool *types) {
    static Pipeline pipelines[2] = {{.source = SRC_SCAN, .batch_rows = 7, .n_steps = 1, .label = "scan t"}, {.label = NULL}};
    static Step steps[1] = {{.fn = 3, .n_args = 2, .in = 0, .out = 1, .site = 9}};
    static Arg args[2] = {{ARG_SRC, 1, 2}, {ARG_REG, 0, 5}};
    static uint32_t regs[3] = {8, 16, 4}, finish[1] = {0}, set[2] = {4, 1}, views[1] = {0};
    static State states[1] = {{.kind = ST_GROUP, .dense = true, .dense_min = -5, .limit = {ARG_CONST, 0, 8}}};
    static StateColumn cols[1] = {{.code = {CODE_TENSOR, 0, true, 832}, .agg = ACC_MAX_F64}};
    static Scan scans[1] = {{.table = "t", .version = 12}};
    static ScanColumn scan_cols[1] = {{4, {CODE_DICT, 2, true, 0}}};
    static KernelRef kernels[1] = {{{1, 2}, "k_1"}};
    static const char *natives[2] = {"dql_rt_rows_append", ""};
    static WeightRef weights[1] = {{"m", 2, "c1.weight"}};
    static ParamRef params[1];
    static ResultColumn columns[2];
    static Site sites[2] = {{{3, 9}, "DATE", NULL}};
    static uint8_t consts[70] = {1, 2, 3};
    int64_t dims[] = {3, DIM_ANY};
    sites[1] = (Site){{4, 5}, "TINYINT", type_get(types, TY_I8)};
    params[0] = (ParamRef){"cutoff", type_decimal(types, 12, 2)};
    columns[0] = (ResultColumn){"a", type_nullable(type_get(types, TY_I32), true)};
    columns[1] = (ResultColumn){"b", type_tensor(types, type_get(types, TY_F32), 2, dims)};
    *p = (Program){.kind = PG_UPDATE, .or_replace = true, .target = "t", .result = 0, .n_columns = 2, .columns = columns,
                   .n_set = 2, .set_columns = set, .n_keys = 2, .keys = set, .n_pipelines = 2, .pipelines = pipelines, .n_steps = 1, .steps = steps,
                   .n_args = 2, .args = args, .n_regs = 3, .regs = regs, .n_finish = 1, .finish = finish, .n_states = 1,
                   .states = states, .n_state_cols = 1, .state_cols = cols, .n_scans = 1, .scans = scans, .n_scan_cols = 1,
                   .scan_cols = scan_cols, .n_kernels = 1, .kernels = kernels, .n_natives = 2, .natives = natives,
                   .n_weights = 1, .weights = weights, .n_params = 1, .params = params, .n_sites = 2, .sites = sites,
                   .n_consts = 70, .consts = consts, .n_const_views = 1, .const_views = views};
}

static void test_same(Arena *a, TypePool *types, const Program *p) {
    Buf one = {0}, two = {0};
    const char *why = "";
    program_write(&one, p);
    Program *q = program_read(a, types, one.p, one.n, &why);
    CHECK(q != NULL);
    program_write(&two, q);
    CHECK(one.n == two.n && memcmp(one.p, two.p, one.n) == 0);
    CHECK_STR(q->pipelines[0].label, "scan t");
    CHECK(!q->pipelines[1].label && !q->path);
    CHECK_STR(q->natives[1], "");
    CHECK(q->columns[0].type == p->columns[0].type && q->columns[1].type == p->columns[1].type);
    CHECK(q->params[0].type == p->params[0].type);
    CHECK_INT(q->state_cols[0].code.pitch, 832);
    CHECK_INT(q->states[0].limit.a, 8);
    CHECK_INT(q->consts[2], 3);
    CHECK_STR(q->weights[0].name, "c1.weight");
    buf_free(&one);
    buf_free(&two);
}

static void test_damage(Arena *a, TypePool *types, const Program *p) {
    Buf image = {0};
    const char *why;
    program_write(&image, p);
    for (size_t n = 0; n < image.n; n++) CHECK(!program_read(a, types, image.p, n, &why));
    for (size_t i = 0; i < image.n; i++) {
        image.p[i] ^= 0x40;
        CHECK(!program_read(a, types, image.p, image.n, &why));
        image.p[i] ^= 0x40;
    }
    buf_free(&image);
}

int main(void) {
    Arena *a = arena_new();
    TypePool *types = typepool_new(a);
    Program p;
    fill(&p, types);
    test_same(a, types, &p);
    test_damage(a, types, &p);
    arena_free(a);
    return check_report("program_image");
}
