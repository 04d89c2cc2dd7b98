#!/bin/sh
# Builds every BPF object of the repository from its source: samples/*/*.bpf.c, tests/testdata/*.bpf.c, tests/testdata/links/*.bpf.c and bench/objects/*.bpf.c.
#
#   build.sh           rebuilds the objects in place
#   build.sh NAME...   only these (file names without .bpf.c)
#   build.sh --check   builds into a temporary directory, and fails if a committed object is not what its source gives
#
# x.bpf.c becomes x.o with `clang -target bpf -O2 -g`, unless it says otherwise in lines such as
#   // build: x_v4.o -mcpu=v4
# which name an object and its further options, one object a line. Three options are this script's own: DWARF is stripped (BTF stays)
# unless there is `--keep-dwarf`, `--strip-btf` takes BTF away, `--rela` gives all relocations explicit addends of zero.
# The result depends on the sources and clang's version alone: no path and no time gets into an object.
set -eu

LLVM=${LLVM:-19}
CLANG=clang-$LLVM
OBJCOPY=llvm-objcopy-$LLVM
root=$(cd "$(dirname "$0")/../.." && pwd)

# compile SOURCE OBJECT OPTION...
compile() {
    source=$1 object=$2
    shift 2
    objcopy=--strip-debug rela=
    for option; do
        shift
        case $option in
        --keep-dwarf) objcopy= ;;
        --strip-btf) objcopy="--strip-debug --remove-section=.BTF --remove-section=.rel.BTF --remove-section=.BTF.ext --remove-section=.rel.BTF.ext" ;;
        --rela) rela=1 ;;
        *) set -- "$@" "$option" ;;
        esac
    done
    (
        cd "$(dirname "$source")"
        "$CLANG" -target bpf -O2 -g -Wall -Wextra -Wno-unused-parameter -Wno-unused-function -Wno-missing-declarations \
            -ffile-prefix-map="$root"=. -fdebug-compilation-dir=. \
            -I../include -Iinclude -I../../samples/include -I../../../samples/include "$@" -c "$(basename "$source")" -o "$object"
        # shellcheck disable=SC2086 # a list of options
        [ -z "$objcopy" ] || "$OBJCOPY" $objcopy "$object"
        if [ -n "$rela" ]; then
            obj2yaml-"$LLVM" "$object" | sed 's/SHT_REL$/SHT_RELA/' >"$object.yaml"
            yaml2obj-"$LLVM" "$object.yaml" -o "$object"
        fi
    )
}

# same OBJECT OBJECT: but for DWARF, which names the packager of the compiler
same() {
    [ -e "$2" ] && "$OBJCOPY" --strip-debug "$1" "$into/a" && "$OBJCOPY" --strip-debug "$2" "$into/b" && cmp -s "$into/a" "$into/b"
}

# build SOURCE DIRECTORY
build() {
    name=$(basename "$1" .bpf.c)
    lines=$(sed -n 's|^// build: *||p' "$1")
    [ -n "$lines" ] || lines="$name.o"
    printf '%s\n' "$lines" | while read -r object options; do
        # shellcheck disable=SC2086
        compile "$1" "$2/$object" $options
    done
}

check=
[ "${1:-}" != --check ] || { check=1; shift; }
into=$(mktemp -d)
trap 'rm -rf "$into"' EXIT

failed=
for source in "$root"/samples/*/*.bpf.c "$root"/tests/testdata/*.bpf.c "$root"/tests/testdata/links/*.bpf.c "$root"/bench/objects/*.bpf.c; do
    name=$(basename "$source" .bpf.c) directory=$(dirname "$source")
    if [ $# -gt 0 ]; then
        case " $* " in *" $name "*) ;; *) continue ;; esac
    fi
    rm -f "$into"/*
    build "$source" "$into"
    for object in "$into"/*.o; do
        committed=$directory/$(basename "$object")
        if [ -z "$check" ]; then
            cmp -s "$object" "$committed" || { cp "$object" "$committed"; echo "built ${committed#"$root"/}"; }
        elif ! same "$object" "$committed"; then
            echo "${committed#"$root"/} is not what its source gives: run tests/testdata/build.sh" >&2
            failed=1
        fi
    done
done

if [ $# -eq 0 ]; then
    for object in "$root"/samples/*/*.o "$root"/tests/testdata/*.o "$root"/tests/testdata/links/*.o "$root"/bench/objects/*.o; do
        [ -e "$object" ] || continue
        known=$(grep -lE "^// build: *$(basename "$object")( |\$)" "$(dirname "$object")"/*.bpf.c || true)
        source=${object%.o}.bpf.c
        if [ -z "$known" ] && { [ ! -e "$source" ] || grep -q '^// build:' "$source"; }; then
            echo "${object#"$root"/} has no source" >&2
            failed=1
        fi
    done
fi
[ -z "$failed" ]
