/* What the forms of a convolution share: x (C, H, W)  w (O, C, KH, KW)  out (O, OH, OW). */
#ifndef DQL_LOWER_NETWORK_CONV_H
#define DQL_LOWER_NETWORK_CONV_H
#include "lower/tensor.h"

typedef struct Conv {
    int64_t c, h, w, o, kh, kw, oh, ow, ph, pw; /* ph, pw: of the padded input */
    int64_t sh, sw, dh, dw, top, left;
    bool padded;
} Conv;

/* Zeros around an image (H, W, C) that its only user, a window, needs: a kernel that makes the image writes it into them, which
 * saves a copy. Who cannot leaves them out, and the user pads. */
typedef struct Border {
    const Node *node; /* the image */
    int64_t top, left, ph, pw;
} Border;
/* `in` for a window of shape v: bordered, if whoever makes it can. */
LVal lower_for_window(Scope *s, const Node *in, const Conv *v);
/* The border that is wished for around `top`; asked before anything else is lowered. */
const Border *border_of(const Scope *s, const Node *top);
/* Zeros of the border of images of oh x ow pixels, `pitch` elements each, that begin at element `at` of `to`. */
void store_border(TensorKernel *k, const Border *d, int64_t oh, int64_t ow, int64_t pitch, KInst *to, KInst *at);

bool conv_shape(const Node *e, Conv *v); /* one spatial dimension is one row; false: more than two, or not FLOAT32 */
bool conv_of(const Node *e, Conv *v);    /* of the form that tiles take: a window's lines lie together, no groups */
Stage *padded_input(Scope *s, LVal x, const Conv *v); /* (ph, pw, c) */

bool lower_depthwise(Scope *s, const Node *top, const Node *e, LVal *out); /* network_depthwise.c */
bool tile_winograd(Scope *s, const Node *top, const Node *e, LVal *out);   /* network_winograd.c */
#endif
