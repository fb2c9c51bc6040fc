/* Programs as bytes.  One visitor describes the image for both directions, so that writing and reading cannot differ: the
 * same calls append a field or take it.  The image is for the version of dql that wrote it. The same program gives the same
 * bytes: no addresses, no padding.
 */
#include "base/program.h"
#include <string.h>

static const char magic[8] = "dqlprg01";

typedef struct Header {
    char magic[8];
    uint64_t bytes; /* behind the header */
    uint64_t hash;  /* of them */
} Header;

typedef struct Io {
    Buf *out;         /* writing; NULL: reading */
    const char *at, *end;
    Arena *arena;
    TypePool *types;
    bool damaged;     /* reading: lengths do not fit; what is read from here on is zero */
} Io;

static void io_bytes(Io *io, void *p, size_t n) {
    if (io->out) {
        buf_add(io->out, p, n);
        return;
    }
    if (io->damaged || (size_t)(io->end - io->at) < n) {
        io->damaged = true;
        memset(p, 0, n);
        return;
    }
    if (n) memcpy(p, io->at, n);
    io->at += n;
}

#define IO(io, field) io_bytes((io), &(field), sizeof(field))

/* *at is an array of n elements of `size` bytes without pointers. */
static void io_array(Io *io, void *array, uint32_t *n, size_t size) {
    void **at = array;
    IO(io, *n);
    if (!io->out) {
        if ((size_t)(io->end - io->at) / size < *n) io->damaged = true;
        if (io->damaged) *n = 0;
        *at = arena_alloc(io->arena, size * *n);
    }
    io_bytes(io, *at, size * *n);
}

/* Room for n elements when reading; what they hold follows one by one. An element takes at least a byte. */
static void io_list(Io *io, void *array, uint32_t *n, size_t size) {
    void **at = array;
    IO(io, *n);
    if (io->out) return;
    if ((size_t)(io->end - io->at) < *n) io->damaged = true;
    if (io->damaged) *n = 0;
    *at = arena_alloc(io->arena, size * *n);
}

/* NULL and empty differ: the length is one more. */
static void io_text(Io *io, const char **s) {
    uint32_t n = io->out && *s ? (uint32_t)strlen(*s) + 1 : 0;
    IO(io, n);
    if (io->out) {
        io_bytes(io, (void *)(uintptr_t)*s, n ? n - 1 : 0);
        return;
    }
    if (n > (size_t)(io->end - io->at) + 1) io->damaged = true;
    *s = NULL;
    if (io->damaged || n == 0) return;
    *s = arena_strndup(io->arena, io->at, n - 1);
    io->at += n - 1;
}

static void io_type(Io *io, const Type **t) {
    Buf text = {0};
    const char *s = NULL;
    if (io->out && *t) {
        type_print(&text, *t, true);
        s = text.p;
    }
    io_text(io, &s);
    buf_free(&text);
    if (io->out) return;
    *t = s ? type_parse(io->types, s, NULL) : NULL;
    if (s && !*t) io->damaged = true;
}

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
    IO(io, p->steps);
    IO(io, p->n_steps);
    IO(io, p->fused);
    IO(io, p->n_fused);
    IO(io, p->regs);
    IO(io, p->n_regs);
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
}

static void io_param(Io *io, ParamRef *p) {
    io_text(io, &p->name);
    io_type(io, &p->type);
}

static void io_column(Io *io, ResultColumn *c) {
    io_text(io, &c->name);
    io_type(io, &c->type);
}

static void io_native(Io *io, const char **name) { io_text(io, name); }

/* One by one: elements with padding or pointers. */
#define IO_EACH(io, at, n, element)                                                                                    \
    do {                                                                                                               \
        io_list((io), &(at), &(n), sizeof *(at));                                                                      \
        for (uint32_t i = 0; i < (n); i++) element((io), &(at)[i]);                                                    \
    } while (0)

static void io_program(Io *io, Program *p) {
    IO(io, p->kind);
    IO(io, p->if_exists);
    IO(io, p->or_replace);
    IO(io, p->model);
    io_text(io, &p->target);
    io_text(io, &p->path);
    IO(io, p->result);
    IO_EACH(io, p->columns, p->n_columns, io_column);
    io_array(io, &p->set_columns, &p->n_set, sizeof *p->set_columns);
    IO_EACH(io, p->pipelines, p->n_pipelines, io_pipeline);
    io_array(io, &p->steps, &p->n_steps, sizeof *p->steps);
    io_array(io, &p->args, &p->n_args, sizeof *p->args);
    io_array(io, &p->regs, &p->n_regs, sizeof *p->regs);
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

void program_write(Buf *out, const Program *p) {
    Header h = {0};
    Program copy = *p;
    size_t start = out->n;
    Io io = {.out = out};
    buf_add(out, &h, sizeof h);
    io_program(&io, &copy);
    memcpy(h.magic, magic, sizeof magic);
    h.bytes = out->n - start - sizeof h;
    h.hash = hash64(out->p + start + sizeof h, h.bytes, 0);
    memcpy(out->p + start, &h, sizeof h);
}

Program *program_read(Arena *a, TypePool *types, const void *bytes, size_t n, const char **why) {
    Header h;
    const char *at = (const char *)bytes + sizeof h;
    if (n < sizeof h || (memcpy(&h, bytes, sizeof h), memcmp(h.magic, magic, sizeof magic))) return *why = "not a program", NULL;
    if (h.bytes > n - sizeof h) return *why = "the program is cut off", NULL;
    if (hash64(at, h.bytes, 0) != h.hash) return *why = "the program is damaged", NULL;
    Io io = {.at = at, .end = at + h.bytes, .arena = a, .types = types};
    Program *p = ARENA_NEW(a, Program);
    io_program(&io, p);
    if (io.damaged || io.at != io.end) return *why = "the program is damaged", NULL;
    return p;
}
