# Exit codes: 0 ok, 1 an error in the text or the data, 2 a wrong command line, 3 a resource limit.
dql=$DQL_BUILD/dql
fails=0
expect() { # expect CODE command..
    local want=$1 got
    shift
    "$@" > "$DQL_TMP/out.$$" 2>&1 < /dev/null
    got=$?
    [ $got = "$want" ] || { echo "exit $got, expected $want: $*"; cat "$DQL_TMP/out.$$"; fails=1; }
}
expect 0 "$dql" -c "SELECT 1"
expect 0 "$dql" --help
expect 0 "$dql" --version
expect 0 "$dql" --list-ops
expect 0 "$dql" --list-rules
expect 1 "$dql" -c "SELECT x"
expect 1 "$dql" -c "SELECT 1 / 0"
expect 1 "$dql" -c "SELEC 1"
expect 1 "$dql" no_such_file.dql
expect 2 "$dql" --no-such-option
expect 2 "$dql" --threads=many -c "SELECT 1"
expect 2 "$dql" --backend=gpu -c "SELECT 1"
expect 2 "$dql" --mode=pretty -c "SELECT 1"
expect 2 "$dql" a.dql b.dql
expect 1 "$dql" --keep-going -c "SELECT x; SELECT 1"
expect 2 "$DQL_BUILD/dqlc"
expect 1 "$DQL_BUILD/dqlc" no_such_file.dql
expect 2 "$DQL_BUILD/dqlc" --emit=tape x.dql
exit $fails
