# TPC-H at scale factor 0.01 against a second engine's answers: the 22 queries as dql runs by itself, and Q1, Q3, Q6 and Q12 on
# every execution. DQL_SHARED names the folder with suites/tpch; without it the test is skipped.
suite=$(realpath -m "${DQL_SHARED:-../shared}/suites/tpch")
[ -d "$suite/sf0.01" ] || { echo "no $suite"; exit 77; }
dir=$DQL_TMP/tpch.$$
project=$PWD
mkdir -p "$dir"

# Q3 and Q12 with their joins written out: without rewrites, tables in FROM are multiplied.
cat > "$dir/joined03.sql" <<'END'
SELECT l_orderkey, sum(l_extendedprice * (1 - l_discount)) AS revenue, o_orderdate, o_shippriority
FROM customer JOIN orders ON c_custkey = o_custkey JOIN lineitem ON l_orderkey = o_orderkey
WHERE c_mktsegment = 'BUILDING' AND o_orderdate < DATE '1995-03-15' AND l_shipdate > DATE '1995-03-15'
GROUP BY l_orderkey, o_orderdate, o_shippriority ORDER BY revenue DESC, o_orderdate LIMIT 10;
END
cat > "$dir/joined12.sql" <<'END'
FROM orders |> JOIN lineitem ON o_orderkey = l_orderkey
  |> WHERE l_shipmode IN ('MAIL', 'SHIP') AND l_commitdate < l_receiptdate AND l_shipdate < l_commitdate
      AND l_receiptdate >= DATE '1994-01-01' AND l_receiptdate < DATE '1995-01-01'
  |> AGGREGATE SUM(CASE WHEN o_orderpriority IN ('1-URGENT', '2-HIGH') THEN 1 ELSE 0 END) AS high_line_count,
      SUM(CASE WHEN o_orderpriority NOT IN ('1-URGENT', '2-HIGH') THEN 1 ELSE 0 END) AS low_line_count GROUP BY l_shipmode
  |> ORDER BY l_shipmode;
END

script() { # script NAME TEXT=file ..: loads the tables, then runs the files with the name of the query above each answer
    {
        cat "$project/tests/data/tpch.dql"
        for q in "${@:2}"; do echo "SELECT '== ${q%%=*}';"; cat "${q#*=}"; done
    } > "$dir/$1.dql"
}
answers() { for q in "$@"; do echo "== ${q%%=*}"; tail -n +2 "$suite/answers-sf0.01/q${q%%=*}.csv"; done; }
check() { # check NAME command..: its output against $dir/want; numbers may differ by rounding
    (cd "$suite/sf0.01" && "${@:2}") > "$dir/got" 2> "$dir/err" || { echo "$1: exit $?"; cat "$dir/err"; exit 1; }
    awk -F '|' -v OFS='|' -v name="$1" '
        function same(a, b) { return a == b || (a + 0 != 0 && (a - b) ^ 2 <= (1e-10 * a) ^ 2 && a ~ /^-?[0-9.]+$/ && b ~ /^[-0-9.e]+$/) }
        NR == FNR { want[FNR] = $0; n = FNR; next }
        { gsub(/\t/, "|"); m = FNR; k = split(want[FNR], w, "|"); ok = k == NF
          for (i = 1; i <= k; i++) ok = ok && same(w[i], $i)
          if (!ok) { print name ": line " FNR ": expected " want[FNR] ", got " $0; bad = 1 } }
        END { if (m != n) { print name ": " n " lines expected, got " m; bad = 1 } exit bad }' "$dir/want" "$dir/got" || exit 1
}

all=$(seq -w 1 22)
script all $(for q in $all; do echo "$q=$suite/queries/q$q.sql"; done)
answers $all > "$dir/want"
run="$DQL_BUILD/dql --mode=tsv --header=off --null=NULL"
check all $run "$dir/all.dql"

script four $(for q in 01 03 06 12; do echo "$q=bench/queries/q$q.sql"; done)
script joined 01=bench/queries/q01.sql 03="$dir/joined03.sql" 06=bench/queries/q06.sql 12="$dir/joined12.sql"
answers 01 03 06 12 > "$dir/want"
check eval $run --backend=eval "$dir/four.dql"
check unoptimised $run --backend=cpu --optimise=off "$dir/joined.dql"
check joined $run "$dir/joined.dql"
for option in --tier=kernels --tier=fused --exact --threads=1; do check "$option" $run $option "$dir/four.dql"; done
(cd "$suite/sf0.01" && "$DQL_BUILD/dqlc" "$dir/four.dql" -o "$dir/four") || exit 1
check "ahead of time" "$dir/four" --mode=tsv --header=off --null=NULL
