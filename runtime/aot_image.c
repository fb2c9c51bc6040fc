#include "base/image.h"
#include "base/number.h"
#include "runtime/aot.h"
#include <string.h>

static void io_value(Io *io, Value *v);

static void io_items(Io *io, Value *v) {
    Value *at = v->list.at;
    uint32_t n = io->out ? (uint32_t)v->list.n : 0;
    IO_EACH(io, at, n, io_value);
    v->list.at = at;
    v->list.n = n;
}

/* As its type, a byte for NULL, and text: what is printed whole reads back to the same value. Lists item by item. */
static void io_value(Io *io, Value *v) {
    Buf text = {0};
    const char *s = NULL, *why;
    bool null = v->null;
    io_type(io, &v->type);
    IO(io, null);
    if (!io->out) *v = (Value){.type = v->type, .null = null};
    if (null || io->damaged || !v->type) return;
    if (v->type->kind == TY_LIST) {
        io_items(io, v);
        return;
    }
    if (io->out) {
        value_print_whole(&text, v);
        s = text.p ? text.p : "";
    }
    io_text(io, &s);
    buf_free(&text);
    if (io->out || io->damaged || !s) return;
    Value from = value_str(io->types, str_of(s));
    if (!value_cast(io->arena, &from, v->type, v, &why)) io->damaged = true;
}

static void io_param(Io *io, AotParam *p) {
    io_text(io, &p->name);
    io_type(io, &p->type);
    IO(io, p->has_default);
    if (p->has_default) io_value(io, &p->value);
}

static void io_name(Io *io, const char **name) { io_text(io, name); }

static void io_file(Io *io, AotFile *f) {
    uint32_t n = f->n_options;
    io_text(io, &f->table);
    io_text(io, &f->path);
    io_text(io, &f->format);
    IO_EACH(io, f->names, f->n_options, io_name);
    IO_EACH(io, f->values, n, io_value);
    n = f->n_columns;
    IO_EACH(io, f->column_names, f->n_columns, io_name);
    IO_EACH(io, f->column_types, n, io_type);
}

/* The Program is an image of its own inside. */
static void io_statement(Io *io, AotStatement *s) {
    Buf image = {0};
    const char *why, *bytes;
    IO(io, s->span);
    if (io->out) program_write(&image, s->program);
    uint32_t n = (uint32_t)image.n;
    bytes = image.p;
    io_array(io, &bytes, &n, 1);
    if (!io->out && !io->damaged && !(s->program = program_read(io->arena, io->types, bytes, n, &why))) io->damaged = true;
    buf_free(&image);
}

static void io_script(Io *io, AotScript *s) {
    io_text(io, &s->name);
    io_text(io, &s->text);
    IO_EACH(io, s->params, s->n_params, io_param);
    IO_EACH(io, s->files, s->n_files, io_file);
    IO_EACH(io, s->statements, s->n_statements, io_statement);
}

static const char magic[] = "dqlaot01";

void aot_write(Buf *out, const AotScript *s) {
    AotScript copy = *s;
    Io io = image_write(out);
    io_script(&io, &copy);
    image_written(&io, magic);
}

bool aot_read(Arena *a, TypePool *types, const void *bytes, size_t n, AotScript *out, const char **why) {
    Io io;
    *out = (AotScript){0};
    if (!image_read(&io, a, types, bytes, n, magic, why)) return false;
    io_script(&io, out);
    return image_end(&io, why);
}
