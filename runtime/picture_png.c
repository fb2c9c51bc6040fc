/* PNG by libpng, which reports errors by longjmp: decode() alone is jumped out of, and what it owns lies in Reader. */
#include "runtime/picture.h"
#include <png.h>
#include <setjmp.h>
#include <string.h>

typedef struct Reader {
    BlockPool *pool;
    const char *path;
    const uint8_t *at, *end;
    Picture *out;
    RtError *e;
    png_structp png;
    png_infop info;
    png_bytep *rows;
    char why[128];
} Reader;

static void on_error(png_structp png, png_const_charp message) {
    Reader *r = png_get_error_ptr(png);
    strncpy(r->why, message, sizeof r->why - 1);
    longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp message) { (void)png, (void)message; }

static void read_bytes(png_structp png, png_bytep to, size_t n) {
    Reader *r = png_get_io_ptr(png);
    if (n > (size_t)(r->end - r->at)) png_error(png, "it is cut short");
    memcpy(to, r->at, n);
    r->at += n;
}

/* Whatever is stored, as 8-bit grey or RGB, with alpha where there is transparency. */
static void as_bytes(png_structp png, png_infop info) {
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
}

static bool read_rows(Reader *r) {
    Picture *x = r->out;
    if (!picture_room(r->pool, r->path, x, r->e)) return false;
    if (!(r->rows = block_alloc(r->pool, (size_t)x->height * sizeof *r->rows))) return rt_fail_memory(r->e);
    for (int64_t i = 0; i < x->height; i++) r->rows[i] = x->pixels + (size_t)(i * x->width * x->channels);
    png_read_image(r->png, r->rows);
    png_read_end(r->png, NULL);
    return true;
}

static bool decode(Reader *r) {
    if (setjmp(png_jmpbuf(r->png))) return rt_fail(r->e, RT_DATA, "cannot read %s: %s", r->path, r->why);
    png_set_user_limits(r->png, 1 << 24, 1 << 24);
    png_read_info(r->png, r->info);
    as_bytes(r->png, r->info);
    *r->out = (Picture){png_get_image_height(r->png, r->info), png_get_image_width(r->png, r->info),
                        png_get_channels(r->png, r->info), NULL};
    return !r->pool || read_rows(r);
}

bool png_decode(BlockPool *pool, const char *path, const uint8_t *p, size_t n, Picture *out, RtError *e) {
    Reader r = {.pool = pool, .path = path, .at = p, .end = p + n, .out = out, .e = e};
    r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, on_error, on_warning);
    r.info = r.png ? png_create_info_struct(r.png) : NULL;
    if (r.info) png_set_read_fn(r.png, &r, read_bytes);
    bool ok = r.info ? decode(&r) : rt_fail_memory(e);
    png_destroy_read_struct(&r.png, &r.info, NULL);
    block_free(r.rows);
    if (!ok) block_free(out->pixels), out->pixels = NULL;
    return ok;
}
