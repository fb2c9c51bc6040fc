# Each folder of sources has a README that names all its files (`NAME`, `NAME.c`, or by a pattern `call_*`), and none that is not there.
status=0
for folder in base grammar frontend ir onnx rewrites lower codegen_cpu runtime api driver tools bench samples; do
    readme=$folder/README.md
    [ -e "$readme" ] || { echo "$readme is missing"; status=1; continue; }
    words=$(sed 's/\\//g' "$readme" | grep -oE '[A-Za-z0-9_]+\*?' | sort -u)
    patterns=$(echo "$words" | grep '\*$')
    for file in "$folder"/*.c "$folder"/*.h "$folder"/*.def "$folder"/*.[ly] "$folder"/*.py "$folder"/*.dql; do
        [ -e "$file" ] || continue
        name=${file##*/}
        stem=${name%%.*} named=
        echo "$words" | grep -qx "$stem" && continue
        set -f; for pattern in $patterns; do case $stem in $pattern) named=1 ;; esac; done; set +f
        [ "$named" ] || { echo "$readme does not name $name"; status=1; }
    done
    for name in $(grep -oE '(^|[^A-Za-z0-9_./<>{}*])[a-z0-9_]+\.(c|h|def|py)\b' "$readme" | sed 's/^[^a-z0-9]//' | sort -u); do
        [ -e "$folder/$name" ] || compgen -G "*/$name" > /dev/null || { echo "$readme names $name, which is not there"; status=1; }
    done
done
exit $status
