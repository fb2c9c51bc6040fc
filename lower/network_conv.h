/* What the forms of a convolution share: x (C, H, W)  w (O, C, KH, KW)  out (O, OH, OW). */
#ifndef DQL_LOWER_NETWORK_CONV_H
#define DQL_LOWER_NETWORK_CONV_H
#include "lower/tensor.h"

typedef struct Conv {
    int64_t c, h, w, o, kh, kw, oh, ow, ph, pw; /* ph, pw: of the padded input */
    int64_t sh, sw, dh, dw, top, left;
    bool padded;
} Conv;

bool conv_shape(const Node *e, Conv *v); /* one spatial dimension is one row; false: more than two, or not FLOAT32 */
bool conv_of(const Node *e, Conv *v);    /* of the form that tiles take: a window's lines lie together, no groups */
Stage *padded_input(Scope *s, LVal x, const Conv *v); /* (ph, pw, c) */

bool lower_depthwise(Scope *s, const Node *top, const Node *e, LVal *out); /* network_depthwise.c */
bool tile_winograd(Scope *s, const Node *top, const Node *e, LVal *out);   /* network_winograd.c */
#endif
