# The cases of ONNX's own conformance suite (Debian's libonnx-testdata) that tests/onnx/cases.txt lists: each passes on the evaluator
# and in native code (or, where that does not exist yet, says so and runs on the evaluator).
data=/usr/share/libonnx-testdata/data
[ -d $data ] || { echo "libonnx-testdata is not installed"; [ -n "$CI" ] && exit 1; exit 77; }
cases=$(sed "s|.*|$data/*/&|" tests/onnx/cases.txt)
for backend in eval auto; do
    option=--backend=$backend
    [ $backend = auto ] && option=
    echo $cases | xargs -n 60 -P 2 "$DQL_BUILD/dql_onnx" $option --case > "$DQL_TMP/onnx.$backend" 2> /dev/null
    grep -v '^ok ' "$DQL_TMP/onnx.$backend" && exit 1
    [ "$(grep -c '^ok ' "$DQL_TMP/onnx.$backend")" = "$(wc -l < tests/onnx/cases.txt)" ] || { echo "some cases did not run"; exit 1; }
done
