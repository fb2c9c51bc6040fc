# PRIMARY KEY and UNIQUE over many statements; SQLite refuses and takes the same ones.
dir=$DQL_TMP/key_checks.$$
mkdir -p "$dir"
cp tests/cli/key_checks.dql "$dir"
want=$PWD/tests/cli/key_checks.err
cd "$dir" || exit 1
{ echo i; seq 0 999; } > numbers.csv
fails=0
for options in --backend=eval --tier=kernels --tier=fused --threads=3; do
    "$DQL_BUILD/dql" --mode=csv --keep-going $options key_checks.dql 2>&1 | diff "$want" - > got || { echo "$options"; cat got; fails=1; }
done
exit $fails
