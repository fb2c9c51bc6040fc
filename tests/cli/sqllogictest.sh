# SQLite's sqllogictest corpus: every record that is not in sqllogictest.known gives the expected rows. DQL_SHARED names the folder with
# suites/slt and tools/slt_run.py; without it, or without Python, the test is skipped. On shipped kernels: 40,000 statements compiled would take minutes.
shared=${DQL_SHARED:-../shared}
[ -d "$shared/suites/slt" ] && command -v python3 > /dev/null || { echo "no $shared/suites/slt, or no python3"; exit 77; }
export ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 # the runner preloads stdbuf's library before a sanitized dql
dir=$DQL_TMP/slt.$$
mkdir -p "$dir"

run() { # run FILE: appends `FILE LINE what` for each record that failed
    python3 "$shared/tools/slt_run.py" --preset dql --report "$dir/report" "$1" \
        --cmd "$DQL_BUILD/dql --mode=tsv --header=off --null=NULL --booleans=01 --tier=kernels" > "$dir/log"
    grep -qE '^(PASS|FAIL) .* records [1-9]' "$dir/log" || { cat "$dir/log"; exit 1; }
    sed -E 's|^.*/([^/\t]*)\t([0-9]+)\t|\1 \2 |' "$dir/report" >> "$dir/failed"
}

: > "$dir/failed"
for file in "$shared"/suites/slt/*.test; do run "$file"; done
grep -v '^#' tests/cli/sqllogictest.known | cut -d ' ' -f 1,2 | sort > "$dir/known"
cut -d ' ' -f 1,2 "$dir/failed" | sort -u > "$dir/got"
if ! cmp -s "$dir/known" "$dir/got"; then
    comm -13 "$dir/known" "$dir/got" | grep -Fwf - "$dir/failed"
    comm -23 "$dir/known" "$dir/got" | sed 's/$/ is in sqllogictest.known and passes/'
    exit 1
fi
