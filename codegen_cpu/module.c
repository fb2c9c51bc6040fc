#include "codegen_cpu/module.h"
#include "base/memory.h"
#include "codegen_cpu/emit.h"
#include "codegen_cpu/target.h"
#include <llvm-c/Analysis.h>
#include <llvm-c/DebugInfo.h>
#include <stdlib.h>
#include <string.h>

typedef struct Build {
    const CpuModule *m;
    LLVMContextRef context;
    LLVMModuleRef module;
    char *why;
} Build;

static void fail(Build *b, const char *what) {
    if (!b->why) b->why = strdup(what);
}

static void on_diagnostic(LLVMDiagnosticInfoRef info, void *build) {
    if (LLVMGetDiagInfoSeverity(info) != LLVMDSError) return;
    char *text = LLVMGetDiagInfoDescription(info);
    fail(build, text);
    LLVMDisposeMessage(text);
}

/* ---- the table of kernels ---- */

typedef struct Row {
    Hash128 key;
    const CpuFunction *f; /* NULL: the row that ends the table */
} Row;

static int by_key(const void *a, const void *b) {
    const Row *x = a, *y = b;
    if (x->key.hi != y->key.hi) return x->key.hi < y->key.hi ? -1 : 1;
    if (x->key.lo != y->key.lo) return x->key.lo < y->key.lo ? -1 : 1;
    return (int)x->f->level - (int)y->f->level;
}

static Val text_constant(Build *b, const Kernel *k) {
    Buf text = {0};
    kernel_text(&text, k);
    Val s = LLVMConstStringInContext2(b->context, text.p, text.n, false);
    Val global = LLVMAddGlobal(b->module, LLVMTypeOf(s), "");
    LLVMSetInitializer(global, s);
    LLVMSetGlobalConstant(global, true);
    LLVMSetLinkage(global, LLVMPrivateLinkage);
    LLVMSetAlignment(global, 1);
    buf_free(&text);
    return global;
}

/* A kernel's function, declared when its code is elsewhere. */
static Val function(Build *b, const char *symbol, LLVMTypeRef i64, LLVMTypeRef ptr) {
    Val f = LLVMGetNamedFunction(b->module, symbol);
    return f ? f
             : LLVMAddFunction(b->module, symbol, LLVMFunctionType(i64, (LLVMTypeRef[]){ptr, i64}, 2, false));
}

static Val entry(Build *b, const Row *r, LLVMTypeRef i64, LLVMTypeRef ptr) {
    const CpuFunction *f = r->f;
    Val fields[] = {LLVMConstInt(i64, r->key.lo, false), LLVMConstInt(i64, r->key.hi, false),
                    LLVMConstInt(i64, f ? (uint64_t)f->level : 0, false),
                    f ? function(b, f->symbol, i64, ptr) : LLVMConstNull(ptr),
                    f && b->m->texts ? text_constant(b, f->kernel) : LLVMConstNull(ptr)};
    return LLVMConstStructInContext(b->context, fields, 5, false);
}

static void add_table(Build *b) {
    uint32_t n = b->m->n;
    LLVMTypeRef i64 = LLVMInt64TypeInContext(b->context), ptr = LLVMPointerTypeInContext(b->context, 0);
    Row *rows = mem_alloc((n + 1) * sizeof *rows);
    Val *entries = mem_alloc((n + 1) * sizeof *entries);
    for (uint32_t k = 0; k < n; k++)
        rows[k] = (Row){kernel_hash(b->m->functions[k].kernel), &b->m->functions[k]};
    qsort(rows, n, sizeof *rows, by_key);
    rows[n] = (Row){{0}, NULL};
    for (uint32_t k = 0; k <= n; k++) entries[k] = entry(b, &rows[k], i64, ptr);
    Val all = LLVMConstArray2(LLVMTypeOf(entries[n]), entries, n + 1);
    Val table = LLVMAddGlobal(b->module, LLVMTypeOf(all), b->m->table);
    LLVMSetInitializer(table, all);
    LLVMSetGlobalConstant(table, true);
    LLVMSetAlignment(table, 8);
    free(rows);
    free(entries);
}

/* ---- debug information ---- */

/* Every instruction of a kernel is its statement's line. */
static void set_location(Build *b, Val function, LLVMMetadataRef subprogram, uint32_t line) {
    LLVMMetadataRef at = LLVMDIBuilderCreateDebugLocation(b->context, line, 0, subprogram, NULL);
    LLVMSetSubprogram(function, subprogram);
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block; block = LLVMGetNextBasicBlock(block))
        for (Val i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i)) LLVMInstructionSetDebugLoc(i, at);
}

static void add_flag(Build *b, const char *name, uint32_t value) {
    Val v = LLVMConstInt(LLVMInt32TypeInContext(b->context), value, false);
    LLVMAddModuleFlag(b->module, LLVMModuleFlagBehaviorWarning, name, strlen(name), LLVMValueAsMetadata(v));
}

static void add_debug_info(Build *b) {
    const char *file = b->m->source, *made_by = "dql";
    LLVMDIBuilderRef d = LLVMCreateDIBuilder(b->module);
    LLVMMetadataRef f = LLVMDIBuilderCreateFile(d, file, strlen(file), ".", 1);
    LLVMDIBuilderCreateCompileUnit(d, LLVMDWARFSourceLanguageC99, f, made_by, 3, true, "", 0, 0, "", 0, LLVMDWARFEmissionLineTablesOnly,
                                   0, false, false, "", 0, "", 0);
    LLVMMetadataRef type = LLVMDIBuilderCreateSubroutineType(d, f, NULL, 0, LLVMDIFlagZero);
    for (uint32_t k = 0; k < b->m->n; k++) {
        const CpuFunction *c = &b->m->functions[k];
        Val function = LLVMGetNamedFunction(b->module, c->symbol);
        LLVMMetadataRef s = LLVMDIBuilderCreateFunction(d, f, c->symbol, strlen(c->symbol), c->symbol, strlen(c->symbol), f, c->line, type,
                                                        true, true, c->line, LLVMDIFlagZero, true);
        set_location(b, function, s, c->line);
    }
    add_flag(b, "Debug Info Version", LLVMDebugMetadataVersion());
    add_flag(b, "Dwarf Version", 4);
    LLVMDIBuilderFinalize(d);
    LLVMDisposeDIBuilder(d);
}

/* ---- output ---- */

static void verify(Build *b) {
    char *text = NULL;
    if (LLVMVerifyModule(b->module, LLVMReturnStatusAction, &text)) fail(b, text);
    LLVMDisposeMessage(text);
}

static void emit_machine_code(Build *b, LLVMTargetMachineRef machine, Buf *out) {
    LLVMMemoryBufferRef buffer = NULL;
    char *text = NULL;
    LLVMCodeGenFileType type = b->m->output == CPU_OBJECT ? LLVMObjectFile : LLVMAssemblyFile;
    if (LLVMTargetMachineEmitToMemoryBuffer(machine, b->module, type, &text, &buffer)) {
        fail(b, text);
        LLVMDisposeMessage(text);
        return;
    }
    buf_add(out, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
    LLVMDisposeMemoryBuffer(buffer);
}

static void emit_text(Build *b, Buf *out) {
    char *text = LLVMPrintModuleToString(b->module);
    buf_puts(out, text);
    LLVMDisposeMessage(text);
}

static void set_target(Build *b, LLVMTargetMachineRef machine) {
    char *triple = LLVMGetTargetMachineTriple(machine);
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(machine);
    LLVMSetTarget(b->module, triple);
    LLVMSetModuleDataLayout(b->module, layout);
    LLVMDisposeTargetData(layout);
    LLVMDisposeMessage(triple);
}

bool cpu_module_compile(const CpuModule *m, Buf *out, char **why) {
    Build b = {.m = m, .context = LLVMContextCreate()};
    LLVMTargetMachineRef machine = cpu_target_machine(m->n ? m->functions[0].level : CPU_V3);
    LLVMContextSetDiagnosticHandler(b.context, on_diagnostic, &b);
    LLVMContextSetDiscardValueNames(b.context, m->output != CPU_LLVM);
    b.module = LLVMModuleCreateWithNameInContext("dql", b.context);
    set_target(&b, machine);
    for (uint32_t k = 0; k < m->n && !m->table_only; k++)
        emit_kernel(b.module, m->functions[k].level, m->functions[k].kernel, m->functions[k].symbol);
    if (m->source) add_debug_info(&b);
    if (m->table) add_table(&b);
    if (m->verify) verify(&b);
    if (!b.why && m->output == CPU_LLVM) emit_text(&b, out);
    else if (!b.why) emit_machine_code(&b, machine, out);
    LLVMDisposeModule(b.module);
    LLVMDisposeTargetMachine(machine);
    LLVMContextDispose(b.context);
    if (why) *why = b.why;
    else free(b.why);
    return !b.why;
}
