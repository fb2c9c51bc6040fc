# A row's result is a function of the row, the weights and the plan's REAL choices, nothing else: the same bits whichever rows it is
# evaluated with (permuted, split, filtered, alone), in each tier, on every level of processors and any number of threads.
set -e
dql=$DQL_BUILD/dql
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

model=$(sed -n '/^CREATE MODEL/,/^LOAD/p' samples/digits.dql)
network() { # network NAME WHERE [option..]: the lines `row,probabilities`, by row, of the convolutional network
    local name=$1 where=$2
    shift 2
    { echo "CREATE TABLE t AS FROM 'samples/data/digits_x.npy';"
      echo "CREATE TABLE shuffled AS SELECT i, value FROM t ORDER BY i * 7919 % 1797;"
      echo "$model"
      echo "SELECT i, digits(value) AS p FROM $where ORDER BY i;"; } > "$dir/q.dql"
    "$dql" --mode=csv --header=off "$@" "$dir/q.dql" > "$dir/$name"
}
same() { cmp "$dir/all" "$dir/$1" || { echo "different bits: $1"; exit 1; }; }
part() { # every line of the part is a line of the whole
    [ -s "$dir/$1" ] && ! grep -Fxvf "$dir/all" "$dir/$1" || { echo "different bits: $1"; exit 1; }
}

network all t
[ "$(wc -l < "$dir/all")" = 1797 ]
network permuted shuffled; same permuted
for threads in 1 3; do network threads t --threads=$threads; same threads; done
for tier in kernels fused; do network tier shuffled --tier=$tier; same tier; done
for level in x86-64-v3 x86-64-v4 x86-64-v4x; do
    [ "$level" = x86-64-v3 ] || grep -qw avx512vl /proc/cpuinfo || continue
    [ "$level" = x86-64-v4x ] && ! grep -qw avx512_bf16 /proc/cpuinfo && continue
    network level shuffled --target=$level; same level
done
network compacted "t WHERE i % 7 = 3"; part compacted
network half "t WHERE i >= 901"; part half
network alone "t WHERE i = 1001"; part alone
network few "shuffled WHERE i IN (3, 1795, 77, 6, 1001)"; part few
network decided "t WHERE digits(value)[4] > 0.7"; part decided
