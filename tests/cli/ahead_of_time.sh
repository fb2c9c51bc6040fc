# dqlc: executables, objects with a C header, assembly, LLVM text; the same bytes each time; errors where a file or schema differs.
dqlc=$DQL_BUILD/dqlc
dir=$DQL_TMP/aot.$$
mkdir -p "$dir"
printf 'a,b\n1,x\n2,y\n' > "$dir/in.csv"
cat > "$dir/q.dql" <<END
PARAM least INTEGER DEFAULT 2;
SELECT a, b FROM '$dir/in.csv' WHERE a >= \$least ORDER BY a;
END
fail() { echo "$*"; exit 1; }
"$dqlc" "$dir/q.dql" -o "$dir/q" || fail "dqlc failed"
[ "$("$dir/q" --mode=csv)" = "a,b
2,y" ] || fail "the program prints $("$dir/q")"
[ "$("$dir/q" --mode=csv --header=off --least=1 | tr '\n' ' ')" = "1,x 2,y " ] || fail "parameter"
"$dir/q" --help | grep -q -- "--least .*INTEGER, default 2" || fail "--help lists no parameters"
"$dir/q" --least=many > "$dir/out" 2>&1; [ $? = 2 ] || fail "a bad parameter value"
"$dir/q" --nonsense=1 > "$dir/out" 2>&1; [ $? = 2 ] || fail "an unknown option"
"$dqlc" "$dir/q.dql" -o "$dir/q2" && cmp "$dir/q" "$dir/q2" || fail "two builds differ"
printf 'a,c\n1,x\n' > "$dir/in.csv"
"$dir/q" > "$dir/out" 2>&1; [ $? = 1 ] || fail "another schema passed"
grep -q "compile it again" "$dir/out" || fail "$(cat "$dir/out")"
rm "$dir/in.csv"
"$dir/q" > "$dir/out" 2>&1; [ $? = 1 ] || fail "a missing file passed"
grep -q "in.csv" "$dir/out" || fail "$(cat "$dir/out")"

echo "SELECT 1 + COUNT(*) AS n FROM (VALUES (1), (2)) AS t(i);" > "$dir/n.dql"
(cd "$dir" && "$dqlc" -c n.dql) || fail "dqlc -c"
[ -s "$dir/n.o" ] && [ -s "$dir/n.h" ] || fail "no object or header"
printf '#include "n.h"\nint main(int argc, char **argv) { return dql_aot_main(argc, argv); }\n' > "$dir/main.c"
libs=$DQL_BUILD/runtime
${CC:-cc} ${DQL_SANITIZE:+-fsanitize=address,undefined} -I"$dir" "$dir/main.c" "$dir/n.o" "$libs/libdql_runtime.a" "$DQL_BUILD/base/libdql_base.a" \
    -lxxhash -lpng -ljpeg -lz -lzstd -lpthread -lm -o "$dir/n" 2> "$dir/out" || { grep -q asan "$dir/out" && exit 77; fail "$(cat "$dir/out")"; }
[ "$("$dir/n" --mode=csv --header=off)" = 3 ] || fail "the linked object prints $("$dir/n")"
(cd "$dir" && "$dqlc" -S n.dql && "$dqlc" --emit=llvm-ir n.dql) || fail "-S"
grep -q "\.text" "$dir/n.s" && grep -q "define" "$dir/n.ll" || fail "assembly or LLVM text"

# One compilation for all outputs, whatever the script creates; a path may hold blanks and quotes.
printf 'a\n1\n' > "$dir/dep.csv"
echo "CREATE TABLE t (a INTEGER); INSERT INTO t SELECT a FROM '$dir/dep.csv'; SELECT SUM(a) AS s FROM t;" > "$dir/c.dql"
(cd "$dir" && "$dqlc" -c c.dql && "$dqlc" --emit=asm,llvm-ir c.dql) || fail "several outputs"
mkdir "$dir/it's a folder"
"$dqlc" -MD "$dir/c.dql" -o "$dir/it's a folder/c" && [ "$("$dir/it's a folder/c" --header=off --mode=csv)" = 1 ] || fail "a path with a quote"
grep -q "c.dql $dir/dep.csv" "$dir/it's a folder/c.d" || fail "-MD: $(cat "$dir/it's a folder/c.d")"
"$dqlc" -MF > "$dir/out" 2>&1; [ $? = 2 ] || fail "-MF without a path"
"$dqlc" "$dir/c.dql" -o "$dir/no/such/folder" > "$dir/out" 2>&1; [ $? = 1 ] || fail "an output that cannot be written"

echo "EXPLAIN SELECT 1;" > "$dir/e.dql"
"$dqlc" "$dir/e.dql" -o "$dir/e" > "$dir/out" 2>&1; [ $? = 1 ] || fail "EXPLAIN passed"
echo "SELECT nothing;" > "$dir/e.dql"
"$dqlc" "$dir/e.dql" -o "$dir/e" > "$dir/out" 2>&1; [ $? = 1 ] || fail "a bad name passed"
[ ! -e "$dir/e" ] || fail "a program was left behind"

# Levels, defaults from the command line, lines of the script in the code.
cat > "$dir/l-1.dql" <<END
PARAM least INTEGER DEFAULT 2;

SELECT SUM(a) AS s FROM (VALUES (1), (2), (3)) AS t(a) WHERE a >= \$least;
END
for level in -O0 -O1 -O2 -O3; do
    "$dqlc" $level --param least=3 "$dir/l-1.dql" -o "$dir/l" && [ "$("$dir/l" --mode=csv --header=off)" = 3 ] || fail "$level"
done
"$dqlc" -O4 "$dir/l-1.dql" > "$dir/out" 2>&1; [ $? = 2 ] || fail "-O4"
"$dqlc" --param least=x "$dir/l-1.dql" -o "$dir/l" > "$dir/out" 2>&1; [ $? = 1 ] || fail "a bad default"
"$dqlc" --param most=1 "$dir/l-1.dql" -o "$dir/l" > "$dir/out" 2>&1; [ $? = 1 ] || fail "an unknown parameter"
grep -q "declares no such parameter" "$dir/out" || fail "$(cat "$dir/out")"
(cd "$dir" && "$dqlc" -g -S l-1.dql) || fail "-g"
grep -q "l-1.dql" "$dir/l-1.s" && grep -q "dql_unit_k_" "$dir/l-1.s" || fail "-g leaves no names and lines"

# Libraries: several scripts in one program, each by its own entry.
sed 's/SUM/MAX/; s/2;/1;/' "$dir/l-1.dql" > "$dir/m.dql"
(cd "$dir" && for i in l-1 m; do "$dqlc" --emit=static,shared,c-header $i.dql && cp $i.a $i.first && "$dqlc" --emit=static $i.dql && cmp $i.a $i.first || exit 1; done) ||
    fail "libraries"
cat > "$dir/main.c" <<END
#include "l-1.h"
#include "m.h"
#include <stdio.h>
int main(void) {
    char *arguments[] = {"main", "--mode=csv", "--header=off", NULL};
    int status = l_1_main(3, arguments) || m_main(3, arguments);
    fflush(stdout);
    return status;
}
END
build_main() { ${CC:-cc} ${DQL_SANITIZE:+-fsanitize=address,undefined} -I"$dir" "$dir/main.c" "$@"; }
build_main "$dir/l-1.a" "$dir/m.a" -lxxhash -lpng -ljpeg -lz -lzstd -lpthread -lm -o "$dir/with_static" || fail "linking static libraries"
build_main "$dir/l-1.so" "$dir/m.so" -o "$dir/with_shared" || fail "linking shared libraries"
for program in with_static with_shared; do
    [ "$("$dir/$program" | tr '\n' ' ')" = "5 3 " ] || fail "$program prints $("$dir/$program")"
done

# A failing compilation leaves what was there.
echo old > "$dir/kept"
"$dqlc" "$dir/e.dql" -o "$dir/kept" > "$dir/out" 2>&1; [ "$(cat "$dir/kept")" = old ] || fail "an output was lost"
[ -z "$(ls "$dir" | grep part)" ] || fail "parts are left: $(ls "$dir")"
