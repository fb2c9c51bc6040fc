/* Elements by subscripts: what expansions of several subjects share (op_gather.c). */
#ifndef DQL_ONNX_GATHER_H
#define DQL_ONNX_GATHER_H
#include "onnx/expand.h"

/* x at the subscripts of dimension `axis`: (.., index's dimensions, ..). */
const Node *onnx_gather(OnnxExpand *x, const Node *a, uint32_t axis, const Node *index);
/* The same of n constant subscripts, which stay a dimension. */
const Node *onnx_gather_at(OnnxExpand *x, const Node *a, uint32_t axis, int64_t n, const int64_t *at);
/* index has a's dimensions, or fewer elements along some: out[i..] = a[i.. with i[axis] = index[i..]]. */
const Node *onnx_pick(OnnxExpand *x, const Node *a, uint32_t axis, const Node *index);
/* Subscripts below 0 count from the end of n. */
const Node *onnx_from_start(OnnxExpand *x, const Node *index, int64_t n);
/* 0, 1, .. n - 1 along dimension d of `rank` */
const Node *onnx_iota(OnnxExpand *x, uint32_t rank, uint32_t d, int64_t n);
#endif
