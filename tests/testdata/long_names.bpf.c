// Names longer than the kernel's 15 characters, of programs, maps, variables and sections; two names that share their first 15.
#include "bpf.h"

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u32);
} a_map_with_a_name_that_is_longer_than_fifteen_characters SEC(".maps") = {};

u32 a_variable_with_a_long_name_in_a_long_section SEC(".data.a_section_with_a_long_name") = 3;

SEC("xdp") int a_program_with_a_long_name_number_one(struct xdp_md *ctx)
{
    u32 key = 0;
    u32 *value = bpf_map_lookup_elem(&a_map_with_a_name_that_is_longer_than_fifteen_characters, &key);

    return value ? *value + 1 : 0;
}

SEC("xdp") int a_program_with_a_long_name_number_two(struct xdp_md *ctx)
{
    return a_variable_with_a_long_name_in_a_long_section;
}

LICENSE("GPL");
