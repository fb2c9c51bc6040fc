# What rows do wrong is said in the same words by every execution, and by programs made ahead of time.
dql=$DQL_BUILD/dql
cd tests/cli || exit 1
for options in --tier=auto --backend=eval --tier=kernels --tier=fused --optimise=off --threads=1 --exact; do
    "$dql" --mode=csv --keep-going $options run_time.dql 2>&1 > /dev/null | diff run_time.err - || { echo "$options"; exit 1; }
done
# One program for each of some statements: setting up, then failing.
out=$DQL_TMP/agree.$$
mkdir -p "$out"
for line in 5 9 13 18 20 25 27 32 36; do
    { sed -n 2,4p run_time.dql; sed -n "${line}p" run_time.dql; } > "$out/q.dql"
    (cd "$out" && "$DQL_BUILD/dqlc" q.dql -o q) || exit 1
    "$out/q" > "$out/got" 2>&1
    code=$?
    [ $code = 1 ] || { echo "line $line: exit $code"; exit 1; }
    want=$(grep "^run_time.dql:$line:" run_time.err | sed "s/^run_time.dql:$line:/q.dql:4:/")
    [ "$(grep '^q.dql' "$out/got")" = "$want" ] || { echo "line $line: expected $want"; cat "$out/got"; exit 1; }
done
