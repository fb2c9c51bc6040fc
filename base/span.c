#include "base/span.h"

LineCol source_line_col(const Source *s, uint32_t offset) {
    size_t end = offset < s->len ? offset : s->len;
    LineCol at = {1, 1};
    for (size_t i = 0; i < end; i++) {
        if (s->text[i] == '\n') at = (LineCol){at.line + 1, 1};
        else if ((s->text[i] & 0xC0) != 0x80) at.col++;
    }
    return at;
}
