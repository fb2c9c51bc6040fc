/* JPEG by libjpeg-turbo, which reports errors by longjmp: decode() alone is jumped out of, and what it owns lies in Reader. */
#include "runtime/picture.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

typedef struct Reader {
    struct jpeg_error_mgr errors; /* first: libjpeg hands back a pointer to it */
    jmp_buf out_of;
    struct jpeg_decompress_struct jpeg;
    BlockPool *pool;
    const char *path;
    const uint8_t *p;
    size_t n;
    Picture *out;
    RtError *e;
    uint8_t *line; /* a row of CMYK */
    char why[JMSG_LENGTH_MAX];
} Reader;

static void on_error(j_common_ptr jpeg) {
    Reader *r = (Reader *)jpeg->err;
    jpeg->err->format_message(jpeg, r->why);
    longjmp(r->out_of, 1);
}

/* libjpeg fills up what is missing and warns of it; here it is an error. Bytes between markers harm nothing. */
static void on_message(j_common_ptr jpeg, int level) {
    Reader *r = (Reader *)jpeg->err;
    int code = jpeg->err->msg_code;
    if (level >= 0 || code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR) return;
    strcpy(r->why, code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER ? "it is cut short" : "its data are damaged");
    longjmp(r->out_of, 1);
}

/* a * b / 255, rounded */
static uint8_t scaled(unsigned a, unsigned b) {
    unsigned t = a * b + 128;
    return (uint8_t)(((t >> 8) + t) >> 8);
}

/* Adobe's programs store CMYK inverted, and say so by a marker. */
static void from_cmyk(const uint8_t *in, int64_t n, bool inverted, uint8_t *out) {
    for (int64_t i = 0; i < n; i++, in += 4, out += 3) {
        unsigned flip = inverted ? 255 : 0, light = 255 - (in[3] ^ flip);
        for (int c = 0; c < 3; c++) out[c] = (uint8_t)(light - scaled(in[c] ^ flip, light));
    }
}

static void read_lines(Reader *r) {
    struct jpeg_decompress_struct *d = &r->jpeg;
    size_t pitch = (size_t)(r->out->width * r->out->channels);
    while (d->output_scanline < d->output_height) {
        uint8_t *to = r->out->pixels + d->output_scanline * pitch, *line = r->line ? r->line : to;
        jpeg_read_scanlines(d, &line, 1);
        if (r->line) from_cmyk(r->line, r->out->width, d->saw_Adobe_marker, to);
    }
    jpeg_finish_decompress(d);
}

static bool decode(Reader *r) {
    struct jpeg_decompress_struct *d = &r->jpeg;
    if (setjmp(r->out_of)) return rt_fail(r->e, RT_DATA, "cannot read %s: %s", r->path, r->why);
    jpeg_create_decompress(d);
    jpeg_mem_src(d, r->p, r->n);
    jpeg_read_header(d, TRUE);
    bool cmyk = d->jpeg_color_space == JCS_CMYK || d->jpeg_color_space == JCS_YCCK;
    d->out_color_space = cmyk ? JCS_CMYK : d->jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    *r->out = (Picture){d->image_height, d->image_width, d->out_color_space == JCS_GRAYSCALE ? 1 : 3, NULL};
    if (!r->pool) return true;
    if (!picture_room(r->pool, r->path, r->out, r->e)) return false;
    if (cmyk && !(r->line = block_alloc(r->pool, (size_t)r->out->width * 4))) return rt_fail_memory(r->e);
    jpeg_start_decompress(d);
    read_lines(r);
    return true;
}

bool jpeg_decode(BlockPool *pool, const char *path, const uint8_t *p, size_t n, Picture *out, RtError *e) {
    Reader r = {.pool = pool, .path = path, .p = p, .n = n, .out = out, .e = e};
    r.jpeg.err = jpeg_std_error(&r.errors);
    r.errors.error_exit = on_error;
    r.errors.emit_message = on_message;
    bool ok = decode(&r);
    jpeg_destroy_decompress(&r.jpeg);
    block_free(r.line);
    if (!ok) block_free(out->pixels), out->pixels = NULL;
    return ok;
}
