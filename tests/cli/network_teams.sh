# One image through a network is much work: all workers take parts of each step, and EXPLAIN ANALYZE says so.  The parts change no bit.
# The weights of exec/layer_conv2d_winograd over a larger image: Winograd's tiles, lines of a direct convolution with --exact.
program="CREATE MODEL m INPUT (x TENSOR(FLOAT32, 4, 56, 60)) OUTPUT (y TENSOR(FLOAT32, 80, 72, 76))
  LAYERS (conv2d(32, 3, padding => 9) AS a |> relu |> conv2d(80, 3, padding => 1) AS b |> relu);
LOAD MODEL m FROM 'tests/data/layer_conv2d_winograd.safetensors';
CREATE TABLE t AS SELECT i, tile(value, 1, 8, 10) AS x FROM 'tests/data/layer_images.npy' WHERE i = 0;"
query="SELECT sum(y) AS a, sum(y * y) AS b, argmax(y) AS c, sum(y, dims => 0)[40, :] AS d FROM (SELECT m(x) AS y FROM t) AS q"

answer() { "$DQL_BUILD/dql" --mode=csv --header=off "$@"; }

for exact in --backend=cpu --exact; do
    one=$(answer --threads=1 $exact -c "$program $query") || exit 1
    [ -n "$one" ] || { echo "no answer"; exit 1; }
    for threads in 2 3; do
        many=$(answer --threads=$threads $exact -c "$program $query") || exit 1
        [ "$many" = "$one" ] || { echo "$exact: 1 thread says $one, $threads say $many"; exit 1; }
        answer --threads=$threads $exact -c "$program EXPLAIN ANALYZE $query" | grep -q "by a team of $threads" ||
            { echo "$exact: no team of $threads"; exit 1; }
    done
done
