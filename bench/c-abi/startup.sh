#!/bin/sh
# What our libbpf.so.1 costs a fresh process beside the machine's own: each RUNS times, interleaved; medians. As root.
#   startup.sh [RUNS]
set -eu
cd "$(dirname "$0")/../.."
runs=${1:-21}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -o "$work/startup" bench/c-abi/startup.c -ldl
ours=$PWD/artifacts/native/linux-x64/libbpf.so.1
for _ in $(seq "$runs"); do
    "$work/startup" libbpf.so.1 samples/map/map.o >>"$work/libbpf"
    EBPF_PLATFORM=linux "$work/startup" "$ours" samples/map/map.o >>"$work/ours"
    EBPF_PLATFORM=embedded "$work/startup" "$ours" samples/map/map.o >>"$work/embedded"
done
median() {
    cut -d' ' -f"$2" "$work/$1" | sort -n | sed -n "$((runs / 2 + 1))p"
}
printf '%-10s %10s %10s %10s %10s %10s   (microseconds, KiB)\n' '' dlopen 'first call' 'object' 'second' memory
for library in libbpf ours embedded; do
    printf '%-10s %10s %10s %10s %10s %10s\n' "$library" "$(median $library 1)" "$(median $library 2)" "$(median $library 3)" "$(median $library 4)" "$(median $library 5)"
done
