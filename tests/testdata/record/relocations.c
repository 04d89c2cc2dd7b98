// What libbpf's CO-RE makes of each relocation of the objects given, one line each:
//   target  object  section  offset  kind  errno  instruction (both slots of a wide load)
//
// relocations TARGET OBJECT...
//
// It calls what libbpf keeps to itself, so it needs libbpf's own tree: its src/ and include/ to compile, its static library to link.
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/err.h>

#include "libbpf_internal.h"
#include "relo_core.h"

#define POISON 195896080

size_t bpf_core_essential_name_len(const char *name);
int bpf_core_add_cands(struct bpf_core_cand *local, size_t len, const struct btf *target, const char *name, int first,
                       struct bpf_core_cand_list *candidates);

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
    return 0;
}

static Elf_Data *section(Elf *elf, const char *name)
{
    size_t names;
    Elf_Scn *scn = NULL;

    elf_getshdrstrndx(elf, &names);
    while ((scn = elf_nextscn(elf, scn))) {
        GElf_Shdr header;

        gelf_getshdr(scn, &header);
        if (!strcmp(elf_strptr(elf, names, header.sh_name), name))
            return elf_rawdata(scn, NULL);
    }
    return NULL;
}

static int relocate(const struct btf *local, const struct btf *target, const struct bpf_core_relo *relo,
                    struct bpf_core_cand_list **cache, struct bpf_insn *insn)
{
    static struct bpf_core_spec scratch[3];
    struct bpf_core_relo_res result;
    struct bpf_core_cand candidate = { local, relo->type_id };
    const struct btf_type *type = btf__type_by_id(local, relo->type_id);
    const char *name = type ? btf__name_by_offset(local, type->name_off) : NULL;
    int err;

    if (!name || (!*name && relo->kind != BPF_CORE_TYPE_ID_LOCAL))
        return -EINVAL;
    if (!cache[relo->type_id] && relo->kind != BPF_CORE_TYPE_ID_LOCAL) {
        cache[relo->type_id] = calloc(1, sizeof(**cache));
        err = bpf_core_add_cands(&candidate, bpf_core_essential_name_len(name), target, "", 1, cache[relo->type_id]);
        if (err)
            return err;
    }
    memset(scratch, 0, sizeof(scratch));
    err = bpf_core_calc_relo_insn("", relo, 0, local, cache[relo->type_id], scratch, &result);
    return err ? err : bpf_core_patch_insn("", insn, 0, relo, 0, &result);
}

static void object(const char *target_name, const struct btf *target, const char *name)
{
    struct btf_ext *ext = NULL;
    struct btf *local = btf__parse_elf(name, &ext);
    struct bpf_core_cand_list **cache;
    const struct btf_ext_info *all;
    const struct btf_ext_info_sec *sec;
    const struct bpf_core_relo *relo;
    int i, fd = open(name, O_RDONLY);
    Elf *elf;

    if (!local || !ext || fd < 0)
        exit(1);
    btf__set_pointer_size(local, 8);
    elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_READ, NULL);
    cache = calloc(btf__type_cnt(local), sizeof(*cache));
    all = &ext->core_relo_info;
    for_each_btf_ext_sec(all, sec) {
        const char *code = btf__name_by_offset(local, sec->sec_name_off);
        Elf_Data *data = section(elf, code);

        for_each_btf_ext_rec(all, sec, i, relo) {
            struct bpf_insn insns[2] = {};
            size_t size = data->d_size - relo->insn_off, slots;
            int err;

            memcpy(insns, data->d_buf + relo->insn_off, size < sizeof(insns) ? size : sizeof(insns));
            slots = insns[0].code == 0x18 ? 2 : 1;
            err = relocate(local, target, relo, cache, insns);
            printf("%s\t%s\t%s\t%u\t%u\t%d\t", target_name, name, code, relo->insn_off, relo->kind, err);
            for (size_t at = 0; !err && at < slots * sizeof(*insns); at++)
                printf("%02x", ((unsigned char *)insns)[at]);
            printf(err ? "-\n" : "\n");
        }
    }
    elf_end(elf);
    close(fd);
}

int main(int argc, char **argv)
{
    struct btf *target;

    libbpf_set_print(quiet);
    target = btf__parse(argv[1], NULL);
    if (!target)
        return 1;
    for (int i = 2; i < argc; i++)
        object(argv[1], target, argv[i]);
    return 0;
}
