/* KI_TILE: the micro-kernel.
 *
 *   for each block of about 192 rows         their addresses go into an array, padded with the last one
 *     for each group of columns              a panel, or what of it fits the registers
 *       for each tile of mr rows             mr x vectors accumulators of 16 floats
 *         for k                              a row of B is loaded, each row's element splat: FMAs
 *         epilogue                           on real rows and columns only
 *
 * An output's sum has one accumulator and ascending k, whatever tile it is in.  A rest of few rows takes a
 * smaller tile; another rest computes rows twice and drops them.  A full tile runs the epilogue on its
 * registers when the epilogue is short; otherwise, and for rests, the sums go through a buffer to the one
 * copy of the epilogue that loops.
 */
#include "codegen_cpu/tile.h"

enum { BLOCK_ROWS = 192, INLINE_LIMIT = 400 };

/* Registers: rows * vectors accumulators, a row of B, one splat; a vector of 16 floats takes two of
 * AVX2's 16. */
static Shape full_shape(CpuLevel level, const KTile *t) {
    Shape s = {t->mr, level == CPU_V3 ? 1 : t->nr / TILE_LANES};
    uint32_t registers = level == CPU_V3 ? 8 : 32, most = (registers - s.vectors - 1) / s.vectors;
    if (s.rows > most) s.rows = most;
    return s;
}

/* ---- row addresses ---- */

static Val row_offset(const Tile *t, Val row) {
    Emit *e = t->e;
    if (!t->t->rows) return mul(e, row, tile_get(t, t->t->row_stride));
    Val v = LLVMBuildLoad2(e->b, em_int_type(e, 32), em_address(e, tile_get(t, t->t->rows), row, 4), "");
    return LLVMBuildSExt(e->b, v, em_int_type(e, 64), "");
}

static Val row_address(const Tile *t, Val image, Val row) {
    Emit *e = t->e;
    Val index = add(e, mul(e, image, tile_get(t, t->t->image_stride)), row_offset(t, row));
    return em_address(e, tile_get(t, t->t->a), index, (uint32_t)ktype_bytes(t->t->a_type));
}

static void fill_addresses(Tile *t) {
    Emit *e = t->e;
    Val m = tile_get(t, t->t->m), zero = em_i64(e, 0), one = em_i64(e, 1);
    Val image = LLVMBuildUDiv(e->b, t->first, m, ""), row = LLVMBuildURem(e->b, t->first, m, "");
    EmLoop l = em_loop(e, zero, t->count, one);
    Val phi[] = {em_loop_phi(e, &l, image), em_loop_phi(e, &l, row),
                 em_loop_phi(e, &l, LLVMConstNull(em_scalar_type(e, K_PTR)))};
    Val at = row_address(t, phi[0], phi[1]);
    LLVMBuildStore(e->b, at, em_address(e, t->addresses, l.counter, 8));
    Val up = add(e, phi[1], one), wraps = LLVMBuildICmp(e->b, LLVMIntEQ, up, m, "");
    Val next[] = {add(e, phi[0], LLVMBuildZExt(e->b, wraps, em_int_type(e, 64), "")),
                  LLVMBuildSelect(e->b, wraps, zero, up, ""), at};
    em_loop_end(e, &l, 3, phi, next);
    for (uint32_t r = 0; r < t->full.rows; r++)
        LLVMBuildStore(e->b, phi[2], em_address(e, t->addresses, add(e, t->count, em_i64(e, r)), 8));
}

/* ---- epilogue ---- */

static void epilogue(const Tile *t, Val row, Val column, Val acc) {
    em_set(t->e, t->t->p_row, row);
    em_set(t->e, t->t->p_col, column);
    em_set(t->e, t->t->p_acc, acc);
    emit_block(t->e, &t->t->epilogue);
}

static void epilogue_on_registers(const Tile *t, const Sums *s, Val tile) {
    Emit *e = t->e;
    Val row = add(e, t->first, tile);
    for (uint32_t r = 0; r < s->shape.rows; r++)
        for (uint32_t v = 0; v < s->shape.vectors; v++)
            epilogue(t, add(e, row, em_i64(e, r)), add(e, t->column, em_i64(e, v * TILE_LANES)),
                     s->at[r * s->shape.vectors + v]);
}

static Val buffered(const Tile *t, Val row, Val vector) {
    Emit *e = t->e;
    Val at = add(e, mul(e, row, em_i64(e, t->full.vectors)), vector);
    return em_address(e, t->buffer, at, TILE_LANES * 4);
}

static void to_buffer(const Tile *t, const Sums *s) {
    Emit *e = t->e;
    for (uint32_t r = 0; r < s->shape.rows; r++)
        for (uint32_t v = 0; v < s->shape.vectors; v++)
            LLVMSetAlignment(LLVMBuildStore(e->b, s->at[r * s->shape.vectors + v],
                                            buffered(t, em_i64(e, r), em_i64(e, v))),
                             64);
}

static void epilogue_on_buffer(const Tile *t, Val tile, Val left) {
    Emit *e = t->e;
    Val zero = em_i64(e, 0), one = em_i64(e, 1), row = add(e, t->first, tile);
    EmLoop rows = em_loop(e, zero, least(e, left, em_i64(e, t->full.rows)), one);
    Val columns = sub(e, tile_get(t, t->t->n), t->column);
    EmLoop vectors =
        em_loop(e, zero, least(e, columns, em_i64(e, t->full.vectors * TILE_LANES)), em_i64(e, TILE_LANES));
    Val vector = LLVMBuildLShr(e->b, vectors.counter, em_i64(e, 4), "");
    Val acc = LLVMBuildLoad2(e->b, sums_type(e), buffered(t, rows.counter, vector), "");
    LLVMSetAlignment(acc, 64);
    epilogue(t, add(e, row, rows.counter), add(e, t->column, vectors.counter), acc);
    em_loop_end(e, &vectors, 0, NULL, NULL);
    em_loop_end(e, &rows, 0, NULL, NULL);
}

static bool is_short(const Tile *t) {
    return t->t->epilogue.n * t->full.rows * t->full.vectors <= INLINE_LIMIT;
}

/* ---- tiles ---- */

/* The tile with all of its rows; those that are not real repeat the last. Goes to `rest` with its sums in the
 * buffer, or to `done`. */
static void full_tile(const Tile *t, Val tile, Val left, LLVMBasicBlockRef rest, LLVMBasicBlockRef done) {
    Emit *e = t->e;
    Sums s = tile_sums(t, t->full, tile);
    if (is_short(t)) {
        Val end = add(e, t->column, em_i64(e, (t->full.vectors - 1) * TILE_LANES));
        Val whole = LLVMBuildAnd(e->b, LLVMBuildICmp(e->b, LLVMIntSGE, left, em_i64(e, t->full.rows), ""),
                                 less(e, end, tile_get(t, t->t->n)), "");
        LLVMBasicBlockRef yes = em_block(e), no = em_block(e);
        LLVMBuildCondBr(e->b, whole, yes, no);
        em_at(e, yes);
        epilogue_on_registers(t, &s, tile);
        LLVMBuildBr(e->b, done);
        em_at(e, no);
    }
    to_buffer(t, &s);
    LLVMBuildBr(e->b, rest);
}

static uint32_t largest_rest(const Tile *t) {
    uint32_t n = 1;
    while (2 * n < t->full.rows) n *= 2;
    return n < t->full.rows ? n : 0;
}

/* The smallest tile of 1, 2, 4 .. rows that holds what is left, or a full one. */
static void choose_tile(const Tile *t, Val tile, Val left, LLVMBasicBlockRef rest, LLVMBasicBlockRef done) {
    Emit *e = t->e;
    for (uint32_t rows = 1; rows <= largest_rest(t); rows *= 2) {
        LLVMBasicBlockRef fits = em_block(e), more = em_block(e);
        LLVMBuildCondBr(e->b, LLVMBuildICmp(e->b, LLVMIntSLE, left, em_i64(e, rows), ""), fits, more);
        em_at(e, fits);
        Sums s = tile_sums(t, (Shape){rows, t->full.vectors}, tile);
        to_buffer(t, &s);
        LLVMBuildBr(e->b, rest);
        em_at(e, more);
    }
    full_tile(t, tile, left, rest, done);
}

static void tiles(Tile *t) {
    Emit *e = t->e;
    EmLoop l = em_loop(e, em_i64(e, 0), t->count, em_i64(e, t->full.rows));
    Val left = sub(e, t->count, l.counter);
    LLVMBasicBlockRef rest = em_block(e), done = em_block(e);
    choose_tile(t, l.counter, left, rest, done);
    em_at(e, rest);
    epilogue_on_buffer(t, l.counter, left);
    LLVMBuildBr(e->b, done);
    em_at(e, done);
    em_loop_end(e, &l, 0, NULL, NULL);
}

/* Row 0 of B for 16 columns: the panel of the first, and its place in it. */
static Val panel_address(const Tile *t, Val column) {
    Emit *e = t->e;
    Val nr = em_i64(e, t->t->nr), panel = LLVMBuildUDiv(e->b, column, nr, "");
    Val within = LLVMBuildURem(e->b, column, nr, "");
    Val start = em_address(e, tile_get(t, t->t->b), mul(e, panel, t->depth), t->t->nr * 4);
    return em_address(e, start, within, 4);
}

static void columns(Tile *t) {
    Emit *e = t->e;
    EmLoop l = em_loop(e, em_i64(e, 0), tile_get(t, t->t->n), em_i64(e, t->full.vectors * TILE_LANES));
    t->column = l.counter;
    t->panel[0] = panel_address(t, t->column);
    for (uint32_t v = 1; v < t->full.vectors; v++)
        t->panel[v] = em_address(e, t->panel[0], em_i64(e, v * TILE_LANES), 4);
    tiles(t);
    em_loop_end(e, &l, 0, NULL, NULL);
}

/* A single row has as few accumulators as a tile has vectors, and waits for each FMA: it takes more columns
 * at once, of several panels.  Vectors behind the last column repeat it and are dropped. */
static void columns_of_one_row(Tile *t) {
    Emit *e = t->e;
    Val n = tile_get(t, t->t->n), zero = em_i64(e, 0);
    Val last = LLVMBuildAnd(e->b, sub(e, n, em_i64(e, 1)), em_i64(e, -TILE_LANES), "");
    Shape full = t->full;
    t->full = (Shape){1, TILE_VECTORS};
    EmLoop l = em_loop(e, zero, n, em_i64(e, TILE_VECTORS * TILE_LANES));
    t->column = l.counter;
    for (uint32_t v = 0; v < TILE_VECTORS; v++)
        t->panel[v] = panel_address(t, least(e, add(e, l.counter, em_i64(e, v * TILE_LANES)), last));
    Sums s = tile_sums(t, t->full, zero);
    to_buffer(t, &s);
    epilogue_on_buffer(t, zero, em_i64(e, 1));
    em_loop_end(e, &l, 0, NULL, NULL);
    t->full = full;
}

/* Worth its code where tiles are narrow and there are more columns. */
static bool has_narrow_tiles(const Tile *t) {
    const KInst *n = t->t->n;
    return t->full.vectors < TILE_VECTORS && !(n->op == KI_CONST && n->imm <= t->full.vectors * TILE_LANES);
}

static void block_of_rows(Tile *t) {
    Emit *e = t->e;
    if (!has_narrow_tiles(t)) {
        columns(t);
        return;
    }
    LLVMBasicBlockRef one = em_block(e), more = em_block(e), after = em_block(e);
    LLVMBuildCondBr(e->b, LLVMBuildICmp(e->b, LLVMIntEQ, t->count, em_i64(e, 1), ""), one, more);
    em_at(e, one);
    columns_of_one_row(t);
    LLVMBuildBr(e->b, after);
    em_at(e, more);
    columns(t);
    LLVMBuildBr(e->b, after);
    em_at(e, after);
}

Val emit_tile(Emit *e, const KInst *i) {
    Tile t = {.e = e, .t = i->tile, .full = full_shape(e->level, i->tile)};
    t.block = t.full.rows > BLOCK_ROWS ? t.full.rows : BLOCK_ROWS / t.full.rows * t.full.rows;
    t.addresses = em_alloca(e, LLVMArrayType2(em_scalar_type(e, K_PTR), t.block + t.full.rows), 64);
    uint32_t sums = t.full.rows * t.full.vectors;
    t.buffer = em_alloca(e, LLVMArrayType2(sums_type(e), sums > TILE_VECTORS ? sums : TILE_VECTORS), 64);
    tile_sums_prepare(&t);
    t.depth = mul(e, tile_get(&t, t.t->outer), tile_get(&t, t.t->inner));
    Val total = mul(e, tile_get(&t, t.t->images), tile_get(&t, t.t->m));
    EmLoop l = em_loop(e, em_i64(e, 0), total, em_i64(e, t.block));
    t.first = l.counter;
    t.count = least(e, sub(e, total, t.first), em_i64(e, t.block));
    fill_addresses(&t);
    block_of_rows(&t);
    em_loop_end(e, &l, 0, NULL, NULL);
    return NULL;
}
