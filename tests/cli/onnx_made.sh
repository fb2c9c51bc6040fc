#!/bin/bash
# Models made at random give what ONNX Runtime gives, in native code and on the evaluator: quantized operators, graphs within nodes and sequences,
# the forms of late opsets. Cases and outputs are by the scripts of the same names.
for made in quantized:14 control:15 opsets:21; do
    cases=(tests/onnx/${made%:*}/*)
    for backend in cpu eval; do
        out=$("$DQL_BUILD/dql_onnx" --backend=$backend --case "${cases[@]}") || { grep -v '^ok ' <<< "$out"; exit 1; }
        [ "$(grep -c '^ok ' <<< "$out")" = ${made#*:} ] || { echo "not ${made#*:} cases of ${made%:*} on $backend"; exit 1; }
    done
done
