/* What the forms of a convolution share: x (C, H, W)  w (O, C, KH, KW)  out (O, OH, OW). */
#ifndef DQL_LOWER_NETWORK_CONV_H
#define DQL_LOWER_NETWORK_CONV_H
#include "lower/tensor.h"

typedef struct Conv {
    int64_t c, h, w, o, kh, kw, oh, ow, ph, pw; /* ph, pw: of the padded input */
    int64_t sh, sw, dh, top, left;
    bool padded;
} Conv;

bool conv_of(const Node *e, Conv *v); /* one spatial dimension is one row; false: not of the form that tiles take */
Stage *padded_input(Scope *s, LVal x, const Conv *v); /* (ph, pw, c) */
/* By Winograd's filtering (network_winograd.c). */
bool tile_winograd(Scope *s, const Node *top, const Node *e, LVal *out);
#endif
