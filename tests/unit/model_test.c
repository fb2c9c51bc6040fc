/* Layers: shapes of results and the tensors of the state_dict, as PyTorch has them. */
#include "tests/unit/schema.h"

static const struct {
    const char *input, *layers, *output, *tensors; /* shapes; tensors: name (shape) .. */
} cases[] = {
    {"8", "linear(4)", "4", "0.weight (4, 8) 0.bias (4)"},
    {"3, 8", "linear(4, bias => FALSE) AS fc", "3, 4", "fc.weight (4, 8)"},
    {"3, 7, 7", "conv2d(8, 3, stride => 2, padding => 1)", "8, 4, 4", "0.weight (8, 3, 3, 3) 0.bias (8)"},
    {"3, 7, 7", "conv2d(8, (3, 5), padding => (1, 2), bias => FALSE)", "8, 7, 7", "0.weight (8, 3, 3, 5)"},
    {"3, 9, 9", "conv2d(6, 3, groups => 3, dilation => 2)", "6, 5, 5", "0.weight (6, 1, 3, 3) 0.bias (6)"},
    {"2, 10", "conv1d(4, 4, padding => 'same')", "4, 10", "0.weight (4, 2, 4) 0.bias (4)"},
    {"1, 4, 4, 4", "conv3d(2, 2, padding => 'valid', bias => FALSE)", "2, 3, 3, 3",
     "0.weight (2, 1, 2, 2, 2)"},
    {"3, *, *", "conv2d(8, 3)", "8, *, *", "0.weight (8, 3, 3, 3) 0.bias (8)"},
    {"1, 6, 6", "max_pool2d(3, stride => 2)", "1, 2, 2", ""},
    {"1, 6, 6", "max_pool2d(3, stride => 2, ceil_mode => TRUE)", "1, 3, 3", ""},
    {"1, 5, 5", "max_pool2d(2, ceil_mode => TRUE)", "1, 3, 3", ""},
    {"1, 3, 3", "max_pool2d(1, stride => 3, ceil_mode => TRUE)", "1, 1, 1", ""},
    {"2, 5, 5", "avg_pool2d(3, stride => 1, padding => 1)", "2, 5, 5", ""},
    {"2, 9", "avg_pool1d(2) |> max_pool1d(2)", "2, 2", ""},
    {"2, 9", "conv_transpose1d(3, 4, stride => 2, padding => 1, output_padding => 1) AS up", "3, 19",
     "up.weight (2, 3, 4) up.bias (3)"},
    {"4, 5, 5", "conv_transpose2d(6, 3, groups => 2, dilation => 2, bias => FALSE)", "6, 9, 9",
     "0.weight (4, 3, 3, 3)"},
    {"2, 4, 5, 6", "max_pool3d(2) |> adaptive_avg_pool3d((1, 2, 2))", "2, 1, 2, 2", ""},
    {"6, 4, 4", "group_norm(3, 6, affine => FALSE) |> instance_norm2d |> avg_pool2d(2, divisor_override => 3)",
     "6, 2, 2", ""},
    {"6, 8", "layer_norm((6, 8)) AS ln |> rms_norm(8) AS rms", "6, 8",
     "ln.weight (6, 8) ln.bias (6, 8) rms.weight (8)"},
    {"4, 4, 6", "pixel_shuffle(2) |> pixel_unshuffle(4) |> glu(1) |> reflection_pad2d((0, 0, 1, 1))",
     "8, 4, 3", ""},
    {"6, 4", "unflatten(1, (2, 3)) |> flatten(2, 3) |> zero_pad1d((1, -2))", "2, 11", ""},
    {"6, 8", "gru(4, bidirectional => TRUE) AS g |> take(1, -1)", "8",
     "g.weight_ih_l0 (12, 8) g.weight_hh_l0 (12, 4) g.bias_ih_l0 (12) g.bias_hh_l0 (12) "
     "g.weight_ih_l0_reverse (12, 8) g.weight_hh_l0_reverse (12, 4) g.bias_ih_l0_reverse (12) "
     "g.bias_hh_l0_reverse (12)"},
    {"6, 8", "lstm(4, 2, bias => FALSE, proj_size => 3) AS l", "6, 3",
     "l.weight_ih_l0 (16, 8) l.weight_hh_l0 (16, 3) l.weight_hr_l0 (3, 4) "
     "l.weight_ih_l1 (16, 3) l.weight_hh_l1 (16, 3) l.weight_hr_l1 (3, 4)"},
    {"6, 8", "multihead_attention(8, 2) AS a", "6, 8",
     "a.in_proj_weight (24, 8) a.in_proj_bias (24) a.out_proj.weight (8, 8) a.out_proj.bias (8)"},
    {"6, 8", "transformer_encoder_layer(8, 2, 16, bias => FALSE) AS e", "6, 8",
     "e.self_attn.in_proj_weight (24, 8) e.self_attn.out_proj.weight (8, 8) e.linear1.weight (16, 8) "
     "e.linear2.weight (8, 16) e.norm1.weight (8) e.norm2.weight (8)"},
    {"4, 6, 6", "interpolate(scale_factor => (1.5, 2), mode => 'bicubic') |> upsample(5)", "4, 5, 5", ""},
    {"16", "batch_norm1d AS bn", "16",
     "bn.weight (16) bn.bias (16) bn.running_mean (16) bn.running_var (16)"},
    {"2, 3, 4", "flatten(start_dim => 2)", "2, 12", ""},
    {"2, 3, 4", "flatten |> reshape(4, 6) |> reshape((6, 4)) |> reshape([24])", "24", ""},
    {"3, 4", "softmax(dim => 1) |> log_softmax |> sigmoid |> tanh |> relu |> leaky_relu(0.1)", "3, 4", ""},
    {"8", "dropout(0.1) |> identity |> linear(2)", "2", "2.weight (2, 8) 2.bias (2)"},
    {"4, 3, 3", "[ conv2d(4, 1) |> relu, identity ] add |> relu", "4, 3, 3",
     "0.0.0.weight (4, 4, 1, 1) 0.0.0.bias (4)"},
    {"4, 3, 3", "[ conv2d(2, 1) AS lo, conv2d(3, 1) AS hi, identity ] concat", "9, 3, 3",
     "lo.weight (2, 4, 1, 1) lo.bias (2) hi.weight (3, 4, 1, 1) hi.bias (3)"},
    {"8", "linear(8) AS l |> relu |> l", "8", "l.weight (8, 8) l.bias (8)"},
    {"8", "LET h = linear(4) |> relu IN concat(h, x) |> linear(2)", "2",
     "h.0.weight (4, 8) h.0.bias (4) 1.weight (2, 12) 1.bias (2)"},
};

static void print_shape(Buf *b, const Type *t) {
    for (uint32_t i = 0; i < t->n; i++) {
        buf_puts(b, i ? ", " : "");
        if (t->dims[i] == DIM_ANY) buf_putc(b, '*');
        else buf_printf(b, "%lld", (long long)t->dims[i]);
    }
}

static void print_tensors(Buf *b, const ModelDef *m) {
    buf_puts(b, "");
    for (uint32_t i = 0; i < m->n_tensors; i++) {
        buf_printf(b, "%s%s (", i ? " " : "", m->tensors[i].name);
        print_shape(b, m->tensors[i].type);
        buf_putc(b, ')');
    }
}

static void run_case(size_t i) {
    Schema *s = schema_new();
    Statement st;
    Buf text = {0}, tensors = {0};
    buf_printf(&text,
               "CREATE MODEL m INPUT (x TENSOR(FLOAT32, %s)) OUTPUT (y TENSOR(FLOAT32, %s)) LAYERS (%s)",
               cases[i].input, cases[i].output, cases[i].layers);
    CHECK_STR(schema_run(s, "model", text.p, text.n, &st), "");
    if (st.model) print_tensors(&tensors, st.model);
    CHECK_STR(tensors.p ? tensors.p : "no model", cases[i].tensors);
    buf_free(&text);
    buf_free(&tensors);
    schema_free(s);
}

int main(void) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int before = check_failed;
        run_case(i);
        if (check_failed > before) fprintf(stderr, "^ %s\n", cases[i].layers);
    }
    return check_report("model");
}
