using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime.Helpers;

/// <summary>Sending the packet elsewhere: what the program wants is kept in the run; nothing is sent.</summary>
/// <remarks>net/core/filter.c.</remarks>
internal static unsafe class RedirectHelpers
{
    internal const ulong XdpRedirect = 4, TrafficRedirect = 7;

    private const ulong XdpAborted = 0, TrafficShot = 2;

    /// <remarks>BPF_F_INGRESS; the action bits, BPF_F_BROADCAST and BPF_F_EXCLUDE_INGRESS in include/uapi/linux/bpf.h.</remarks>
    private const ulong Ingress = 1, ActionMask = 3, Broadcast = 8, ExcludeIngress = 16;

    /// <summary>bpf_redirect(interface, flags): the verdict to return.</summary>
    internal static ulong Redirect(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        bool isXdp = run.Program.Spec.Type == ProgramType.Xdp;
        if ((r2 & ~(isXdp ? 0 : Ingress)) != 0)
            return isXdp ? XdpAborted : TrafficShot;
        run.Redirect = new Redirection(null, (uint)r1, (uint)r1, r2, false);
        return isXdp ? XdpRedirect : TrafficRedirect;
    }

    /// <summary>bpf_redirect_map(map, key, flags): the verdict to return; that in the flags where the map has no such key.</summary>
    internal static ulong RedirectMap(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.TryMap(r1, out EmbeddedMap map))
            return 0;
        if (map is not ITargetMap targets)
        {
            run.Stop($"map '{map.Spec.Name}' is no map of interfaces, CPUs or sockets");
            return 0;
        }

        // Only interfaces can be broadcast to: dev_map_redirect, cpu_map_redirect and xsk_map_redirect.
        bool maySendToAll = map.Type is MapType.DevMap or MapType.DevMapHash;
        if ((r3 & ~(ActionMask | (maySendToAll ? Broadcast | ExcludeIngress : 0))) != 0)
            return XdpAborted;
        uint key = (uint)r2;
        ulong target = 0;
        if ((r3 & Broadcast) == 0 && !targets.TryGet((byte*)&key, out target))
            return r3 & ActionMask;
        run.Redirect = new Redirection(map.Spec.Name, key, target, r3, false);
        return XdpRedirect;
    }

    /// <summary>bpf_redirect_neigh(interface, next hop, size, flags): the verdict to return.</summary>
    internal static ulong RedirectNeighbour(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        const uint ParametersSize = 20; // sizeof(struct bpf_redir_neigh)

        if (!run.CanRead(r2, r3))
            return 0;
        if (((uint)r3 != 0 && (uint)r3 < ParametersSize) || r4 != 0)
            return TrafficShot;
        run.Redirect = new Redirection(null, (uint)r1, (uint)r1, r4, false);
        return TrafficRedirect;
    }

    /// <summary>bpf_redirect_peer(interface, flags): the verdict to return.</summary>
    internal static ulong RedirectPeer(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (r2 != 0)
            return TrafficShot;
        run.Redirect = new Redirection(null, (uint)r1, (uint)r1, r2, false);
        return TrafficRedirect;
    }

    /// <summary>bpf_clone_redirect(ctx, interface, flags).</summary>
    internal static ulong CloneRedirect(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        if ((r3 & ~Ingress) != 0)
            return Run.Result(Errno.EINVAL);
        if (run.Copies.Count >= Run.MostKept)
            return Run.Result(Errno.ENOMEM);
        run.Copies.Add(new Redirection(null, (uint)r2, (uint)r2, r3, true));
        return 0;
    }
}
