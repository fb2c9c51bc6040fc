# Files that were not made for us: read rightly, or refused with the line and what to do.
dir=$DQL_TMP/csv_bad.$$
mkdir -p "$dir/folder.csv"
cp tests/cli/csv_bad.dql "$dir"
want=$PWD/tests/cli/csv_bad.err
cd "$dir" || exit 1
printf 'a,b\r1,x\r3,"y\rz"\r' > cr.csv
printf 'a,b\r\n1,x\r\n3,"y\r\nz"\r\n' > crlf.csv
printf '\357\273\277a,b\n1,\303\244\n' > bom.csv
{ printf 's,t\n'; head -c 3000000 /dev/zero | tr '\0' y; printf ',1\n'; head -c 2000000 /dev/zero | tr '\0' z; printf ',2\n'; } > long.csv
printf 'a,b\n1,"two\nlines"\n2,M\344rz\n' > latin1.csv
{ echo a,b; seq 1 300000 | sed 's/$/,x/'; printf '7,\303\n'; } > late.csv
printf 'a,b\n1,x\n2,y\000z\n' > nul.csv
printf '\377\376a\0,\0b\0\n\0001\0,\0002\0\n\0' > utf16.csv
printf 'a,gr\374n\n1,x\n' > header.csv
printf 'a,b\n1,x\n2,"y\n3,z\n' > open.csv
printf 'a,b\n1,"x"y\n' > behind.csv
printf 'a,b\n1,x\n\n2\n' > few.csv
printf 'a,b\n1,x\n2,y,z\n' > many.csv
: > empty.csv
{ echo a,b; seq 1 90000 | sed 's/$/,x/'; } | gzip | head -c 50000 > cut.csv.gz
fails=0
for options in --threads=1 --threads=3 --backend=eval; do
    "$DQL_BUILD/dql" --mode=csv --keep-going $options csv_bad.dql 2>&1 | diff "$want" - > got || { echo "$options"; cat got; fails=1; }
done
exit $fails
