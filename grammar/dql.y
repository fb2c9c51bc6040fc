/* The grammar. An action is one constructor call: no folding, no lookup. The language is described in README.md.
 *
 * Words: those in `reserved` are names only in double quotes; those in `special` are names of columns and tables but not
 * of functions, because they begin a form of their own; those in `unreserved` are names everywhere. A bare alias (without
 * AS) is an IDENT, never a keyword, so that a keyword may follow any expression or table.
 *
 * The precedences below decide these conflicts and no others (bison --report=solved):
 *   arithmetic; set operations; `((query))`: the inner parentheses belong to the query, not to an expression;
 *   UNBOUNDED before PRECEDING is the keyword; ON after a join with NEAREST belongs to that join.
 */
%require "3.8"
%define api.pure full
%define api.prefix {dql_yy}
%define api.token.prefix {T_}
%define api.location.type {Span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {Parser *p}

%code requires {
#include "grammar/parser.h"
}

%code {
#include <string.h>
#define RESERVED_FIRST T_ALL
#define RESERVED_LAST T_WITH
#define OTHER_FIRST T_AGGREGATE
#define OTHER_LAST T_YEARS
#define YYMAXDEPTH 40000
#define YYLLOC_DEFAULT(cur, rhs, n) ((cur) = build_span((rhs), (n)))

#define N(loc, kind, ...) ast_new(p->arena, A_##kind, loc, __VA_ARGS__)
#define ONE(item) ast_push(p->arena, ast_list(p->arena, (item)->span), item)
#define PUSH(list, item) ast_push(p->arena, list, item)
#define W(s) intern_cstr(p->intern, s)
#define UNARY_OP(loc, op, arg) N(loc, UNARY, W(op), 0, arg)
#define BINARY_OP(loc, op, left, right) N(loc, BINARY, W(op), 0, left, right)

int dql_yylex(DQL_YYSTYPE *value, Span *loc, Parser *p);
static void dql_yyerror(Span *at, Parser *p, const char *message);
}

%union {
    Ast *node;
    const char *text;
    uint32_t flags;
    AstPair pair;
    AstFlagged flagged;
    AstArgs args;
}

%token YYEOF 0 "the end of the text"
%token <text> IDENT "a name" QUOTED "a quoted name" INT "an integer" NUMBER "a number" STRING "a string"
%token <text> PARAMETER "a parameter" BLOB_TEXT "a blob"
%token PIPE "|>" ARROW "=>" CAST_OP "::" NE "<>" LE "<=" GE ">=" CONCAT "||" L2 "<->" COSINE "<=>" NEG_DOT "<#>"

/* Keywords: the reserved ones, then the others; each in alphabetical order, since the lexer searches them by bisection. */
%token <text>
    ALL "ALL" AND "AND" ANY "ANY" ARRAY "ARRAY" AS "AS" ASC "ASC" BETWEEN "BETWEEN" BY "BY" CASE "CASE"
    CAST "CAST" CHECK "CHECK" CONSTRAINT "CONSTRAINT" CREATE "CREATE" CROSS "CROSS" DEFAULT "DEFAULT"
    DESC "DESC" DISTINCT "DISTINCT" ELSE "ELSE" END "END" EXCEPT "EXCEPT" EXISTS "EXISTS" FALSE "FALSE"
    FETCH "FETCH" FOR "FOR" FOREIGN "FOREIGN" FROM "FROM" FULL "FULL" GROUP "GROUP" HAVING "HAVING"
    ILIKE "ILIKE" IN "IN" INNER "INNER" INTERSECT "INTERSECT" INTO "INTO" IS "IS" JOIN "JOIN"
    LATERAL "LATERAL" LEFT "LEFT" LIKE "LIKE" LIMIT "LIMIT" NATURAL "NATURAL" NOT "NOT" NULL "NULL"
    OFFSET "OFFSET" ON "ON" OR "OR" ORDER "ORDER" OUTER "OUTER" PRIMARY "PRIMARY" QUALIFY "QUALIFY"
    REFERENCES "REFERENCES" RIGHT "RIGHT" SELECT "SELECT" SOME "SOME" TABLE "TABLE"
    TABLESAMPLE "TABLESAMPLE" TENSOR "TENSOR" THEN "THEN" TO "TO" TRUE "TRUE" UNION "UNION" UNIQUE "UNIQUE"
    USING "USING" VALUES "VALUES" WHEN "WHEN" WHERE "WHERE" WINDOW "WINDOW" WITH "WITH"
%token <text>
    AGGREGATE "AGGREGATE" ALTERNATIVES "ALTERNATIVES" ANALYZE "ANALYZE" ANTI "ANTI" ASSERT "ASSERT"
    ATTACH "ATTACH" AUGMENT "AUGMENT" BEGIN "BEGIN" CALL "CALL" CASCADE "CASCADE" CHARACTER "CHARACTER"
    COMMIT "COMMIT" CONFLICT "CONFLICT" COPY "COPY" CORRECT "CORRECT" CUBE "CUBE" CURRENT "CURRENT"
    DATE "DATE" DAY "DAY" DAYS "DAYS" DEALLOCATE "DEALLOCATE" DELETE "DELETE" DESCRIBE "DESCRIBE"
    DETACH "DETACH" DISTANCE "DISTANCE" DO "DO" DOUBLE "DOUBLE" DROP "DROP" ESCAPE "ESCAPE"
    EVALUATE "EVALUATE" EXCLUDE "EXCLUDE" EXECUTE "EXECUTE" EXPLAIN "EXPLAIN" EXPLODE "EXPLODE"
    EXPORT "EXPORT" EXTEND "EXTEND" EXTRACT "EXTRACT" FILTER "FILTER" FIRST "FIRST" FOLLOWING "FOLLOWING"
    FREEZE "FREEZE" FUNCTION "FUNCTION" GROUPING "GROUPING" GROUPS "GROUPS" HOUR "HOUR" HOURS "HOURS"
    IF "IF" IGNORE "IGNORE" INCLUDE "INCLUDE" INCREMENTAL "INCREMENTAL" INPUT "INPUT" INSERT "INSERT"
    INTERVAL "INTERVAL" KEY "KEY" LABEL "LABEL" LABELING "LABELING" LAST "LAST" LAYER "LAYER"
    LAYERS "LAYERS" LET "LET" LINEAGE "LINEAGE" LOAD "LOAD" LOGIT "LOGIT" LOSS "LOSS" MATCHED "MATCHED"
    MATERIALIZED "MATERIALIZED" MAXIMIZE "MAXIMIZE" MELT "MELT" MERGE "MERGE" MICROSECOND "MICROSECOND"
    MICROSECONDS "MICROSECONDS" MILLISECOND "MILLISECOND" MILLISECONDS "MILLISECONDS" MINIMIZE "MINIMIZE"
    MINUTE "MINUTE" MINUTES "MINUTES" MODEL "MODEL" MONTH "MONTH" MONTHS "MONTHS" NAME "NAME"
    NEAREST "NEAREST" NEXT "NEXT" NO "NO" NOTHING "NOTHING" NULLS "NULLS" OBJECTIVE "OBJECTIVE" OF "OF"
    ONLY "ONLY" OPTIMIZER "OPTIMIZER" OPTIONS "OPTIONS" ORDINALITY "ORDINALITY" OTHERS "OTHERS"
    OUTPUT "OUTPUT" OVER "OVER" PARAM "PARAM" PARTITION "PARTITION" PERCENT "PERCENT" PIVOT "PIVOT"
    POLICY "POLICY" PRECEDING "PRECEDING" PRECISION "PRECISION" PREDICT "PREDICT" PREPARE "PREPARE"
    PROVENANCE "PROVENANCE" QUALITY "QUALITY" QUARTER "QUARTER" RANGE "RANGE" RECURSIVE "RECURSIVE"
    REFRESH "REFRESH" RELEASE "RELEASE" RENAME "RENAME" RENDER "RENDER" REPEATABLE "REPEATABLE"
    REPLACE "REPLACE" RESET "RESET" RESPECT "RESPECT" RESTRICT "RESTRICT" RETURNING "RETURNING"
    RETURNS "RETURNS" ROLLBACK "ROLLBACK" ROLLUP "ROLLUP" ROW "ROW" ROWS "ROWS" SAVEPOINT "SAVEPOINT"
    SEARCH "SEARCH" SECOND "SECOND" SECONDS "SECONDS" SEED "SEED" SEMI "SEMI" SET "SET" SETS "SETS"
    SHOW "SHOW" SIMILARITY "SIMILARITY" SOURCE "SOURCE" SPACE "SPACE" START "START" STREAM "STREAM"
    STRUCT "STRUCT" SUBSTRING "SUBSTRING" SUMMARIZE "SUMMARIZE" TAG "TAG" TARGET "TARGET" TEE "TEE"
    TEMP "TEMP" TEMPORARY "TEMPORARY" TIES "TIES" TIME "TIME" TIMES "TIMES" TIMESTAMP "TIMESTAMP"
    TRAIN "TRAIN" TRANSACTION "TRANSACTION" TRIALS "TRIALS" TRY_CAST "TRY_CAST" TUNE "TUNE"
    UNBOUNDED "UNBOUNDED" UNKNOWN "UNKNOWN" UNPIVOT "UNPIVOT" UNSTACK "UNSTACK" UPDATE "UPDATE"
    VARYING "VARYING" VERSION "VERSION" VIEW "VIEW" WEEK "WEEK" WEEKS "WEEKS" WITHIN "WITHIN" WORDS "WORDS"
    WORK "WORK" YEAR "YEAR" YEARS "YEARS"

%left UNION EXCEPT
%left INTERSECT
%precedence UNBOUNDED
%precedence PRECEDING FOLLOWING
%precedence NO_ON
%precedence ON
%left CONCAT L2 COSINE NEG_DOT
%left '+' '-'
%left '*' '/' '%'
%left '^'
%precedence UMINUS
%precedence PAREN
%precedence ')'

%type <text> word fname type_word unit compare any_all join_kind frame_unit model_extremum
%type <text> reserved unreserved special nearest_by drop_kind setop
%type <flags> quant_opt setop_quant not_opt or_replace_opt temp_opt desc_opt nulls_opt
%type <flags> materialized_opt view_flags cascade_opt null_treatment_opt include_opt
%type <pair> limit_opt limit join_cond table_elements
%type <args> call_args
%type <flagged> select_quant ctes new_object
%type <node> statement name ident label names names_opt object versioned version string as_opt alias_opt alias type
%type <node> type_atom type_args type_arg column_defs column_def column_constraints column_constraint options_opt options
%type <node> option exprs exprs_opt expr and_expr not_expr is_expr comparison membership escape_opt arith cast primary
%type <node> literal indices index expr_opt fields field whens when else_opt call table_call fcall args_opt args arg
%type <node> model_name filter_opt over_opt window partition_opt frame_opt bound exclude_opt query paren_query bare_query
%type <node> simple operand cte_list cte select items item exclude_list replace_list from_opt where_opt group_opt
%type <node> group_items group_item group_set group_sets having_opt windows_opt window_defs window_def qualify_opt
%type <node> order_opt order order_items order_item fetch value_rows value_row values value tables table joined join
%type <node> nearest table_primary offset_opt reshape repeatable_opt unnest offsets_opt pipes_opt pipes pipe renames
%type <node> rename pipe_group_opt pipe_group paren_queries branches on_opt within_opt times_opt seed_opt number by_opt
%type <node> create table_element constraint drop refresh insert conflict_opt returning_opt update target_table assigns
%type <node> assign place delete using_opt merge merge_whens merge_when and_opt merge_change merge_insert copy attach
%type <node> transaction layers bindings binding chain stages stage chains layer edits alternatives alternative
%type <node> model_statement train evaluate tune targets_opt loss_opt optimizer_opt search_opt space_opt space_items
%type <node> space_item objective_opt trials_opt correct param_decl explain explain_options explain_option provenance
%type <node> show thing describe session setting

%%

script: statements
      | statements statement                { build_statement(p, $2); }
      | statements error
      ;
statements: %empty
      | statements ';'
      | statements statement ';'            { build_statement(p, $2); }
      | statements error ';'                { yyerrok; p->failed = false; }
      ;
statement: query | create | drop | insert | update | delete | merge | copy | attach | transaction | refresh
      | model_statement | train | evaluate | tune | correct | param_decl | explain | provenance | show | describe
      | session
      ;

/* ---- names ---- */
name:   word                                { $$ = N(@$, NAME, $1, 0, NULL); }
      | QUOTED                              { $$ = N(@$, NAME, $1, AST_QUOTED, NULL); }
      ;
word:   IDENT | unreserved | special
      ;
ident:  IDENT                               { $$ = N(@$, NAME, $1, 0, NULL); }
      | QUOTED                              { $$ = N(@$, NAME, $1, AST_QUOTED, NULL); }
      ;
label:  name                                /* behind a point or before => no word is taken for a keyword */
      | reserved                            { $$ = N(@$, NAME, $1, 0, NULL); }
      ;
names:  name                                { $$ = ONE($1); }
      | names ',' name                      { $$ = PUSH($1, $3); }
      ;
names_opt: %empty                           { $$ = NULL; }
      | '(' names ')'                       { $$ = $2; }
      ;
object: name
      | object '.' name                     { $$ = N(@$, NAME, $3->text, $3->flags, $1); }
      ;
versioned: %empty                           { $$ = NULL; }
      | VERSION AS OF version               { $$ = N(@$, VERSION, NULL, 0, $4); }
      ;
version: INT                                { $$ = N(@$, INT, $1, 0); }
      | STRING                              { $$ = N(@$, STRING, $1, 0); }
      | PARAMETER                           { $$ = N(@$, PARAM, $1, 0); }
      ;
string: STRING                              { $$ = N(@$, STRING, $1, 0); }
      ;
as_opt: %empty                              { $$ = NULL; }
      | AS name                             { $$ = $2; }
      ;
alias_opt: %empty                           { $$ = NULL; }
      | alias
      ;
alias:  AS name names_opt                   { $$ = N(@$, ALIAS, $2->text, $2->flags, $3); }
      | ident names_opt                     { $$ = N(@$, ALIAS, $1->text, $1->flags, $2); }
      ;

/* ---- types ---- */
type:   type_atom
      | type '[' ']'                        { $$ = N(@$, LIST_TYPE, NULL, 0, $1); }
      ;
type_atom: type_word                        { $$ = N(@$, TYPE, $1, 0, NULL); }
      | type_word '(' type_args ')'         { $$ = N(@$, TYPE, $1, 0, $3); }
      | TENSOR '(' type_args ')'            { $$ = N(@$, TYPE, $1, 0, $3); }
      | DOUBLE PRECISION                    { $$ = N(@$, TYPE, $1, 0, NULL); }
      | CHARACTER VARYING                   { $$ = N(@$, TYPE, W("varchar"), 0, NULL); }
      | CHARACTER VARYING '(' type_args ')' { $$ = N(@$, TYPE, W("varchar"), 0, $4); }
      | STRUCT '(' column_defs ')'          { $$ = N(@$, STRUCT_TYPE, NULL, 0, $3); }
      ;
type_word: IDENT | unreserved | INTERVAL
      ;
type_args: type_arg                         { $$ = ONE($1); }
      | type_args ',' type_arg              { $$ = PUSH($1, $3); }
      ;
type_arg: type
      | INT                                 { $$ = N(@$, INT, $1, 0); }
      | '*'                                 { $$ = N(@$, STAR, NULL, 0, NULL, NULL, NULL); }
      ;
column_defs: column_def                     { $$ = ONE($1); }
      | column_defs ',' column_def          { $$ = PUSH($1, $3); }
      ;
column_def: name type column_constraints    { $$ = N(@$, COLUMN_DEF, $1->text, $1->flags, $2, $3); }
      ;
column_constraints: %empty                  { $$ = ast_list(p->arena, @$); }
      | column_constraints column_constraint { $$ = PUSH($1, $2); }
      ;
column_constraint: NOT NULL                 { $$ = N(@$, NOT_NULL, NULL, 0); }
      | NULL                                { $$ = N(@$, NULLABLE, NULL, 0); }
      | PRIMARY KEY                         { $$ = N(@$, PRIMARY_KEY, NULL, 0, NULL); }
      | UNIQUE                              { $$ = N(@$, UNIQUE, NULL, 0, NULL); }
      | CHECK '(' expr ')'                  { $$ = N(@$, CHECK, NULL, 0, $3); }
      | DEFAULT arith                       { $$ = N(@$, DEFAULT, NULL, 0, $2); }
      | REFERENCES object names_opt         { $$ = N(@$, FOREIGN_KEY, NULL, 0, NULL, $2, $3); }
      ;

/* ---- options ---- */
options_opt: %empty                         { $$ = NULL; }
      | OPTIONS '(' options ')'             { $$ = $3; }
      ;
options: option                             { $$ = ONE($1); }
      | options ',' option                  { $$ = PUSH($1, $3); }
      ;
option: label '=' expr                      { $$ = N(@$, OPTION, $1->text, 0, $3); }
      ;

/* ---- expressions ---- */
exprs:  expr                                { $$ = ONE($1); }
      | exprs ',' expr                      { $$ = PUSH($1, $3); }
      ;
exprs_opt: %empty                           { $$ = NULL; }
      | exprs
      ;
expr:   and_expr
      | expr OR and_expr                    { $$ = BINARY_OP(@$, "or", $1, $3); }
      ;
and_expr: not_expr
      | and_expr AND not_expr               { $$ = BINARY_OP(@$, "and", $1, $3); }
      ;
not_expr: is_expr
      | NOT not_expr                        { $$ = UNARY_OP(@$, "not", $2); }
      ;
is_expr: comparison
      | is_expr IS not_opt NULL             { $$ = N(@$, IS, W("null"), $3, $1); }
      | is_expr IS not_opt TRUE             { $$ = N(@$, IS, W("true"), $3, $1); }
      | is_expr IS not_opt FALSE            { $$ = N(@$, IS, W("false"), $3, $1); }
      | is_expr IS not_opt UNKNOWN          { $$ = N(@$, IS, W("unknown"), $3, $1); }
      | is_expr IS DISTINCT FROM comparison { $$ = BINARY_OP(@$, "is distinct from", $1, $5); }
      | is_expr IS NOT DISTINCT FROM comparison { $$ = BINARY_OP(@$, "is not distinct from", $1, $6); }
      ;
not_opt: %empty                             { $$ = 0; }
      | NOT                                 { $$ = AST_NOT; }
      ;
comparison: membership
      | membership compare membership       { $$ = N(@$, BINARY, $2, 0, $1, $3); }
      | membership compare any_all primary  { $$ = N(@$, QUANTIFIED, $2, $3 ? AST_ALL : 0, $1, $4); }
      ;
compare: '='                                { $$ = W("="); }
      | NE                                  { $$ = W("<>"); }
      | '<'                                 { $$ = W("<"); }
      | LE                                  { $$ = W("<="); }
      | '>'                                 { $$ = W(">"); }
      | GE                                  { $$ = W(">="); }
      ;
any_all: ANY                                { $$ = NULL; }
      | SOME                                { $$ = NULL; }
      | ALL
      ;
membership: arith
      | arith LIKE arith escape_opt         { $$ = N(@$, LIKE, $2, 0, $1, $3, $4); }
      | arith ILIKE arith escape_opt        { $$ = N(@$, LIKE, $2, 0, $1, $3, $4); }
      | arith NOT LIKE arith escape_opt     { $$ = N(@$, LIKE, $3, AST_NOT, $1, $4, $5); }
      | arith NOT ILIKE arith escape_opt    { $$ = N(@$, LIKE, $3, AST_NOT, $1, $4, $5); }
      | arith BETWEEN arith AND arith       { $$ = N(@$, BETWEEN, NULL, 0, $1, $3, $5); }
      | arith NOT BETWEEN arith AND arith   { $$ = N(@$, BETWEEN, NULL, AST_NOT, $1, $4, $6); }
      | arith IN '(' exprs_opt ')'          { $$ = N(@$, IN, NULL, 0, $1, $4, NULL); }
      | arith NOT IN '(' exprs_opt ')'      { $$ = N(@$, IN, NULL, AST_NOT, $1, $5, NULL); }
      | arith IN paren_query                { $$ = N(@$, IN, NULL, 0, $1, NULL, $3); }
      | arith NOT IN paren_query            { $$ = N(@$, IN, NULL, AST_NOT, $1, NULL, $4); }
      | arith IN object                     { $$ = N(@$, IN, NULL, 0, $1, NULL, build_table_query(p, $3)); }
      | arith NOT IN object                 { $$ = N(@$, IN, NULL, AST_NOT, $1, NULL, build_table_query(p, $4)); }
      ;
escape_opt: %empty                          { $$ = NULL; }
      | ESCAPE arith                        { $$ = $2; }
      ;
arith:  cast
      | '-' arith %prec UMINUS              { $$ = UNARY_OP(@$, "-", $2); }
      | '+' arith %prec UMINUS              { $$ = UNARY_OP(@$, "+", $2); }
      | arith '+' arith                     { $$ = BINARY_OP(@$, "+", $1, $3); }
      | arith '-' arith                     { $$ = BINARY_OP(@$, "-", $1, $3); }
      | arith '*' arith                     { $$ = BINARY_OP(@$, "*", $1, $3); }
      | arith '/' arith                     { $$ = BINARY_OP(@$, "/", $1, $3); }
      | arith '%' arith                     { $$ = BINARY_OP(@$, "%", $1, $3); }
      | arith '^' arith                     { $$ = BINARY_OP(@$, "^", $1, $3); }
      | arith CONCAT arith                  { $$ = BINARY_OP(@$, "||", $1, $3); }
      | arith L2 arith                      { $$ = BINARY_OP(@$, "<->", $1, $3); }
      | arith COSINE arith                  { $$ = BINARY_OP(@$, "<=>", $1, $3); }
      | arith NEG_DOT arith                 { $$ = BINARY_OP(@$, "<#>", $1, $3); }
      ;
cast:   primary
      | cast CAST_OP type                   { $$ = N(@$, CAST, NULL, 0, $1, $3); }
      ;
primary: literal
      | name
      | call
      | paren_query %prec PAREN             { $$ = N(@$, SUBQUERY, NULL, 0, $1); }
      | EXISTS paren_query                  { $$ = N(@$, EXISTS, NULL, 0, $2); }
      | '(' expr ')'                        { $$ = $2; }
      | '(' exprs ',' expr ')'              { $$ = N(@$, TUPLE, NULL, 0, PUSH($2, $4)); }
      | primary '.' label                   { $$ = N(@$, FIELD, $3->text, $3->flags, $1); }
      | primary '[' indices ']'             { $$ = N(@$, SUBSCRIPT, NULL, 0, $1, $3); }
      | '[' exprs_opt ']'                   { $$ = N(@$, ARRAY, NULL, 0, $2); }
      | ARRAY '[' exprs_opt ']'             { $$ = N(@$, ARRAY, NULL, 0, $3); }
      | '{' fields '}'                      { $$ = N(@$, STRUCT, NULL, 0, $2); }
      | STRUCT '(' items ')'                { $$ = N(@$, STRUCT, NULL, 0, $3); }
      | ROW '(' exprs_opt ')'               { $$ = N(@$, TUPLE, NULL, 0, $3); }
      | CASE whens else_opt END             { $$ = N(@$, CASE, NULL, 0, NULL, $2, $3); }
      | CASE expr whens else_opt END        { $$ = N(@$, CASE, NULL, 0, $2, $3, $4); }
      | CAST '(' expr AS type ')'           { $$ = N(@$, CAST, NULL, 0, $3, $5); }
      | TRY_CAST '(' expr AS type ')'       { $$ = N(@$, CAST, NULL, AST_TRY, $3, $5); }
      | EXTRACT '(' name FROM expr ')'      { $$ = N(@$, EXTRACT, $3->text, 0, $5); }
      ;
literal: NULL                               { $$ = N(@$, NULL, NULL, 0); }
      | TRUE                                { $$ = N(@$, BOOL, $1, 0); }
      | FALSE                               { $$ = N(@$, BOOL, $1, 0); }
      | INT                                 { $$ = N(@$, INT, $1, 0); }
      | NUMBER                              { $$ = N(@$, NUMBER, $1, 0); }
      | string
      | PARAMETER                           { $$ = N(@$, PARAM, $1, 0); }
      | BLOB_TEXT                           { $$ = N(@$, TYPED, $1, 0, N(@$, TYPE, W("blob"), 0, NULL)); }
      | DATE STRING                         { $$ = N(@$, TYPED, $2, 0, N(@1, TYPE, $1, 0, NULL)); }
      | TIME STRING                         { $$ = N(@$, TYPED, $2, 0, N(@1, TYPE, $1, 0, NULL)); }
      | TIMESTAMP STRING                    { $$ = N(@$, TYPED, $2, 0, N(@1, TYPE, $1, 0, NULL)); }
      | INTERVAL string                     { $$ = N(@$, INTERVAL, NULL, 0, $2); }
      | INTERVAL string unit                { $$ = N(@$, INTERVAL, $3, 0, $2); }
      | INTERVAL INT unit                   { $$ = N(@$, INTERVAL, $3, 0, N(@2, INT, $2, 0)); }
      | INTERVAL PARAMETER unit             { $$ = N(@$, INTERVAL, $3, 0, N(@2, PARAM, $2, 0)); }
      ;
unit:   YEAR | QUARTER | MONTH | WEEK | DAY | HOUR | MINUTE | SECOND | MILLISECOND | MICROSECOND
      | YEARS                               { $$ = W("year"); }
      | MONTHS                              { $$ = W("month"); }
      | WEEKS                               { $$ = W("week"); }
      | DAYS                                { $$ = W("day"); }
      | HOURS                               { $$ = W("hour"); }
      | MINUTES                             { $$ = W("minute"); }
      | SECONDS                             { $$ = W("second"); }
      | MILLISECONDS                        { $$ = W("millisecond"); }
      | MICROSECONDS                        { $$ = W("microsecond"); }
      ;
indices: index                              { $$ = ONE($1); }
      | indices ',' index                   { $$ = PUSH($1, $3); }
      ;
index:  expr
      | expr_opt ':' expr_opt               { $$ = N(@$, SLICE, NULL, 0, $1, $3, NULL); }
      | expr_opt ':' expr_opt ':' expr_opt  { $$ = N(@$, SLICE, NULL, 0, $1, $3, $5); }
      ;
expr_opt: %empty                            { $$ = NULL; }
      | expr
      ;
fields: field                               { $$ = ONE($1); }
      | fields ',' field                    { $$ = PUSH($1, $3); }
      ;
field:  label ':' expr                      { $$ = N(@$, ITEM, $1->text, $1->flags, $3, NULL); }
      | STRING ':' expr                     { $$ = N(@$, ITEM, $1, AST_QUOTED, $3, NULL); }
      ;
whens:  when                                { $$ = ONE($1); }
      | whens when                          { $$ = PUSH($1, $2); }
      ;
when:   WHEN expr THEN expr                 { $$ = N(@$, WHEN, NULL, 0, $2, $4); }
      ;
else_opt: %empty                            { $$ = NULL; }
      | ELSE expr                           { $$ = $2; }
      ;

/* ---- calls ---- */
call:   fname '(' call_args ')' null_treatment_opt filter_opt over_opt
                                            { $$ = N(@$, CALL, $1, $3.flags | $5, NULL, $3.args, $3.order, $6, $7); }
      | primary '.' fname '(' call_args ')' null_treatment_opt filter_opt over_opt
                                            { $$ = N(@$, CALL, $3, $5.flags | $7, $1, $5.args, $5.order, $8, $9); }
      | WHERE '(' args ')'                  { $$ = N(@$, CALL, $1, 0, NULL, $3, NULL, NULL, NULL); }
      | SUBSTRING '(' args ')'              { $$ = N(@$, CALL, $1, 0, NULL, $3, NULL, NULL, NULL); }
      | SUBSTRING '(' expr FROM expr ')'    { $$ = N(@$, CALL, $1, 0, NULL, PUSH(ONE($3), $5), NULL, NULL, NULL); }
      | SUBSTRING '(' expr FROM expr FOR expr ')'
                                            { $$ = N(@$, CALL, $1, 0, NULL, PUSH(PUSH(ONE($3), $5), $7), NULL, NULL, NULL); }
      ;
table_call: fname '(' args_opt ')'          { $$ = N(@$, CALL, $1, 0, NULL, $3, NULL, NULL, NULL); }
      | object '.' fname '(' args_opt ')'   { $$ = N(@$, CALL, $3, 0, $1, $5, NULL, NULL, NULL); }
      ;
fcall:  fname                               { $$ = N(@$, CALL, $1, 0, NULL, NULL, NULL, NULL, NULL); }
      | fname '(' args_opt ')'              { $$ = N(@$, CALL, $1, 0, NULL, $3, NULL, NULL, NULL); }
      ;
fname:  IDENT | QUOTED | unreserved | LEFT | RIGHT
      ;
call_args: %empty                           { $$ = (AstArgs){NULL, NULL, 0}; }
      | args order_opt                      { $$ = (AstArgs){$1, $2, 0}; }
      | DISTINCT args order_opt             { $$ = (AstArgs){$2, $3, AST_DISTINCT}; }
      | ALL args order_opt                  { $$ = (AstArgs){$2, $3, 0}; }
      | '*'                                 { $$ = (AstArgs){NULL, NULL, AST_STAR}; }
      ;
args_opt: %empty                            { $$ = NULL; }
      | args
      ;
args:   arg                                 { $$ = ONE($1); }
      | args ',' arg                        { $$ = PUSH($1, $3); }
      ;
arg:    expr
      | name ARROW expr                     { $$ = N(@$, ARG, $1->text, 0, $3); }
      | reserved ARROW expr                 { $$ = N(@$, ARG, $1, 0, $3); }
      | MODEL model_name versioned          { $$ = N(@$, MODEL_ARG, NULL, 0, $2, $3); }
      ;
model_name: ident
      | model_name '.' name                 { $$ = N(@$, NAME, $3->text, $3->flags, $1); }
      ;
null_treatment_opt: %empty                  { $$ = 0; }
      | IGNORE NULLS                        { $$ = AST_IGNORE_NULLS; }
      | RESPECT NULLS                       { $$ = 0; }
      ;
filter_opt: %empty                          { $$ = NULL; }
      | FILTER '(' WHERE expr ')'           { $$ = $4; }
      ;
over_opt: %empty                            { $$ = NULL; }
      | OVER name                           { $$ = N(@$, WINDOW, $2->text, 0, NULL, NULL, NULL); }
      | OVER window                         { $$ = $2; }
      ;
window: '(' partition_opt order_opt frame_opt ')'
                                            { $$ = N(@$, WINDOW, NULL, 0, $2, $3, $4); }
      | '(' ident partition_opt order_opt frame_opt ')'
                                            { $$ = N(@$, WINDOW, $2->text, 0, $3, $4, $5); }
      ;
partition_opt: %empty                       { $$ = NULL; }
      | PARTITION BY exprs                  { $$ = $3; }
      ;
frame_opt: %empty                           { $$ = NULL; }
      | frame_unit bound exclude_opt        { $$ = N(@$, FRAME, $1, 0, $2, NULL, $3); }
      | frame_unit BETWEEN bound AND bound exclude_opt
                                            { $$ = N(@$, FRAME, $1, 0, $3, $5, $6); }
      ;
frame_unit: ROWS | RANGE | GROUPS
      ;
bound:  UNBOUNDED PRECEDING                 { $$ = N(@$, BOUND, W("unbounded preceding"), 0, NULL); }
      | UNBOUNDED FOLLOWING                 { $$ = N(@$, BOUND, W("unbounded following"), 0, NULL); }
      | CURRENT ROW                         { $$ = N(@$, BOUND, W("current row"), 0, NULL); }
      | arith PRECEDING                     { $$ = N(@$, BOUND, $2, 0, $1); }
      | arith FOLLOWING                     { $$ = N(@$, BOUND, $2, 0, $1); }
      ;
exclude_opt: %empty                         { $$ = NULL; }
      | EXCLUDE CURRENT ROW                 { $$ = N(@$, NAME, W("current row"), 0, NULL); }
      | EXCLUDE GROUP                       { $$ = N(@$, NAME, $2, 0, NULL); }
      | EXCLUDE TIES                        { $$ = N(@$, NAME, $2, 0, NULL); }
      | EXCLUDE NO OTHERS                   { $$ = N(@$, NAME, W("no others"), 0, NULL); }
      ;

/* ---- queries ---- */
query:  bare_query
      | paren_query
      ;
paren_query: '(' bare_query ')'             { $$ = $2; }
      | '(' paren_query ')'                 { $$ = $2; }
      ;
bare_query: simple order_opt limit_opt pipes_opt
                                            { $$ = N(@$, QUERY, NULL, 0, NULL, $1, $2, $3.a, $3.b, $4); }
      | WITH ctes operand order_opt limit_opt pipes_opt
                                            { $$ = N(@$, QUERY, NULL, $2.flags, $2.node, $3, $4, $5.a, $5.b, $6); }
      | paren_query order limit_opt pipes_opt
                                            { $$ = N(@$, QUERY, NULL, 0, NULL, $1, $2, $3.a, $3.b, $4); }
      | paren_query limit pipes_opt         { $$ = N(@$, QUERY, NULL, 0, NULL, $1, NULL, $2.a, $2.b, $3); }
      | paren_query pipes                   { $$ = N(@$, QUERY, NULL, 0, NULL, $1, NULL, NULL, NULL, $2); }
      ;
simple: select
      | FROM tables                         { $$ = N(@$, FROM, NULL, 0, $2); }
      | VALUES value_rows                      { $$ = N(@$, VALUES, NULL, 0, $2); }
      | operand UNION setop_quant operand %prec UNION
                                            { $$ = N(@$, SETOP, $2, $3, $1, $4); }
      | operand EXCEPT setop_quant operand %prec UNION
                                            { $$ = N(@$, SETOP, $2, $3, $1, $4); }
      | operand INTERSECT setop_quant operand %prec INTERSECT
                                            { $$ = N(@$, SETOP, $2, $3, $1, $4); }
      ;
operand: simple | paren_query
      ;
setop_quant: quant_opt
      | quant_opt BY NAME                   { $$ = $1 | AST_BY_NAME; }
      ;
quant_opt: %empty                           { $$ = 0; }
      | ALL                                 { $$ = AST_ALL; }
      | DISTINCT                            { $$ = AST_DISTINCT; }
      ;
ctes:   cte_list                            { $$ = (AstFlagged){$1, 0}; }
      | RECURSIVE cte_list                  { $$ = (AstFlagged){$2, AST_RECURSIVE}; }
      ;
cte_list: cte                               { $$ = ONE($1); }
      | cte_list ',' cte                    { $$ = PUSH($1, $3); }
      ;
cte:    name names_opt AS materialized_opt paren_query
                                            { $$ = N(@$, CTE, $1->text, $1->flags | $4, $2, $5); }
      ;
materialized_opt: %empty                    { $$ = 0; }
      | MATERIALIZED                        { $$ = AST_MATERIALIZED; }
      | NOT MATERIALIZED                    { $$ = AST_NOT | AST_MATERIALIZED; }
      ;
select: SELECT select_quant items from_opt where_opt group_opt having_opt windows_opt qualify_opt
                                            { $$ = N(@$, SELECT, NULL, $2.flags, $2.node, $3, $4, $5, $6, $7, $8, $9); }
      ;
select_quant: quant_opt                     { $$ = (AstFlagged){NULL, $1}; }
      | DISTINCT ON '(' exprs ')'           { $$ = (AstFlagged){$4, AST_DISTINCT}; }
      ;
items:  item                                { $$ = ONE($1); }
      | items ',' item                      { $$ = PUSH($1, $3); }
      ;
item:   expr                                { $$ = N(@$, ITEM, NULL, 0, $1, NULL); }
      | expr AS name                        { $$ = N(@$, ITEM, $3->text, $3->flags, $1, NULL); }
      | expr ident                          { $$ = N(@$, ITEM, $2->text, $2->flags, $1, NULL); }
      | expr AS '(' names ')'               { $$ = N(@$, ITEM, NULL, 0, $1, $4); }
      | '*' exclude_list replace_list       { $$ = N(@$, STAR, NULL, 0, NULL, $2, $3); }
      | primary '.' '*' exclude_list replace_list
                                            { $$ = N(@$, STAR, NULL, 0, $1, $4, $5); }
      ;
exclude_list: %empty                        { $$ = NULL; }
      | EXCLUDE '(' names ')'               { $$ = $3; }
      | EXCLUDE name                        { $$ = ONE($2); }
      ;
replace_list: %empty                        { $$ = NULL; }
      | REPLACE '(' items ')'               { $$ = $3; }
      ;
from_opt: %empty                            { $$ = NULL; }
      | FROM tables                         { $$ = $2; }
      ;
where_opt: %empty                           { $$ = NULL; }
      | WHERE expr                          { $$ = $2; }
      ;
group_opt: %empty                           { $$ = NULL; }
      | GROUP BY group_items                { $$ = N(@$, GROUP, NULL, 0, $3); }
      | GROUP BY ALL                        { $$ = N(@$, GROUP, NULL, AST_ALL, NULL); }
      ;
group_items: group_item                     { $$ = ONE($1); }
      | group_items ',' group_item          { $$ = PUSH($1, $3); }
      ;
group_item: group_set
      | expr AS name                        { $$ = N(@$, ITEM, $3->text, $3->flags, $1, NULL); }
      ;
group_set: expr
      | '(' ')'                             { $$ = N(@$, TUPLE, NULL, 0, NULL); }
      | ROLLUP '(' exprs ')'                { $$ = N(@$, ROLLUP, NULL, 0, $3); }
      | CUBE '(' exprs ')'                  { $$ = N(@$, CUBE, NULL, 0, $3); }
      | GROUPING SETS '(' group_sets ')'    { $$ = N(@$, GROUPING_SETS, NULL, 0, $4); }
      ;
group_sets: group_set                       { $$ = ONE($1); }
      | group_sets ',' group_set            { $$ = PUSH($1, $3); }
      ;
having_opt: %empty                          { $$ = NULL; }
      | HAVING expr                         { $$ = $2; }
      ;
windows_opt: %empty                         { $$ = NULL; }
      | WINDOW window_defs                  { $$ = $2; }
      ;
window_defs: window_def                     { $$ = ONE($1); }
      | window_defs ',' window_def          { $$ = PUSH($1, $3); }
      ;
window_def: name AS window                  { $$ = N(@$, WINDOW_DEF, $1->text, 0, $3); }
      ;
qualify_opt: %empty                         { $$ = NULL; }
      | QUALIFY expr                        { $$ = $2; }
      ;
order_opt: %empty                           { $$ = NULL; }
      | order
      ;
order:  ORDER BY order_items                { $$ = $3; }
      ;
order_items: order_item                     { $$ = ONE($1); }
      | order_items ',' order_item          { $$ = PUSH($1, $3); }
      ;
order_item: expr desc_opt nulls_opt         { $$ = N(@$, ORDER, NULL, $2 | $3, $1); }
      ;
desc_opt: %empty                            { $$ = 0; }
      | ASC                                 { $$ = 0; }
      | DESC                                { $$ = AST_DESC; }
      ;
nulls_opt: %empty                           { $$ = 0; }
      | NULLS FIRST                         { $$ = AST_NULLS_FIRST; }
      | NULLS LAST                          { $$ = AST_NULLS_LAST; }
      ;
limit_opt: %empty                           { $$ = (AstPair){NULL, NULL}; }
      | limit
      ;
limit:  LIMIT expr                          { $$ = (AstPair){$2, NULL}; }
      | LIMIT expr OFFSET expr rows_opt     { $$ = (AstPair){$2, $4}; }
      | OFFSET expr rows_opt                { $$ = (AstPair){NULL, $2}; }
      | OFFSET expr rows_opt LIMIT expr     { $$ = (AstPair){$5, $2}; }
      | fetch                               { $$ = (AstPair){$1, NULL}; }
      | OFFSET expr rows_opt fetch          { $$ = (AstPair){$4, $2}; }
      ;
fetch:  FETCH FIRST arith row_word ONLY         { $$ = $3; }
      | FETCH NEXT arith row_word ONLY          { $$ = $3; }
      ;
row_word: ROW | ROWS
      ;
rows_opt: %empty
      | row_word
      ;
value_rows: value_row                       { $$ = ONE($1); }
      | value_rows ',' value_row            { $$ = PUSH($1, $3); }
      ;
value_row: '(' values ')'                   { $$ = N(@$, TUPLE, NULL, 0, $2); }
      ;
values: value                               { $$ = ONE($1); }
      | values ',' value                    { $$ = PUSH($1, $3); }
      ;
value:  expr
      | DEFAULT                             { $$ = N(@$, DEFAULT_VALUE, NULL, 0); }
      ;

/* ---- tables in FROM ---- */
tables: table                               { $$ = ONE($1); }
      | tables ',' table                    { $$ = PUSH($1, $3); }
      ;
table:  table_primary
      | joined
      ;
joined: table join                          { $$ = build_join(p, $1, $2); }
      ;
join:   join_kind JOIN table_primary join_cond
                                            { $$ = N(@$, JOIN, $1, 0, NULL, $3, $4.a, $4.b, NULL); }
      | join_kind JOIN table_primary nearest join_cond
                                            { $$ = N(@$, JOIN, $1, 0, NULL, $3, $5.a, $5.b, $4); }
      | join_kind JOIN table_primary nearest %prec NO_ON
                                            { $$ = N(@$, JOIN, $1, 0, NULL, $3, NULL, NULL, $4); }
      | CROSS JOIN table_primary            { $$ = N(@$, JOIN, $1, 0, NULL, $3, NULL, NULL, NULL); }
      | NATURAL join_kind JOIN table_primary
                                            { $$ = N(@$, JOIN, $2, AST_NATURAL, NULL, $4, NULL, NULL, NULL); }
      ;
join_kind: %empty                           { $$ = W("inner"); }
      | INNER | SEMI | ANTI
      | LEFT outer_opt                      { $$ = $1; }
      | RIGHT outer_opt                     { $$ = $1; }
      | FULL outer_opt                      { $$ = $1; }
      ;
outer_opt: %empty
      | OUTER
      ;
join_cond: ON expr                          { $$ = (AstPair){$2, NULL}; }
      | USING '(' names ')'                 { $$ = (AstPair){NULL, $3}; }
      ;
nearest: NEAREST primary BY nearest_by arith { $$ = N(@$, NEAREST, $4, 0, $2, $5); }
      ;
nearest_by: DISTANCE | SIMILARITY
      ;
table_primary: object versioned alias_opt   { $$ = N(@$, TABLE, NULL, 0, $1, $2, $3); }
      | STRING alias_opt                    { $$ = N(@$, FILE, $1, 0, $2); }
      | table_call alias_opt offset_opt     { $$ = N(@$, TABLE_CALL, NULL, 0, $1, $2, $3); }
      | LATERAL table_call alias_opt offset_opt
                                            { $$ = N(@$, TABLE_CALL, NULL, AST_LATERAL, $2, $3, $4); }
      | paren_query alias_opt               { $$ = N(@$, DERIVED, NULL, 0, $1, $2); }
      | LATERAL paren_query alias_opt       { $$ = N(@$, DERIVED, NULL, AST_LATERAL, $2, $3); }
      | '(' joined ')'                      { $$ = $2; }
      | table_primary reshape alias_opt     { $$ = N(@$, RESHAPED, NULL, 0, $1, $2, $3); }
      | table_primary unnest                { $$ = N(@$, RESHAPED, NULL, 0, $1, $2, NULL); }
      ;
offset_opt: %empty                          { $$ = NULL; }
      | WITH OFFSET                         { $$ = N(@$, NAME, $2, 0, NULL); }
      | WITH OFFSET AS name                 { $$ = $4; }
      | WITH ORDINALITY                     { $$ = N(@$, NAME, $2, 0, NULL); }
      ;

/* ---- operators on one table: in FROM and behind |> ---- */
reshape: PIVOT '(' items FOR arith IN '(' items ')' ')'
                                            { $$ = N(@$, PIPE_PIVOT, NULL, 0, $3, $5, $8); }
      | UNPIVOT include_opt '(' name FOR name IN '(' items ')' ')'
                                            { $$ = N(@$, PIPE_UNPIVOT, NULL, $2, $4, $6, $9); }
      | MELT '(' exprs ')' AS '(' name ',' name ')'
                                            { $$ = N(@$, PIPE_MELT, NULL, 0, $3, $7, $9); }
      | TABLESAMPLE name '(' expr ')' repeatable_opt
                                            { $$ = N(@$, PIPE_SAMPLE, $2->text, 0, $4, $6); }
      | TABLESAMPLE name '(' expr ROWS ')' repeatable_opt
                                            { $$ = N(@$, PIPE_SAMPLE, $2->text, 0, $4, $7); }
      | TABLESAMPLE name '(' expr PERCENT ')' repeatable_opt
                                            { $$ = N(@$, PIPE_SAMPLE, $2->text, AST_PERCENT, $4, $7); }
      ;
include_opt: %empty                         { $$ = 0; }
      | INCLUDE NULLS                       { $$ = AST_INCLUDE_NULLS; }
      | EXCLUDE NULLS                       { $$ = 0; }
      ;
repeatable_opt: %empty                      { $$ = NULL; }
      | REPEATABLE '(' expr ')'             { $$ = $3; }
      ;
unnest: UNSTACK expr as_opt offsets_opt     { $$ = N(@$, PIPE_UNSTACK, NULL, 0, $2, $3, $4); }
      | EXPLODE expr as_opt offsets_opt     { $$ = N(@$, PIPE_EXPLODE, NULL, 0, $2, $3, $4); }
      ;
offsets_opt: %empty                         { $$ = NULL; }
      | WITH OFFSET                         { $$ = ONE(N(@2, NAME, $2, 0, NULL)); }
      | WITH OFFSET AS name                 { $$ = ONE($4); }
      | WITH OFFSET AS '(' names ')'        { $$ = $5; }
      ;

/* ---- pipes ---- */
pipes_opt: %empty                           { $$ = NULL; }
      | pipes
      ;
pipes:  PIPE pipe                           { $$ = ONE($2); }
      | pipes PIPE pipe                     { $$ = PUSH($1, $3); }
      ;
pipe:   SELECT quant_opt items windows_opt  { $$ = N(@$, PIPE_SELECT, NULL, $2, $3, $4); }
      | EXTEND items windows_opt            { $$ = N(@$, PIPE_EXTEND, NULL, 0, $2, $3); }
      | SET assigns                         { $$ = N(@$, PIPE_SET, NULL, 0, $2); }
      | DROP names                          { $$ = N(@$, PIPE_DROP, NULL, 0, $2); }
      | RENAME renames                      { $$ = N(@$, PIPE_RENAME, NULL, 0, $2); }
      | AS name                             { $$ = N(@$, PIPE_AS, $2->text, $2->flags); }
      | WHERE expr                          { $$ = N(@$, PIPE_WHERE, NULL, 0, $2); }
      | AGGREGATE items pipe_group_opt      { $$ = N(@$, PIPE_AGGREGATE, NULL, 0, $2, $3); }
      | AGGREGATE pipe_group                { $$ = N(@$, PIPE_AGGREGATE, NULL, 0, NULL, $2); }
      | DISTINCT                            { $$ = N(@$, PIPE_DISTINCT, NULL, 0); }
      | join
      | reshape
      | unnest
      | CALL table_call as_opt              { $$ = N(@$, PIPE_CALL, NULL, 0, $2, $3); }
      | order                               { $$ = N(@$, PIPE_ORDER, NULL, 0, $1); }
      | LIMIT expr                          { $$ = N(@$, PIPE_LIMIT, NULL, 0, $2, NULL); }
      | LIMIT expr OFFSET expr              { $$ = N(@$, PIPE_LIMIT, NULL, 0, $2, $4); }
      | setop setop_quant paren_queries     { $$ = N(@$, PIPE_SETOP, $1, $2, $3); }
      | WITH ctes                           { $$ = N(@$, PIPE_WITH, NULL, $2.flags, $2.node); }
      | WITH PROVENANCE name as_opt         { $$ = N(@$, PIPE_PROVENANCE, $3->text, 0, $4); }
      | ASSERT expr                         { $$ = N(@$, PIPE_ASSERT, NULL, 0, $2, NULL); }
      | ASSERT expr ',' exprs               { $$ = N(@$, PIPE_ASSERT, NULL, 0, $2, $4); }
      | TEE branches                        { $$ = N(@$, PIPE_TEE, NULL, 0, $2); }
      | PREDICT USING object versioned on_opt as_opt within_opt
                                            { $$ = N(@$, PIPE_PREDICT, NULL, 0, $3, $4, $5, $6, $7); }
      | EXPLAIN PREDICT USING object versioned on_opt BY fcall as_opt
                                            { $$ = N(@$, PIPE_EXPLAIN, NULL, 0, $4, $5, $6, $8, NULL, $9); }
      | EXPLAIN PREDICT USING object versioned on_opt BY fcall FOR TARGET arith as_opt
                                            { $$ = N(@$, PIPE_EXPLAIN, NULL, 0, $4, $5, $6, $8, $11, $12); }
      | EXPLAIN PREDICT USING object versioned on_opt BY fcall FOR LOGIT arith as_opt
                                            { $$ = N(@$, PIPE_EXPLAIN, NULL, AST_LOGIT, $4, $5, $6, $8, $11, $12); }
      | RENDER name options_opt             { $$ = N(@$, PIPE_RENDER, $2->text, 0, $3); }
      | AUGMENT POLICY fcall times_opt seed_opt
                                            { $$ = N(@$, PIPE_AUGMENT, NULL, 0, $3, $4, $5); }
      | LABEL USING '(' names ')' by_opt as_opt
                                            { $$ = N(@$, PIPE_LABEL, NULL, 0, $4, $6, $7); }
      ;
renames: rename                             { $$ = ONE($1); }
      | renames ',' rename                  { $$ = PUSH($1, $3); }
      ;
rename: name AS name                        { $$ = N(@$, ITEM, $3->text, $3->flags, $1, NULL); }
      ;
pipe_group_opt: %empty                      { $$ = NULL; }
      | pipe_group
      ;
pipe_group: GROUP BY group_items            { $$ = N(@$, GROUP, NULL, 0, $3); }
      | GROUP AND ORDER BY group_items      { $$ = N(@$, GROUP, NULL, AST_ORDER, $5); }
      ;
setop:  UNION | INTERSECT | EXCEPT
      ;
paren_queries: paren_query                  { $$ = ONE($1); }
      | paren_queries ',' paren_query       { $$ = PUSH($1, $3); }
      ;
branches: '(' pipes ')'                     { $$ = ONE($2); }
      | branches ',' '(' pipes ')'          { $$ = PUSH($1, $4); }
      ;
on_opt: %empty %prec NO_ON                  { $$ = NULL; }
      | ON '(' exprs ')'                    { $$ = $3; }
      ;
within_opt: %empty                          { $$ = NULL; }
      | WITHIN arith                        { $$ = $2; }
      ;
times_opt: %empty                           { $$ = NULL; }
      | number TIMES                        { $$ = $1; }
      ;
seed_opt: %empty                            { $$ = NULL; }
      | SEED number                         { $$ = $2; }
      ;
number: INT                                 { $$ = N(@$, INT, $1, 0); }
      | PARAMETER                           { $$ = N(@$, PARAM, $1, 0); }
      ;
by_opt: %empty                              { $$ = NULL; }
      | BY fcall                            { $$ = $2; }
      ;

/* ---- data definition ---- */
create: CREATE or_replace_opt temp_opt TABLE new_object '(' table_elements ')' options_opt
                                            { $$ = N(@$, CREATE_TABLE, NULL, $2 | $3 | $5.flags, $5.node, $7.a, $7.b, NULL, $9); }
      | CREATE or_replace_opt temp_opt TABLE new_object options_opt AS query
                                            { $$ = N(@$, CREATE_TABLE, NULL, $2 | $3 | $5.flags, $5.node, NULL, NULL, $8, $6); }
      | CREATE or_replace_opt view_flags VIEW new_object names_opt options_opt AS query
                                            { $$ = N(@$, CREATE_VIEW, NULL, $2 | $3 | $5.flags, $5.node, $6, $9, $7); }
      | CREATE or_replace_opt temp_opt VIEW new_object names_opt options_opt AS query
                                            { $$ = N(@$, CREATE_VIEW, NULL, $2 | $3 | $5.flags, $5.node, $6, $9, $7); }
      | CREATE or_replace_opt STREAM new_object '(' column_defs ')' options_opt
                                            { $$ = N(@$, CREATE_STREAM, NULL, $2 | $4.flags, $4.node, $6, $8); }
      | CREATE or_replace_opt LABELING FUNCTION object '(' column_defs ')' RETURNS type AS expr
                                            { $$ = N(@$, CREATE_LABELING, NULL, $2, $5, $7, $10, $12); }
      | CREATE or_replace_opt MODEL new_object INPUT '(' column_defs ')' OUTPUT '(' column_defs ')'
        LAYERS '(' layers ')' options_opt
                                            { $$ = N(@$, CREATE_MODEL, NULL, $2 | $4.flags, $4.node, $7, $11, $15, $17); }
      | CREATE or_replace_opt MODEL new_object FROM STRING options_opt
                                            { $$ = N(@$, CREATE_MODEL_FILE, $6, $2 | $4.flags, $4.node, $7); }
      | CREATE or_replace_opt MODEL new_object FROM MODEL object versioned edits
                                            { $$ = N(@$, CREATE_MODEL_FROM, NULL, $2 | $4.flags, $4.node, $7, $8, $9); }
      | CREATE or_replace_opt MODEL new_object ALTERNATIVES '(' alternatives ')'
                                            { $$ = N(@$, CREATE_ALTERNATIVES, NULL, $2 | $4.flags, $4.node, $7); }
      ;
or_replace_opt: %empty                      { $$ = 0; }
      | OR REPLACE                          { $$ = AST_OR_REPLACE; }
      ;
temp_opt: %empty                            { $$ = 0; }
      | TEMP                                { $$ = AST_TEMPORARY; }
      | TEMPORARY                           { $$ = AST_TEMPORARY; }
      ;
view_flags: INCREMENTAL                     { $$ = AST_INCREMENTAL; }
      | MATERIALIZED                        { $$ = AST_MATERIALIZED; }
      | INCREMENTAL MATERIALIZED            { $$ = AST_INCREMENTAL | AST_MATERIALIZED; }
      ;
new_object: object                          { $$ = (AstFlagged){$1, 0}; }
      | IF NOT EXISTS object                { $$ = (AstFlagged){$4, AST_IF_NOT_EXISTS}; }
      ;
table_elements: table_element               { $$ = build_table_element(p, (AstPair){NULL, NULL}, $1); }
      | table_elements ',' table_element    { $$ = build_table_element(p, $1, $3); }
      ;
table_element: column_def
      | constraint
      | CONSTRAINT name constraint          { $$ = $3; }
      ;
constraint: PRIMARY KEY '(' names ')'       { $$ = N(@$, PRIMARY_KEY, NULL, 0, $4); }
      | UNIQUE '(' names ')'                { $$ = N(@$, UNIQUE, NULL, 0, $3); }
      | CHECK '(' expr ')'                  { $$ = N(@$, CHECK, NULL, 0, $3); }
      | FOREIGN KEY '(' names ')' REFERENCES object names_opt
                                            { $$ = N(@$, FOREIGN_KEY, NULL, 0, $4, $7, $8); }
      ;
drop:   DROP drop_kind object cascade_opt   { $$ = N(@$, DROP, $2, $4, $3); }
      | DROP drop_kind IF EXISTS object cascade_opt
                                            { $$ = N(@$, DROP, $2, AST_IF_EXISTS | $6, $5); }
      ;
drop_kind: TABLE | VIEW | MODEL | STREAM
      | MATERIALIZED VIEW                   { $$ = W("materialized view"); }
      | LABELING FUNCTION                   { $$ = W("labeling function"); }
      ;
cascade_opt: %empty                         { $$ = 0; }
      | CASCADE                             { $$ = AST_CASCADE; }
      | RESTRICT                            { $$ = 0; }
      ;
refresh: REFRESH MATERIALIZED VIEW object   { $$ = N(@$, REFRESH, NULL, 0, $4); }
      ;

/* ---- data change ---- */
insert: INSERT INTO object query conflict_opt returning_opt
                                            { $$ = N(@$, INSERT, NULL, 0, $3, NULL, $4, $5, $6); }
      | INSERT INTO object '(' names ')' query conflict_opt returning_opt
                                            { $$ = N(@$, INSERT, NULL, 0, $3, $5, $7, $8, $9); }
      | INSERT INTO object DEFAULT VALUES returning_opt
                                            { $$ = N(@$, INSERT, NULL, 0, $3, NULL, NULL, NULL, $6); }
      ;
conflict_opt: %empty                        { $$ = NULL; }
      | ON CONFLICT names_opt DO NOTHING    { $$ = N(@$, ON_CONFLICT, NULL, 0, $3, NULL, NULL); }
      | ON CONFLICT names_opt DO UPDATE SET assigns where_opt
                                            { $$ = N(@$, ON_CONFLICT, NULL, 0, $3, $7, $8); }
      ;
returning_opt: %empty                       { $$ = NULL; }
      | RETURNING items                     { $$ = $2; }
      ;
update: UPDATE target_table SET assigns from_opt where_opt returning_opt
                                            { $$ = N(@$, UPDATE, NULL, 0, $2, $4, $5, $6, $7); }
      ;
target_table: object alias_opt              { $$ = N(@$, TABLE, NULL, 0, $1, NULL, $2); }
      ;
assigns: assign                             { $$ = ONE($1); }
      | assigns ',' assign                  { $$ = PUSH($1, $3); }
      ;
assign: place '=' value                     { $$ = N(@$, ASSIGN, NULL, 0, $1, $3); }
      ;
place:  name
      | place '.' label                     { $$ = N(@$, FIELD, $3->text, $3->flags, $1); }
      | place '[' indices ']'               { $$ = N(@$, SUBSCRIPT, NULL, 0, $1, $3); }
      ;
delete: DELETE FROM target_table using_opt where_opt returning_opt
                                            { $$ = N(@$, DELETE, NULL, 0, $3, $4, $5, $6); }
      ;
using_opt: %empty                           { $$ = NULL; }
      | USING tables                        { $$ = $2; }
      ;
merge:  MERGE INTO target_table USING table ON expr merge_whens
                                            { $$ = N(@$, MERGE, NULL, 0, $3, $5, $7, $8); }
      ;
merge_whens: merge_when                     { $$ = ONE($1); }
      | merge_whens merge_when              { $$ = PUSH($1, $2); }
      ;
merge_when: WHEN MATCHED and_opt THEN merge_change
                                            { $$ = N(@$, MERGE_WHEN, $2, 0, $3, $5); }
      | WHEN NOT MATCHED by_target_opt and_opt THEN merge_insert
                                            { $$ = N(@$, MERGE_WHEN, W("not matched"), 0, $5, $7); }
      | WHEN NOT MATCHED BY SOURCE and_opt THEN merge_change
                                            { $$ = N(@$, MERGE_WHEN, W("not matched by source"), 0, $6, $8); }
      ;
by_target_opt: %empty
      | BY TARGET
      ;
and_opt: %empty                             { $$ = NULL; }
      | AND expr                            { $$ = $2; }
      ;
merge_change: UPDATE SET assigns            { $$ = N(@$, MERGE_UPDATE, NULL, 0, $3); }
      | DELETE                              { $$ = N(@$, MERGE_DELETE, NULL, 0); }
      | DO NOTHING                          { $$ = N(@$, MERGE_NOTHING, NULL, 0); }
      ;
merge_insert: INSERT names_opt VALUES '(' values ')'
                                            { $$ = N(@$, MERGE_INSERT, NULL, 0, $2, $5); }
      | DO NOTHING                          { $$ = N(@$, MERGE_NOTHING, NULL, 0); }
      ;
copy:   COPY paren_query TO STRING options_opt { $$ = N(@$, COPY_TO, $4, 0, $2, $5); }
      | COPY object TO STRING options_opt   { $$ = N(@$, COPY_TO, $4, 0, build_table_query(p, $2), $5); }
      | COPY object names_opt FROM STRING options_opt
                                            { $$ = N(@$, COPY_FROM, $5, 0, $2, $3, $6); }
      ;
attach: ATTACH STRING as_opt options_opt    { $$ = N(@$, ATTACH, $2, 0, $3, $4); }
      | DETACH name                         { $$ = N(@$, DETACH, $2->text, $2->flags); }
      ;
transaction: BEGIN transaction_opt          { $$ = N(@$, BEGIN, NULL, 0); }
      | START TRANSACTION                   { $$ = N(@$, BEGIN, NULL, 0); }
      | COMMIT transaction_opt              { $$ = N(@$, COMMIT, NULL, 0); }
      | ROLLBACK transaction_opt            { $$ = N(@$, ROLLBACK, NULL, 0); }
      | ROLLBACK transaction_opt TO savepoint_opt ident
                                            { $$ = N(@$, ROLLBACK, $5->text, $5->flags); }
      | SAVEPOINT ident                     { $$ = N(@$, SAVEPOINT, $2->text, $2->flags); }
      | RELEASE savepoint_opt ident         { $$ = N(@$, RELEASE, $3->text, $3->flags); }
      ;
transaction_opt: %empty
      | TRANSACTION
      | WORK
      ;
savepoint_opt: %empty
      | SAVEPOINT
      ;

/* ---- models ---- */
layers: chain
      | LET bindings IN chain               { $$ = N(@$, LET, NULL, 0, $2, $4); }
      ;
bindings: binding                           { $$ = ONE($1); }
      | bindings ',' binding                { $$ = PUSH($1, $3); }
      ;
binding: name '=' chain                     { $$ = N(@$, BINDING, $1->text, 0, $3); }
      ;
chain:  stages                              { $$ = N(@$, CHAIN, NULL, 0, $1); }
      ;
stages: stage                               { $$ = ONE($1); }
      | stages PIPE stage                   { $$ = PUSH($1, $3); }
      ;
stage:  layer
      | '[' chains ']' layer                { $$ = N(@$, BRANCHES, NULL, 0, $2, $4); }
      ;
chains: chain                               { $$ = ONE($1); }
      | chains ',' chain                    { $$ = PUSH($1, $3); }
      ;
layer:  fname as_opt                        { $$ = N(@$, LAYER, $1, 0, NULL, $2); }
      | fname '(' args_opt ')' as_opt       { $$ = N(@$, LAYER, $1, AST_CALLED, $3, $5); }
      ;
edits:  %empty                              { $$ = ast_list(p->arena, @$); }
      | edits FREEZE LAYER STRING           { $$ = PUSH($1, N(@$, FREEZE, $4, 0)); }
      | edits REPLACE LAYER STRING WITH '(' chain ')'
                                            { $$ = PUSH($1, N(@$, REPLACE_LAYER, $4, 0, $7)); }
      ;
alternatives: alternative                   { $$ = ONE($1); }
      | alternatives ',' alternative        { $$ = PUSH($1, $3); }
      ;
alternative: object QUALITY arith           { $$ = N(@$, ALTERNATIVE, NULL, 0, $1, $3); }
      ;
model_statement: LOAD MODEL object FROM STRING options_opt
                                            { $$ = N(@$, LOAD_MODEL, $5, 0, $3, $6); }
      | EXPORT MODEL object versioned TO STRING options_opt
                                            { $$ = N(@$, EXPORT_MODEL, $6, 0, $3, $4, $7); }
      | TAG MODEL object versioned AS STRING { $$ = N(@$, TAG_MODEL, $6, 0, $3, $4); }
      ;
train:  TRAIN MODEL object ON paren_query targets_opt loss_opt optimizer_opt options_opt
                                            { $$ = N(@$, TRAIN, NULL, 0, $3, $5, $6, $7, $8, $9); }
      ;
evaluate: EVALUATE MODEL object versioned ON paren_query targets_opt options_opt
                                            { $$ = N(@$, EVALUATE, NULL, 0, $3, $4, $6, $7, $8); }
      ;
tune:   TUNE MODEL object as_opt ON paren_query targets_opt loss_opt optimizer_opt search_opt space_opt
        objective_opt trials_opt options_opt
                                            { $$ = N(@$, TUNE, NULL, 0, $3, $4, $6, $7, $8, $9, $10, $11, $12, $13, $14); }
      ;
targets_opt: %empty                         { $$ = NULL; }
      | TARGET exprs                        { $$ = $2; }
      ;
loss_opt: %empty                            { $$ = NULL; }
      | LOSS fcall                          { $$ = $2; }
      ;
optimizer_opt: %empty                       { $$ = NULL; }
      | OPTIMIZER fcall                     { $$ = $2; }
      ;
search_opt: %empty                          { $$ = NULL; }
      | SEARCH fcall                        { $$ = $2; }
      ;
space_opt: %empty                           { $$ = NULL; }
      | SPACE '(' space_items ')'           { $$ = $3; }
      ;
space_items: space_item                     { $$ = ONE($1); }
      | space_items ',' space_item          { $$ = PUSH($1, $3); }
      ;
space_item: place IN fcall                  { $$ = N(@$, SPACE_ITEM, NULL, 0, $1, $3); }
      | place IN '(' exprs ')'              { $$ = N(@$, SPACE_ITEM, NULL, 0, $1, N(@4, TUPLE, NULL, 0, $4)); }
      ;
objective_opt: %empty                       { $$ = NULL; }
      | OBJECTIVE model_extremum fcall      { $$ = N(@$, OBJECTIVE, $2, 0, $3); }
      ;
model_extremum: MAXIMIZE | MINIMIZE
      ;
trials_opt: %empty                          { $$ = NULL; }
      | TRIALS number                       { $$ = $2; }
      ;
correct: CORRECT object SET assigns where_opt optimizer_opt options_opt
                                            { $$ = N(@$, CORRECT, NULL, 0, $2, $4, $5, $6, $7); }
      ;

/* ---- programs and sessions ---- */
param_decl: PARAM name type                 { $$ = N(@$, PARAM_DECL, $2->text, 0, $3, NULL); }
      | PARAM name type DEFAULT expr        { $$ = N(@$, PARAM_DECL, $2->text, 0, $3, $5); }
      ;
explain: EXPLAIN statement                  { $$ = N(@$, EXPLAIN, NULL, 0, NULL, $2); }
      | EXPLAIN ANALYZE statement           { $$ = N(@$, EXPLAIN, NULL, AST_ANALYZE, NULL, $3); }
      | EXPLAIN '(' explain_options ')' statement
                                            { $$ = build_explain(p, @$, $3, $5); }
      ;
explain_options: explain_option             { $$ = ONE($1); }
      | explain_options ',' explain_option  { $$ = PUSH($1, $3); }
      ;
explain_option: name                        { $$ = N(@$, OPTION, $1->text, 0, NULL); }
      | name name                           { $$ = N(@$, OPTION, $1->text, 0, $2); }
      | name literal                        { $$ = N(@$, OPTION, $1->text, 0, $2); }
      ;
provenance: PROVENANCE OF paren_query       { $$ = N(@$, PROVENANCE, NULL, 0, $3); }
      | PROVENANCE OF paren_query USING name { $$ = N(@$, PROVENANCE, $5->text, 0, $3); }
      ;
show:   SHOW name                           { $$ = N(@$, SHOW, $2->text, 0, NULL); }
      | SHOW ALL                            { $$ = N(@$, SHOW, $2, 0, NULL); }
      | SHOW MODEL object versioned         { $$ = N(@$, SHOW, $2, 0, N(@3, OBJECT, $2, 0, $3, $4)); }
      | SHOW LINEAGE OF thing               { $$ = N(@$, SHOW, $2, 0, $4); }
      ;
thing:  MODEL object versioned              { $$ = N(@$, OBJECT, $1, 0, $2, $3); }
      | TABLE object versioned              { $$ = N(@$, OBJECT, $1, 0, $2, $3); }
      | VIEW object versioned               { $$ = N(@$, OBJECT, $1, 0, $2, $3); }
      | object                              { $$ = N(@$, OBJECT, W("relation"), 0, $1, NULL); }
      ;
describe: DESCRIBE thing                    { $$ = N(@$, DESCRIBE, NULL, 0, $2); }
      | DESCRIBE query                      { $$ = N(@$, DESCRIBE, NULL, 0, $2); }
      | SUMMARIZE object                    { $$ = N(@$, SUMMARIZE, NULL, 0, build_table_query(p, $2)); }
      | SUMMARIZE query                     { $$ = N(@$, SUMMARIZE, NULL, 0, $2); }
      ;
session: SET name '=' setting               { $$ = N(@$, SET, $2->text, 0, $4); }
      | SET name TO setting                 { $$ = N(@$, SET, $2->text, 0, $4); }
      | RESET name                          { $$ = N(@$, RESET, $2->text, 0); }
      | PREPARE name AS statement           { $$ = N(@$, PREPARE, $2->text, 0, $4); }
      | EXECUTE name                        { $$ = N(@$, EXECUTE, $2->text, 0, NULL); }
      | EXECUTE name '(' args ')'           { $$ = N(@$, EXECUTE, $2->text, 0, $4); }
      | DEALLOCATE name                     { $$ = N(@$, DEALLOCATE, $2->text, 0); }
      ;
setting: value
      | ON                                  { $$ = N(@$, NAME, $1, 0, NULL); }
      ;

/* ---- words ---- */
/* names only in double quotes */
reserved: ALL | AND | ANY | ARRAY | AS | ASC | BETWEEN | BY | CASE | CAST | CHECK | CONSTRAINT | CREATE | CROSS
      | DEFAULT | DESC | DISTINCT | ELSE | END | EXCEPT | EXISTS | FALSE | FETCH | FOR | FOREIGN | FROM | FULL
      | GROUP | HAVING | ILIKE | IN | INNER | INTERSECT | INTO | IS | JOIN | LATERAL | LEFT | LIKE | LIMIT
      | NATURAL | NOT | NULL | OFFSET | ON | OR | ORDER | OUTER | PRIMARY | QUALIFY | REFERENCES | RIGHT
      | SELECT | SOME | TABLE | TABLESAMPLE | TENSOR | THEN | TO | TRUE | UNION | UNIQUE | USING | VALUES
      | WHEN | WHERE | WINDOW | WITH
      ;
/* names of columns and tables, not of functions: each begins a form of its own */
special: CUBE | EXTRACT | GROUPING | INTERVAL | ROLLUP | ROW | STRUCT | SUBSTRING | TRY_CAST
      ;
/* names everywhere */
unreserved: AGGREGATE | ALTERNATIVES | ANALYZE | ANTI | ASSERT | ATTACH | AUGMENT | BEGIN | CALL | CASCADE
      | CHARACTER | COMMIT | CONFLICT | COPY | CORRECT | CURRENT | DATE | DAY | DAYS | DEALLOCATE | DELETE
      | DESCRIBE | DETACH | DISTANCE | DO | DOUBLE | DROP | ESCAPE | EVALUATE | EXCLUDE | EXECUTE | EXPLAIN
      | EXPLODE | EXPORT | EXTEND | FILTER | FIRST | FOLLOWING | FREEZE | FUNCTION | GROUPS | HOUR | HOURS
      | IF | IGNORE | INCLUDE | INCREMENTAL | INPUT | INSERT | KEY | LABEL | LABELING | LAST | LAYER | LAYERS
      | LET | LINEAGE | LOAD | LOGIT | LOSS | MATCHED | MATERIALIZED | MAXIMIZE | MELT | MERGE | MICROSECOND
      | MICROSECONDS | MILLISECOND | MILLISECONDS | MINIMIZE | MINUTE | MINUTES | MODEL | MONTH | MONTHS
      | NAME | NEAREST | NEXT | NO | NOTHING | NULLS | OBJECTIVE | OF | ONLY | OPTIMIZER | OPTIONS
      | ORDINALITY | OTHERS | OUTPUT | OVER | PARAM | PARTITION | PERCENT | PIVOT | POLICY | PRECEDING
      | PRECISION | PREDICT | PREPARE | PROVENANCE | QUALITY | QUARTER | RANGE | RECURSIVE | REFRESH | RELEASE
      | RENAME | RENDER | REPEATABLE | REPLACE | RESET | RESPECT | RESTRICT | RETURNING | RETURNS | ROLLBACK
      | ROWS | SAVEPOINT | SEARCH | SECOND | SECONDS | SEED | SEMI | SET | SETS | SHOW | SIMILARITY | SOURCE
      | SPACE | START | STREAM | SUMMARIZE | TAG | TARGET | TEE | TEMP | TEMPORARY | TIES | TIME | TIMES
      | TIMESTAMP | TRAIN | TRANSACTION | TRIALS | TUNE | UNBOUNDED | UNKNOWN | UNPIVOT | UNSTACK | UPDATE
      | VARYING | VERSION | VIEW | WEEK | WEEKS | WITHIN | WORDS | WORK | YEAR | YEARS
      ;

%%

static void dql_yyerror(Span *at, Parser *p, const char *message) {
    (void)message; /* the only one left to bison is that its stack is full */
    report_too_deep(p, *at);
}

/* All tokens that may stand here, and the one that does. */
static int yyreport_syntax_error(const yypcontext_t *ctx, Parser *p) {
    yysymbol_kind_t kinds[YYNTOKENS];
    const char *names[YYNTOKENS];
    int n = yypcontext_expected_tokens(ctx, kinds, YYNTOKENS);
    for (int i = 0; i < n; i++) names[i] = yysymbol_name(kinds[i]);
    report_syntax(p, *yypcontext_location(ctx), yysymbol_name(yypcontext_token(ctx)), names, n > 0 ? (size_t)n : 0);
    return 0;
}

static const char *keyword_text(int token) { return yysymbol_name(YYTRANSLATE(token)); }

static int keyword_between(const char *upper, int from, int last) {
    for (int to = last + 1; from < to;) {
        int mid = (from + to) / 2, cmp = strcmp(upper, keyword_text(mid));
        if (cmp == 0) return mid;
        if (cmp < 0) to = mid;
        else from = mid + 1;
    }
    return 0;
}

int keyword_token(const char *upper) {
    int token = keyword_between(upper, RESERVED_FIRST, RESERVED_LAST);
    return token ? token : keyword_between(upper, OTHER_FIRST, OTHER_LAST);
}

bool keyword_reserved(const char *upper) { return keyword_between(upper, RESERVED_FIRST, RESERVED_LAST) != 0; }

size_t keyword_count(void) { return OTHER_LAST - RESERVED_FIRST + 1; }

const char *keyword_at(size_t i) { return keyword_text(RESERVED_FIRST + (int)i); }

const char *token_name(int token) { return yysymbol_name(YYTRANSLATE(token)); }
