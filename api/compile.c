/* Ahead of time: a script to an object file of its fused kernels, the image of its Programs, and what links them. */
#include "api/compiler.h"
#include "api/prepare.h"
#include "api/run.h"
#include "codegen_cpu/object.h"
#include "runtime/aot.h"
#include "runtime/apply.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Ahead {
    dql_db *db;
    dql_script *script;
    Arena *arena;
    AotScript image;
    VEC(dql_stmt *) statements;
    VEC(const Kernel *) kernels;
} Ahead;

/* Programs made ahead of time are all fused: each pipeline's fused steps become its only ones. */
static void keep_fused(Program *p) {
    for (uint32_t i = 0; i < p->n_pipelines; i++) {
        Pipeline *l = &p->pipelines[i];
        if (!l->n_fused) continue;
        l->steps = l->fused;
        l->n_steps = l->n_fused;
        l->n_fused = 0;
    }
}

static void collect_kernels(Ahead *a, const dql_stmt *s) {
    for (uint32_t i = 0; i < s->program->n_pipelines; i++) {
        const Pipeline *l = &s->program->pipelines[i];
        for (uint32_t k = l->steps; k < l->steps + l->n_steps; k++) {
            const Step *step = &s->program->steps[k];
            if (!(step->flags & STEP_NATIVE)) *vec_push(&a->kernels) = s->lowered.kernels[step->fn];
        }
    }
}

static int add_statement(Ahead *a, int index) {
    dql_stmt *s;
    int status = dql_prepare(a->script, index, &s);
    if (status != DQL_OK) return status;
    *vec_push(&a->statements) = s;
    if (s->st.explain != EXPLAIN_NONE)
        return report_at(s, DQL_ERROR, s->st.span, "EXPLAIN needs the compiler when the program runs: run it in the shell");
    status = lower_ahead(s, target_of(CPU_V3, 2));
    if (status != DQL_OK) return status;
    keep_fused(s->program);
    collect_kernels(a, s);
    int64_t changed;
    RtError e = {0};
    RtResult none = {0};
    ProgramKind kind = s->program->kind;
    Program declared = *s->program;
    declared.from_version = 0; /* models are loaded when the program runs */
    if ((kind == PG_CREATE_TABLE || kind == PG_DROP || kind == PG_CREATE_MODEL) && !rt_apply(a->db->rt, &declared, &none, &changed, &e))
        return report_run_error(s, NULL, &e);
    remember(s);
    return DQL_OK;
}

static void describe_script(Ahead *a) {
    dql_db *db = a->db;
    AotScript *m = &a->image;
    *m = (AotScript){.name = a->script->source.name, .text = a->script->source.text, .n_params = 0, .n_files = (uint32_t)db->files.n,
                     .n_statements = (uint32_t)a->statements.n};
    m->params = ARENA_ARRAY(a->arena, AotParam, db->params.n + 1);
    for (size_t i = 0; i < db->params.n; i++) {
        const ParamEntry *p = &db->params.at[i];
        if (p->type) m->params[m->n_params++] = (AotParam){p->name, p->type, p->has_default, p->value};
    }
    m->files = ARENA_ARRAY(a->arena, AotFile, db->files.n + 1);
    for (size_t i = 0; i < db->files.n; i++) {
        const FileTable *f = &db->files.at[i];
        TableVersion *v = store_table(db->rt->store, f->table);
        m->files[i] = (AotFile){f->table, f->spec.path, f->spec.format, f->spec.n_options, (const char **)(uintptr_t)f->spec.names,
                                (Value *)(uintptr_t)f->spec.values, v->schema->n, v->schema->names, v->schema->types};
        version_unref(v); /* the store keeps it */
    }
    m->statements = ARENA_ARRAY(a->arena, AotStatement, a->statements.n + 1);
    for (size_t i = 0; i < a->statements.n; i++)
        m->statements[i] = (AotStatement){a->statements.at[i]->program, a->statements.at[i]->st.span};
}

static int fail_with(dql_db *db, char *why) {
    int status = report_text(db, DQL_ERROR, "%s\n", why ? why : "the code generator failed");
    free(why);
    return status;
}

/* All levels, so that the program starts on each processor with the code it likes best; --target: that one and v3. */
static int emit_kernels(Ahead *a, CpuOutput output, const char *path) {
    static const CpuLevel levels[] = {CPU_V3, CPU_V4, CPU_V4X};
    CpuFunction *functions;
    char *why = NULL;
    uint32_t n = cpu_functions(a->arena, (uint32_t)a->kernels.n, a->kernels.at, output == CPU_OBJECT ? 3 : 1, levels, &functions);
    CpuModule m = {.n = n, .functions = functions, .table = "dql_kernel_table", .output = output};
    return cpu_emit_file(&m, path, &why) ? DQL_OK : fail_with(a->db, why);
}

/* ---- files and programs ---- */
static int write_file(dql_db *db, const char *path, const void *bytes, size_t n) {
    FILE *f = fopen(path, "wb");
    bool ok = f && fwrite(bytes, 1, n, f) == n;
    if (f && fclose(f) != 0) ok = false;
    if (ok) return DQL_OK;
    int status = report_text(db, DQL_ERROR, "cannot write %s: %s\n", path, strerror(errno));
    unlink(path);
    return status;
}

static int run_command(dql_db *db, const char *command) {
    int code = system(command);
    if (code == 0) return DQL_OK;
    return report_text(db, DQL_ERROR, "the C compiler failed (set CC to choose another): %s\n", command);
}

/* Where libraries of programs are: DQL_LIBDIR, or beside this program as built or installed. */
static bool library_dir(char out[4096]) {
    static const char *const places[] = {"runtime", "../lib/dql"};
    const char *given = getenv("DQL_LIBDIR");
    if (given) return snprintf(out, 4096, "%s", given) < 4096;
    char self[4000];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0) return false;
    self[n] = 0;
    *strrchr(self, '/') = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char probe[4096 + 32];
        snprintf(out, 4096, "%s/%s", self, places[i]);
        snprintf(probe, sizeof probe, "%s/libdql_runtime.a", out);
        if (access(probe, R_OK) == 0) return true;
    }
    return false;
}

static const char *c_compiler(void) {
    const char *cc = getenv("CC");
    return cc && *cc ? cc : "cc";
}

/* A word of a command: a path may hold blanks and quotes. */
static void add_word(Buf *command, const char *word) {
    buf_puts(command, " '");
    for (const char *at = word; *at; at++)
        if (*at == '\'') buf_puts(command, "'\\''");
        else buf_putc(command, *at);
    buf_putc(command, '\'');
}

/* kernels and image in one relocatable object */
static int emit_object(Ahead *a, const char *dir, const char *path) {
    Buf image = {0}, text = {0};
    char kernels[4096], bytes[4096], assembly[4096];
    snprintf(kernels, sizeof kernels, "%s/kernels.o", dir);
    snprintf(bytes, sizeof bytes, "%s/image", dir);
    snprintf(assembly, sizeof assembly, "%s/image.s", dir);
    aot_write(&image, &a->image);
    int status = emit_kernels(a, CPU_OBJECT, kernels);
    if (status == DQL_OK) status = write_file(a->db, bytes, image.p, image.n);
    buf_printf(&text, "\t.section .rodata\n\t.globl dql_aot_image, dql_aot_image_size\n\t.balign 64\ndql_aot_image:\n\t.incbin \"%s\"\n"
               "\t.balign 8\ndql_aot_image_size:\n\t.quad %zu\n\t.section .note.GNU-stack,\"\",@progbits\n", bytes, image.n);
    if (status == DQL_OK) status = write_file(a->db, assembly, text.p, text.n);
    buf_clear(&text);
    buf_printf(&text, "%s -r -nostdlib -o", c_compiler());
    add_word(&text, path);
    add_word(&text, kernels);
    add_word(&text, assembly);
    if (status == DQL_OK) status = run_command(a->db, text.p);
    unlink(kernels);
    unlink(bytes);
    unlink(assembly);
    buf_free(&image);
    buf_free(&text);
    return status;
}

#ifndef DQL_LINK_OPTIONS
#define DQL_LINK_OPTIONS ""
#endif

static int emit_program(Ahead *a, const char *dir, const char *path) {
    char object[4096], libs[4096];
    Buf command = {0};
    if (!library_dir(libs)) return report_text(a->db, DQL_ERROR, "libdql_runtime.a is not beside this program: set DQL_LIBDIR to its folder\n");
    snprintf(object, sizeof object, "%s/program.o", dir);
    int status = emit_object(a, dir, object);
    static const char *const archives[] = {"libdql_rtmain.a", "libdql_runtime.a", "../base/libdql_base.a"};
    buf_printf(&command, "%s " DQL_LINK_OPTIONS " -o", c_compiler());
    add_word(&command, path);
    add_word(&command, object);
    for (size_t i = 0; i < sizeof archives / sizeof *archives; i++)
        add_word(&command, arena_printf(a->arena, "%s/%s", libs, archives[i]));
    buf_puts(&command, " -Wl,--gc-sections -lxxhash -lpng -ljpeg -lz -lzstd -lpthread -lm");
    if (status == DQL_OK) status = run_command(a->db, command.p);
    unlink(object);
    buf_free(&command);
    return status;
}

static const char header_text[] =
    "/* %s, compiled by dql: link its object with libdql_rtmain and libdql_runtime. */\n"
    "#ifndef DQL_PROGRAM_H\n#define DQL_PROGRAM_H\n#include <stdint.h>\n"
    "extern const unsigned char dql_aot_image[];\nextern const uint64_t dql_aot_image_size;\n"
    "/* Runs the script with a program's arguments (--threads, --mode, --NAME=VALUE for parameters); an exit code. */\n"
    "int dql_aot_main(int argc, char **argv);\n#endif\n";

/* A rule for make: the program is made of the script and of the files whose headers or values shaped it. */
static int emit_dependencies(Ahead *a, const char *path) {
    Buf text = {0};
    size_t stem = strlen(path) > 2 && strcmp(path + strlen(path) - 2, ".d") == 0 ? strlen(path) - 2 : strlen(path);
    buf_printf(&text, "%.*s: %s", (int)stem, path, a->script->source.name);
    for (size_t i = 0; i < a->db->files.n; i++) buf_printf(&text, " %s", a->db->files.at[i].spec.path);
    buf_putc(&text, '\n');
    int status = write_file(a->db, path, text.p, text.n);
    buf_free(&text);
    return status;
}

static int emit(Ahead *a, const char *output, const char *path) {
    char dir[] = "/tmp/dqlc-XXXXXX";
    int status = DQL_USAGE;
    if (!mkdtemp(dir)) return report_text(a->db, DQL_ERROR, "cannot make a folder in /tmp: %s\n", strerror(errno));
    if (strcmp(output, "exe") == 0) status = emit_program(a, dir, path);
    else if (strcmp(output, "obj") == 0) status = emit_object(a, dir, path);
    else if (strcmp(output, "asm") == 0) status = emit_kernels(a, CPU_ASSEMBLY, path);
    else if (strcmp(output, "llvm-ir") == 0) status = emit_kernels(a, CPU_LLVM, path);
    else if (strcmp(output, "dep-info") == 0) status = emit_dependencies(a, path);
    else if (strcmp(output, "c-header") == 0) {
        Buf text = {0};
        buf_printf(&text, header_text, a->script->source.name);
        status = write_file(a->db, path, text.p, text.n);
        buf_free(&text);
    } else report_text(a->db, DQL_USAGE, "unknown output %s\n", output);
    rmdir(dir);
    return status;
}

int dql_compile(dql_db *db, const char *name, const char *text, size_t len, int n, const dql_output *outputs) {
    Ahead a = {.db = db, .arena = arena_new()};
    db->ahead = true;
    int status = dql_read(db, name, text, len, &a.script);
    for (int i = 0; status == DQL_OK && i < dql_script_count(a.script); i++) status = add_statement(&a, i);
    if (status == DQL_OK) describe_script(&a);
    for (int i = 0; status == DQL_OK && i < n; i++) status = emit(&a, outputs[i].kind, outputs[i].path);
    for (size_t i = 0; i < a.statements.n; i++) dql_finalize(a.statements.at[i]);
    vec_free(&a.statements);
    vec_free(&a.kernels);
    dql_script_free(a.script);
    arena_free(a.arena);
    return status;
}
