// Sends connections elsewhere and decides on them, in eBPF for Windows' dialect: one program where the destination may still be changed, one where
// the connection is authorised.
#include "windows.h"

WINDOWS_OBJECT;

struct destination {
    u32 ip;
    u16 port;
    u16 protocol;
};

struct {
    MAP_NUMBER(type, WINDOWS_MAP_HASH);
    MAP_NUMBER(max_entries, 100);
    MAP_TYPE_OF(key, struct destination);
    MAP_TYPE_OF(value, struct destination);
} redirections SEC(".maps") = {};

struct {
    MAP_NUMBER(type, WINDOWS_MAP_HASH);
    MAP_NUMBER(max_entries, 100);
    MAP_TYPE_OF(key, struct destination);
    MAP_TYPE_OF(value, u32);
} verdicts SEC(".maps") = {};

INLINE struct destination of(struct sock_addr *ctx)
{
    struct destination key = { .ip = ctx->user_ip[0], .port = ctx->user_port, .protocol = ctx->protocol };
    return key;
}

// The new destination is written to the context; where the connection was meant to go is kept with it.
SEC("cgroup/connect4") int redirect(struct sock_addr *ctx)
{
    struct destination key = of(ctx);
    struct destination *instead = map_lookup(&redirections, &key);

    if (!instead)
        return SOCK_ADDR_PROCEED_SOFT;
    ctx->user_ip[0] = instead->ip;
    ctx->user_port = instead->port;
    if (set_redirect_context(ctx, &key, sizeof(key)) < 0)
        return SOCK_ADDR_REJECT;
    return SOCK_ADDR_PROCEED_SOFT;
}

// What no rule names may go, unless it goes through a tunnel.
SEC("cgroup/connect_authorization4") int authorize(struct sock_addr *ctx)
{
    struct destination key = of(ctx);
    u32 *verdict = map_lookup(&verdicts, &key);
    struct network_context network = {};

    if (verdict)
        return *verdict == SOCK_ADDR_PROCEED_HARD ? SOCK_ADDR_PROCEED_HARD : SOCK_ADDR_REJECT;
    if (get_network_context(ctx, &network, sizeof(network)) < 0)
        return SOCK_ADDR_REJECT;
    return network.tunnel_type ? SOCK_ADDR_REJECT : SOCK_ADDR_PROCEED_SOFT;
}

LICENSE("MIT");
