# --timing=json: one line a statement on stderr, with these fields.
"$DQL_BUILD/dql" --timing=json --mode=csv -c "SELECT 1 AS x; SELECT 2 AS y;" 2> "$DQL_TMP/err.$$" > /dev/null
[ "$(grep -cE '^\{"statement": [12], "compile_ms": [0-9.]+, "run_ms": [0-9.]+, "total_ms": [0-9.]+, "rows": 1\}$' "$DQL_TMP/err.$$")" = 2 ] || { cat "$DQL_TMP/err.$$"; exit 1; }
