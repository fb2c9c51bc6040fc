/* Numbers of fields in the messages of an .onnx file, as onnx.proto has them. */
#ifndef DQL_BASE_ONNX_FIELDS_H
#define DQL_BASE_ONNX_FIELDS_H
#include "base/type.h"
#include "base/wire.h"

enum { MODEL_IR_VERSION = 1, MODEL_PRODUCER = 2, MODEL_GRAPH = 7, MODEL_OPSET = 8, OPSET_DOMAIN = 1, OPSET_VERSION = 2 };
enum { GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT, NODE_NAME, NODE_OP, NODE_ATTRIBUTE, NODE_DOMAIN = 7 };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_F, ATTRIBUTE_I, ATTRIBUTE_S, ATTRIBUTE_T, ATTRIBUTE_G, ATTRIBUTE_FLOATS, ATTRIBUTE_INTS, ATTRIBUTE_STRINGS, ATTRIBUTE_TYPE = 20 };
enum { TENSOR_DIMS = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_RAW = 9 };
enum { VALUE_NAME = 1, VALUE_TYPE = 2, TYPE_TENSOR_TYPE = 1, TENSOR_TYPE_ELEM = 1, TENSOR_TYPE_SHAPE = 2, SHAPE_DIM = 1, DIM_VALUE = 1, DIM_PARAM = 2 };

/* TensorProto.DataType of an element type; 0: none. */
static inline int64_t onnx_data_type(TypeKind k) {
    static const int8_t types[TY_COUNT] = {[TY_F32] = 1, [TY_U8] = 2,  [TY_I8] = 3,  [TY_U16] = 4,  [TY_I16] = 5,  [TY_I32] = 6,  [TY_I64] = 7,
                                           [TY_BOOL] = 9, [TY_F16] = 10, [TY_F64] = 11, [TY_U32] = 12, [TY_U64] = 13, [TY_BF16] = 16};
    return types[k];
}

/* A TensorProto up to its elements, whose n bytes follow. */
static inline void onnx_tensor_head(Buf *b, const char *name, TypeKind elem, uint32_t rank, const int64_t *dims, uint64_t n) {
    for (uint32_t d = 0; d < rank; d++) wire_int(b, TENSOR_DIMS, dims[d]);
    wire_int(b, TENSOR_TYPE, onnx_data_type(elem));
    wire_text(b, TENSOR_NAME, name);
    wire_begin(b, TENSOR_RAW, n);
}
#endif
