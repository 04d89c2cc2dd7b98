#!/bin/sh
# Records what libbpf and the running kernel make of the objects here, into the tables that tests compare with:
#   libbpf-open.jsonl  kernel-verdicts.tsv  kernel-results.tsv  core-results.tsv
#
# Needs root, gcc, libelf, zlib, and libbpf 1.8: LIBBPF_FLAGS says how to compile and link with it ("-I... .../libbpf.a" or "-lbpf").
# To be run after a source has changed; the tables that are committed are of Linux 6.18 on x86-64.
set -eu
cd "$(dirname "$0")"

record=$(mktemp)
trap 'rm -f "$record"' EXIT
# shellcheck disable=SC2086 # flags
gcc -O1 -Wall record/record.c ${LIBBPF_FLAGS:--lbpf} -lelf -lz -o "$record"

# Objects of which neither verdicts nor results are recorded, and those that ask for things of the kernel's own.
not_for_kernel='^(core_.*|sections|pinning|windows_.*|endian_big|rela|lines_dwarf)\.o$'
not_for_runs='^(kconfig.*|ksyms|kfuncs|exceptions|struct_ops|arena|version|verdicts|rejects|leaks|autoload_extern|autoload_all_off|no_license)\.o$'

"$record" open *.o >libbpf-open.jsonl

{
    echo '# What the kernel says of each program, loaded alone: object, program, verdict (accept, or the negative errno),'
    echo '# instructions (with subprograms, where it got that far), instructions that the verifier processed.'
    # shellcheck disable=SC2046
    "$record" verdicts $(ls *.o | grep -vE "$not_for_kernel" | grep -vE '^(prog_array|tail_calls)\.o$')
} >kernel-verdicts.tsv

{
    echo '# What the kernel answered to BPF_PROG_TEST_RUN: object, program, input (of inputs.tsv), result (or the errno in brackets),'
    echo '# packet afterwards (= unchanged, - none), context afterwards (- none). Each is the first run of a freshly loaded object.'
    # shellcheck disable=SC2046
    "$record" runs inputs.tsv $(ls *.o | grep -vE "$not_for_kernel" | grep -vE "$not_for_runs")
} >kernel-results.tsv

{
    echo '# CO-RE as libbpf does it: target, object, program, result of the run (or the negative errno of the load), the first eleven `answers`,'
    echo '# the bytes of `memory` that changed, offset:value. Before each run byte i of `memory` was 7 * i + 3, modulo 256.'
    for target in core_target_same core_target_moved core_target_missing core_target_ambiguous; do
        "$record" core $target.o core_fields.o core_types.o core_enums.o core_flavors.o core_ambiguous.o core_skipped.o
    done
} >core-results.tsv

# Relocation by relocation, from inside libbpf: for this LIBBPF_SOURCE is libbpf's tree, with its static library built in src/.
if [ -n "${LIBBPF_SOURCE:-}" ]; then
    gcc -O1 -I"$LIBBPF_SOURCE/src" -I"$LIBBPF_SOURCE/include" -I"$LIBBPF_SOURCE/include/uapi" record/relocations.c "$LIBBPF_SOURCE/src/libbpf.a" -lelf -lz -o "$record"
    {
        echo '# What libbpf 1.8 makes of each CO-RE relocation: target, object, section, offset in it, kind, errno, the instruction afterwards.'
        for target in core_target_same core_target_moved core_target_missing core_target_ambiguous; do
            "$record" $target.o core_fields.o core_types.o core_enums.o core_flavors.o core_ambiguous.o core_skipped.o
        done
    } >core-relocations.tsv
fi
