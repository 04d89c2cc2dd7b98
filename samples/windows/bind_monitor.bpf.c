// Counts the sockets that each process has bound, says who it is, and refuses more than a limit, in eBPF for Windows' dialect.
#include "windows.h"

WINDOWS_OBJECT;

struct process {
    u32 sockets;
    char name[64];
};

struct who {
    u64 logon_id;
    u64 is_admin;
};

struct {
    MAP_NUMBER(type, WINDOWS_MAP_HASH);
    MAP_NUMBER(max_entries, 1024);
    MAP_TYPE_OF(key, u64);
    MAP_TYPE_OF(value, struct process);
} processes SEC(".maps") = {};

struct {
    MAP_NUMBER(type, WINDOWS_MAP_HASH);
    MAP_NUMBER(max_entries, 1024);
    MAP_TYPE_OF(key, u64);
    MAP_TYPE_OF(value, struct who);
} audit SEC(".maps") = {};

// How many sockets a process may bind; 0 for any number.
struct {
    MAP_NUMBER(type, WINDOWS_MAP_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u32);
} limit SEC(".maps") = {};

SEC("bind") int monitor(struct bind_md *ctx)
{
    u64 process_id = ctx->process_id;
    struct who who = { .logon_id = logon_id(ctx), .is_admin = is_admin(ctx) & 1 };
    u32 zero = 0;

    map_update(&audit, &process_id, &who, BPF_ANY);
    u32 *most = map_lookup(&limit, &zero);
    if (!most || *most == 0)
        return BIND_PERMIT_SOFT;

    struct process *process = map_lookup(&processes, &process_id);
    if (!process) {
        if (ctx->operation != BIND_OPERATION_BIND || !ctx->app_id_start || !ctx->app_id_end)
            return BIND_PERMIT_SOFT;
        struct process new_process = { .sockets = 0 };
        map_update(&processes, &process_id, &new_process, BPF_ANY);
        process = map_lookup(&processes, &process_id);
        if (!process)
            return BIND_PERMIT_SOFT;
        memcpy_s(process->name, sizeof(process->name), ctx->app_id_start, ctx->app_id_end - ctx->app_id_start);
    }

    switch (ctx->operation) {
    case BIND_OPERATION_BIND:
        if (process->sockets >= *most)
            return BIND_DENY;
        process->sockets++;
        break;
    case BIND_OPERATION_UNBIND:
        if (process->sockets > 0)
            process->sockets--;
        break;
    }

    if (process->sockets == 0)
        map_delete(&processes, &process_id);
    return BIND_PERMIT_SOFT;
}

LICENSE("MIT");
