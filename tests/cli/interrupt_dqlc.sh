# Ctrl-C on dqlc, while it plans, generates code or links: exit code 130, the old output as it was, nothing left behind.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/tmp" "$dir/out"
fails=0
printf '#!/bin/bash\ntouch "%s/linking"\nsleep 20\n' "$dir" > "$dir/cc"
chmod +x "$dir/cc"
set -m
interrupt() { # interrupt WHEN COMMAND..: after `WHEN` holds
    local when=$1 pid
    shift
    echo old > "$dir/out/q"
    TMPDIR=$dir/tmp "$@" -o "$dir/out/q" 2> "$dir/err" &
    pid=$!
    until eval "$when"; do sleep 0.02; done
    kill -INT -$pid
    wait $pid
    code=$?
    [ $code = 130 ] && grep -q cancelled "$dir/err" || { echo "$when: exit $code"; cat "$dir/err"; fails=1; }
    [ "$(cat "$dir/out/q")" = old ] && [ "$(ls "$dir/out")" = q ] && [ -z "$(ls "$dir/tmp")" ] || { echo "$when: left"; ls "$dir/out" "$dir/tmp"; fails=1; }
}
interrupt '[ -e "$dir/linking" ]' env CC="$dir/cc" "$DQL_BUILD/dqlc" samples/iris.dql
{ echo "CREATE TABLE t (a INTEGER); SELECT 0"; for i in $(seq 60000); do echo "+ CASE WHEN a = $i THEN $i ELSE 1 END"; [ $((i % 200)) = 0 ] && echo "AS x FROM t; SELECT 0"; done; echo "AS x FROM t;"; } > "$dir/long.dql"
interrupt 'sleep 0.3' "$DQL_BUILD/dqlc" "$dir/long.dql"
exit $fails
