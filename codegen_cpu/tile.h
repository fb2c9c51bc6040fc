/* What the two parts of the micro-kernel share: tile.c walks rows and columns, tile_sums.c adds products. */
#ifndef DQL_CODEGEN_CPU_TILE_H
#define DQL_CODEGEN_CPU_TILE_H
#include "codegen_cpu/emit.h"

enum { TILE_LANES = 16, TILE_ROWS = 32, TILE_VECTORS = 4 };

typedef struct Shape {
    uint32_t rows, vectors; /* accumulators of a tile: rows x vectors of 16 floats */
} Shape;

typedef struct Tile {
    Emit *e;
    const KTile *t;
    Shape full;
    uint32_t block;          /* rows, a multiple of full.rows */
    Val addresses;           /* [block + full.rows] ptr: where the rows of the block start */
    Val buffer;              /* [full.rows * full.vectors, at least TILE_VECTORS] sums */
    Val floats;              /* of bytes: [full.rows][chunk] elements as floats; else NULL */
    Val first, count;        /* of the block: first row, rows */
    Val column;              /* of the group: first column */
    Val panel[TILE_VECTORS]; /* where each vector of columns has its row 0 of B; rows follow at nr * 4 bytes
                              */
    Val depth;               /* outer * inner */
} Tile;

typedef struct Sums {
    Shape shape;
    Val at[TILE_ROWS * TILE_VECTORS]; /* [row][vector] */
} Sums;

/* Sums of the tile whose first row is `tile` within the block. */
Sums tile_sums(const Tile *t, Shape shape, Val tile);
/* For bytes: room for a chunk of full.rows rows. */
void tile_sums_prepare(Tile *t);

/* ---- short names, for index arithmetic ---- */
static inline Val tile_get(const Tile *t, const KInst *i) { return em_get(t->e, i); }
static inline Val add(Emit *e, Val x, Val y) { return LLVMBuildAdd(e->b, x, y, ""); }
static inline Val sub(Emit *e, Val x, Val y) { return LLVMBuildSub(e->b, x, y, ""); }
static inline Val mul(Emit *e, Val x, Val y) { return LLVMBuildMul(e->b, x, y, ""); }
static inline Val less(Emit *e, Val x, Val y) { return LLVMBuildICmp(e->b, LLVMIntSLT, x, y, ""); }
static inline Val least(Emit *e, Val x, Val y) { return LLVMBuildSelect(e->b, less(e, x, y), x, y, ""); }
static inline LLVMTypeRef sums_type(Emit *e) { return em_type(e, K_F32, TILE_LANES); }
#endif
