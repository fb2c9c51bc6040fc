/* Is what a person has typed a whole statement? Asked by the shell after each line, before any parsing.
 * Strings, quoted names and comments are read as the lexer does; `;` counts only outside of them and of brackets.
 */
#ifndef DQL_FRONTEND_COMPLETE_H
#define DQL_FRONTEND_COMPLETE_H
#include "base/str.h"

typedef enum TextState {
    TEXT_BLANK,    /* nothing but blanks, comments and lone semicolons */
    TEXT_COMPLETE, /* ends with `;`, and perhaps blanks and comments behind it */
    TEXT_OPEN,     /* a statement has begun */
    TEXT_IN_BRACKET,
    TEXT_IN_STRING,
    TEXT_IN_NAME, /* "quoted */
    TEXT_IN_COMMENT,
} TextState;

TextState text_state(Str text);
bool text_is_complete(Str text); /* ready to run: TEXT_COMPLETE or TEXT_BLANK */
#endif
