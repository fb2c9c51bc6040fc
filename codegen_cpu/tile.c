/* KI_TILE: the micro-kernel.
 *
 *   for each block of about 96 rows                 their addresses go into an array; padded with the last one
 *     for each group of columns (a panel, or what of it fits the registers)
 *       for each tile of mr rows                    mr x vectors accumulators of 16 floats
 *         for k                                     a row's element is splat, a row of B loaded: mr x vectors FMAs
 *         epilogue                                  on real rows and columns only
 *
 * An output's sum has one accumulator and ascending k, whatever tile it is in.  A rest of few rows takes a smaller tile;
 * another rest computes rows twice and drops them.  A full tile runs the epilogue on its registers when the epilogue is
 * short; otherwise, and for rests, the sums go through a buffer to the one copy of the epilogue that loops.
 */
#include "codegen_cpu/emit.h"

enum { LANES = 16, MAX_ROWS = 32, MAX_VECTORS = 4, BLOCK_ROWS = 96, INLINE_LIMIT = 400, PREFETCH_ROWS = 2, PREFETCH_AHEAD = 16 };

typedef struct Shape {
    uint32_t rows, vectors; /* of a tile */
} Shape;

typedef struct Tile {
    Emit *e;
    const KTile *t;
    Shape full;
    uint32_t block;              /* rows, a multiple of full.rows */
    Val addresses, buffer;       /* [block + full.rows] ptr; [full.rows][full.vectors * 16] float */
    Val first, count;            /* of the block: first row, rows */
    Val column, panel;           /* of the group: first column, address of its B */
    Val depth;                   /* outer * inner */
} Tile;

static Val get(const Tile *t, const KInst *i) { return em_get(t->e, i); }
static Val add(Emit *e, Val x, Val y) { return LLVMBuildAdd(e->b, x, y, ""); }
static Val mul(Emit *e, Val x, Val y) { return LLVMBuildMul(e->b, x, y, ""); }
static Val less(Emit *e, Val x, Val y) { return LLVMBuildICmp(e->b, LLVMIntSLT, x, y, ""); }
static Val least(Emit *e, Val x, Val y) { return LLVMBuildSelect(e->b, less(e, x, y), x, y, ""); }
static LLVMTypeRef sums(Emit *e) { return em_type(e, K_F32, LANES); }

/* Registers: rows * vectors accumulators, a row of B, one splat; a vector of 16 floats takes two of AVX2's 16. */
static Shape full_shape(CpuLevel level, const KTile *t) {
    Shape s = {t->mr, level == CPU_V3 ? 1 : t->nr / LANES};
    uint32_t registers = level == CPU_V3 ? 8 : 32, most = (registers - s.vectors - 1) / s.vectors;
    if (s.rows > most) s.rows = most;
    return s;
}

/* ---- row addresses ---- */

static Val row_offset(const Tile *t, Val row) {
    Emit *e = t->e;
    if (!t->t->rows) return mul(e, row, get(t, t->t->row_stride));
    Val v = LLVMBuildLoad2(e->b, em_int_type(e, 32), em_address(e, get(t, t->t->rows), row, 4), "");
    return LLVMBuildSExt(e->b, v, em_int_type(e, 64), "");
}

static Val row_address(const Tile *t, Val image, Val row) {
    Emit *e = t->e;
    Val index = add(e, mul(e, image, get(t, t->t->image_stride)), row_offset(t, row));
    return em_address(e, get(t, t->t->a), index, (uint32_t)ktype_bytes(t->t->a_type));
}

static void fill_addresses(Tile *t) {
    Emit *e = t->e;
    Val m = get(t, t->t->m), zero = em_i64(e, 0), one = em_i64(e, 1);
    Val image = LLVMBuildUDiv(e->b, t->first, m, ""), row = LLVMBuildURem(e->b, t->first, m, "");
    EmLoop l = em_loop(e, zero, t->count, one);
    Val phi[] = {em_loop_phi(e, &l, image), em_loop_phi(e, &l, row), em_loop_phi(e, &l, LLVMConstNull(em_scalar_type(e, K_PTR)))};
    Val at = row_address(t, phi[0], phi[1]);
    LLVMBuildStore(e->b, at, em_address(e, t->addresses, l.counter, 8));
    Val up = add(e, phi[1], one), wraps = LLVMBuildICmp(e->b, LLVMIntEQ, up, m, "");
    Val next[] = {add(e, phi[0], LLVMBuildZExt(e->b, wraps, em_int_type(e, 64), "")), LLVMBuildSelect(e->b, wraps, zero, up, ""), at};
    em_loop_end(e, &l, 3, phi, next);
    for (uint32_t r = 0; r < t->full.rows; r++) LLVMBuildStore(e->b, phi[2], em_address(e, t->addresses, add(e, t->count, em_i64(e, r)), 8));
}

/* ---- sums of one tile ---- */

typedef struct Sums {
    Shape shape;
    Val at[MAX_ROWS * MAX_VECTORS]; /* [row][vector] */
} Sums;

static Val left_element(const Tile *t, Val row, Val k) {
    Emit *e = t->e;
    bool bytes = t->t->a_type == K_I8;
    Val v = LLVMBuildLoad2(e->b, em_scalar_type(e, t->t->a_type), em_address(e, row, k, bytes ? 1 : 4), "");
    if (bytes) v = LLVMBuildSIToFP(e->b, LLVMBuildZExt(e->b, v, em_int_type(e, 32), ""), em_scalar_type(e, K_F32), "");
    return em_splat(e, v, LANES);
}

/* One k: row k of A's rows at offset, row `deep` of the panel. */
static void step(const Tile *t, const Sums *s, Val *rows, Val offset, Val deep, Val *phi, Val *next) {
    Emit *e = t->e;
    Val b_row = em_address(e, t->panel, deep, t->t->nr * 4), b[MAX_VECTORS];
    for (uint32_t v = 0; v < s->shape.vectors; v++) {
        Val at = em_address(e, b_row, em_i64(e, v * LANES * 4), 1);
        b[v] = LLVMBuildLoad2(e->b, sums(e), at, "");
        LLVMSetAlignment(b[v], 64);
        if (s->shape.rows <= PREFETCH_ROWS) em_prefetch(e, em_address(e, at, em_i64(e, PREFETCH_AHEAD), t->t->nr * 4));
    }
    LLVMTypeRef type = sums(e);
    for (uint32_t r = 0; r < s->shape.rows; r++) {
        Val a = left_element(t, rows[r], offset);
        for (uint32_t v = 0; v < s->shape.vectors; v++) {
            uint32_t at = r * s->shape.vectors + v;
            next[at] = em_intrinsic(e, "llvm.fma", 1, &type, 3, (Val[]){a, b[v], phi[at]});
        }
    }
}

/* Adds the products of one run of `inner` elements at A offset `offset`, panel row `deep`. */
static void add_run(const Tile *t, Sums *s, Val *rows, Val offset, Val deep) {
    Emit *e = t->e;
    uint32_t n = s->shape.rows * s->shape.vectors;
    Val next[MAX_ROWS * MAX_VECTORS];
    EmLoop l = em_loop(e, em_i64(e, 0), get(t, t->t->inner), em_i64(e, 1));
    for (uint32_t k = 0; k < n; k++) s->at[k] = em_loop_phi(e, &l, s->at[k]);
    step(t, s, rows, add(e, offset, l.counter), add(e, deep, l.counter), s->at, next);
    em_loop_end(e, &l, n, s->at, next);
}

static bool is_one(const KInst *i) { return i->op == KI_CONST && i->imm == 1; }

/* tile: first row within the block */
static Sums tile_sums(const Tile *t, Shape shape, Val tile) {
    Emit *e = t->e;
    uint32_t n = shape.rows * shape.vectors;
    Sums s = {.shape = shape};
    Val rows[MAX_ROWS], phi[MAX_ROWS * MAX_VECTORS], zero = em_i64(e, 0);
    for (uint32_t r = 0; r < shape.rows; r++)
        rows[r] = LLVMBuildLoad2(e->b, em_scalar_type(e, K_PTR), em_address(e, t->addresses, add(e, tile, em_i64(e, r)), 8), "");
    for (uint32_t k = 0; k < n; k++) s.at[k] = LLVMConstNull(sums(e));
    if (is_one(t->t->outer)) {
        add_run(t, &s, rows, zero, zero);
        return s;
    }
    EmLoop l = em_loop(e, zero, get(t, t->t->outer), em_i64(e, 1));
    for (uint32_t k = 0; k < n; k++) s.at[k] = phi[k] = em_loop_phi(e, &l, s.at[k]);
    add_run(t, &s, rows, mul(e, l.counter, get(t, t->t->outer_stride)), mul(e, l.counter, get(t, t->t->inner)));
    em_loop_end(e, &l, n, phi, s.at);
    memcpy(s.at, phi, n * sizeof *phi);
    return s;
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
            epilogue(t, add(e, row, em_i64(e, r)), add(e, t->column, em_i64(e, v * LANES)), s->at[r * s->shape.vectors + v]);
}

static Val buffered(const Tile *t, Val row, Val vector) {
    Emit *e = t->e;
    Val at = add(e, mul(e, row, em_i64(e, t->full.vectors)), vector);
    return em_address(e, t->buffer, at, LANES * 4);
}

static void to_buffer(const Tile *t, const Sums *s) {
    Emit *e = t->e;
    for (uint32_t r = 0; r < s->shape.rows; r++)
        for (uint32_t v = 0; v < s->shape.vectors; v++)
            LLVMSetAlignment(LLVMBuildStore(e->b, s->at[r * s->shape.vectors + v], buffered(t, em_i64(e, r), em_i64(e, v))), 64);
}

static void epilogue_on_buffer(const Tile *t, Val tile, Val left) {
    Emit *e = t->e;
    Val zero = em_i64(e, 0), one = em_i64(e, 1), row = add(e, t->first, tile);
    EmLoop rows = em_loop(e, zero, least(e, left, em_i64(e, t->full.rows)), one);
    Val columns = LLVMBuildSub(e->b, get(t, t->t->n), t->column, "");
    EmLoop vectors = em_loop(e, zero, least(e, columns, em_i64(e, t->full.vectors * LANES)), em_i64(e, LANES));
    Val vector = LLVMBuildLShr(e->b, vectors.counter, em_i64(e, 4), "");
    Val acc = LLVMBuildLoad2(e->b, sums(e), buffered(t, rows.counter, vector), "");
    LLVMSetAlignment(acc, 64);
    epilogue(t, add(e, row, rows.counter), add(e, t->column, vectors.counter), acc);
    em_loop_end(e, &vectors, 0, NULL, NULL);
    em_loop_end(e, &rows, 0, NULL, NULL);
}

static bool is_short(const Tile *t) { return t->t->epilogue.n * t->full.rows * t->full.vectors <= INLINE_LIMIT; }

/* ---- tiles ---- */

/* The tile with all of its rows; those that are not real repeat the last. Goes to `rest` with its sums in the buffer, or to `done`. */
static void full_tile(const Tile *t, Val tile, Val left, LLVMBasicBlockRef rest, LLVMBasicBlockRef done) {
    Emit *e = t->e;
    Sums s = tile_sums(t, t->full, tile);
    if (is_short(t)) {
        Val end = add(e, t->column, em_i64(e, (t->full.vectors - 1) * LANES));
        Val whole = LLVMBuildAnd(e->b, LLVMBuildICmp(e->b, LLVMIntSGE, left, em_i64(e, t->full.rows), ""), less(e, end, get(t, t->t->n)), "");
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
    Val left = LLVMBuildSub(e->b, t->count, l.counter, "");
    LLVMBasicBlockRef rest = em_block(e), done = em_block(e);
    choose_tile(t, l.counter, left, rest, done);
    em_at(e, rest);
    epilogue_on_buffer(t, l.counter, left);
    LLVMBuildBr(e->b, done);
    em_at(e, done);
    em_loop_end(e, &l, 0, NULL, NULL);
}

/* The panel of a column, and the column's place in it. */
static Val panel_address(const Tile *t) {
    Emit *e = t->e;
    Val nr = em_i64(e, t->t->nr), panel = LLVMBuildUDiv(e->b, t->column, nr, ""), within = LLVMBuildURem(e->b, t->column, nr, "");
    Val start = em_address(e, get(t, t->t->b), mul(e, panel, t->depth), t->t->nr * 4);
    return em_address(e, start, within, 4);
}

static void columns(Tile *t) {
    Emit *e = t->e;
    EmLoop l = em_loop(e, em_i64(e, 0), get(t, t->t->n), em_i64(e, t->full.vectors * LANES));
    t->column = l.counter;
    t->panel = panel_address(t);
    tiles(t);
    em_loop_end(e, &l, 0, NULL, NULL);
}

Val emit_tile(Emit *e, const KInst *i) {
    Tile t = {.e = e, .t = i->tile, .full = full_shape(e->level, i->tile)};
    t.block = t.full.rows > BLOCK_ROWS ? t.full.rows : BLOCK_ROWS / t.full.rows * t.full.rows;
    t.addresses = em_alloca(e, LLVMArrayType2(em_scalar_type(e, K_PTR), t.block + t.full.rows), 64);
    t.buffer = em_alloca(e, LLVMArrayType2(sums(e), t.full.rows * t.full.vectors), 64);
    t.depth = mul(e, get(&t, t.t->outer), get(&t, t.t->inner));
    Val total = mul(e, get(&t, t.t->images), get(&t, t.t->m));
    EmLoop l = em_loop(e, em_i64(e, 0), total, em_i64(e, t.block));
    t.first = l.counter;
    t.count = least(e, LLVMBuildSub(e->b, total, t.first, ""), em_i64(e, t.block));
    fill_addresses(&t);
    columns(&t);
    em_loop_end(e, &l, 0, NULL, NULL);
    return NULL;
}
