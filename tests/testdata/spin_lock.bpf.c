// A lock in a map's value, held over changes to the rest of it; BPF_F_LOCK in updates.
#include "bpf.h"

struct bpf_spin_lock {
    u32 value;
};

struct account {
    struct bpf_spin_lock lock;
    u32 changes;
    u64 balance;
};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
    MAP_NUMBER(max_entries, 4);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, struct account);
} accounts SEC(".maps") = {};

// The number of changes so far.
SEC("xdp") int deposit(struct xdp_md *ctx)
{
    u32 key = 1;
    struct account *account = bpf_map_lookup_elem(&accounts, &key);

    if (!account) {
        struct account fresh = {};
        bpf_map_update_elem(&accounts, &key, &fresh, BPF_NOEXIST);
        account = bpf_map_lookup_elem(&accounts, &key);
        if (!account)
            return -1;
    }
    bpf_spin_lock(&account->lock);
    account->balance += ctx->data_end - ctx->data;
    u32 changes = ++account->changes;
    bpf_spin_unlock(&account->lock);
    return changes;
}

LICENSE("GPL");
