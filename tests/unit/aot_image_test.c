/* A compiled script's image: written, read back, the same. */
#include "runtime/aot.h"
#include "tests/unit/check.h"

int main(void) {
    Arena *a = arena_new();
    TypePool *types = typepool_new(a);
    uint32_t regs[] = {8};
    Program p = {.kind = PG_QUERY, .result = UINT32_MAX, .n_regs = 1, .regs = regs};
    AotStatement statements[] = {{&p, {0, 8}}, {&p, {9, 20}}};
    const Type *dec = type_decimal(types, 10, 2), *text = type_nullable(type_get(types, TY_VARCHAR), true);
    AotParam params[] = {{"cutoff", dec, true, {.type = dec, .dec = 1250}}, {"name", text, true, {.type = text, .null = true}},
                         {"must", type_get(types, TY_DATE), false, {0}}};
    const char *names[] = {"header", "delim"};
    Value values[] = {value_bool(types, true), value_str(types, STR_LIT(";"))};
    const Type *column_types[] = {dec, text};
    Value items[] = {value_str(types, STR_LIT("DATE")), value_str(types, STR_LIT("VARCHAR"))};
    Value list[] = {{.type = type_list(types, type_get(types, TY_VARCHAR)), .list = {items, 2}}};
    AotFile files[] = {{"f1", "x.csv", NULL, 2, names, values, 2, names, column_types},
                       {"f2", "y.csv", "csv", 1, names, list, 0, NULL, NULL}};
    AotScript s = {"q.dql", "SELECT 1;", 3, 2, 2, params, files, statements}, back;
    Buf image = {0}, again = {0};
    const char *why = "";
    aot_write(&image, &s);
    CHECK(aot_read(a, types, image.p, image.n, &back, &why));
    aot_write(&again, &back);
    CHECK(image.n == again.n && memcmp(image.p, again.p, image.n) == 0);
    CHECK_STR(back.text, "SELECT 1;");
    CHECK_INT(back.n_statements, 2);
    CHECK_INT(back.statements[1].span.to, 20);
    CHECK_INT(back.statements[1].program->regs[0], 8);
    CHECK_INT(back.params[0].value.dec, 1250);
    CHECK(back.params[1].value.null && !back.params[2].has_default);
    CHECK(back.files[0].values[0].b && !back.files[0].format);
    CHECK_STR(back.files[0].names[1], "delim");
    CHECK_STR(back.files[1].format, "csv");
    for (size_t n = 0; n < image.n; n += 7) CHECK(!aot_read(a, types, image.p, n, &back, &why));
    image.p[image.n / 2] ^= 1;
    CHECK(!aot_read(a, types, image.p, image.n, &back, &why));
    CHECK_STR(why, "the image is damaged");
    buf_free(&image);
    buf_free(&again);
    arena_free(a);
    return check_report("aot_image");
}
