/* Programs as bytes. Texts and types go as text, structs field by field. */
#include "base/program.h"
#include "base/image.h"

static void io_code(Io *io, ColumnCode *c) {
    IO(io, c->kind);
    IO(io, c->width);
    IO(io, c->valid);
    IO(io, c->pitch);
}

static void io_pipeline(Io *io, Pipeline *p) {
    IO(io, p->source);
    IO(io, p->once);
    IO(io, p->ordered);
    IO(io, p->a);
    IO(io, p->b);
    IO(io, p->batch_rows);
    IO(io, p->row_flops);
    IO(io, p->may_fail);
    IO(io, p->steps);
    IO(io, p->n_steps);
    IO(io, p->fused);
    IO(io, p->n_fused);
    IO(io, p->regs);
    IO(io, p->n_regs);
    IO(io, p->work_bytes);
    IO(io, p->n_domains);
    IO(io, p->n_cursors);
    IO(io, p->finish);
    IO(io, p->n_finish);
    io_text(io, &p->label);
}

static void io_state(Io *io, State *s) {
    IO(io, s->kind);
    IO(io, s->finish);
    IO(io, s->cols);
    IO(io, s->n_cols);
    IO(io, s->n_keys);
    IO(io, s->dense);
    IO(io, s->unique);
    IO(io, s->reduces);
    IO(io, s->dense_min);
    IO(io, s->dense_n);
    IO(io, s->limit);
    IO(io, s->offset);
    IO(io, s->expected);
    IO(io, s->global);
}

static void io_state_column(Io *io, StateColumn *c) {
    io_code(io, &c->code);
    IO(io, c->agg);
    IO(io, c->flags);
}

static void io_scan(Io *io, Scan *s) {
    io_text(io, &s->table);
    IO(io, s->version);
    IO(io, s->cols);
    IO(io, s->n_cols);
}

static void io_scan_column(Io *io, ScanColumn *c) {
    IO(io, c->column);
    io_code(io, &c->code);
}

static void io_kernel(Io *io, KernelRef *k) {
    IO(io, k->key);
    io_text(io, &k->symbol);
}

static void io_weight(Io *io, WeightRef *w) {
    io_text(io, &w->model);
    IO(io, w->version);
    io_text(io, &w->name);
}

static void io_site(Io *io, Site *s) {
    IO(io, s->span);
    io_text(io, &s->what);
    bool shown = s->shown != NULL;
    IO(io, shown);
    if (shown) io_type(io, &s->shown);
}

static void io_param(Io *io, ParamRef *p) {
    io_text(io, &p->name);
    io_type(io, &p->type);
}

static void io_column(Io *io, ResultColumn *c) {
    io_text(io, &c->name);
    io_type(io, &c->type);
}

static void io_tensor(Io *io, TensorBytes *t) {
    IO(io, t->n);
    if (!io->out) {
        if (io->damaged || t->n > (uint64_t)(io->end - io->at)) io->damaged = true, t->n = 0;
        t->at = arena_alloc(io->arena, t->n);
    }
    io_bytes(io, (void *)(uintptr_t)t->at, t->n);
}

static void io_native(Io *io, const char **name) { io_text(io, name); }

static void io_program(Io *io, Program *p) {
    IO(io, p->kind);
    IO(io, p->if_exists);
    IO(io, p->or_replace);
    IO(io, p->model);
    io_text(io, &p->target);
    io_text(io, &p->path);
    IO(io, p->result);
    IO_EACH(io, p->columns, p->n_columns, io_column);
    IO_EACH(io, p->tensors, p->n_tensors, io_tensor);
    io_text(io, &p->from);
    IO(io, p->from_version);
    io_array(io, &p->set_columns, &p->n_set, sizeof *p->set_columns);
    io_array(io, &p->keys, &p->n_keys, sizeof *p->keys);
    IO_EACH(io, p->pipelines, p->n_pipelines, io_pipeline);
    io_array(io, &p->steps, &p->n_steps, sizeof *p->steps);
    io_array(io, &p->args, &p->n_args, sizeof *p->args);
    io_array(io, &p->regs, &p->n_regs, sizeof *p->regs);
    io_array(io, &p->slots, &p->n_slots, sizeof *p->slots);
    io_array(io, &p->finish, &p->n_finish, sizeof *p->finish);
    IO_EACH(io, p->states, p->n_states, io_state);
    IO_EACH(io, p->state_cols, p->n_state_cols, io_state_column);
    IO_EACH(io, p->scans, p->n_scans, io_scan);
    IO_EACH(io, p->scan_cols, p->n_scan_cols, io_scan_column);
    IO_EACH(io, p->kernels, p->n_kernels, io_kernel);
    IO_EACH(io, p->natives, p->n_natives, io_native);
    IO_EACH(io, p->weights, p->n_weights, io_weight);
    IO_EACH(io, p->params, p->n_params, io_param);
    IO_EACH(io, p->sites, p->n_sites, io_site);
    io_array(io, &p->consts, &p->n_consts, sizeof *p->consts);
    io_array(io, &p->const_views, &p->n_const_views, sizeof *p->const_views);
}

_Static_assert(sizeof(Step) == 16 && sizeof(Arg) == 8, "arrays written as they lie in memory have no padding");

static const char magic[] = "dqlprg01";

void program_write(Buf *out, const Program *p) {
    Program copy = *p;
    Io io = image_write(out);
    io_program(&io, &copy);
    image_written(&io, magic);
}

Program *program_read(Arena *a, TypePool *types, const void *bytes, size_t n, const char **why) {
    Io io;
    if (!image_read(&io, a, types, bytes, n, magic, why)) return NULL;
    Program *p = ARENA_NEW(a, Program);
    io_program(&io, p);
    return image_end(&io, why) ? p : NULL;
}
