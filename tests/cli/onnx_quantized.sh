#!/bin/bash
# Quantized operators give what ONNX Runtime gives, in native code and on the evaluator: cases and outputs are by tests/onnx/quantized.py.
cases=(tests/onnx/quantized/*)
for backend in cpu eval; do
    out=$("$DQL_BUILD/dql_onnx" --backend=$backend --case "${cases[@]}") || { grep -v '^ok ' <<< "$out"; exit 1; }
    [ "$(grep -c '^ok ' <<< "$out")" = 14 ] || { echo "not 14 cases on $backend"; exit 1; }
done
