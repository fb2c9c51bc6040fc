/* Settings of a session, one field a row of options.def. */
#ifndef DQL_API_OPTIONS_H
#define DQL_API_OPTIONS_H
#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct OptionList { /* LIST: comma separated text, NUL-terminated, never NULL after options_init */
    char *text;
} OptionList;

#define OPTION_TYPE_TEXT char *
#define OPTION_TYPE_INT int64_t
#define OPTION_TYPE_SIZE int64_t
#define OPTION_TYPE_BOOL bool
#define OPTION_TYPE_LIST OptionList
typedef struct Options {
#define OPTION(name, field, kind, initial, argument, help) OPTION_TYPE_##kind field;
#include "api/options.def"
#undef OPTION
} Options;

void options_init(Options *o);
void options_free(Options *o);
/* false with a sentence in *why (malloc'd): "unknown option 'x'; did you mean 'y'?" or what the value may be. value NULL: on. */
bool options_set(Options *o, const char *name, const char *value, char **why);
void options_help(Buf *out);
/* Is `word` an element of the list? */
bool option_has(const OptionList *list, const char *word);
/* The element `word:rest`'s rest (malloc'd), or NULL. */
char *option_with(const OptionList *list, const char *word);
#endif
