# tests/onnx/bad.dql: files that are damaged or lie, and wrong uses of models; the full diagnostics.
cd tests/onnx || exit 1
"$DQL_BUILD/dql" --mode=csv --keep-going bad.dql > /dev/null 2> "$DQL_TMP/bad.err"
[ $? = 1 ] || { echo "exit code $?"; exit 1; }
[ -n "$UPDATE" ] && cp "$DQL_TMP/bad.err" bad.err
diff -u bad.err "$DQL_TMP/bad.err"
