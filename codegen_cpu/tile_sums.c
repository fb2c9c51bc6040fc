/* The innermost loops of KI_TILE: for each k a row of B is loaded, and each row's element of A splat and
 * multiplied with it. Bytes of A become floats a chunk of k at a time, 16 at once, before they are splat. */
#include "codegen_cpu/tile.h"

enum { CHUNK = 256 };

/* Rows of A as the loop over k sees them: floats at row + (offset + k) * 4. */
typedef struct Rows {
    Val at[TILE_ROWS];
    Val offset;
} Rows;

void tile_sums_prepare(Tile *t) {
    t->floats = t->t->a_type == K_I8
                    ? em_alloca(t->e, LLVMArrayType2(em_scalar_type(t->e, K_F32), t->full.rows * CHUNK), 64)
                    : NULL;
}

static Val splat_element(Emit *e, Val row, Val k) {
    Val v = LLVMBuildLoad2(e->b, em_scalar_type(e, K_F32), em_address(e, row, k, 4), "");
    return em_splat(e, v, TILE_LANES);
}

/* One k: element `k` of the rows, row `deep` of the panel. */
static void step(const Tile *t, Shape shape, const Rows *rows, Val k, Val deep, const Val *phi, Val *next) {
    Emit *e = t->e;
    LLVMTypeRef type = sums_type(e);
    Val b[TILE_VECTORS], at = add(e, rows->offset, k);
    for (uint32_t v = 0; v < shape.vectors; v++) {
        b[v] = LLVMBuildLoad2(e->b, type, em_address(e, t->panel[v], deep, t->t->nr * 4), "");
        LLVMSetAlignment(b[v], 64);
    }
    for (uint32_t r = 0; r < shape.rows; r++) {
        Val a = splat_element(e, rows->at[r], at);
        for (uint32_t v = 0; v < shape.vectors; v++) {
            uint32_t s = r * shape.vectors + v;
            next[s] = em_intrinsic(e, "llvm.fma", 1, &type, 3, (Val[]){a, b[v], phi[s]});
        }
    }
}

/* Adds the products of n elements; `deep`: the panel's row of the first. */
static void add_run(const Tile *t, Sums *s, const Rows *rows, Val n, Val deep) {
    Emit *e = t->e;
    uint32_t sums = s->shape.rows * s->shape.vectors;
    Val next[TILE_ROWS * TILE_VECTORS];
    EmLoop l = em_loop(e, em_i64(e, 0), n, em_i64(e, 1));
    for (uint32_t k = 0; k < sums; k++) s->at[k] = em_loop_phi(e, &l, s->at[k]);
    step(t, s->shape, rows, l.counter, add(e, deep, l.counter), s->at, next);
    em_loop_end(e, &l, sums, s->at, next);
}

/* ---- bytes ---- */

static Val chunk_row(const Tile *t, uint32_t row) {
    return em_address(t->e, t->floats, em_i64(t->e, (int64_t)row * CHUNK), 4);
}

/* Up to 15 bytes behind the n are read. */
static void to_floats(const Tile *t, uint32_t n_rows, const Rows *bytes, Val from, Val n) {
    Emit *e = t->e;
    EmLoop l = em_loop(e, em_i64(e, 0), n, em_i64(e, TILE_LANES));
    Val at = add(e, add(e, bytes->offset, from), l.counter);
    for (uint32_t r = 0; r < n_rows; r++) {
        Val v = LLVMBuildLoad2(e->b, em_type(e, K_I8, TILE_LANES), em_address(e, bytes->at[r], at, 1), "");
        LLVMSetAlignment(v, 1);
        v = LLVMBuildSIToFP(e->b, LLVMBuildZExt(e->b, v, em_type(e, K_I32, TILE_LANES), ""), sums_type(e),
                            "");
        LLVMSetAlignment(LLVMBuildStore(e->b, v, em_address(e, chunk_row(t, r), l.counter, 4)), 64);
    }
    em_loop_end(e, &l, 0, NULL, NULL);
}

static void add_run_of_bytes(const Tile *t, Sums *s, const Rows *bytes, Val n, Val deep) {
    Emit *e = t->e;
    uint32_t sums = s->shape.rows * s->shape.vectors;
    Val phi[TILE_ROWS * TILE_VECTORS];
    EmLoop l = em_loop(e, em_i64(e, 0), n, em_i64(e, CHUNK));
    for (uint32_t k = 0; k < sums; k++) s->at[k] = phi[k] = em_loop_phi(e, &l, s->at[k]);
    Val length = least(e, sub(e, n, l.counter), em_i64(e, CHUNK));
    to_floats(t, s->shape.rows, bytes, l.counter, length);
    Rows floats = {.offset = em_i64(e, 0)};
    for (uint32_t r = 0; r < s->shape.rows; r++) floats.at[r] = chunk_row(t, r);
    add_run(t, s, &floats, length, add(e, deep, l.counter));
    em_loop_end(e, &l, sums, phi, s->at);
    memcpy(s->at, phi, sums * sizeof *phi);
}

/* ---- all k ---- */

static void add_inner(const Tile *t, Sums *s, const Rows *rows, Val deep) {
    Val inner = tile_get(t, t->t->inner);
    if (t->floats) add_run_of_bytes(t, s, rows, inner, deep);
    else add_run(t, s, rows, inner, deep);
}

static void add_outer(const Tile *t, Sums *s, Rows *rows) {
    Emit *e = t->e;
    uint32_t n = s->shape.rows * s->shape.vectors;
    Val phi[TILE_ROWS * TILE_VECTORS];
    EmLoop l = em_loop(e, em_i64(e, 0), tile_get(t, t->t->outer), em_i64(e, 1));
    for (uint32_t k = 0; k < n; k++) s->at[k] = phi[k] = em_loop_phi(e, &l, s->at[k]);
    rows->offset = mul(e, l.counter, tile_get(t, t->t->outer_stride));
    add_inner(t, s, rows, mul(e, l.counter, tile_get(t, t->t->inner)));
    em_loop_end(e, &l, n, phi, s->at);
    memcpy(s->at, phi, n * sizeof *phi);
}

static bool is_one(const KInst *i) { return i->op == KI_CONST && i->imm == 1; }

Sums tile_sums(const Tile *t, Shape shape, Val tile) {
    Emit *e = t->e;
    Sums s = {.shape = shape};
    Rows rows = {.offset = em_i64(e, 0)};
    for (uint32_t r = 0; r < shape.rows; r++)
        rows.at[r] = LLVMBuildLoad2(e->b, em_scalar_type(e, K_PTR),
                                    em_address(e, t->addresses, add(e, tile, em_i64(e, r)), 8), "");
    for (uint32_t k = 0; k < shape.rows * shape.vectors; k++) s.at[k] = LLVMConstNull(sums_type(e));
    if (is_one(t->t->outer)) add_inner(t, &s, &rows, em_i64(e, 0));
    else add_outer(t, &s, &rows);
    return s;
}
