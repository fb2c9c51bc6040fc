#!/bin/bash
# Pictures that lie, are cut short or do not fit each other: the whole message, which names the file; in an executable too.
cd "$(dirname "$0")" || exit 1
out=$(mktemp -d "$DQL_TMP/pictures.XXXXXX")
trap 'rm -rf "$out"' EXIT
"$DQL_BUILD/dql" --mode=csv --keep-going pictures.dql > /dev/null 2> "$out/err"
[ $? = 1 ] || { echo "exit status"; exit 1; }
diff -u pictures.err "$out/err" || exit 1

# a picture that is replaced by another is read anew; one that does not fit what was compiled is refused
cp ../data/pictures/rgb.png "$out/a.png"
echo "FROM '$out/*.png' |> SELECT image[0, 0, 0] AS p;" > "$out/q.dql"
"$DQL_BUILD/dqlc" "$out/q.dql" -o "$out/q" || exit 1
[ "$("$out/q" --mode=csv)" = $'p\n128' ] || exit 1
cp ../data/pictures/grey.png "$out/a.png"
"$out/q" > "$out/got" 2>&1 && { echo "another shape is read"; exit 1; }
grep -q "compile it again" "$out/got" || { cat "$out/got"; exit 1; }
