#include "base/program.h"

static const char *const source_text[] = {[SRC_ONE] = "one row", [SRC_SCAN] = "scan", [SRC_STATE] = "state", [SRC_DICT] = "dict"};
static const char *const finish_text[] = {[FIN_NONE] = "", [FIN_JOIN] = " join", [FIN_SORT] = " sort"};
static const char *const agg_text[] = {
    [ACC_COUNT] = "count", [ACC_SUM_I64] = "sum i64", [ACC_SUM_I128] = "sum i128", [ACC_SUM_F64] = "sum f64",
    [ACC_MIN_I64] = "min i64", [ACC_MAX_I64] = "max i64", [ACC_MIN_I128] = "min i128", [ACC_MAX_I128] = "max i128",
    [ACC_MIN_F64] = "min f64", [ACC_MAX_F64] = "max f64", [ACC_MIN_TEXT] = "min text", [ACC_MAX_TEXT] = "max text",
};

static const struct {
    const char *text;
    int operands;
} arg_text[] = {
    [ARG_NULL] = {"-", 0}, [ARG_SRC] = {"src", 1}, [ARG_SRC_VALID] = {"src_valid", 1}, [ARG_SRC_BASE] = {"src_base", 1},
    [ARG_ROWID] = {"rowid", 0}, [ARG_REG] = {"r", 1}, [ARG_CONST] = {"const", 1}, [ARG_PARAM] = {"param", 1},
    [ARG_PARAM_VALID] = {"param_valid", 1}, [ARG_WEIGHT] = {"weight", 1}, [ARG_DICT] = {"dict", 2},
    [ARG_STATE] = {"state", 1}, [ARG_LOCAL] = {"local", 1}, [ARG_COL] = {"col", 2}, [ARG_COL_VALID] = {"col_valid", 2},
    [ARG_LOCAL_COL] = {"acc", 2}, [ARG_COUNT] = {"count", 1}, [ARG_CURSOR] = {"cursor", 1}, [ARG_SCRATCH] = {"scratch", 0},
    [ARG_WORK] = {"work", 0}, [ARG_PART] = {"part", 0},
    [ARG_FAULT] = {"fault", 0},
};

static void print_arg(Buf *b, Arg a) {
    buf_puts(b, arg_text[a.kind].text);
    if (arg_text[a.kind].operands > 0) buf_printf(b, a.kind == ARG_REG ? "%u" : " %u", a.a);
    if (arg_text[a.kind].operands > 1) buf_printf(b, ".%u", a.b);
}

static void print_domain(Buf *b, uint8_t d) {
    if (d == DOMAIN_NONE) buf_puts(b, "-");
    else buf_printf(b, "d%u", d);
}

static void print_step(Buf *b, const Program *p, const Step *s) {
    buf_puts(b, "    ");
    print_domain(b, s->in);
    buf_puts(b, " > ");
    print_domain(b, s->out);
    if (s->flags & STEP_NATIVE) buf_printf(b, "  %s", p->natives[s->fn]);
    else buf_printf(b, "  kernel %u", s->fn);
    for (uint32_t i = 0; i < s->n_args; i++) {
        buf_puts(b, i ? ", " : "(");
        print_arg(b, p->args[s->args + i]);
    }
    buf_puts(b, s->n_args ? ")" : "()");
    if (s->flags & STEP_EXPANDS) buf_puts(b, " expands");
    if (s->flags & STEP_SPLITS) buf_puts(b, " splits");
    buf_puts(b, "\n");
}

static void print_code(Buf *b, ColumnCode c) {
    static const char *const kinds[] = {[CODE_INT] = "int", [CODE_FLOAT] = "float", [CODE_DICT] = "dict", [CODE_VIEW] = "view",
                                        [CODE_TENSOR] = "tensor", [CODE_INTERVAL] = "interval"};
    buf_printf(b, "%s%u%s", kinds[c.kind], c.kind == CODE_TENSOR ? c.pitch : c.width, c.valid ? "?" : "");
}

static void print_limit(Buf *b, const char *what, Arg a) {
    if (a.kind == ARG_NULL) return;
    buf_printf(b, " %s ", what);
    print_arg(b, a);
}

static void print_state(Buf *b, const Program *p, uint32_t i) {
    const State *s = &p->states[i];
    buf_printf(b, "state %u: %s%s", i, s->kind == ST_GROUP ? s->global ? "one group" : "groups" : "rows", finish_text[s->finish]);
    if (s->n_keys) buf_printf(b, " keys %u", s->n_keys);
    if (s->dense) buf_printf(b, " dense %lld + %lld", (long long)s->dense_min, (long long)s->dense_n);
    if (s->unique) buf_puts(b, " unique");
    if (s->reduces) buf_puts(b, " reduces");
    print_limit(b, "limit", s->limit);
    print_limit(b, "offset", s->offset);
    for (uint32_t c = 0; c < s->n_cols; c++) {
        const StateColumn *col = &p->state_cols[s->cols + c];
        buf_puts(b, c ? ", " : " (");
        if (s->kind == ST_GROUP && c >= s->n_keys) buf_puts(b, agg_text[col->agg]);
        else print_code(b, col->code);
    }
    buf_puts(b, s->n_cols ? ")\n" : "\n");
}

static void print_scan(Buf *b, const Program *p, uint32_t i) {
    const Scan *s = &p->scans[i];
    buf_printf(b, "scan %u: %s", i, s->table);
    for (uint32_t c = 0; c < s->n_cols; c++) {
        const ScanColumn *col = &p->scan_cols[s->cols + c];
        buf_printf(b, "%s%u ", c ? ", " : " (", col->column);
        print_code(b, col->code);
    }
    buf_puts(b, s->n_cols ? ")\n" : "\n");
}

static void print_pipeline(Buf *b, const Program *p, uint32_t i) {
    const Pipeline *l = &p->pipelines[i];
    buf_printf(b, "pipeline %u: %s", i, source_text[l->source]);
    if (l->source != SRC_ONE) buf_printf(b, " %u", l->a);
    if (l->source == SRC_DICT) buf_printf(b, ".%u", l->b);
    buf_printf(b, " \"%s\"%s%s batch %u\n", l->label ? l->label : "", l->once ? " once" : "", l->ordered ? " ordered" : "", l->batch_rows);
    buf_puts(b, "  kernels\n");
    for (uint32_t s = 0; s < l->n_steps; s++) print_step(b, p, &p->steps[l->steps + s]);
    if (l->n_fused) buf_puts(b, "  fused\n");
    for (uint32_t s = 0; s < l->n_fused; s++) print_step(b, p, &p->steps[l->fused + s]);
    buf_puts(b, "  registers");
    for (uint32_t r = 0; r < l->n_regs; r++) {
        bool shares = p->n_slots && p->slots[l->regs + r] != r;
        buf_printf(b, " %u", p->regs[l->regs + r]);
        if (shares) buf_printf(b, "@%u", p->slots[l->regs + r]);
    }
    buf_puts(b, "\n");
    for (uint32_t f = 0; f < l->n_finish; f++) buf_printf(b, "  finish state %u\n", p->finish[l->finish + f]);
}

void program_print(Buf *out, const Program *p) {
    for (uint32_t i = 0; i < p->n_scans; i++) print_scan(out, p, i);
    for (uint32_t i = 0; i < p->n_states; i++) print_state(out, p, i);
    for (uint32_t i = 0; i < p->n_pipelines; i++) print_pipeline(out, p, i);
    if (p->result != UINT32_MAX) buf_printf(out, "result state %u\n", p->result);
    for (uint32_t i = 0; i < p->n_columns; i++) {
        buf_printf(out, "  %s ", p->columns[i].name);
        type_print(out, p->columns[i].type, true);
        buf_puts(out, "\n");
    }
}
