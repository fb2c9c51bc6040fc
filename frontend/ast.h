/* The syntax tree of a text, as written: names are not resolved, nothing is folded or desugared.
 * ast.def lists the kinds with their slots; a node of kind K has exactly the slots of K, so `node->kid[SELECT_WHERE]`
 * is always valid (NULL when an OPT clause is absent; MANY slots are A_LIST nodes, never NULL). An A_LIST has any number.
 * Nodes live in the arena they were made in, texts in the Intern: equal names are equal pointers.
 * depth is bounded by AST_MAX_DEPTH in every tree the parser returns, so passes may recurse.
 */
#ifndef DQL_FRONTEND_AST_H
#define DQL_FRONTEND_AST_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"
#include <stdbool.h>
#include <stdint.h>

#define AST_MAX_DEPTH 1000

typedef enum AstKind {
#define AST(kind, name, text) A_##kind,
#define REQ(kind, slot)
#define OPT(kind, slot)
#define MANY(kind, slot)
#include "frontend/ast.def"
#undef AST
#undef REQ
#undef OPT
#undef MANY
    A_COUNT
} AstKind;

/* Slot constants: one anonymous enum a kind, counting from 0. */
enum {
    AST_BEFORE_FIRST_ = -1,
#define AST(kind, name, text)                                                                                          \
    }                                                                                                                  \
    ;                                                                                                                  \
    enum {                                                                                                             \
        kind##__BEFORE = -1,
#define REQ(kind, slot) kind##_##slot,
#define OPT(kind, slot) kind##_##slot,
#define MANY(kind, slot) kind##_##slot,
#include "frontend/ast.def"
#undef AST
#undef REQ
#undef OPT
#undef MANY
};

/* Flags; ast.def says which kinds use which. */
#define AST_FLAGS(F)                                                                                                   \
    F(0, ALL, "all")                                                                                                   \
    F(1, ANALYZE, "analyze")                                                                                           \
    F(2, BY_NAME, "by_name")                                                                                           \
    F(3, CALLED, "called")                                                                                             \
    F(4, CASCADE, "cascade")                                                                                           \
    F(5, DESC, "desc")                                                                                                 \
    F(6, DISTINCT, "distinct")                                                                                         \
    F(7, IF_EXISTS, "if_exists")                                                                                       \
    F(8, IF_NOT_EXISTS, "if_not_exists")                                                                               \
    F(9, IGNORE_NULLS, "ignore_nulls")                                                                                 \
    F(10, INCLUDE_NULLS, "include_nulls")                                                                              \
    F(11, INCREMENTAL, "incremental")                                                                                  \
    F(12, LATERAL, "lateral")                                                                                          \
    F(13, LOGIT, "logit")                                                                                              \
    F(14, MATERIALIZED, "materialized")                                                                                \
    F(15, NATURAL, "natural")                                                                                          \
    F(16, NOT, "not")                                                                                                  \
    F(17, NULLS_FIRST, "nulls_first")                                                                                  \
    F(18, NULLS_LAST, "nulls_last")                                                                                    \
    F(19, OR_REPLACE, "or_replace")                                                                                    \
    F(20, ORDER, "order")                                                                                              \
    F(21, PERCENT, "percent")                                                                                          \
    F(22, QUOTED, "quoted")                                                                                            \
    F(23, RECURSIVE, "recursive")                                                                                      \
    F(24, STAR, "star")                                                                                                \
    F(25, TEMPORARY, "temporary")                                                                                      \
    F(26, TRY, "try")
enum {
#define FLAG(bit, name, text) AST_##name = 1 << (bit),
    AST_FLAGS(FLAG)
#undef FLAG
};

typedef struct Ast Ast;
struct Ast {
    AstKind kind;
    Span span;
    const char *text; /* interned; NULL when the kind or this node has none */
    uint32_t flags;   /* AST_.. */
    uint32_t depth;   /* 1 + the deepest child's */
    uint32_t n;       /* children; of an A_LIST any number, else the kind's slots */
    Ast **kid;
};

typedef enum SlotKind { SLOT_REQUIRED, SLOT_OPTIONAL, SLOT_LIST } SlotKind;
const char *ast_kind_text(AstKind k);
uint32_t ast_slots(AstKind k);                          /* 0 for A_LIST */
const char *ast_slot_text(AstKind k, uint32_t slot);    /* as in ast.def: "WHERE" */
SlotKind ast_slot_kind(AstKind k, uint32_t slot);

/* Makes a node with its slots' children in order (as many as ast_slots says, each an Ast * or NULL). A NULL given for
 * a list slot becomes an empty list, so that absent clauses need no node. */
Ast *ast_new(Arena *a, AstKind k, Span span, const char *text, uint32_t flags, ...);
Ast *ast_list(Arena *a, Span span);
Ast *ast_push(Arena *a, Ast *list, Ast *item); /* appends, widens the list's span, returns the list */

/* (kind "text" :flag slot: child slot: [list]); absent slots and empty lists are left out. A node that fits in a line
 * is on one, others have a line a slot, indented by two. Stable: no addresses, no spans. */
void ast_print(Buf *b, const Ast *t);
/* True when every node below t is as ast.def says; else `why` names the first that is not. */
bool ast_check(const Ast *t, Buf *why);
#endif
