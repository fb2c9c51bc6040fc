/* What lexer, grammar and error messages share during one call of dql_parse. Internal to grammar/.
 * Span must be known before the generated headers are read.
 */
#ifndef DQL_GRAMMAR_PARSER_H
#define DQL_GRAMMAR_PARSER_H
#include "grammar/parse.h"

typedef struct Parser {
    Arena *arena;
    Intern *intern;
    const Source *source;
    Diags *diags;
    void *scanner;
    uint32_t offset;       /* bytes that the lexer has consumed */
    uint32_t comment_from; /* where the comment that is being read began */
    int comment_depth;     /* comments nest */
    int nesting;           /* open ( [ { of the statement at hand */
    bool failed;           /* this statement has its error */
    Ast *statements;       /* A_LIST: those that parsed */
} Parser;

/* Two things that one production hands to another. */
typedef struct AstPair {
    Ast *a, *b;
} AstPair;
typedef struct AstFlagged {
    Ast *node;
    uint32_t flags;
} AstFlagged;
typedef struct AstArgs {
    Ast *args, *order;
    uint32_t flags;
} AstArgs;

/* build.c: constructors that need more than ast_new. */
void build_statement(Parser *p, Ast *statement); /* keeps it, unless it is deeper than AST_MAX_DEPTH */
Ast *build_join(Parser *p, Ast *left, Ast *join);
Ast *build_table_query(Parser *p, Ast *name); /* FROM name, as a QUERY */
AstPair build_table_element(Parser *p, AstPair lists, Ast *element);
Ast *build_explain(Parser *p, Span span, Ast *options, Ast *statement);
Span build_span(const Span *rhs, int n); /* of a production: rhs[1] .. rhs[n]; rhs[0] is what stands before */

/* report.c: token names as bison has them: keywords in capitals, other tokens as they read. */
void report_syntax(Parser *p, Span at, const char *found, const char *const *expected, size_t n);
bool report_first(Parser *p); /* is this the statement's first error? From now on it has one */
void report_too_deep(Parser *p, Span at);

/* dql.y: name of a token as report_syntax gives it */
const char *token_name(int token);
/* dql.y: token of a keyword, 0 if the word is none. Word in upper case. */
int keyword_token(const char *upper);
#endif
