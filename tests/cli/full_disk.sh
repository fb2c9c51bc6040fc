# A full disk, or a file larger than `ulimit -f` allows: a message that names the file and why, exit code 1, the old file as it was, no part left
# behind; a cache that cannot be written costs the time to compile again and nothing else.
dql=$DQL_BUILD/dql dqlc=$DQL_BUILD/dqlc
dir=$(mktemp -d)
mounted=
trap '[ -z "$mounted" ] || umount "$dir/disk"; rm -rf "$dir"' EXIT
mkdir "$dir/disk" "$dir/tmp"
export TMPDIR=$dir/tmp
fails=0
fail() { echo "$1"; fails=1; }
layer="INPUT (x TENSOR(FLOAT32, 5)) OUTPUT (y TENSOR(FLOAT32, 2)) LAYERS (linear(33) AS a |> relu |> linear(16) AS b |> tanh |> linear(2) AS c)"
export_m="CREATE MODEL m $layer; LOAD MODEL m FROM 'tests/data/layer_linear_deep.safetensors'; EXPORT MODEL m TO"

run() { # run COMMAND..: standard error goes through a pipe, which has no limit
    "$@" 2>&1 > "$TMPDIR/rows" | cat > "$dir/err"
    code=${PIPESTATUS[0]}
    mv "$TMPDIR/rows" "$dir/rows"
}

refused() { # refused FILE MESSAGE: the output $dir/err says so, FILE is the old one, nothing else is in its folder or in TMPDIR
    [ "$code" = 1 ] || fail "$1: exit $code"
    grep -qF -- "$2" "$dir/err" || { fail "$1: no '$2' in:"; cat "$dir/err"; }
    [ "$(cat "$1")" = old ] || fail "$1 is not as it was"
    [ "$(ls "$(dirname "$1")" | grep -c part)" = 0 ] || fail "$1: left a part"
    [ -z "$(ls "$TMPDIR")" ] || fail "$1: left $(ls "$TMPDIR") in TMPDIR"
}

outputs() { # outputs WHY LINKED COMMAND..: each output of dqlc, and EXPORT, run behind COMMAND; what is linked says LINKED
    local why=$1 linked=$2 kind
    shift 2
    for kind in exe obj static shared c-header asm llvm-ir dep-info; do
        echo old > "$dir/disk/out"
        run "$@" "$dqlc" --emit=$kind samples/iris.dql -o "$dir/disk/out"
        case $kind in exe | obj | static | shared) refused "$dir/disk/out" "$linked" ;; *) refused "$dir/disk/out" "cannot write $dir/disk/out: $why" ;; esac
    done
    echo old > "$dir/disk/m.safetensors"
    run "$@" "$dql" -c "$export_m '$dir/disk/m.safetensors'"
    refused "$dir/disk/m.safetensors" "$dir/disk/m.safetensors: $why"
    rm "$dir/disk/m.safetensors"
}

cache() { # cache COMMAND..: twice, so that what the first run left is read by the second
    for run in 1 2; do
        run env XDG_CACHE_HOME="$dir/disk/cache" "$@" "$dql" --tier=fused --mode=csv samples/iris.dql
        [ "$code" = 0 ] && [ ! -s "$dir/err" ] && [ "$(cat "$dir/rows")" = $'name,n\nversicolor,2\nvirginica,46' ] || { fail "cache: exit $code"; cat "$dir/err" "$dir/rows"; }
        [ "$(find "$dir/disk" -name 'tmp.*' | wc -l)" = 0 ] || fail "cache: left a part"
    done
}

printf '#!/bin/bash\nulimit -f $1; shift; exec "$@"\n' > "$dir/limit"
chmod +x "$dir/limit"
outputs "File too large" "cannot write $TMPDIR/dqlc-" "$dir/limit" 0
cache "$dir/limit" 1 # 1,024 bytes: the rows fit, code does not
"$dqlc" samples/iris.dql -o "$dir/program" || fail "dqlc"
run "$dir/limit" 0 "$dir/program" --mode=csv
[ "$code" = 1 ] && grep -q "cannot write the result: File too large" "$dir/err" || { fail "program: exit $code"; cat "$dir/err"; }

if mount -t tmpfs -o size=64k none "$dir/disk" 2> "$dir/err"; then
    mounted=1
    cache env
    fill() { echo old > "$dir/disk/out"; echo old > "$dir/disk/m.safetensors"; cat /dev/zero > "$dir/disk/fill" 2> "$dir/err"; }
    rm -rf "$dir/disk/cache"
    fill
    cache env
    outputs "No space left on device" "cannot make $dir/disk/out: " env
fi
exit $fails
