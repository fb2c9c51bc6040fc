/* Windows over the spatial dimensions of (N, C, spatial..), and how expansions treat N images. */
#ifndef DQL_ONNX_WINDOW_H
#define DQL_ONNX_WINDOW_H
#include "onnx/expand.h"

typedef struct OnnxWindow {
    uint32_t n; /* spatial dimensions */
    int64_t kernel[TENSOR_MAX_RANK], stride[TENSOR_MAX_RANK], before[TENSOR_MAX_RANK], after[TENSOR_MAX_RANK],
        dilation[TENSOR_MAX_RANK];
    int64_t added[TENSOR_MAX_RANK]; /* of `after`: what ceil_mode adds */
} OnnxWindow;

/* From the node's attributes; size: of the input's spatial dimensions; kernel NULL: the attribute
 * kernel_shape. */
bool onnx_window(OnnxExpand *x, uint32_t n, const int64_t *size, const int64_t *kernel, OnnxWindow *w);

/* one(image (C, spatial..)) of each image of v, side by side: (N, ..), or (..) when there is one. */
typedef const Node *(*OnnxOneImage)(OnnxExpand *x, const Node *image, const void *with);
const Node *onnx_each_image(OnnxExpand *x, const OnnxValue *v, OnnxOneImage one, const void *with);
bool onnx_yield_images(OnnxExpand *x, const Node *y, int64_t n, uint32_t spatial);
/* (N C, spatial..) of v, and back to (N, C, ..). */
const Node *onnx_planes(OnnxExpand *x, const OnnxValue *v);
bool onnx_yield_planes(OnnxExpand *x, const Node *y, const OnnxValue *v);
#endif
