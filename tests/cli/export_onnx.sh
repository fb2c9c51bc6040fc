#!/bin/bash
# EXPORT MODEL to .onnx: each network of layers, written and read back, predicts the rows that the layers do; so does a network from a file; from the
# shell and from an executable. (tests/onnx/exported.py holds the same files to ONNX Runtime.)
dql=$DQL_BUILD/dql
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fails=0
round_trip() { # round_trip SCRIPT: into $dir/NAME.dql; its models are exported and read back before they are used
    local last models m
    last=$(grep -nE '^(LOAD|CREATE) MODEL' "$1" | tail -1 | cut -d: -f1)
    models=$(sed -nE 's/^CREATE MODEL ([a-z_]+) .*/\1/p' "$1")
    head -"$last" "$1"
    for m in $models; do
        echo "EXPORT MODEL $m TO '$dir/$m.onnx';"
        echo "CREATE OR REPLACE MODEL $m FROM '$dir/$m.onnx'$(grep -q "batch = 'N'" "$1" && echo " OPTIONS (batch = 'N')");"
    done
    tail -n +$((last + 1)) "$1"
}
for script in tests/exec/layer_*.dql tests/exec/onnx_*.dql; do
    round_trip "$script" > "$dir/script.dql"
    "$dql" --mode=csv "$dir/script.dql" > "$dir/rows" 2> "$dir/err" && cmp -s "$dir/rows" "${script%.dql}.out" || { echo "$script"; cat "$dir/err"; diff "$dir/rows" "${script%.dql}.out" | head -5; fails=1; }
done
head -3 tests/exec/layer_conv2d.dql > "$dir/make.dql"
echo "EXPORT MODEL m TO '$dir/made.onnx';" >> "$dir/make.dql"
"$DQL_BUILD/dqlc" "$dir/make.dql" -o "$dir/make" && "$dir/make" && "$dql" "$dir/make.dql" && cp "$dir/made.onnx" "$dir/by_shell.onnx" && "$dir/make" && cmp "$dir/made.onnx" "$dir/by_shell.onnx" || { echo "ahead of time: another file"; fails=1; }
[ -z "$(ls "$dir" | grep part)" ] || { echo "left a part"; fails=1; }
exit $fails
