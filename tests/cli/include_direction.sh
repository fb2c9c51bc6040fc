# Includes run one way (docs/architecture.md): every #include of a folder's sources must be in its row.
bad=0
check() { # check FOLDER allowed folders..
    local folder=$1 allowed file included
    shift
    allowed=" $* "
    for file in "$folder"/*.c "$folder"/*.h "$folder"/*.def "$folder"/*.l "$folder"/*.y; do
        [ -e "$file" ] || continue
        for included in $(sed -n 's/^ *# *include "\([a-z_]*\/[a-z_.]*\)".*/\1/p' "$file"); do
            case $allowed in
            *" $included "* | *" ${included%%/*} "*) ;;
            *) echo "$file includes $included"; bad=1 ;;
            esac
        done
    done
}
check base base
check grammar grammar base frontend/ast.h
check frontend frontend base ir onnx
check onnx onnx base ir
check ir ir base
check rewrites rewrites ir base
check lower lower ir base
check codegen_cpu codegen_cpu ir base runtime/abi.def
check runtime runtime base
check api api base grammar frontend ir onnx rewrites lower codegen_cpu runtime
check driver driver api/dql.h
# frontend/ast.* stands below the rest of its folder
for file in frontend/ast.*; do
    grep -E '^ *# *include "(ir|frontend/[^a])' "$file" && { echo "$file includes more than base"; bad=1; }
done
exit $bad
