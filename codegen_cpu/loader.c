#include "codegen_cpu/loader.h"
#include "base/memory.h"
#include "base/vec.h"
#include <elf.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct Chunk {
    uint8_t *write, *run; /* two views of the same pages */
    size_t used, size;
} Chunk;

struct CpuLoader {
    size_t n_symbols;
    const CpuSymbol *symbols;
    VEC(Chunk) chunks;
};

enum { CHUNK_BYTES = 1 << 20, ALIGN = 64, STUB_BYTES = 16 };

CpuLoader *cpu_loader_new(size_t n, const CpuSymbol *symbols) {
    CpuLoader *l = mem_alloc(sizeof *l);
    *l = (CpuLoader){.n_symbols = n, .symbols = symbols};
    return l;
}

void cpu_loader_free(CpuLoader *l) {
    if (!l) return;
    for (size_t i = 0; i < l->chunks.n; i++) {
        munmap(l->chunks.at[i].write, l->chunks.at[i].size);
        munmap(l->chunks.at[i].run, l->chunks.at[i].size);
    }
    vec_free(&l->chunks);
    free(l);
}

/* The same pages twice: mremap of nothing of a shared mapping maps it again. No file, whose size could be limited. */
static bool map_chunk(size_t size, Chunk *c) {
    *c = (Chunk){MAP_FAILED, MAP_FAILED, 0, size};
    c->write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (c->write == MAP_FAILED) return false;
    c->run = mremap(c->write, 0, size, MREMAP_MAYMOVE);
    if (c->run != MAP_FAILED && mprotect(c->run, size, PROT_READ | PROT_EXEC) == 0) return true;
    if (c->run != MAP_FAILED) munmap(c->run, size);
    munmap(c->write, size);
    return false;
}

/* A chunk with `size` bytes free, or NULL. */
static Chunk *room(CpuLoader *l, size_t size) {
    if (l->chunks.n && vec_last(&l->chunks).size - vec_last(&l->chunks).used >= size)
        return &vec_last(&l->chunks);
    Chunk c;
    size_t bytes = size > CHUNK_BYTES ? (size + CHUNK_BYTES - 1) / CHUNK_BYTES * CHUNK_BYTES : CHUNK_BYTES;
    if (!map_chunk(bytes, &c)) return NULL;
    *vec_push(&l->chunks) = c;
    return &vec_last(&l->chunks);
}

/* ---- one object file ---- */

typedef struct Object {
    const uint8_t *bytes;
    size_t size;
    const Elf64_Shdr *sections;
    uint32_t n_sections;
    const Elf64_Sym *symbols;
    uint32_t n_symbols;
    const char *names;
    size_t names_size;
    size_t *place;  /* of each section from the start of the image */
    uint32_t *stub; /* by symbol: 0, or 1 + its stub */
    uint32_t n_stubs;
    size_t stubs, image_size;
    Chunk *chunk;
    const char *why;
} Object;

static bool fail(Object *o, const char *why) {
    o->why = why;
    return false;
}

static bool inside(const Object *o, uint64_t offset, uint64_t size) {
    return offset <= o->size && size <= o->size - offset;
}

static bool read_header(Object *o) {
    const Elf64_Ehdr *h = (const void *)o->bytes;
    if (o->size < sizeof *h || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0) return fail(o, "not an ELF file");
    if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_machine != EM_X86_64 || h->e_type != ET_REL)
        return fail(o, "not x86-64 code");
    if (h->e_shentsize != sizeof(Elf64_Shdr) ||
        !inside(o, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr)) || h->e_shoff % 8)
        return fail(o, "section table outside the file");
    o->sections = (const void *)(o->bytes + h->e_shoff);
    o->n_sections = h->e_shnum;
    return true;
}

static bool read_symbols(Object *o) {
    for (uint32_t i = 0; i < o->n_sections; i++) {
        const Elf64_Shdr *s = &o->sections[i];
        if (s->sh_type != SHT_NOBITS && !inside(o, s->sh_offset, s->sh_size))
            return fail(o, "section outside the file");
        if (s->sh_type != SHT_SYMTAB) continue;
        if (s->sh_link >= o->n_sections || s->sh_offset % 8) return fail(o, "symbols without names");
        const Elf64_Shdr *names = &o->sections[s->sh_link];
        o->symbols = (const void *)(o->bytes + s->sh_offset);
        o->n_symbols = (uint32_t)(s->sh_size / sizeof(Elf64_Sym));
        if (!inside(o, names->sh_offset, names->sh_size)) return fail(o, "names outside the file");
        o->names = (const char *)o->bytes + names->sh_offset;
        o->names_size = names->sh_size;
    }
    if (!o->symbols || !o->names_size || o->names[o->names_size - 1]) return fail(o, "no symbols");
    return true;
}

static bool is_loaded(const Elf64_Shdr *s) { return (s->sh_flags & SHF_ALLOC) && s->sh_size; }

static bool place_sections(Object *o) {
    size_t at = 0;
    for (uint32_t i = 0; i < o->n_sections; i++) {
        const Elf64_Shdr *s = &o->sections[i];
        if (!is_loaded(s)) continue;
        if (s->sh_flags & (SHF_WRITE | SHF_TLS)) return fail(o, "writable data");
        size_t align = s->sh_addralign > ALIGN ? s->sh_addralign : ALIGN;
        if (align > 4096 || (align & (align - 1))) return fail(o, "alignment of a section");
        at = (at + align - 1) & ~(align - 1);
        o->place[i] = at;
        at += s->sh_size;
    }
    o->stubs = (at + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    return true;
}

/* A symbol that is not in the image, or reached through a table, has a stub: jmp *8(%rip) and the address
 * behind it. */
static bool needs_stub(const Object *o, uint32_t symbol, uint32_t type) {
    return o->symbols[symbol].st_shndx == SHN_UNDEF || type == R_X86_64_GOTPCREL ||
           type == R_X86_64_GOTPCRELX || type == R_X86_64_REX_GOTPCRELX;
}

typedef bool (*EachRelocation)(Object *o, const Elf64_Rela *r, uint32_t section);
static bool each_relocation(Object *o, EachRelocation each) {
    for (uint32_t i = 0; i < o->n_sections; i++) {
        const Elf64_Shdr *s = &o->sections[i];
        if (s->sh_type != SHT_RELA || s->sh_info >= o->n_sections || !is_loaded(&o->sections[s->sh_info]))
            continue;
        if (s->sh_offset % 8) return fail(o, "relocations not aligned");
        const Elf64_Rela *r = (const void *)(o->bytes + s->sh_offset);
        for (size_t k = 0; k < s->sh_size / sizeof *r; k++) {
            if (ELF64_R_SYM(r[k].r_info) >= o->n_symbols) return fail(o, "relocation of no symbol");
            if (!each(o, &r[k], s->sh_info)) return false;
        }
    }
    return true;
}

static bool count_stub(Object *o, const Elf64_Rela *r, uint32_t section) {
    (void)section;
    uint32_t symbol = (uint32_t)ELF64_R_SYM(r->r_info);
    if (needs_stub(o, symbol, (uint32_t)ELF64_R_TYPE(r->r_info)) && !o->stub[symbol])
        o->stub[symbol] = ++o->n_stubs;
    return true;
}

static uint8_t *image_run(const Object *o) { return o->chunk->run + o->chunk->used; }
static uint8_t *image_write(const Object *o) { return o->chunk->write + o->chunk->used; }
static size_t stub_at(const Object *o, uint32_t symbol) {
    return o->stubs + (o->stub[symbol] - 1) * (size_t)STUB_BYTES;
}

static const char *symbol_name(const Object *o, const Elf64_Sym *s) {
    return s->st_name < o->names_size ? o->names + s->st_name : "";
}

static const void *find_symbol(const CpuLoader *l, const char *name) {
    for (size_t i = 0; i < l->n_symbols; i++)
        if (strcmp(l->symbols[i].name, name) == 0) return l->symbols[i].address;
    for (const CpuSymbol *s = cpu_libcalls; s->name; s++)
        if (strcmp(s->name, name) == 0) return s->address;
    return NULL;
}

static bool in_image(const Object *o, uint32_t symbol) {
    uint32_t section = o->symbols[symbol].st_shndx;
    return section != SHN_UNDEF && section < o->n_sections && is_loaded(&o->sections[section]);
}

static size_t place_of(const Object *o, uint32_t symbol) {
    return o->place[o->symbols[symbol].st_shndx] + o->symbols[symbol].st_value;
}

static const void *symbol_address(const CpuLoader *l, const Object *o, uint32_t symbol) {
    const Elf64_Sym *s = &o->symbols[symbol];
    if (s->st_shndx == SHN_UNDEF) return find_symbol(l, symbol_name(o, s));
    return in_image(o, symbol) ? image_run(o) + place_of(o, symbol) : NULL;
}

static bool write_stubs(const CpuLoader *l, Object *o) {
    static const uint8_t jump[8] = {0xff, 0x25, 2, 0, 0, 0, 0x66, 0x90};
    for (uint32_t i = 0; i < o->n_symbols; i++) {
        if (!o->stub[i]) continue;
        const void *address = symbol_address(l, o, i);
        if (!address) return fail(o, "code needs a function that is not there");
        memcpy(image_write(o) + stub_at(o, i), jump, sizeof jump);
        memcpy(image_write(o) + stub_at(o, i) + 8, &address, sizeof address);
    }
    return true;
}

static bool put32(Object *o, size_t at, int64_t v) {
    if (v != (int32_t)v) return fail(o, "relocation out of reach");
    int32_t narrow = (int32_t)v;
    memcpy(image_write(o) + at, &narrow, sizeof narrow);
    return true;
}

static bool relocate(Object *o, const Elf64_Rela *r, uint32_t section) {
    uint32_t symbol = (uint32_t)ELF64_R_SYM(r->r_info);
    if (r->r_offset > o->sections[section].sh_size || o->sections[section].sh_size - r->r_offset < 4)
        return fail(o, "relocation outside its section");
    size_t at = o->place[section] + r->r_offset;
    if (!o->stub[symbol] && !in_image(o, symbol)) return fail(o, "relocation of something not loaded");
    int64_t target = (int64_t)(o->stub[symbol] ? stub_at(o, symbol) : place_of(o, symbol));
    switch (ELF64_R_TYPE(r->r_info)) {
    case R_X86_64_PC32:
    case R_X86_64_PLT32: return put32(o, at, target + r->r_addend - (int64_t)at);
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX: return put32(o, at, target + 8 + r->r_addend - (int64_t)at);
    case R_X86_64_64: {
        uint64_t v = (uint64_t)(uintptr_t)image_run(o) + (uint64_t)target + (uint64_t)r->r_addend;
        if (o->sections[section].sh_size - r->r_offset < 8 || o->stub[symbol])
            return fail(o, "relocation of an address");
        memcpy(image_write(o) + at, &v, sizeof v);
        return true;
    }
    default: return fail(o, "relocation of another kind");
    }
}

static void copy_sections(Object *o) {
    for (uint32_t i = 0; i < o->n_sections; i++) {
        const Elf64_Shdr *s = &o->sections[i];
        if (is_loaded(s) && s->sh_type != SHT_NOBITS)
            memcpy(image_write(o) + o->place[i], o->bytes + s->sh_offset, s->sh_size);
    }
}

static bool load(CpuLoader *l, Object *o) {
    if (!place_sections(o) || !each_relocation(o, count_stub)) return false;
    o->image_size = (o->stubs + o->n_stubs * (size_t)STUB_BYTES + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    o->chunk = room(l, o->image_size);
    if (!o->chunk) return fail(o, "no memory for code");
    copy_sections(o);
    return write_stubs(l, o) && each_relocation(o, relocate);
}

static void report(const CpuLoader *l, const Object *o,
                   void (*found)(void *ctx, const char *name, void *address, size_t bytes), void *ctx) {
    for (uint32_t i = 0; i < o->n_symbols; i++) {
        const Elf64_Sym *s = &o->symbols[i];
        if (ELF64_ST_TYPE(s->st_info) != STT_FUNC || s->st_shndx == SHN_UNDEF) continue;
        const void *address = symbol_address(l, o, i);
        if (address) found(ctx, symbol_name(o, s), (void *)(uintptr_t)address, s->st_size);
    }
}

bool cpu_loader_load(CpuLoader *l, const void *object, size_t n,
                     void (*found)(void *ctx, const char *name, void *address, size_t bytes), void *ctx, const char **why) {
    Object o = {.bytes = object, .size = n};
    bool ok = read_header(&o) && read_symbols(&o);
    if (ok) {
        o.place = calloc(o.n_sections + 1, sizeof *o.place);
        o.stub = calloc(o.n_symbols + 1, sizeof *o.stub);
        ok = o.place && o.stub ? load(l, &o) : fail(&o, "no memory for code");
    }
    if (ok) {
        report(l, &o, found, ctx);
        o.chunk->used += o.image_size;
    }
    free(o.place);
    free(o.stub);
    if (why) *why = o.why;
    return ok;
}
