/* The files that dqlc writes: kernels and the image of a script as an object, linked with the runtime as a
 * program or a library; the C compiler links. */
#include "api/ahead.h"
#include "api/prepare.h"
#include "codegen_cpu/object.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail_with(dql_db *db, char *why) {
    int status = report_text(db, DQL_ERROR, "%s\n", why ? why : "the code generator failed");
    free(why);
    return status;
}

/* ---- kernels ---- */
/* Names that debuggers and profilers show: what the kernel does, and the line of its statement. */
static void add_debug_names(Ahead *a, uint32_t n, CpuFunction *f) {
    PtrMap lines = {0};
    for (size_t i = a->kernels.n; i-- > 0;)
        ptrmap_set(&lines, a->kernels.at[i].kernel, (void *)(uintptr_t)a->kernels.at[i].line);
    for (uint32_t i = 0; i < n; i++) {
        f[i].line = (uint32_t)(uintptr_t)ptrmap_get(&lines, f[i].kernel);
        f[i].symbol = arena_printf(a->arena, "dql_%s_%s", f[i].kernel->label, f[i].symbol);
    }
    ptrmap_free(&lines);
}

/* All levels, so that the program starts on each processor with the code it likes best; --target: that one
 * and v3. */
static int emit_kernels(Ahead *a, CpuOutput output, const char *path) {
    static const CpuLevel levels[] = {CPU_V3, CPU_V4, CPU_V4X};
    CpuFunction *functions;
    char *why = NULL;
    uint32_t all = (uint32_t)a->kernels.n;
    const Kernel **kernels = ARENA_ARRAY(a->arena, const Kernel *, all + 1);
    for (uint32_t i = 0; i < all; i++) kernels[i] = a->kernels.at[i].kernel;
    uint32_t n = cpu_functions(a->arena, all, kernels, output == CPU_OBJECT ? 3 : 1, levels, &functions);
    bool debug = a->db->options.debug_info;
    if (debug) add_debug_names(a, n, functions);
    CpuModule m = {.n = n,
                   .functions = functions,
                   .table = "dql_kernel_table",
                   .output = output,
                   .source = debug ? a->script->source.name : NULL};
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

static void add_path(Buf *command, const char *dir, const char *name) {
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    add_word(command, path);
}

/* The folder of one emission; what is made in it is removed with it. */
typedef struct Work {
    Ahead *a;
    char dir[32];
    const char *made[6];
    int n_made;
} Work;

static const char *made(Work *w, const char *name) {
    return w->made[w->n_made++] = arena_printf(w->a->arena, "%s/%s", w->dir, name);
}

static int finish_command(Work *w, Buf *command, int status) {
    if (status == DQL_OK) status = run_command(w->a->db, command->p);
    buf_free(command);
    return status;
}

/* kernels and image in one relocatable object */
static int emit_object(Work *w, const char *path) {
    Ahead *a = w->a;
    Buf image = {0}, text = {0}, command = {0};
    const char *kernels = made(w, "kernels.o"), *bytes = made(w, "image"), *assembly = made(w, "image.s");
    aot_write(&image, &a->image);
    int status = emit_kernels(a, CPU_OBJECT, kernels);
    if (status == DQL_OK) status = write_file(a->db, bytes, image.p, image.n);
    buf_printf(&text,
               "\t.section .rodata\n\t.globl dql_aot_image, dql_aot_image_size\n\t.balign "
               "64\ndql_aot_image:\n\t.incbin \"%s\"\n"
               "\t.balign 8\ndql_aot_image_size:\n\t.quad %zu\n\t.section .note.GNU-stack,\"\",@progbits\n",
               bytes, image.n);
    if (status == DQL_OK) status = write_file(a->db, assembly, text.p, text.n);
    buf_printf(&command, "%s -r -nostdlib -o", c_compiler());
    add_word(&command, path);
    add_word(&command, kernels);
    add_word(&command, assembly);
    buf_free(&image);
    buf_free(&text);
    return finish_command(w, &command, status);
}

#ifndef DQL_LINK_OPTIONS
#define DQL_LINK_OPTIONS ""
#endif
static const char system_libraries[] = " -lxxhash -lpng -ljpeg -lz -lzstd -lpthread -lm";
enum { RT_MAIN, RUNTIME, BASE };
static const char *const archives[] = {"libdql_rtmain.a", "libdql_runtime.a", "../base/libdql_base.a"};

static bool find_libraries(Work *w, char libs[4096]) {
    if (library_dir(libs)) return true;
    report_text(w->a->db, DQL_ERROR,
                "libdql_runtime.a is not beside this program: set DQL_LIBDIR to its folder\n");
    return false;
}

static int emit_program(Work *w, const char *path) {
    char libs[4096];
    Buf command = {0};
    if (!find_libraries(w, libs)) return DQL_ERROR;
    const char *object = made(w, "program.o");
    int status = emit_object(w, object);
    buf_printf(&command, "%s " DQL_LINK_OPTIONS " -o", c_compiler());
    add_word(&command, path);
    add_word(&command, object);
    for (int i = RT_MAIN; i <= BASE; i++) add_path(&command, libs, archives[i]);
    buf_printf(&command, " -Wl,--gc-sections%s", system_libraries);
    return finish_command(w, &command, status);
}

/* ---- libraries ---- */
/* q-1.dql: its entry is q_1_main, so that a program may link several. */
static const char *entry_of(Ahead *a) {
    const char *name = a->script->source.name, *slash = strrchr(name, '/');
    if (slash) name = slash + 1;
    const char *dot = strrchr(name, '.');
    char *entry = arena_printf(a->arena, "%s%.*s_main", *name >= '0' && *name <= '9' ? "_" : "",
                               (int)(dot ? dot - name : (long)strlen(name)), name);
    for (char *at = entry; *at; at++)
        if (!isalnum((unsigned char)*at)) *at = '_';
    return entry;
}

/* The script and what it needs of the runtime in one object that shows its entry alone. */
static int emit_closed(Work *w, const char *path) {
    char libs[4096];
    Buf link = {0}, close = {0};
    const char *entry = entry_of(w->a);
    if (!find_libraries(w, libs)) return DQL_ERROR;
    const char *object = made(w, "program.o");
    int status = emit_object(w, object);
    buf_printf(&link, "%s -r -nostdlib -Wl,-u,dql_aot_main -o", c_compiler());
    add_word(&link, path);
    add_word(&link, object);
    for (int i = RUNTIME; i <= BASE; i++) add_path(&link, libs, archives[i]);
    status = finish_command(w, &link, status);
    buf_printf(&close, "objcopy --redefine-sym dql_aot_main=%s --keep-global-symbol=%s", entry, entry);
    add_word(&close, path);
    return finish_command(w, &close, status);
}

static int emit_static(Work *w, const char *path) {
    const char *object = made(w, "closed.o");
    Buf command = {0};
    int status = emit_closed(w, object);
    buf_puts(&command, "ar rcsD");
    add_word(&command, path);
    add_word(&command, object);
    return finish_command(w, &command, status);
}

static int emit_shared(Work *w, const char *path) {
    const char *object = made(w, "closed.o");
    Buf command = {0};
    int status = emit_closed(w, object);
    buf_printf(&command, "%s -shared " DQL_LINK_OPTIONS " -o", c_compiler());
    add_word(&command, path);
    add_word(&command, object);
    buf_printf(&command, " -Wl,--gc-sections%s", system_libraries);
    return finish_command(w, &command, status);
}

/* ---- texts ---- */
/* For an object the runtime's own entry; libraries of several scripts have one each. */
static int emit_header(Work *w, const char *path) {
    Buf text = {0};
    const char *entry = entry_of(w->a), *script = w->a->script->source.name;
    char *guard = arena_printf(w->a->arena, "DQL_%s", entry);
    for (char *at = guard; *at; at++) *at = (char)toupper((unsigned char)*at);
    buf_printf(&text,
               "/* %s, compiled by dql.  Link an object with libdql_runtime and libdql_base, a static "
               "library with\n *%s. */\n"
               "#ifndef %s\n#define %s\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n"
               "/* Run the script with a program's arguments (--threads, --mode, --NAME=VALUE for "
               "parameters); an exit code. */\n"
               "int dql_aot_main(int argc, char **argv); /* of an object */\n"
               "int %s(int argc, char **argv); /* of a static or shared library */\n"
               "#ifdef __cplusplus\n}\n#endif\n#endif\n",
               script, system_libraries, guard, guard, entry);
    int status = write_file(w->a->db, path, text.p, text.n);
    buf_free(&text);
    return status;
}

/* A rule for make: the program is made of the script and of the files whose headers or values shaped it. */
static int emit_dependencies(Work *w, const char *target, const char *path) {
    Ahead *a = w->a;
    Buf text = {0};
    size_t stem = strlen(target) > 2 && strcmp(target + strlen(target) - 2, ".d") == 0 ? strlen(target) - 2
                                                                                       : strlen(target);
    buf_printf(&text, "%.*s: %s", (int)stem, target, a->script->source.name);
    for (size_t i = 0; i < a->db->files.n; i++) buf_printf(&text, " %s", a->db->files.at[i].spec.path);
    buf_putc(&text, '\n');
    int status = write_file(a->db, path, text.p, text.n);
    buf_free(&text);
    return status;
}

/* ---- outputs ---- */
static int emit_to(Work *w, const char *output, const char *target, const char *path) {
    static const struct {
        const char *name;
        int (*emit)(Work *w, const char *path);
    } outputs[] = {{"exe", emit_program},
                   {"obj", emit_object},
                   {"static", emit_static},
                   {"shared", emit_shared},
                   {"c-header", emit_header}};
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        if (strcmp(outputs[i].name, output) == 0) return outputs[i].emit(w, path);
    if (strcmp(output, "asm") == 0) return emit_kernels(w->a, CPU_ASSEMBLY, path);
    if (strcmp(output, "llvm-ir") == 0) return emit_kernels(w->a, CPU_LLVM, path);
    if (strcmp(output, "dep-info") == 0) return emit_dependencies(w, target, path);
    return report_text(w->a->db, DQL_USAGE, "unknown output %s\n", output);
}

/* Under another name first: what is there is replaced as a whole or not at all.  A device (/dev/stdout) is
 * written as it is. */
int ahead_emit(Ahead *a, const char *output, const char *path) {
    Work w = {.a = a, .dir = "/tmp/dqlc-XXXXXX"};
    struct stat st;
    bool device = stat(path, &st) == 0 && !S_ISREG(st.st_mode);
    const char *part = device ? path : arena_printf(a->arena, "%s.%ld.part", path, (long)getpid());
    if (!mkdtemp(w.dir))
        return report_text(a->db, DQL_ERROR, "cannot make a folder in /tmp: %s\n", strerror(errno));
    int status = emit_to(&w, output, path, part);
    if (status == DQL_OK && !device && rename(part, path) != 0)
        status = report_text(a->db, DQL_ERROR, "cannot write %s: %s\n", path, strerror(errno));
    if (status != DQL_OK && !device) unlink(part);
    for (int i = 0; i < w.n_made; i++) unlink(w.made[i]);
    rmdir(w.dir);
    return status;
}
