/* Tensor operators, against numbers computed with PyTorch; NaN, broadcasting, run-time shapes, errors. */
#include "eval_check.h"

#include <math.h>

#define INTS(...)                                                                                            \
    {                                                                                                        \
        sizeof((int64_t[]){__VA_ARGS__}) / 8, (int64_t[]) { __VA_ARGS__ }                                    \
    }
#define NODE1(op, attr, x)    ir_node(ir, op, attr, 1, (const Node *[]){x})
#define NODE2(op, attr, x, y) ir_node(ir, op, attr, 2, (const Node *[]){x, y})

static const Node *lit_i(int64_t i) { return ir_i64(ir, i); }

static const Node *count_up(const char *type) {
    double elems[64];
    for (int i = 0; i < 64; i++) elems[i] = i + 1;
    return tensor(arena_printf(arena, "%s NOT NULL", type), elems);
}

static void test_elements(void) {
    const Node *m = TENSOR("TENSOR(FLOAT32, 2, 3)", 1, 2, 3, 4, 5, 6),
               *row = TENSOR("TENSOR(FLOAT32, 3)", 10, 20, 30);
    const Node *column = TENSOR("TENSOR(FLOAT32, 2, 1)", 100, 200);
    CHECK_EVAL(ir_2(ir, OP_ADD, m, row), "[[11, 22, 33], [14, 25, 36]]");
    CHECK_EVAL(ir_2(ir, OP_ADD, row, column), "[[110, 120, 130], [210, 220, 230]]");
    CHECK_EVAL(ir_2(ir, OP_MUL, m, lit("DOUBLE", "0.5")), "[[0.5, 1, 1.5], [2, 2.5, 3]]");
    CHECK_EVAL(ir_2(ir, OP_DIV, m, lit("DOUBLE", "0")), "[[inf, inf, inf], [inf, inf, inf]]");
    CHECK_EVAL(ir_2(ir, OP_GT, row, lit("DOUBLE", "10")), "[false, true, true]");
    CHECK_EVAL(ir_1(ir, OP_RELU, TENSOR("TENSOR(FLOAT32, 3)", -1, NAN, 2)), "[0, nan, 2]");
    CHECK_EVAL(ir_2(ir, OP_ADD, TENSOR("TENSOR(UTINYINT, 2)", 250, 5), lit("INTEGER", "5")), "[255, 10]");
    CHECK_EVAL(ir_2(ir, OP_ADD, TENSOR("TENSOR(UTINYINT, 2)", 251, 5), lit("INTEGER", "5")),
               "add: 256 is out of range for UTINYINT");
    CHECK_EVAL(ir_2(ir, OP_DIV, TENSOR("TENSOR(UTINYINT, 2)", 255, 51), lit("DOUBLE", "255")), "[1, 0.2]");
    CHECK_EVAL(ir_2(ir, OP_ADD, m, ir_null(ir, type_of("FLOAT32"))), "NULL");
    CHECK_EVAL(ir_cast(ir, m, type_of("TENSOR(BIGINT, 2, 3)")), "[[1, 2, 3], [4, 5, 6]]");
}

static void test_moves(void) {
    const Node *m = TENSOR("TENSOR(FLOAT32, 2, 3)", 1, 2, 3, 4, 5, 6);
    CHECK_EVAL(NODE1(OP_TRANSPOSE, (&(AttrShape){INTS(1, 0)}), m), "[[1, 4], [2, 5], [3, 6]]");
    CHECK_EVAL(NODE1(OP_RESHAPE, (&(AttrShape){INTS(3, -1)}), m), "[[1, 2], [3, 4], [5, 6]]");
    AttrSlice every2 = {INTS(0, 0), INTS(2, 3), INTS(1, 2), INTS(0, 0)},
              row = {INTS(1, 0), INTS(2, 3), INTS(1, 1), INTS(1, 0)};
    CHECK_EVAL(NODE1(OP_SLICE, &every2, m), "[[1, 3], [4, 6]]");
    CHECK_EVAL(NODE1(OP_SLICE, &row, m), "[4, 5, 6]");
    CHECK_EVAL(NODE2(OP_INDEX, NULL, m, lit_i(1)), "[4, 5, 6]");
    CHECK_EVAL(ir_3(ir, OP_INDEX, m, lit_i(1), lit_i(2)), "6");
    CHECK_EVAL(ir_3(ir, OP_INDEX, m, lit_i(0), lit_i(3)), "index: subscript 3 of dimension 1 with size 3");
    CHECK_EVAL(NODE2(OP_CONCAT, &(AttrAxis){0}, m, m), "[[1, 2, 3], [4, 5, 6], [1, 2, 3], [4, 5, 6]]");
    CHECK_EVAL(NODE2(OP_CONCAT, &(AttrAxis){1}, m, TENSOR("TENSOR(FLOAT32, 2, 1)", 7, 8)),
               "[[1, 2, 3, 7], [4, 5, 6, 8]]");
    CHECK_EVAL(NODE2(OP_STACK, &(AttrAxis){0}, lit("DOUBLE", "1"), lit("DOUBLE", "2")), "[1, 2]");
    const Node *r = TENSOR("TENSOR(FLOAT32, 2)", 1, 2), *s = TENSOR("TENSOR(FLOAT32, 2)", 3, 4);
    CHECK_EVAL(NODE2(OP_STACK, &(AttrAxis){0}, r, s), "[[1, 2], [3, 4]]");
    CHECK_EVAL(NODE2(OP_STACK, &(AttrAxis){1}, r, s), "[[1, 3], [2, 4]]");
    const Node *classes[] = {lit("VARCHAR", "b"), lit("VARCHAR", "a"), lit("VARCHAR", "b")};
    CHECK_EVAL(ir_node(ir, OP_ONEHOT, NULL, 3, classes), "[0, 1]");
}

static void test_reduce(void) {
    const Node *m = TENSOR("TENSOR(FLOAT32, 2, 3)", 1, 2, 3, 4, 5, 6);
    AttrDims last = {INTS(1), false}, keep = {INTS(0), true}, all = {INTS(0, 1), false},
             only = {INTS(0), false};
    CHECK_EVAL(NODE1(OP_SUM, &last, m), "[6, 15]");
    CHECK_EVAL(NODE1(OP_SUM, &keep, m), "[[5, 7, 9]]");
    CHECK_EVAL(NODE1(OP_MEAN, &all, m), "3.5");
    CHECK_EVAL(NODE1(OP_MAX, &last, m), "[3, 6]");
    CHECK_EVAL(NODE1(OP_SUM, &only, TENSOR("TENSOR(UTINYINT, 2)", 200, 100)), "300");
    CHECK_EVAL(NODE1(OP_SUM, &only, TENSOR("TENSOR(FLOAT32, 4)", 1, 1e30, 1, -1e30)), "2");
    CHECK_EVAL(NODE1(OP_MIN, &only, TENSOR("TENSOR(FLOAT32, 2)", 1, NAN)), "nan");
    CHECK_EVAL(NODE1(OP_MAX, &only, TENSOR("TENSOR(FLOAT32, 3)", 1, NAN, 2)), "nan");
    CHECK_EVAL(NODE1(OP_ARGMAX, &only, TENSOR("TENSOR(FLOAT32, 3)", 1, 3, 3)), "1");
    CHECK_EVAL(NODE1(OP_ARGMAX, &only, TENSOR("TENSOR(FLOAT32, 4)", 1, NAN, 3, NAN)), "1");
    CHECK_EVAL(NODE1(OP_ARGMAX, &last, m), "[2, 2]");
    CHECK_EVAL(NODE1(OP_SOFTMAX, &only, TENSOR("TENSOR(FLOAT32, 4)", 1, 2, 3, 4)),
               "[0.032058604, 0.087144315, 0.23688282, 0.6439143]");
    CHECK_EVAL(NODE1(OP_SOFTMAX, &only, TENSOR("TENSOR(FLOAT32, 2)", 1000, 0)), "[1, 0]");
    CHECK_EVAL(NODE1(OP_SOFTMAX, &only, TENSOR("TENSOR(FLOAT32, 2)", NAN, 0)), "[nan, nan]");
    CHECK_EVAL(NODE1(OP_LOG_SOFTMAX, &only, TENSOR("TENSOR(FLOAT32, 2)", 0, 0)), "[-0.6931472, -0.6931472]");
}

static void test_contract(void) {
    const Node *a = TENSOR("TENSOR(FLOAT32, 2, 3)", 1, 2, 3, 4, 5, 6), *b = count_up("TENSOR(FLOAT32, 3, 4)");
    AttrContract matmul = {INTS(0, 1), INTS(1, 2), INTS(0, 2)},
                 outer = {INTS(0, 1), INTS(2, 1), INTS(2, 0, 1)};
    AttrContract dot = {INTS(0, 1), INTS(0, 1), {0, NULL}}, diagonal = {INTS(0, 0), INTS(1), INTS(0)};
    CHECK_EVAL(NODE2(OP_CONTRACT, &matmul, a, b), "[[38, 44, 50, 56], [83, 98, 113, 128]]");
    CHECK_EVAL(NODE2(OP_CONTRACT, &dot, a, a), "91");
    CHECK_EVAL(NODE2(OP_CONTRACT, &outer, a, a), "[[[1, 4, 9], [4, 10, 18]], [[4, 10, 18], [16, 25, 36]]]");
    CHECK_EVAL(NODE2(OP_CONTRACT, &diagonal, TENSOR("TENSOR(FLOAT32, 2, 2)", 1, 2, 3, 4),
                     TENSOR("TENSOR(FLOAT32, 1)", 10)),
               "[10, 40]");
    AttrContract vectors = {INTS(0), INTS(0), {0, NULL}};
    CHECK_EVAL(NODE2(OP_CONTRACT, &vectors, TENSOR("TENSOR(FLOAT32, 3)", 1e20, 1, -1e20),
                     TENSOR("TENSOR(FLOAT32, 3)", 1e15, 1, 1e15)),
               "1");
    CHECK_EVAL(NODE2(OP_CONTRACT, &vectors, TENSOR("TENSOR(DOUBLE, 2)", 1e200, -1e200),
                     TENSOR("TENSOR(DOUBLE, 2)", 1e200, 1e200)),
               "nan");
    const Node *big = TENSOR("TENSOR(BIGINT, 2)", 4611686018427387904.0, 4611686018427387904.0);
    CHECK_EVAL(NODE2(OP_CONTRACT, &vectors, big, TENSOR("TENSOR(BIGINT, 2)", 1, 1)),
               "contract: out of range for BIGINT");
    CHECK_EVAL(NODE2(OP_CONTRACT, &vectors, big, TENSOR("TENSOR(BIGINT, 2)", 1, -1)), "0");
}

static void test_conv(void) {
    const Node *x = count_up("TENSOR(FLOAT32, 1, 4, 4)"),
               *sobel = TENSOR("TENSOR(FLOAT32, 1, 1, 3, 3)", 1, 0, -1, 2, 0, -2, 1, 0, -1);
    AttrConv a = {INTS(2, 2), INTS(1, 1), INTS(1, 1), INTS(1, 1), 1, 0};
    CHECK_EVAL(NODE2(OP_CONV, &a, x, sobel), "[[[-10, -6], [-40, -8]]]");
    AttrConv groups = {INTS(1, 1), INTS(0, 0), INTS(0, 0), INTS(2, 2), 2, 0};
    CHECK_EVAL(NODE2(OP_CONV, &groups, count_up("TENSOR(FLOAT32, 2, 2, 3)"),
                     TENSOR("TENSOR(FLOAT32, 2, 1, 1, 2)", 1, 2, 3, 4)),
               "[[[7], [16]], [[57], [78]]]");
    AttrConv one = {INTS(2), INTS(0), INTS(0), INTS(1), 1, 0};
    CHECK_EVAL(NODE2(OP_CONV, &one, TENSOR("TENSOR(FLOAT32, 1, 5)", 1, 2, 3, 4, 5),
                     TENSOR("TENSOR(FLOAT32, 1, 1, 2)", 1, 10)),
               "[[21, 43]]");
}

static void test_pool(void) {
    const Node *x = count_up("TENSOR(FLOAT32, 1, 4, 4)");
    AttrPool two = {INTS(2, 2), INTS(2, 2), INTS(0, 0), INTS(0, 0), INTS(1, 1), false};
    AttrPool padded = {INTS(3, 3), INTS(2, 2), INTS(1, 1), INTS(1, 1), INTS(1, 1), true}, inside = padded;
    inside.count_pad = false;
    CHECK_EVAL(NODE1(OP_MAX_POOL, &two, x), "[[[6, 8], [14, 16]]]");
    CHECK_EVAL(NODE1(OP_MAX_POOL, &padded, x), "[[[6, 8], [14, 16]]]");
    CHECK_EVAL(NODE1(OP_MAX_POOL, &padded, ir_1(ir, OP_NEG, x)),
               "[[[-1, -2], [-5, -6]]]"); /* padding is no 0 */
    CHECK_EVAL(NODE1(OP_AVG_POOL, &padded, x), "[[[1.5555556, 3.3333333], [6.3333335, 11]]]");
    CHECK_EVAL(NODE1(OP_AVG_POOL, &inside, x), "[[[3.5, 5], [9.5, 11]]]");
    CHECK_EVAL(NODE1(OP_MAX_POOL, &two, TENSOR("TENSOR(FLOAT32, 2, 2)", 1, NAN, 3, 4)), "[[nan]]");
    const Node *bn[] = {count_up("TENSOR(FLOAT32, 2, 2, 3)"), TENSOR("TENSOR(FLOAT32, 2)", 2, 3),
                        TENSOR("TENSOR(FLOAT32, 2)", .5, -.5), TENSOR("TENSOR(FLOAT32, 2)", 1, 2),
                        TENSOR("TENSOR(FLOAT32, 2)", 4, 9)};
    CHECK_EVAL(ir_node(ir, OP_BATCH_NORM, &(AttrNorm){0}, 5, bn),
               "[[[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]], [[4.5, 5.5, 6.5], [7.5, 8.5, 9.5]]]");
}

/* Shapes that only the value knows. */
static void test_open_shapes(void) {
    const Node *x = ir_column(ir, 0, type_of("TENSOR(FLOAT32, *, *) NOT NULL"));
    Value v = ATTR_OF(TENSOR("TENSOR(FLOAT32, 2, 3)", 1, 2, 3, 4, 5, 6), Const)->value;
    v.type = x->type;
    v.t.shape = (int64_t[]){2, 3};
    CHECK_STR(eval_text(ir_2(ir, OP_ADD, x, x), &v, 1), "[[2, 4, 6], [8, 10, 12]]");
    CHECK_STR(eval_text(ir_2(ir, OP_ADD, x, TENSOR("TENSOR(FLOAT32, 2)", 1, 2)), &v, 1),
              "add: shapes that do not broadcast: 3 and 2");
    CHECK_STR(eval_text(NODE1(OP_RESHAPE, (&(AttrShape){INTS(4, 2)}), x), &v, 1),
              "reshape: 6 elements for the shape [4, 2]");
    CHECK_STR(eval_text(NODE1(OP_RESHAPE, (&(AttrShape){INTS(6)}), x), &v, 1), "[1, 2, 3, 4, 5, 6]");
    CHECK_STR(eval_text(ir_cast(ir, x, type_of("TENSOR(FLOAT32, 2, 2)")), &v, 1),
              "cast: a shape [2, 3] where dimension 1 is 2");
    AttrContract matmul = {INTS(0, 1), INTS(1, 2), INTS(0, 2)};
    CHECK_STR(eval_text(NODE2(OP_CONTRACT, &matmul, x, x), &v, 1), "contract: contracted sizes 3 and 2");
}

int main(void) {
    eval_check_begin();
    test_elements();
    test_moves();
    test_reduce();
    test_contract();
    test_conv();
    test_pool();
    test_open_shapes();
    return eval_check_end("eval_tensor");
}
