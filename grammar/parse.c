#include "grammar/parser.h"
#include "dql.tab.h"
#define YYSTYPE DQL_YYSTYPE
#define YYLTYPE Span
#include "dql.lex.h"

/* Spans are 32-bit offsets and the lexer counts in int. */
#define TEXT_MAX 0x7fffff00u

static void parse(Parser *p) {
    dql_yylex_init_extra(p, &p->scanner);
    dql_yy_scan_bytes(p->source->text, (int)p->source->len, p->scanner);
    dql_yyparse(p);
    dql_yylex_destroy(p->scanner);
}

Ast *dql_parse(Arena *a, Intern *names, const Source *source, Diags *diags) {
    Parser p = {.arena = a, .intern = names, .source = source, .diags = diags};
    p.statements = ast_list(a, (Span){0, 0});
    if (source->len > TEXT_MAX) diag_error(diags, E_LIMIT, SPAN_NONE, "a text has at most 2,147,483,392 bytes");
    else parse(&p);
    return ast_new(a, A_SCRIPT, (Span){0, (uint32_t)source->len}, NULL, 0, p.statements);
}

void dql_tokens(Buf *out, const Source *source) {
    Diags diags;
    Parser p = {.arena = arena_new(), .intern = intern_new(), .source = source, .diags = &diags};
    YYSTYPE value;
    Span at;
    diags_init(&diags, p.arena, source);
    dql_yylex_init_extra(&p, &p.scanner);
    dql_yy_scan_bytes(source->text, (int)source->len, p.scanner);
    for (int token; (token = dql_yylex(&value, &at, &p)) > 0;)
        buf_printf(out, "%u..%u %s %.*s\n", at.from, at.to, token_name(token), (int)(at.to - at.from), source->text + at.from);
    dql_yylex_destroy(p.scanner);
    intern_free(p.intern);
    arena_free(p.arena);
}
