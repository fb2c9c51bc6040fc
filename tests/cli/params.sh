# Parameters: declared with PARAM, given on the command line behind the script or by --param; errors name the parameter.
cat > "$DQL_TMP/p.$$.dql" <<'END'
PARAM cutoff INTEGER DEFAULT 5;
PARAM name VARCHAR;
SELECT $cutoff + 1 AS a, $name AS b;
END
check() { # check EXPECTED arguments..
    local want=$1 got
    shift
    got=$("$DQL_BUILD/dql" --mode=csv --header=off "$@" 2>&1)
    [ "$got" = "$want" ] || { echo "dql $*: got '$got', expected '$want'"; exit 1; }
}
check "6,x" "$DQL_TMP/p.$$.dql" --name=x
check "8,x" "$DQL_TMP/p.$$.dql" --name=x --cutoff=7
check "8,x" --param cutoff=7 --param name=x "$DQL_TMP/p.$$.dql"
check "8,x" --backend=eval --param cutoff=7 --param name=x "$DQL_TMP/p.$$.dql"
"$DQL_BUILD/dql" "$DQL_TMP/p.$$.dql" > "$DQL_TMP/out.$$" 2>&1 && { echo "a parameter without a value passed"; exit 1; }
grep -q "parameter name has no default: give it with --name=VALUE" "$DQL_TMP/out.$$" || { cat "$DQL_TMP/out.$$"; exit 1; }
"$DQL_BUILD/dql" "$DQL_TMP/p.$$.dql" --name=x --cutoff=many > "$DQL_TMP/out.$$" 2>&1 && { echo "a bad value passed"; exit 1; }
grep -q "parameter cutoff" "$DQL_TMP/out.$$"
