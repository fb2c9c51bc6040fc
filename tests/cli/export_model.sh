#!/bin/bash
# EXPORT MODEL writes what LOAD MODEL reads: the same predictions, from the shell and from an executable; a bad path is an error.
dql=$DQL_BUILD/dql
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
model="INPUT (x TENSOR(FLOAT32, 5)) OUTPUT (y TENSOR(FLOAT32, 2)) LAYERS (linear(33) AS a |> relu |> linear(16) AS b |> tanh |> linear(2) AS c)"
cat > "$dir/script.dql" <<END
CREATE MODEL m $model;
LOAD MODEL m FROM 'tests/data/layer_linear_deep.safetensors';
EXPORT MODEL m TO '$dir/m.safetensors';
CREATE MODEL n $model;
LOAD MODEL n FROM '$dir/m.safetensors';
FROM 'tests/data/layer_rows.npy' |> SELECT i, m(value) AS y, n(value) AS z |> WHERE y[0] = z[0] AND y[1] = z[1] |> AGGREGATE COUNT(*) AS same;
END
[ "$("$dql" --mode=csv --header=off "$dir/script.dql")" = 5 ] || { echo "other predictions"; exit 1; }
rm "$dir/m.safetensors"
"$DQL_BUILD/dqlc" "$dir/script.dql" -o "$dir/program" && [ "$("$dir/program" --mode=csv --header=off)" = 5 ] || { echo "other predictions ahead of time"; exit 1; }
fails() { # fails TEXT MESSAGE
    "$dql" -c "$1" > "$dir/out" 2>&1 && { echo "accepted: $1"; exit 1; }
    grep -qF -- "$2" "$dir/out" || { echo "no '$2' in:"; cat "$dir/out"; exit 1; }
}
fails "CREATE MODEL m $model; EXPORT MODEL m TO '$dir/x.safetensors'" "model 'm' has no weights yet"
fails "CREATE MODEL m $model; LOAD MODEL m FROM 'tests/data/layer_linear_deep.safetensors'; EXPORT MODEL m TO '$dir/none/x.safetensors'" "No such file or directory"
fails "CREATE MODEL m $model; EXPORT MODEL m TO '$dir/x.pt'" "EXPORT MODEL to anything but a .safetensors or .onnx file is not supported yet"
fails "CREATE MODEL m $model; LOAD MODEL m FROM 'tests/data/layer_linear_deep.safetensors'; EXPORT MODEL m VERSION AS OF 2 TO '$dir/x.safetensors'" "model 'm' has no version 2"
fails "CREATE MODEL m $model; LOAD MODEL m FROM 'tests/data/layer_linear_deep.safetensors'; CREATE MODEL n FROM MODEL m VERSION AS OF 2" "model 'm' has no version 2"
[ "$(ls "$dir" | grep -c part)" = 0 ] || { echo "left a part"; exit 1; }
