/* A rewrite rule is a constant: name, law, side condition, soundness, pattern, condition, builder.  The engine, EXPLAIN,
 * --list-rules, the tests and the fuzzer read the same constant.
 *
 * Rules about rules (enforced where a machine can: rewrites/engine.c, tests/unit/rewrites_test.c)
 *  - One law, one rule, one name, one file in tests/rewrites.  rewrites/rules.def lists them all.
 *  - `when` decides completely; `make` cannot fail and never changes a node.
 *  - The new node has the type of the old one, but that a value or column may become NOT NULL.
 *  - Each application lowers the measure (rewrites/measure.h), or the rule is canonical: it moves terms towards a stated
 *    normal form and no other rule moves them back.
 *  - A rewrite may remove an evaluation of a fallible expression on a row, never add one.
 *  - Side conditions name the counter-example that makes them necessary.
 */
#ifndef DQL_REWRITES_RULE_H
#define DQL_REWRITES_RULE_H
#include "base/map.h"
#include "ir/node.h"
#include "ir/source.h"

typedef enum Soundness {
    EXACT, /* the same bits for all inputs: NaN, infinities, NULL, empty and duplicate rows included */
    REAL,  /* equal over the reals; rounding may decide otherwise. Off with --exact */
    APPROX /* within a bound that the query asks for */
} Soundness;

/* ---- patterns: static trees; slot k of a Match is what the subpattern with number k matched ---- */
typedef enum PatKind { PAT_ANY, PAT_OP, PAT_FLAGS, PAT_CONST } PatKind;
typedef struct Pat Pat;
struct Pat {
    PatKind kind;
    Op op;          /* PAT_OP */
    uint32_t flags; /* PAT_FLAGS: the op has all of them */
    uint8_t slot, n;
    bool open;      /* the node may have more inputs than n */
    const Pat *in[3];
};
enum { PAT_SLOTS = 8 };
#define ANY(k) (&(const Pat){.kind = PAT_ANY, .slot = (k)})
#define CONSTANT(k) (&(const Pat){.kind = PAT_CONST, .slot = (k)}) /* OP_CONST */
#define P0(o, k) (&(const Pat){.kind = PAT_OP, .op = OP_##o, .slot = (k), .open = true}) /* any inputs */
#define P1(o, k, a) (&(const Pat){.kind = PAT_OP, .op = OP_##o, .slot = (k), .n = 1, .in = {a}})
#define P2(o, k, a, b) (&(const Pat){.kind = PAT_OP, .op = OP_##o, .slot = (k), .n = 2, .in = {a, b}})
#define P3(o, k, a, b, c) (&(const Pat){.kind = PAT_OP, .op = OP_##o, .slot = (k), .n = 3, .in = {a, b, c}})
#define P1N(o, k, a) (&(const Pat){.kind = PAT_OP, .op = OP_##o, .slot = (k), .n = 1, .open = true, .in = {a}}) /* first input, any more */
#define F0(f, k) (&(const Pat){.kind = PAT_FLAGS, .flags = (f), .slot = (k), .open = true})
#define F1(f, k, a) (&(const Pat){.kind = PAT_FLAGS, .flags = (f), .slot = (k), .n = 1, .in = {a}})
#define F2(f, k, a, b) (&(const Pat){.kind = PAT_FLAGS, .flags = (f), .slot = (k), .n = 2, .in = {a, b}})
#define F1N(f, k, a) (&(const Pat){.kind = PAT_FLAGS, .flags = (f), .slot = (k), .n = 1, .open = true, .in = {a}})

/* What a rule sees. */
typedef struct Rw {
    Ir *ir;
    const SourceApi *source; /* NULL in tests without data: statistics are unknown */
    PtrMap *rows;            /* estimates that are known: a relation to its rows (double *) */
} Rw;

typedef struct Match {
    const Node *at[PAT_SLOTS];
} Match;

typedef struct Rule {
    const char *name, *law, *where;
    Soundness sound;
    bool canonical;
    const Pat *lhs; /* slot 0 is the whole node */
    bool (*when)(Rw *rw, const Match *m); /* NULL: always */
    const Node *(*make)(Rw *rw, const Match *m);
} Rule;

bool pat_match(const Pat *p, const Node *n, Match *m);
void pat_print(Buf *out, const Pat *p);
#endif
