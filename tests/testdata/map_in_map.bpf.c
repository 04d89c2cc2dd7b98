// Maps of maps: inner maps given by a template, by static initialisers, and by both.
#include "bpf.h"

struct inner {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 2);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u32);
};

struct inner first SEC(".maps") = {};
struct inner second SEC(".maps") = {};

// Slots 0 and 2 are filled when the object is loaded, 1 and 3 stay empty.
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    MAP_NUMBER(max_entries, 4);
    MAP_TYPE_OF(key, u32);
    MAP_ARRAY_OF(values, struct inner);
} array_of_maps SEC(".maps") = {
    .values = { [0] = &first, [2] = &second },
};

// Keys of a HASH_OF_MAPS in an initialiser are the indexes.
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    MAP_NUMBER(max_entries, 8);
    MAP_TYPE_OF(key, u32);
    MAP_ARRAY_OF(values, struct inner);
} hash_of_maps SEC(".maps") = {
    .values = { [1] = &second },
};

// No initialiser: the template says what may be put in, and no map of its own comes of it.
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    MAP_NUMBER(max_entries, 2);
    MAP_NUMBER(key_size, sizeof(u32));
    MAP_NUMBER(value_size, sizeof(u32));
    MAP_ARRAY_OF(values, struct {
        MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
        MAP_NUMBER(max_entries, 3);
        MAP_TYPE_OF(key, u64);
        MAP_TYPE_OF(value, u64);
    });
} template_only SEC(".maps") = {};


// Writes 5 to `first` through the outer map and reads it back directly.
SEC("xdp") int through_array(struct xdp_md *ctx)
{
    u32 slot = 0, key = 1, value = 5;
    void *inner = bpf_map_lookup_elem(&array_of_maps, &slot);

    if (!inner)
        return -1;
    bpf_map_update_elem(inner, &key, &value, BPF_ANY);

    u32 *found = bpf_map_lookup_elem(&first, &key);
    return found ? *found : -2;
}

// An empty slot of an array of maps, and a missing key of a hash of maps, are NULL: 1 + 2.
SEC("xdp") int missing(struct xdp_md *ctx)
{
    u32 slot = 3, result = 0;

    if (!bpf_map_lookup_elem(&array_of_maps, &slot))
        result += 1;
    if (!bpf_map_lookup_elem(&hash_of_maps, &slot))
        result += 2;
    return result;
}

// The same inner map through both outer ones: 9.
SEC("xdp") int through_hash(struct xdp_md *ctx)
{
    u32 in_array = 2, in_hash = 1, key = 0, value = 9;
    void *inner = bpf_map_lookup_elem(&array_of_maps, &in_array);

    if (!inner)
        return -1;
    bpf_map_update_elem(inner, &key, &value, BPF_ANY);

    inner = bpf_map_lookup_elem(&hash_of_maps, &in_hash);
    if (!inner)
        return -2;
    u32 *found = bpf_map_lookup_elem(inner, &key);
    return found ? *found : -3;
}

SEC("xdp") int uses_template(struct xdp_md *ctx)
{
    u32 slot = 0;
    u64 key = 1;
    void *inner = bpf_map_lookup_elem(&template_only, &slot);

    if (!inner)
        return 0;
    u64 *found = bpf_map_lookup_elem(inner, &key);
    return found ? *found : 1;
}

LICENSE("GPL");
