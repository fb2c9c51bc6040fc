/* The files that dqlc writes: kernels and the image of a script as an object, linked with the runtime as a
 * program or a library; the C compiler links. */
#include "api/ahead.h"
#include "api/prepare.h"
#include "codegen_cpu/object.h"
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The folder of one emission; what is made in it is removed with it. */
typedef struct Work {
    Ahead *a;
    const char *path; /* of the output, which is made as `part` */
    const char *part;
    char *dir;
    const char *made[6];
    int n_made;
} Work;

/* ---- files and commands ---- */
static const char *shown(const Work *w, const char *path) { return strcmp(path, w->part) == 0 ? w->path : path; }

static int write_file(const Work *w, const char *path, const Buf *b) {
    FILE *f = fopen(path, "wb");
    bool ok = f && fwrite(b->p, 1, b->n, f) == b->n;
    if (f && fclose(f) != 0) ok = false;
    if (ok) return DQL_OK;
    return report_text(w->a->db, DQL_ERROR, "cannot write %s: %s", shown(w, path), strerror(errno));
}

static const char *c_compiler(void) {
    const char *cc = getenv("CC");
    return cc && *cc ? cc : "cc";
}

/* Ctrl-C reaches the command too, which fails then. */
static int run_command(const Work *w, const char *command) {
    dql_db *db = w->a->db;
    int code = system(command);
    if (code == 0) return DQL_OK;
    if (code != -1 && WIFSIGNALED(code) && WTERMSIG(code) == SIGINT) dql_interrupt(db);
    if (atomic_load(&db->rt->cancel)) return ahead_cancelled(w->a);
    size_t n = strlen(c_compiler());
    bool compiler = strncmp(command, c_compiler(), n) == 0 && command[n] == ' ';
    return report_text(db, DQL_ERROR, "cannot make %s: %.*s failed%s: %s", w->path, (int)strcspn(command, " "), command,
                       compiler ? " (set CC to choose another C compiler)" : "", command);
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

/* Objects have code for each of the levels, so that the program starts on each processor with the code it likes best; texts show one. */
static int emit_kernels(Work *w, CpuOutput output, const char *path) {
    Ahead *a = w->a;
    CpuFunction *functions;
    char *why = NULL;
    Buf bytes = {0};
    uint32_t all = (uint32_t)a->kernels.n;
    const Kernel **kernels = ARENA_ARRAY(a->arena, const Kernel *, all + 1);
    for (uint32_t i = 0; i < all; i++) kernels[i] = a->kernels.at[i].kernel;
    uint32_t n = cpu_functions(a->arena, all, kernels, output == CPU_OBJECT ? a->n_levels : 1, a->levels, &functions);
    bool debug = a->db->options.debug_info;
    if (debug) add_debug_names(a, n, functions);
    CpuModule m = {.n = n,
                   .functions = functions,
                   .table = "dql_kernel_table",
                   .output = output,
                   .source = debug ? a->script->source.name : NULL};
    int status = cpu_module_compile(&m, &bytes, &why) ? write_file(w, path, &bytes)
                                                      : report_text(a->db, DQL_ERROR, "%s", why ? why : "the code generator failed");
    free(why);
    buf_free(&bytes);
    return status;
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

static const char *made(Work *w, const char *name) {
    return w->made[w->n_made++] = arena_printf(w->a->arena, "%s/%s", w->dir, name);
}

static int finish_command(Work *w, Buf *command, int status) {
    if (status == DQL_OK) status = run_command(w, command->p);
    buf_free(command);
    return status;
}

/* kernels and image in one relocatable object */
static int emit_object(Work *w, const char *path) {
    Ahead *a = w->a;
    Buf image = {0}, text = {0}, command = {0};
    const char *kernels = made(w, "kernels.o"), *bytes = made(w, "image"), *assembly = made(w, "image.s");
    aot_write(&image, &a->image);
    int status = emit_kernels(w, CPU_OBJECT, kernels);
    if (status == DQL_OK) status = write_file(w, bytes, &image);
    buf_printf(&text,
               "\t.section .rodata\n\t.globl dql_aot_image, dql_aot_image_size\n\t.balign "
               "64\ndql_aot_image:\n\t.incbin \"%s\"\n"
               "\t.balign 8\ndql_aot_image_size:\n\t.quad %zu\n\t.section .note.GNU-stack,\"\",@progbits\n",
               bytes, image.n);
    if (status == DQL_OK) status = write_file(w, assembly, &text);
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
                "libdql_runtime.a is not beside this program: set DQL_LIBDIR to its folder");
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
    int status = write_file(w, path, &text);
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
    int status = write_file(w, path, &text);
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
    if (strcmp(output, "asm") == 0) return emit_kernels(w, CPU_ASSEMBLY, path);
    if (strcmp(output, "llvm-ir") == 0) return emit_kernels(w, CPU_LLVM, path);
    if (strcmp(output, "dep-info") == 0) return emit_dependencies(w, target, path);
    return report_text(w->a->db, DQL_USAGE, "unknown output %s", output);
}

static const char *folder_for_parts(void) {
    const char *dir = getenv("TMPDIR");
    return dir && *dir ? dir : "/tmp";
}

/* Under another name first: what is there is replaced as a whole or not at all.  A device (/dev/stdout) is
 * written as it is. */
int ahead_emit(Ahead *a, const char *output, const char *path) {
    struct stat st;
    bool device = stat(path, &st) == 0 && !S_ISREG(st.st_mode);
    const char *part = device ? path : arena_printf(a->arena, "%s.%ld.part", path, (long)getpid());
    Work w = {.a = a, .path = path, .part = part, .dir = arena_printf(a->arena, "%s/dqlc-XXXXXX", folder_for_parts())};
    if (!mkdtemp(w.dir))
        return report_text(a->db, DQL_ERROR, "cannot make a folder in %s (TMPDIR chooses another): %s", folder_for_parts(), strerror(errno));
    int status = emit_to(&w, output, path, part);
    if (status == DQL_OK && atomic_load(&a->db->rt->cancel)) status = ahead_cancelled(a);
    if (status == DQL_OK && !device && rename(part, path) != 0)
        status = report_text(a->db, DQL_ERROR, "cannot write %s: %s", path, strerror(errno));
    if (status != DQL_OK && !device) unlink(part);
    for (int i = 0; i < w.n_made; i++) unlink(w.made[i]);
    rmdir(w.dir);
    return status;
}
