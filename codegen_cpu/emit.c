#include "codegen_cpu/emit.h"
#include "base/diag.h"
#include "codegen_cpu/target.h"

/* ---- types and constants ---- */

LLVMTypeRef em_int_type(const Emit *e, uint32_t bits) { return LLVMIntTypeInContext(e->context, bits); }
LLVMTypeRef em_vector(LLVMTypeRef scalar, uint32_t lanes) {
    return lanes == 1 ? scalar : LLVMVectorType(scalar, lanes);
}

LLVMTypeRef em_scalar_type(const Emit *e, KType t) {
    switch (t) {
    case K_VOID: return LLVMVoidTypeInContext(e->context);
    case K_I1: return LLVMInt1TypeInContext(e->context);
    case K_I8:
    case K_I16:
    case K_I32:
    case K_I64:
    case K_I128:
    case K_F16:
    case K_BF16: return em_int_type(e, 8 * (uint32_t)ktype_bytes(t));
    case K_F32: return LLVMFloatTypeInContext(e->context);
    case K_F64: return LLVMDoubleTypeInContext(e->context);
    case K_PTR: return LLVMPointerTypeInContext(e->context, 0);
    case K_TYPE_COUNT: break;
    }
    BUG("type %d", t);
}

LLVMTypeRef em_type(const Emit *e, KType t, uint32_t lanes) {
    if (t == K_I128 && lanes > 1) return em_vector(em_int_type(e, 64), 2 * lanes);
    return em_vector(em_scalar_type(e, t), lanes);
}

LLVMTypeRef em_memory_type(const Emit *e, KType t, uint32_t lanes) {
    return em_type(e, t == K_I1 ? K_I8 : t, lanes);
}
Val em_i64(const Emit *e, int64_t v) { return LLVMConstInt(em_int_type(e, 64), (uint64_t)v, true); }
Val em_i32(const Emit *e, int32_t v) { return LLVMConstInt(em_int_type(e, 32), (uint64_t)(int64_t)v, true); }

static Val const_splat(Val scalar, uint32_t lanes) {
    Val at[128];
    for (uint32_t k = 0; k < lanes; k++) at[k] = scalar;
    return lanes == 1 ? scalar : LLVMConstVector(at, lanes);
}

Val em_int_splat(const Emit *e, LLVMTypeRef type, int64_t v) {
    (void)e;
    if (LLVMGetTypeKind(type) != LLVMVectorTypeKind) return LLVMConstInt(type, (uint64_t)v, true);
    return const_splat(LLVMConstInt(LLVMGetElementType(type), (uint64_t)v, true), LLVMGetVectorSize(type));
}

static Val constant(Emit *e, const KInst *i) {
    LLVMTypeRef t = em_scalar_type(e, (KType)i->type);
    Val v;
    if (i->type == K_PTR) v = LLVMConstNull(t);
    else if (i->type == K_F32 || i->type == K_F64) v = LLVMConstReal(t, i->fimm);
    else if (i->type == K_I128) v = LLVMConstIntOfArbitraryPrecision(t, 2, (const uint64_t *)&i->wide);
    else v = LLVMConstInt(t, (uint64_t)i->imm, true);
    return const_splat(v, i->lanes);
}

static Val iota(Emit *e, const KInst *i) {
    LLVMTypeRef t = em_scalar_type(e, (KType)i->type);
    bool real = i->type == K_F32 || i->type == K_F64;
    Val at[64];
    for (uint32_t k = 0; k < i->lanes; k++) at[k] = real ? LLVMConstReal(t, k) : LLVMConstInt(t, k, false);
    return i->lanes == 1 ? at[0] : LLVMConstVector(at, i->lanes);
}

/* ---- building ---- */

LLVMBasicBlockRef em_block(Emit *e) { return LLVMAppendBasicBlockInContext(e->context, e->fn, ""); }
void em_at(Emit *e, LLVMBasicBlockRef block) { LLVMPositionBuilderAtEnd(e->b, block); }
LLVMBasicBlockRef em_here(const Emit *e) { return LLVMGetInsertBlock(e->b); }
void em_incoming(Val phi, Val from, LLVMBasicBlockRef block) { LLVMAddIncoming(phi, &from, &block, 1); }

Val em_phi(Emit *e, LLVMTypeRef type, Val from, LLVMBasicBlockRef block) {
    Val phi = LLVMBuildPhi(e->b, type, "");
    em_incoming(phi, from, block);
    return phi;
}

Val em_intrinsic(Emit *e, const char *name, uint32_t n_types, LLVMTypeRef *types, uint32_t n, Val *args) {
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    if (!id) BUG("no intrinsic %s", name);
    Val f = LLVMGetIntrinsicDeclaration(e->module, id, types, n_types);
    return LLVMBuildCall2(e->b, LLVMIntrinsicGetType(e->context, id, types, n_types), f, args, n, "");
}

Val em_intrinsic1(Emit *e, const char *name, Val x) {
    LLVMTypeRef t = LLVMTypeOf(x);
    return em_intrinsic(e, name, 1, &t, 1, &x);
}

Val em_intrinsic2(Emit *e, const char *name, Val x, Val y) {
    LLVMTypeRef t = LLVMTypeOf(x);
    return em_intrinsic(e, name, 1, &t, 2, (Val[]){x, y});
}

Val em_address(Emit *e, Val ptr, Val index, uint32_t bytes) {
    LLVMTypeRef element = bytes == 1 ? em_int_type(e, 8) : LLVMArrayType2(em_int_type(e, 8), bytes);
    return LLVMBuildInBoundsGEP2(e->b, element, ptr, &index, 1, "");
}

Val em_alloca(Emit *e, LLVMTypeRef type, uint32_t align) {
    LLVMBasicBlockRef here = em_here(e);
    Val first = LLVMGetFirstInstruction(e->entry);
    if (first) LLVMPositionBuilderBefore(e->b, first);
    else em_at(e, e->entry);
    Val a = LLVMBuildAlloca(e->b, type, "");
    LLVMSetAlignment(a, align);
    em_at(e, here);
    return a;
}

/* ---- instructions ---- */

static Val param(Emit *e, const KInst *i) {
    Val at = em_address(e, LLVMGetParam(e->fn, 0), em_i64(e, i->imm), 8);
    return LLVMBuildLoad2(e->b, em_scalar_type(e, K_PTR), at, "");
}

static Val count_in(Emit *e, const KInst *i) {
    (void)i;
    return LLVMGetParam(e->fn, 1);
}

static Val result(Emit *e, const KInst *i) { return e->results[i->in[0]->id][i->imm]; }

/* clang-format off */
static const Translate leaves[KI_COUNT] = {
    [KI_PARAM] = param,   [KI_COUNT_IN] = count_in, [KI_CONST] = constant,
    [KI_IOTA] = iota,     [KI_RESULT] = result,     [KI_TILE] = emit_tile,
};
/* clang-format on */

static bool is_wide(const KInst *i) { return i->type == K_I128 && i->lanes > 1; }

static bool touches_wide(const KInst *i) {
    for (uint32_t k = 0; k < i->n; k++)
        if (is_wide(i->in[k])) return true;
    return is_wide(i);
}

static Val translate(Emit *e, const KInst *i) {
    static const Translate *const by_lane[] = {emit_arith, emit_convert, emit_lane};
    static const Translate *const others[] = {leaves, emit_memory, emit_indexed, emit_flow};
    bool wide = touches_wide(i);
    if (wide && emit_wide[i->op]) return emit_wide[i->op](e, i);
    for (size_t k = 0; k < sizeof by_lane / sizeof *by_lane; k++)
        if (by_lane[k][i->op])
            return wide ? emit_wide_by_lane(e, i, by_lane[k][i->op]) : by_lane[k][i->op](e, i);
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        if (others[k][i->op]) return others[k][i->op](e, i);
    BUG("cannot translate %s", kop_text((KOp)i->op));
}

void emit_block(Emit *e, const KBlock *b) {
    for (uint32_t k = 0; k < b->n; k++) {
        Val v = translate(e, b->at[k]);
        if (v) em_set(e, b->at[k], v);
    }
}

/* ---- the function ---- */

static void attribute(Emit *e, unsigned at, const char *name) {
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddAttributeAtIndex(e->fn, at, LLVMCreateEnumAttribute(e->context, kind, 0));
}

static void text_attribute(Emit *e, const char *name, const char *value) {
    LLVMAttributeRef a =
        LLVMCreateStringAttribute(e->context, name, (unsigned)strlen(name), value, (unsigned)strlen(value));
    LLVMAddAttributeAtIndex(e->fn, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, a);
}

static void declare(Emit *e, const char *symbol) {
    LLVMTypeRef i64 = em_int_type(e, 64), params[] = {em_scalar_type(e, K_PTR), i64};
    e->fn = LLVMAddFunction(e->module, symbol, LLVMFunctionType(i64, params, 2, false));
    attribute(e, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, "nounwind");
    attribute(e, 1, "noalias");
    attribute(e, 1, "readonly");
    text_attribute(e, "target-cpu", cpu_target_cpu(e->level));
    text_attribute(e, "target-features", cpu_target_features(e->level));
    text_attribute(e, "prefer-vector-width", e->level == CPU_V3 ? "256" : "512");
    LLVMSetFunctionCallConv(e->fn, LLVMCCallConv);
}

void emit_kernel(LLVMModuleRef module, CpuLevel level, const Kernel *k, const char *symbol) {
    Emit e = {.context = LLVMGetModuleContext(module),
              .module = module,
              .level = level,
              .kernel = k,
              .arena = arena_new()};
    e.b = LLVMCreateBuilderInContext(e.context);
    e.value = ARENA_ARRAY(e.arena, Val, k->n_values + 3); /* and operands of emit_wide_by_lane */
    e.results = ARENA_ARRAY(e.arena, Val *, k->n_values);
    declare(&e, symbol);
    e.entry = em_block(&e);
    LLVMBasicBlockRef start = em_block(&e);
    em_at(&e, start);
    emit_block(&e, &k->body);
    if (!LLVMGetBasicBlockTerminator(em_here(&e))) LLVMBuildUnreachable(e.b);
    em_at(&e, e.entry);
    LLVMBuildBr(e.b, start);
    LLVMDisposeBuilder(e.b);
    arena_free(e.arena);
}
