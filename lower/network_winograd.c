/* 3 x 3 convolutions by Winograd's filtering (base/winograd.h), class REAL: chosen by the rule conv_winograd, never here.
 *
 *   for each image, for each block of its tiles
 *     V (a a, tiles, C)      B' d B of the tiles' inputs
 *     for each group of output channels
 *       M (a a, tiles, group)  for each of the a a places a contraction tile V x U
 *       out                    A' M A, the elementwise tree above, on the outputs that exist
 *
 * V, M and the outputs of one tile live in the worker's work memory. U = G w G' is packed once a statement.
 */
#include "base/winograd.h"
#include "lower/network_conv.h"

enum { BLOCK_TILES = 48, MOST_GROUP = 128 };

typedef struct Filtering {
    Winograd w;
    Conv v;
    KB *b;
    int64_t down, across, tiles;        /* tiles of an image */
    int64_t block;                      /* tiles of a block */
    int64_t group, panels;              /* output channels of a group; panels of nr of all of them */
    uint32_t nr, mr;
    int64_t v_row, v_plane, m_row, m_plane, m_at, y_at, floats; /* floats: from tile to tile, from place to place; where M and y begin */
    KInst *x, *u, *work;
    KInst *first, *count;               /* of the block */
} Filtering;

/* ---- sizes ---- */
/* Rows of V and M lie a vector further apart than they are long: powers of two would compete for the same sets of the cache. */
static void lay_out(Filtering *f) {
    int64_t places = f->w.a * f->w.a, blocks = (f->tiles + BLOCK_TILES - 1) / BLOCK_TILES;
    f->block = ((f->tiles + blocks - 1) / blocks + f->mr - 1) / f->mr * f->mr;
    f->v_row = f->v.c + TENSOR_LANES;
    f->m_row = f->group + TENSOR_LANES;
    f->v_plane = f->block * f->v_row;
    f->m_plane = f->block * f->m_row;
    f->m_at = places * f->v_plane;
    f->y_at = f->m_at + places * f->m_plane;
    f->floats = f->y_at + f->w.m * f->w.m * TENSOR_LANES;
}

static void size_up(Filtering *f, const Scope *s, int64_t m) {
    f->w = winograd_of((int)m);
    f->down = (f->v.oh + m - 1) / m;
    f->across = (f->v.ow + m - 1) / m;
    f->tiles = f->down * f->across;
    f->v.ph = f->down * m + 2; /* the last tiles read behind the image: zeros, too */
    f->v.pw = f->across * m + 2;
    f->v.padded = f->v.ph > f->v.h || f->v.pw > f->v.w;
    choose_tile(s->c->target, f->v.o, 0, &f->nr, &f->mr);
    f->panels = (f->v.o + f->nr - 1) / f->nr;
    f->group = f->v.o % MOST_GROUP == 0 && f->nr == 64 ? MOST_GROUP : f->nr;
    lay_out(f);
}

/* ---- transforms ---- */
/* coefficient * x + sum */
static KInst *plus_times(KB *b, KInst *sum, double coefficient, KInst *x) {
    if (!sum)
        return coefficient == 1 ? x : kb_op2(b, KI_MUL, x, kb_float(b, K_F32, TENSOR_LANES, coefficient));
    if (coefficient == 1 || coefficient == -1)
        return kb_op2(b, coefficient == 1 ? KI_ADD : KI_SUB, sum, x);
    return kb_fma(b, x, kb_float(b, K_F32, TENSOR_LANES, coefficient), sum);
}

static KInst *combine(KB *b, const double *coefficients, int n, KInst *const *x, int stride) {
    KInst *sum = NULL;
    for (int k = 0; k < n; k++)
        if (coefficients[k] != 0)
            sum = plus_times(b, sum, coefficients[k], x[k * stride]);
    return sum;
}

/* T x T' for T (rows, n) and x (n, n), in vectors: the columns of x first */
static void transform(KB *b, const double (*t)[WINOGRAD_TILE], int rows, int n, KInst **x, KInst **out) {
    KInst *half[WINOGRAD_TILE * WINOGRAD_TILE];
    for (int j = 0; j < n; j++)
        for (int i = 0; i < rows; i++)
            half[i * n + j] = combine(b, t[i], n, x + j, n);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < rows; j++)
            out[i * rows + j] = combine(b, t[j], n, half + i * n, 1);
}

/* ---- the three steps of a block ---- */
static KInst *tile_place(const Filtering *f, KInst *t, KInst **ty, KInst **tx) {
    KInst *q = k_plus(f->b, f->first, t);
    *ty = kb_op2(f->b, KI_UDIV, q, k_int(f->b, f->across));
    *tx = kb_op2(f->b, KI_UREM, q, k_int(f->b, f->across));
    return q;
}

static void inputs(const Filtering *f, KInst *image) {
    KB *b = f->b;
    int a = f->w.a;
    KInst *d[WINOGRAD_TILE * WINOGRAD_TILE], *v[WINOGRAD_TILE * WINOGRAD_TILE], *ty, *tx;
    KInst *t = kb_loop(b, k_int(b, 0), f->count, k_int(b, 1), 0, NULL);
    tile_place(f, t, &ty, &tx);
    KInst *pixel = k_plus(b, k_mul(b, ty, f->w.m * f->v.pw), k_mul(b, tx, f->w.m));
    KInst *from = k_plus(b, image, k_mul(b, pixel, f->v.c)), *to = k_mul(b, t, f->v_row);
    KInst *c = kb_loop(b, k_int(b, 0), k_int(b, f->v.c), k_int(b, TENSOR_LANES), 0, NULL);
    KInst *at = k_plus(b, from, c), *into = k_plus(b, to, c);
    for (int i = 0; i < a; i++)
        for (int j = 0; j < a; j++)
            d[i * a + j] = kb_load(b, f->x, k_add(b, at, (i * f->v.pw + j) * f->v.c), K_F32, TENSOR_LANES);
    transform(b, f->w.in, a, a, d, v);
    for (int k = 0; k < a * a; k++)
        kb_store(b, f->work, k_add(b, into, k * f->v_plane), v[k]);
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
}

/* n: the first channel of the group */
static void products(const Filtering *f, KInst *n) {
    KB *b = f->b;
    int64_t places = f->w.a * f->w.a, panel = f->v.c * f->nr * 4;
    KInst *k = kb_loop(b, k_int(b, 0), k_int(b, places), k_int(b, 1), 0, NULL), *row, *col, *acc;
    KInst *filters = k_plus(b, k_mul(b, k, f->panels * panel), k_mul(b, n, panel / f->nr));
    KTile tile = {.a_type = K_F32, .a = kb_offset(b, f->work, k_mul(b, k, f->v_plane * 4)), .images = k_int(b, 1),
                  .image_stride = k_int(b, 0), .m = f->count, .row_stride = k_int(b, f->v_row), .outer = k_int(b, 1),
                  .outer_stride = k_int(b, 0), .inner = k_int(b, f->v.c), .b = kb_offset(b, f->u, filters),
                  .n = k_int(b, f->group), .nr = f->nr, .mr = f->mr};
    kb_tile(b, &tile, &row, &col, &acc);
    KInst *at = k_plus(b, k_mul(b, k, f->m_plane), k_plus(b, k_mul(b, row, f->m_row), col));
    kb_store(b, f->work, k_add(b, at, f->m_at), acc);
    kb_tile_end(b);
    kb_loop_end(b, NULL);
}

static KInst *smaller(KB *b, KInst *x, KInst *y) { return kb_op2(b, KI_MIN, x, y); }

/* The outputs of a tile that exist, through the tree above. c: channel */
static void finish(const Filtering *f, Tree *m, const Node *top, KInst *to, KInst *image, KInst *ty, KInst *tx, KInst *c) {
    KB *b = f->b;
    int64_t side = f->w.m, pitch = round16(f->v.o);
    KInst *y0 = k_mul(b, ty, side), *x0 = k_mul(b, tx, side);
    KInst *rows = smaller(b, k_int(b, side), kb_op2(b, KI_SUB, k_int(b, f->v.oh), y0));
    KInst *columns = smaller(b, k_int(b, side), kb_op2(b, KI_SUB, k_int(b, f->v.ow), x0));
    KInst *i = kb_loop(b, k_int(b, 0), rows, k_int(b, 1), 0, NULL);
    KInst *line = k_plus(b, k_mul(b, k_plus(b, y0, i), f->v.ow), x0), *from = k_add(b, k_mul(b, i, side * TENSOR_LANES), f->y_at);
    KInst *j = kb_loop(b, k_int(b, 0), columns, k_int(b, 1), 0, NULL);
    m->acc = kb_load(b, f->work, k_plus(b, from, k_mul(b, j, TENSOR_LANES)), K_F32, TENSOR_LANES);
    KInst *at = k_plus(b, k_mul(b, k_plus(b, line, j), pitch), c);
    KInst *row = k_mul(b, image, f->v.oh * f->v.ow * pitch);
    kb_store(b, to, k_plus(b, row, at), tree_value(m, top, image, at));
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
}

static void outputs(const Filtering *f, Tree *m, const Node *top, KInst *to, KInst *image, KInst *n) {
    KB *b = f->b;
    int a = f->w.a, side = f->w.m;
    KInst *p[WINOGRAD_TILE * WINOGRAD_TILE], *y[WINOGRAD_TILE * WINOGRAD_TILE], *ty, *tx;
    KInst *t = kb_loop(b, k_int(b, 0), f->count, k_int(b, 1), 0, NULL);
    tile_place(f, t, &ty, &tx);
    KInst *channels = smaller(b, k_int(b, f->group), kb_op2(b, KI_SUB, k_int(b, round16(f->v.o)), n));
    KInst *c = kb_loop(b, k_int(b, 0), channels, k_int(b, TENSOR_LANES), 0, NULL);
    KInst *at = k_add(b, k_plus(b, k_mul(b, t, f->m_row), c), f->m_at);
    for (int k = 0; k < a * a; k++)
        p[k] = kb_load(b, f->work, k_add(b, at, k * f->m_plane), K_F32, TENSOR_LANES);
    transform(b, f->w.out, side, a, p, y);
    for (int k = 0; k < side * side; k++)
        kb_store(b, f->work, k_int(b, f->y_at + k * TENSOR_LANES), y[k]);
    finish(f, m, top, to, image, ty, tx, k_plus(b, n, c));
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
}

/* ---- the kernel ---- */
static Stage *packed_filters(Scope *s, const Node *weights, const Filtering *f) {
    int64_t sizes[] = {f->v.o, f->v.c, f->w.m, f->nr};
    uint64_t bytes = (uint64_t)(f->w.a * f->w.a * f->panels * f->nr * f->v.c) * 4;
    return tensor_prepared(s, weights, "dql_rt_pack_winograd", 4, sizes, (uint32_t)bytes).v;
}

bool tile_winograd(Scope *s, const Node *top, const Node *e, LVal *out) {
    Filtering f = {0};
    if (!conv_of(e, &f.v) || !is_fixed(s, e->in[1]) || elem_lanes(top->type->elem) != K_F32)
        return false;
    size_up(&f, s, ATTR_OF(e, Conv)->winograd);
    LVal in = lower_for_window(s, e->in[0], &f.v);
    Stage *filters = packed_filters(s, e->in[1], &f), *x = padded_input(s, in, &f.v);
    Tree m = {.s = s, .out = top->type, .inner = e, .valid = in.valid, .nhwc = true};
    tree_collect(&m, top);
    tree_prepare(&m);
    TensorKernel k;
    tk_begin(&k, s, "winograd");
    m.k = &k;
    KB *b = f.b = k.b;
    f.x = tk_value(&k, x);
    f.u = tk_value(&k, filters);
    f.work = tk_work(&k, (uint32_t)f.floats * 4);
    tree_operands(&m);
    KInst *to = tk_out(&k), *lo, *hi;
    tk_share(&k, f.tiles, &lo, &hi);
    KInst *image = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL), *start = k_mul(b, image, stride_of(x));
    f.first = kb_loop(b, lo, hi, k_int(b, f.block), 0, NULL);
    f.count = smaller(b, k_int(b, f.block), kb_op2(b, KI_SUB, hi, f.first));
    inputs(&f, start);
    KInst *n = kb_loop(b, k_int(b, 0), k_int(b, f.v.o), k_int(b, f.group), 0, NULL);
    products(&f, n);
    outputs(&f, &m, top, to, image, n);
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
    uint32_t bytes = (uint32_t)(f.v.oh * f.v.ow) * round16(f.v.o) * 4;
    *out = (LVal){.v = tk_end(&k, K_F32, bytes, (Range){0}), .valid = m.valid, .type = top->type, .nhwc = true};
    tree_free(&m);
    return true;
}
