/* Text: UTF-8 with invalid bytes, substring positions, case, and LIKE against an obvious matcher. */
#include "base/text.h"
#include "tests/unit/check.h"
#include <stdint.h>

static Arena *arena;

static const char *cstr(Str s) { return arena_strndup(arena, s.p, s.n); }

static void check_valid(void) {
    static const char *const good[] = {"",
                                       "a",
                                       "\xC3\xA9",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEF\xBF\xBD",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "abcdefgh\xC3\xA9ijklmnop"};
    static const char *const bad[] = {"\x80",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xC3",
                                      "\xC3(",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xFF",
                                      "\xE2\x82",
                                      "abcdefgh\xE2\x82",
                                      "\xF0\x90\x80"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) CHECK(utf8_valid(str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!utf8_valid(str_of(bad[i])));
}

static void check_length(void) {
    CHECK_INT(utf8_length(str_of("")), 0);
    CHECK_INT(utf8_length((Str){0}), 0);
    CHECK_INT(utf8_length(str_of("gr\xC3\xBC\xC3\x9F dich, \xE2\x82\xAC \xF0\x9F\x98\x80")), 14);
    CHECK_INT(utf8_length(str_of("\x80\x80")), 2);
    CHECK_INT(utf8_length(str_of("\xE2\x82")), 2);
    CHECK_INT(utf8_length(str_of("a\xC3")), 2);
    CHECK_INT(utf8_length(str_of("\xED\xA0\x80")), 3);
}

static void check_substring(void) {
    Str s = str_of("h\xC3\xA9llo, world of text"), ascii = str_of("0123456789abcdefghij");
    CHECK_STR(cstr(utf8_substring(s, 1, 2)), "h\xC3\xA9");
    CHECK_STR(cstr(utf8_substring(s, 2, 1)), "\xC3\xA9");
    CHECK_STR(cstr(utf8_substring(s, 3, INT64_MAX)), "llo, world of text");
    CHECK_STR(cstr(utf8_substring(s, 0, 2)), "h");
    CHECK_STR(cstr(utf8_substring(s, -1, 2)), "");
    CHECK_STR(cstr(utf8_substring(s, -5, 100)), cstr(s));
    CHECK_STR(cstr(utf8_substring(s, 100, 5)), "");
    CHECK_STR(cstr(utf8_substring(s, 3, 0)), "");
    CHECK_STR(cstr(utf8_substring(s, INT64_MIN, INT64_MAX)), "");
    CHECK_STR(cstr(utf8_substring(s, INT64_MAX, INT64_MAX)), "");
    CHECK_STR(cstr(utf8_substring(s, 1, INT64_MAX)), cstr(s));
    CHECK_STR(cstr(utf8_substring(ascii, 10, 10)), "9abcdefghi");
    CHECK_STR(cstr(utf8_substring(str_of("\xFF\xFEz"), 2, 2)), "\xFEz");
}

static void check_case(void) {
    CHECK_STR(cstr(text_upper(arena, str_of("az{\xC3\xA0\xC3\xB7\xC3\xBE\xC3\xBF\xC3\x9F\xC4\x81"))),
              "AZ{\xC3\x80\xC3\xB7\xC3\x9E\xC3\xBF\xC3\x9F\xC4\x81");
    CHECK_STR(cstr(text_lower(arena, str_of("AZ[\xC3\x80\xC3\x97\xC3\x9E\xC3\x9F\xC4\x80"))),
              "az[\xC3\xA0\xC3\x97\xC3\xBE\xC3\x9F\xC4\x80");
    CHECK_INT(text_upper(arena, (Str){0}).n, 0);
    CHECK_STR(cstr(text_trim(str_of("  a b\t "))), "a b\t");
    CHECK_STR(cstr(text_trim(str_of("   "))), "");
    CHECK_INT(text_position(str_of("lo"), str_of("h\xC3\xA9llo")), 4);
    CHECK_INT(text_position(str_of(""), str_of("abc")), 1);
    CHECK_INT(text_position(str_of("x"), str_of("abc")), 0);
    CHECK_INT(text_position(str_of("abcd"), str_of("abc")), 0);
    CHECK_INT(text_position(str_of("a"), (Str){0}), 0);
}

static bool like(const char *s, const char *pattern, char escape, bool fold) {
    Like l;
    CHECK(like_compile(arena, str_of(pattern), escape, fold, &l));
    return like_match(&l, str_of(s));
}

static void check_kinds(void) {
    static const struct {
        const char *pattern, *literal;
        LikeKind kind;
    } rows[] = {
        {"abc", "abc", LIKE_EXACT},   {"", "", LIKE_EXACT},          {"abc%", "abc", LIKE_PREFIX},
        {"%abc", "abc", LIKE_SUFFIX}, {"%%abc", "abc", LIKE_SUFFIX}, {"%abc%%", "abc", LIKE_CONTAINS},
        {"a\\%b", "a%b", LIKE_EXACT}, {"\\%%", "%", LIKE_PREFIX},    {"%\\_\\\\%", "_\\", LIKE_CONTAINS},
        {"\\a", "a", LIKE_EXACT},
    };
    static const char *const general[] = {"a%b", "_", "a_%", "%a%b%", "%_%"};
    Like l;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK(like_compile(arena, str_of(rows[i].pattern), '\\', false, &l));
        CHECK_INT(l.kind, rows[i].kind);
        CHECK_STR(cstr(l.literal), rows[i].literal);
        CHECK(like_compile(arena, str_of(rows[i].pattern), '\\', true, &l));
        CHECK_INT(l.kind, LIKE_GENERAL);
    }
    for (size_t i = 0; i < sizeof general / sizeof *general; i++) {
        CHECK(like_compile(arena, str_of(general[i]), '\\', false, &l));
        CHECK_INT(l.kind, LIKE_GENERAL);
    }
    CHECK(!like_compile(arena, str_of("abc\\"), '\\', false, &l));
    CHECK(like_compile(arena, str_of("abc\\\\"), '\\', false, &l));
    CHECK(like_compile(arena, str_of("abc\\"), 0, false, &l));
}

static void check_like(void) {
    CHECK(like("abc", "abc", '\\', false) && !like("abcd", "abc", '\\', false) &&
          !like("ab", "abc", '\\', false));
    CHECK(like("abcd", "abc%", '\\', false) && like("abc", "abc%", '\\', false) &&
          !like("xabc", "abc%", '\\', false));
    CHECK(like("xabc", "%abc", '\\', false) && !like("abcx", "%abc", '\\', false));
    CHECK(like("xabcx", "%abc%", '\\', false) && !like("xabx", "%abc%", '\\', false));
    CHECK(like("", "%", '\\', false) && like("", "", '\\', false) && !like("", "_", '\\', false));
    CHECK(like("\xC3\xA9", "_", '\\', false) && !like("\xC3\xA9", "__", '\\', false));
    CHECK(like("\xC3", "_", '\\', false) && like("\xFF\xFE", "__", '\\', false));
    CHECK(like("x\xC3\xA9y", "x_y", '\\', false) && like("x\xC3\xA9y", "%_y", '\\', false));
    CHECK(like("50%", "50!%", '!', false) && !like("500", "50!%", '!', false) &&
          like("a!b", "a!!b", '!', false));
    CHECK(like("a%b", "a%%b", '%', false) && !like("axb", "a%%b", '%', false));
    CHECK(like("a_b", "a__b", '_', false) && !like("axxb", "a__b", '_', false));
    CHECK(like("a\\b", "a\\b", 0, false) && like("a\\zb", "a\\%b", 0, false));
    CHECK(like("the special packages requests", "%special%requests%", '\\', false));
    CHECK(!like("the requests special", "%special%requests%", '\\', false));
    CHECK(like("aXbXcXb", "a%X_", '\\', false) && like("mississippi", "m%iss%ip%i", '\\', false));
    CHECK(like("HeLLo", "h%L_", '\\', true) && like("\xC3\x89t\xC3\x89", "\xC3\xA9T\xC3\xA9", '\\', true));
    CHECK(!like("[", "{", '\\', true) && !like("\xC3\x97", "\xC3\xB7", '\\', true));
    CHECK(!like("\xC3\x9F", "\xC3\xBF", '\\', true) && !like("@", "`", '\\', true));
}

/* LIKE on ASCII by its definition. */
static bool slow_like(const char *s, const char *p) {
    if (*p == 0) return *s == 0;
    if (*p == '%') return slow_like(s, p + 1) || (*s && slow_like(s + 1, p));
    if (*s == 0) return false;
    if (*p == '\\') p++;
    else if (*p == '_') return slow_like(s + 1, p + 1);
    return *s == *p && slow_like(s + 1, p + 1);
}

static void check_against_slow(void) {
    uint32_t seed = 12345;
    int agreed = 0;
    for (int i = 0; i < 200000; i++) {
        char s[12], p[10];
        int n = 0, m = 0;
        for (seed = seed * 1664525 + 1013904223; n < (int)(seed >> 28) % 11; n++)
            s[n] = "ab%"[(seed >> n) % 3];
        for (seed = seed * 1664525 + 1013904223; m < (int)(seed >> 28) % 8; m++)
            p[m] = "ab%_%a"[(seed >> (2 * m)) % 6];
        if (m && (seed & 1)) p[m - 1] = '\\', p[m++] = "ab%_"[seed >> 5 & 3];
        s[n] = p[m] = 0;
        agreed += like(s, p, '\\', false) == slow_like(s, p) && like(s, p, '\\', true) == slow_like(s, p);
        if (i % 1000 == 0) arena_reset(arena);
    }
    CHECK_INT(agreed, 200000);
}

int main(void) {
    arena = arena_new();
    check_valid();
    check_length();
    check_substring();
    check_case();
    check_kinds();
    check_like();
    check_against_slow();
    arena_free(arena);
    return check_report("text");
}
