# The row that a message names is the first that fails, on every execution and with any number of workers.
dql=$DQL_BUILD/dql
dir=$DQL_TMP/first_row.$$
mkdir -p "$dir"
cp tests/cli/first_row.dql tests/cli/first_row.err "$dir"
cd "$dir" || exit 1
{ echo i; seq 0 999; } > numbers.csv
printf 's,n\n1,"a\nb\nc"\n\n2,b\n"3",c\n"4 4",d\n5,e\n\n\nx7,f\n' > quoted.csv
# numpy.save("seven.npy", numpy.array([3, 5, 7], "<i8"))
{ printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }"
  printf '\3\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0'; } > seven.npy
fails=0
for threads in 1 2 3; do
    for options in --backend=eval "--optimise=off --tier=kernels" --tier=kernels --tier=fused --tier=auto --exact; do
        [ "$options" = --backend=eval ] && [ $threads != 1 ] && continue
        "$dql" --mode=csv --keep-going --threads=$threads $options first_row.dql 2>&1 | diff first_row.err - > got ||
            { echo "$options --threads=$threads"; cat got; fails=1; }
    done
done
{ sed -n 2p first_row.dql; sed -n 9p first_row.dql; } > q.dql
"$DQL_BUILD/dqlc" q.dql -o q || exit 1
for threads in 1 3; do
    ./q --threads=$threads 2>&1 | grep -q "^q.dql:2:12: error\[E0501\]: division by zero in row 701 of table 'big'$" || { echo "ahead of time"; ./q; fails=1; }
done
exit $fails
