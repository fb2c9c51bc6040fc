# Trained networks from .onnx files over real pictures in .npy files. tests/onnx/real.txt holds ONNX Runtime's outputs for pictures
# that NumPy resized: network, picture, outputs (of the face detector the best anchor, its score and box, and all boxes' sum of sizes).
# Each is met to 1e-4 of its value, of 1 where it is smaller. DQL_SHARED names the folder with data/models; without it the test is skipped.
data=$(realpath -m "${DQL_SHARED:-../shared}/data")
[ -d "$data/models" ] || { echo "no $data/models"; exit 77; }
status=0

query() { "$DQL_BUILD/dql" --mode=tsv --header=off "$@"; }

# The outputs of a network, a row for each picture; the rest are options of dql.
classes() {
    network=$1 rows=$2
    shift 2
    query "$@" -c "CREATE MODEL m FROM '$data/models/$network.onnx';
        FROM '$data/images224.npy' |> ORDER BY i |> LIMIT $rows
          |> SELECT i, m(resize(permute(value, 2, 0, 1), 32, 32, antialias => FALSE) / 255.0) AS y
          |> SELECT '$network', i, y[0], y[1], y[2], y[3], y[4], y[5], y[6], y[7], y[8], y[9] |> ORDER BY i;"
}

faces() {
    query -c "CREATE MODEL m FROM '$data/models/ultraface_rfb320.onnx';
        FROM '$data/images224.npy'
          |> PREDICT USING m ON ((resize(permute(value, 2, 0, 1), 240, 320, antialias => FALSE) - 127.0) / 128.0) AS y
          |> SELECT i, argmax(y.scores[:, 1]) AS k, max(y.scores[:, 1]) AS s, y.boxes AS b
          |> SELECT 'ultraface_rfb320', i, k, s, b[k, 0], b[k, 1], b[k, 2], b[k, 3], sum(abs(b)) |> ORDER BY i;"
}

# stdin against the reference's rows of a network
meets() {
    awk -v network="$1" -v rows="$2" '
        NR == FNR { if ($1 == network) want[$2] = $0; next }
        {
            n = split(want[$2], w)
            if (n != NF) { print "not a row of " network ": " $0; bad = 1; next }
            for (k = 3; k <= n; k++) {
                d = $k - w[k]; size = w[k] < 0 ? -w[k] : w[k]
                if (!(d * d <= (1e-4 * (size > 1 ? size : 1)) ^ 2)) { print network, "picture", $2 ":", $k, "not", w[k]; bad = 1 }
            }
            seen++
        }
        END { if (seen != rows) { print network ": " seen + 0 " rows, not " rows; bad = 1 } exit bad }' tests/onnx/real.txt -
}

hits() {
    rows=$1
    shift
    query "$@" -c "CREATE MODEL m FROM '$data/models/mnist_opt.onnx';
        FROM '$data/mnist_test_x.npy' AS x JOIN '$data/mnist_test_y.npy' AS y ON x.i = y.i |> WHERE x.i < $rows
          |> SELECT argmax(m(reshape(x.value, [1, 28, 28]))) = y.value AS hit
          |> AGGREGATE SUM(CASE WHEN hit THEN 1 ELSE 0 END) AS hits;"
}

equal() { [ "$1" = "$2" ] || { echo "mnist_opt: $1 hits, not $2"; status=1; }; }

equal "$(hits 10000)" 9891
for option in --backend=eval --optimise=off; do
    equal "$(hits 20 $option)" 20
    classes cifar_resnet20 1 $option | meets cifar_resnet20 1 || status=1
done
classes cifar_resnet20 6 | meets cifar_resnet20 6 || status=1
classes cifar_resnet56 6 | meets cifar_resnet56 6 || status=1
faces | meets ultraface_rfb320 6 || status=1
exit $status
