# Tensors of a .npy file are read in place: a file larger than the memory limit, in several segments; a table made of it is a copy.
dir=$DQL_TMP/npy.$$
mkdir -p "$dir"
fail() { echo "$*"; exit 1; }
rows=1600000
# header of 128 bytes, then rows of 16 zeros; the last row begins with 1.0
make() {
    { printf '\223NUMPY\001\000v\000'; printf '%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': ($rows, 16), }"; } > "$1"
    truncate -s $((128 + rows * 64)) "$1"
    printf "$2" | dd of="$1" bs=1 seek=$((128 + (rows - 1) * 64)) conv=notrunc 2>/dev/null
}
make "$dir/a.npy" '\000\000\200\077'
got=$("$DQL_BUILD/dql" --mode=csv --header=off --memory-limit=50000000 -c "SELECT COUNT(*), SUM(sum(value)), MAX(CASE WHEN sum(value) > 0 THEN i END) FROM '$dir/a.npy'" 2>&1)
[ "$got" = "$rows,1,$((rows - 1))" ] || fail "larger than memory: $got"

got=$("$DQL_BUILD/dql" --mode=csv --header=off --memory-limit=50000000 -c "CREATE TABLE t AS FROM '$dir/a.npy'" 2>&1)
[ $? = 3 ] || fail "a table larger than memory: $got"

mkfifo "$dir/go"
{ echo "CREATE TABLE t AS FROM '$dir/a.npy'; SELECT SUM(sum(value)) FROM t;"; cat "$dir/go"; echo "SELECT SUM(sum(value)) FROM t; SELECT SUM(sum(value)) FROM '$dir/a.npy';"; } |
    "$DQL_BUILD/dql" --mode=csv --header=off > "$dir/out" 2>&1 &
for i in $(seq 100); do grep -q . "$dir/out" && break; sleep 0.1; done
make "$dir/a.npy" '\000\000\000\100' # in place: now 2.0
echo > "$dir/go"
wait
[ "$(tr '\n' ' ' < "$dir/out")" = "1 1 2 " ] || fail "changed in place: $(cat "$dir/out")"
rm -r "$dir"
