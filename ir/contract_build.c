#include "ir/contract_build.h"
#include "ir/tensor_build.h"
#include "ir/tensor_move.h"
#include <ctype.h>

enum { MAX_LABELS = 2 * TENSOR_MAX_RANK, MAX_OPERANDS = 16 };

typedef struct Labels {
    uint32_t n;
    int64_t at[TENSOR_MAX_RANK];
} Labels;

static bool holds(const Labels *l, int64_t label) {
    for (uint32_t i = 0; i < l->n; i++)
        if (l->at[i] == label) return true;
    return false;
}

static IntList list_of(const Labels *l) { return (IntList){l->n, l->at}; }

/* ---- one pair ---- */

/* Dimensions of size 1 whose label has another size elsewhere (or none) go away: they are the same for all of
 * it. */
static const Node *without_ones(Ir *ir, const Node *x, Labels *l, const int64_t *size) {
    int64_t dims[TENSOR_MAX_RANK];
    Labels kept = {0};
    for (uint32_t d = 0; d < l->n; d++) {
        if (x->type->dims[d] == 1 && size[l->at[d]] != 1) continue;
        dims[kept.n] = x->type->dims[d];
        kept.at[kept.n++] = l->at[d];
    }
    if (kept.n == l->n) return x;
    *l = kept;
    if (kept.n == 0) dims[0] = 1;
    x = ir_reshape(ir, x, kept.n ? kept.n : 1, dims);
    if (kept.n == 0) *l = (Labels){1, {MAX_LABELS - 1}}; /* a label of its own, summed over */
    return x;
}

static const Node *pair(Ir *ir, const Node *a, const Labels *la, const Node *b, const Labels *lb,
                        const Labels *out, const char **why) {
    AttrContract attr = {list_of(la), list_of(lb), list_of(out)};
    const Node *in[] = {a, b};
    if (!ir_check(ir, OP_CONTRACT, &attr, 2, in, why)) return NULL;
    return ir_node(ir, OP_CONTRACT, &attr, 2, in);
}

/* One operand alone: beside a 1 with a label of its own. */
static const Node *alone(Ir *ir, const Node *a, const Labels *la, const Labels *out, const char **why) {
    Labels one = {1, {MAX_LABELS - 2}};
    const Type *elem = a->type->elem->kind == TY_F64 || a->type->elem->kind == TY_F32
                           ? a->type->elem
                           : type_get(ir_types(ir), TY_I64);
    if (type_is_float(a->type->elem) && elem->kind == TY_I64) elem = type_get(ir_types(ir), TY_F32);
    const Node *unit = ir_range(ir, elem, 1, 1, 0);
    return pair(ir, a, la, unit, &one, out, why);
}

static bool is_order(const Labels *l, const Labels *out, int64_t *order) {
    if (l->n != out->n) return false;
    for (uint32_t i = 0; i < out->n; i++) {
        order[i] = -1;
        for (uint32_t d = 0; d < l->n; d++)
            if (l->at[d] == out->at[i]) order[i] = order[i] < 0 ? d : l->n;
        if (order[i] < 0 || order[i] == l->n) return false;
    }
    return true;
}

/* ---- the equation ---- */

typedef struct Equation {
    Ir *ir;
    uint32_t n;
    Labels of[MAX_OPERANDS], out;
    int64_t size[MAX_LABELS];
    const Type *sized[MAX_LABELS]; /* the operand that gave the size */
    int64_t letter[128];           /* label of a letter, -1: none yet */
    uint32_t labels, dots;         /* labels in use; the first `dots` of them stand for ... */
    const char *why;
} Equation;

static bool fail(Equation *q, const char *why) {
    q->why = why;
    return false;
}

static int64_t label_of(Equation *q, char c) {
    int64_t *l = &q->letter[(unsigned char)c];
    if (*l < 0 && q->labels < MAX_LABELS - 2) *l = q->labels++;
    return *l;
}

/* `...` of `dims` dimensions: the last of the labels for it */
static bool put_dots(Equation *q, Labels *l, uint32_t dims) {
    if (dims > q->dots || l->n + dims > TENSOR_MAX_RANK)
        return fail(q, "... stands for different numbers of dimensions");
    for (uint32_t d = 0; d < dims; d++) l->at[l->n++] = q->dots - dims + d;
    return true;
}

/* Letters of one operand; how many. */
static uint32_t letters(const char *p) {
    uint32_t n = 0;
    for (; *p && *p != ',' && *p != '-'; p++) n += isalpha((unsigned char)*p) != 0;
    return n;
}

/* "3 labels for TENSOR(FLOAT32, 3)" */
static bool labels_differ(Equation *q, uint32_t labels, const Type *t) {
    Buf b = {0};
    buf_printf(&b, "%u label%s for ", labels, labels == 1 ? "" : "s");
    type_print(&b, t, false);
    q->why = arena_strndup(ir_arena(q->ir), b.p, b.n);
    buf_free(&b);
    return false;
}

/* t: the operand's type; NULL: the result's labels */
static bool read_labels(Equation *q, const char **p, const Type *t, Labels *l) {
    bool is_out = t == NULL;
    uint32_t rank = t ? ir_rank(t) : 0;
    uint32_t own = letters(*p);
    if (!is_out && own > rank) return labels_differ(q, own, t);
    for (; **p && **p != ',' && **p != '-'; (*p)++) {
        if (**p == ' ') continue;
        if (strncmp(*p, "...", 3) == 0) {
            if (!put_dots(q, l, is_out ? q->dots : rank - own)) return false;
            *p += 2;
            continue;
        }
        int64_t label = isalpha((unsigned char)**p) ? label_of(q, **p) : -1;
        if (label < 0) return fail(q, "labels are letters, at most 14 of them");
        if (l->n == TENSOR_MAX_RANK) return fail(q, "a tensor has at most 8 dimensions");
        l->at[l->n++] = label;
    }
    return is_out || l->n == rank || labels_differ(q, l->n, t);
}

/* The most dimensions that ... stands for. */
static uint32_t dots_of(const char *p, uint32_t n, const Node *const *in) {
    uint32_t most = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t own = letters(p), rank = ir_rank(in[i]->type);
        const char *end = p + strcspn(p, ",-");
        bool has = memchr(p, '.', (size_t)(end - p)) != NULL;
        if (has && rank > own && rank - own > most) most = rank - own;
        if (*end != ',') break;
        p = end + 1;
    }
    return most;
}

/* "TENSOR(FLOAT32, 3, 4) and TENSOR(FLOAT32, 3) do not fit: j is 4 and 3" */
static bool fail_sizes(Equation *q, const Type *other, int64_t label, int64_t size) {
    Buf b = {0};
    char letter[2] = {'.', 0};
    for (int c = 0; c < 128; c++)
        if (q->letter[c] == label) letter[0] = (char)c;
    type_print(&b, q->sized[label], false);
    buf_puts(&b, " and ");
    type_print(&b, other, false);
    buf_printf(&b, " do not fit: %s is %lld and %lld", letter, (long long)q->size[label], (long long)size);
    q->why = arena_strndup(ir_arena(q->ir), b.p, b.n);
    buf_free(&b);
    return false;
}

static bool note_sizes(Equation *q, const Node *x, const Labels *l) {
    for (uint32_t d = 0; d < l->n; d++) {
        int64_t label = l->at[d], *size = &q->size[label], own = x->type->dims[d];
        if (*size == 0 || *size == 1) *size = own, q->sized[label] = x->type;
        else if (own != 1 && own != *size) return fail_sizes(q, x->type, label, own);
    }
    return true;
}

/* Without ->: ... and the labels that stand once. */
static void implicit_out(Equation *q) {
    for (uint32_t d = 0; d < q->dots; d++) q->out.at[q->out.n++] = d;
    for (int c = 0; c < 128; c++) {
        uint32_t times = 0;
        for (uint32_t i = 0; i < q->n && q->letter[c] >= 0; i++)
            for (uint32_t d = 0; d < q->of[i].n; d++) times += q->of[i].at[d] == q->letter[c];
        if (times == 1 && q->out.n < TENSOR_MAX_RANK) q->out.at[q->out.n++] = q->letter[c];
    }
}

static bool check_out(Equation *q) {
    for (uint32_t i = 0; i < q->out.n; i++) {
        bool found = false;
        for (uint32_t k = 0; k < q->n; k++) found = found || holds(&q->of[k], q->out.at[i]);
        for (uint32_t k = 0; k < i; k++) found = found && q->out.at[k] != q->out.at[i];
        if (!found) return fail(q, "a label of the result stands in no operand, or twice");
    }
    return true;
}

static bool read_equation(Equation *q, const char *p, uint32_t n, const Node *const *in) {
    q->n = n;
    for (int c = 0; c < 128; c++) q->letter[c] = -1;
    q->labels = q->dots = dots_of(p, n, in);
    for (uint32_t i = 0; i < n; i++) {
        if (!read_labels(q, &p, in[i]->type, &q->of[i]) || !note_sizes(q, in[i], &q->of[i]))
            return false;
        if (*p == ',' && i + 1 < n) p++;
        else if (i + 1 < n || *p == ',') return fail(q, "the equation has another number of operands");
    }
    if (*p == 0) return implicit_out(q), true;
    if (strncmp(p, "->", 2) != 0) return fail(q, "the equation reads as 'ij,jk->ik'");
    p += 2;
    if (!read_labels(q, &p, NULL, &q->out)) return false;
    return *p ? fail(q, "the equation reads as 'ij,jk->ik'") : check_out(q);
}

/* Labels of the first two operands that the result or a later operand needs. */
static Labels needed(const Equation *q, const Labels *a, const Labels *b, uint32_t from) {
    Labels l = {0};
    if (from == q->n) return q->out;
    for (int side = 0; side < 2; side++) {
        const Labels *own = side ? b : a;
        for (uint32_t d = 0; d < own->n && l.n < TENSOR_MAX_RANK; d++) {
            bool later = holds(&q->out, own->at[d]);
            for (uint32_t k = from; k < q->n; k++) later = later || holds(&q->of[k], own->at[d]);
            if (later && !holds(&l, own->at[d])) l.at[l.n++] = own->at[d];
        }
    }
    return l;
}

/* A scalar between two pairs is a tensor of one element. */
static const Node *as_tensor(Ir *ir, const Node *x, Labels *l) {
    if (x->type->kind == TY_TENSOR) return x;
    *l = (Labels){1, {MAX_LABELS - 1}};
    return ir_node(ir, OP_STACK, &(AttrAxis){0}, 1, &x);
}

static const Node *contract_all(Equation *q, const Node *const *in) {
    int64_t order[TENSOR_MAX_RANK];
    Labels l = q->of[0];
    const Node *x = without_ones(q->ir, in[0], &l, q->size);
    if (q->n == 1)
        return is_order(&l, &q->out, order) ? ir_permute(q->ir, x, order)
                                            : alone(q->ir, x, &l, &q->out, &q->why);
    for (uint32_t i = 1; i < q->n && x; i++) {
        Labels b = q->of[i];
        x = as_tensor(q->ir, x, &l);
        const Node *y = without_ones(q->ir, in[i], &b, q->size);
        if (b.n == 1 && b.at[0] == MAX_LABELS - 1) b.at[0] = MAX_LABELS - 2;
        Labels out = needed(q, &l, &b, i + 1);
        x = pair(q->ir, x, &l, y, &b, &out, &q->why);
        l = out;
    }
    return x;
}

const Node *ir_einsum(Ir *ir, const char *equation, uint32_t n, const Node *const *in, const char **why) {
    Equation q = {.ir = ir};
    bool known = n > 0 && n <= MAX_OPERANDS;
    for (uint32_t i = 0; i < n && known; i++)
        known = in[i]->type->kind == TY_TENSOR && type_elems(in[i]->type) != DIM_ANY;
    bool ok =
        (known || fail(&q, "it takes 1 to 16 tensors in known shapes")) && read_equation(&q, equation, n, in);
    const Node *x = ok ? contract_all(&q, in) : NULL;
    *why = q.why;
    return x;
}

/* ---- matmul ---- */

const Node *ir_matmul(Ir *ir, const Node *a, const Node *b, const char **why) {
    const Type *x = a->type, *y = b->type;
    Labels la = {x->n, {0}}, lb = {y->n, {0}}, out = {0};
    enum { ROW = TENSOR_MAX_RANK, INNER, COLUMN };
    if (x->n == 0 || y->n == 0) return *why = "both need a dimension", NULL;
    uint32_t ba = x->n > 2 ? x->n - 2 : 0, bb = y->n > 2 ? y->n - 2 : 0, most = ba > bb ? ba : bb;
    int64_t size[MAX_LABELS] = {0};
    for (uint32_t d = 0; d < ba; d++) la.at[d] = most - ba + d;
    for (uint32_t d = 0; d < bb; d++) lb.at[d] = most - bb + d;
    if (x->n > 1) la.at[ba] = ROW;
    la.at[x->n - 1] = INNER;
    lb.at[y->n > 1 ? bb : 0] = INNER;
    if (y->n > 1) lb.at[bb + 1] = COLUMN;
    for (uint32_t d = 0; d < x->n; d++) size[la.at[d]] = x->dims[d];
    for (uint32_t d = 0; d < bb; d++)
        if (size[lb.at[d]] <= 1) size[lb.at[d]] = y->dims[d];
    size[COLUMN] = y->dims[y->n - 1];
    for (uint32_t d = 0; d < most; d++) out.at[out.n++] = d;
    if (x->n > 1) out.at[out.n++] = ROW;
    if (y->n > 1) out.at[out.n++] = COLUMN;
    if (x->dims[x->n - 1] == 1) size[INNER] = 1;
    a = ba ? without_ones(ir, a, &la, size) : a;
    b = bb ? without_ones(ir, b, &lb, size) : b;
    return pair(ir, a, &la, b, &lb, &out, why);
}
