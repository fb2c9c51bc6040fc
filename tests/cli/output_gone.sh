# Who reads the rows goes away: the program ends, without a word. A full disk is an error with a message.
dql=$DQL_BUILD/dql
out=$DQL_TMP/output_gone.$$
{ cat tests/cli/numbers.inc; echo "SELECT k, 'a text that fills the pipe' AS t FROM m; SELECT 'more' AS x FROM m;"; } > "$out.dql"
"$dql" --mode=csv "$out.dql" 2> "$out.err" | head -1 > "$out"
[ "${PIPESTATUS[0]}" = 1 ] && [ "$(cat "$out")" = k,t ] && [ ! -s "$out.err" ] || { cat "$out" "$out.err"; exit 1; }
[ -w /dev/full ] || exit 77
"$dql" --mode=csv "$out.dql" > /dev/full 2> "$out.err"
[ $? = 1 ] && grep -q "cannot write the result: No space left on device" "$out.err" || { cat "$out.err"; exit 1; }
