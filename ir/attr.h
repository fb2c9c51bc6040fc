/* Attribute structs as data: what attr.def declares, one FieldInfo a field, so that hashing, equality,
 * copying, printing and reading are written once for all of them.  A struct's bytes are never compared:
 * padding and pointers differ.
 */
#ifndef DQL_IR_ATTR_H
#define DQL_IR_ATTR_H
#include "base/buf.h"
#include "ir/node.h"

typedef enum FieldKind {
    FIELD_INT,
    FIELD_OPTION, /* an integer that is 0 unless the text says it; behind the other fields */
    FIELD_BOOL,
    FIELD_F64,
    FIELD_TEXT,
    FIELD_VALUE,
    FIELD_TYPE,
    FIELD_INTS
} FieldKind;

typedef struct FieldInfo {
    const char *name;
    FieldKind kind;
    size_t offset; /* in the struct */
} FieldInfo;

enum { ATTR_MAX_FIELDS = 8 };
/* The fields of k in order of declaration; how many. */
size_t attr_fields(AttrKind k, FieldInfo out[ATTR_MAX_FIELDS]);
size_t attr_size(AttrKind k);

/* Of the content: texts and types by structure, so that equal attributes of two Irs have equal hashes. */
uint64_t attr_hash(AttrKind k, const void *a);
bool attr_equal(AttrKind k, const void *a, const void *b); /* of one Ir: types by pointer */
/* A copy that lives as long as the Ir; texts are interned, payloads copied, types must be the Ir's own. */
const void *attr_copy(Ir *ir, AttrKind k, const void *a);

/* {table="lineitem", version=3, columns=[0, 2], ..}; nothing for ATTR_None */
void attr_print(Buf *b, AttrKind k, const void *a);
/* Reads what attr_print wrote into `out` (attr_size bytes, zeroed) and moves *s behind it; false and a
 * sentence in *why (arena text) when it is something else. */
bool attr_read(Ir *ir, AttrKind k, const char **s, void *out, const char **why);

uint64_t type_structure_hash(const Type *t); /* equal for equal types of two pools */
#endif
