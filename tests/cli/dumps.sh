# Dumps are stable and the algebra's can be read back; a switched-off rule does not fire; --rule-limit=0 leaves the plan as it was bound.
text="CREATE TABLE t (a INTEGER, b INTEGER); SELECT a + 0 AS x FROM t WHERE b > 1 AND b > 3;"
d() { "$DQL_BUILD/dql" "$@" -c "$text" 2>&1 > /dev/null; }
[ -n "$(d --dump=ir)" ] && [ "$(d --dump=ir)" = "$(d --dump=ir)" ] || { echo "--dump=ir"; exit 1; }
d --dump=tokens | grep -q "CREATE CREATE" || { echo "--dump=tokens"; exit 1; }
d --dump=ast | grep -q "create_table" || { echo "--dump=ast"; exit 1; }
d --dump=llvm | grep -q "define" || { echo "--dump=llvm"; exit 1; }
d --dump=asm | grep -q "\.text" || { echo "--dump=asm"; exit 1; }
d --time-passes | grep -q "bind .* ms" || { echo "--time-passes"; exit 1; }
d --dump=program | grep -q pipeline || { echo "--dump=program"; d --dump=program; exit 1; }
d --dump=kernels | grep -q "load" || { echo "--dump=kernels"; exit 1; }
[ "$(d --dump=ir --rule-limit=0)" != "$(d --dump=ir)" ] || { echo "--rule-limit"; exit 1; }
[ "$(d --dump=ir --off=range_merge)" != "$(d --dump=ir)" ] || { echo "--off"; exit 1; }
d --dump=ir:after=bind --stop-after=bind | grep -q "add" || { echo "--dump=ir:after=bind"; exit 1; }
"$DQL_BUILD/dql" --cache=off --tier=fused --perf-map -c "$text" > /dev/null & pid=$!
wait $pid
grep -qE '^[0-9a-f]+ [0-9a-f]+ dql_[a-z]+_k_[0-9a-f]{32}$' /tmp/perf-$pid.map || { echo "--perf-map"; cat /tmp/perf-$pid.map; exit 1; }
rm /tmp/perf-$pid.map
