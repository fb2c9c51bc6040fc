/* The three keys of a plan (design, decision 5), each the hash of a canonical text that a hit compares whole.
 *
 *   code    structure, types, shapes, encodings of scanned columns, target, compiler. Literals, parameters
 *           and weights are slots: they flow as arguments. Names and versions of tables and models are not
 *           in it.
 *   plan    the code key and the statistics of the scanned versions.
 *   result  (lineage) the code key, literals, parameters' values, versions of tables and models, REAL
 *           choices.
 *
 * What shapes code stays in the code key: attributes, NULL and BOOLEAN literals, the kind of a constant LIKE
 * pattern, and whether an operation may fail (a division by a literal other than 0 does not).
 *
 * The text does not depend on the order of construction: commutative inputs go by their own structure. Equal
 * texts mean isomorphic graphs; two orders of structurally equal inputs may still give two texts, which costs
 * a hit and no answer.
 */
#ifndef DQL_IR_KEY_H
#define DQL_IR_KEY_H
#include "ir/node.h"
#include "ir/source.h"

typedef struct KeyContext {
    const SourceApi *source;  /* encodings and statistics; NULL: none are known */
    const char *target, *compiler;
    const char *real_choices; /* names of the REAL rules in the plan, in a fixed order; "" under --exact */
    uint32_t n_params;
    const char *const *param_names;
    const Value *params;
} KeyContext;

typedef struct Key {
    Hash128 hash;
    Str text; /* in the arena */
} Key;

/* Arguments of code, in the order in which its key numbers them: const, param, weight and scan nodes. */
typedef struct Slots {
    uint32_t n;
    const Node *const *at;
} Slots;

Key ir_code_key(Arena *a, const Node *root, const KeyContext *c, Slots *slots); /* slots may be NULL */
Key ir_plan_key(Arena *a, const Node *root, const KeyContext *c);
Key ir_result_key(Arena *a, const Node *root, const KeyContext *c);
static inline bool key_same(const Key *a, const Key *b) {
    return hash128_eq(a->hash, b->hash) && str_eq(a->text, b->text);
}
#endif
