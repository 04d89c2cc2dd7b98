using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime.Helpers;

/// <summary>Maps of sockets: sending data of a stream, or a new connection, to one of them. What the program wants is kept in the run.</summary>
/// <remarks>net/core/sock_map.c and filter.c.</remarks>
internal static unsafe class SocketMapHelpers
{
    /// <summary>SK_PASS.</summary>
    internal const ulong Pass = 1;

    private const ulong Drop = 0, Ingress = 1;

    /// <summary>bpf_sk_redirect_map(ctx, map, key, flags): the verdict to return.</summary>
    internal static ulong RedirectBuffer(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        uint key = (uint)r3;
        return Redirect(run, r1, r2, &key, key, r4);
    }

    /// <summary>bpf_sk_redirect_hash(ctx, map, key, flags) and bpf_msg_redirect_hash: the verdict to return.</summary>
    internal static ulong RedirectByHash(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.TryMap(r2, out EmbeddedMap map) || !run.CanRead(r3, map.Spec.KeySize))
            return 0;
        return Redirect(run, r1, r2, (void*)r3, map.Spec.KeySize == 4 ? *(uint*)r3 : 0, r4);
    }

    /// <summary>bpf_sock_map_update(ctx, map, key, flags) and bpf_sock_hash_update: puts the socket of the run into the map.</summary>
    internal static ulong Update(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1) || !run.TryMap(r2, out EmbeddedMap map) || !run.CanRead(r3, map.Spec.KeySize))
            return 0;
        if (run.SocketId == 0)
            return Run.Result(Errno.EOPNOTSUPP);
        ulong socket = run.SocketId;
        return Run.Result(map.Update((byte*)r3, (byte*)&socket, r4, run.Cpu));
    }

    /// <summary>bpf_sk_select_reuseport(ctx, map, key, flags).</summary>
    internal static ulong SelectReuseport(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1) || !run.TryMap(r2, out EmbeddedMap map) || !run.CanRead(r3, map.Spec.KeySize))
            return 0;
        if (r4 != 0)
            return Run.Result(Errno.EINVAL);
        if (map is not ITargetMap targets || !targets.TryGet((byte*)r3, out ulong target))
            return Run.Result(Errno.ENOENT);
        run.Redirect = new Redirection(map.Spec.Name, map.Spec.KeySize == 4 ? *(uint*)r3 : 0, target, 0, false);
        return 0;
    }

    private static ulong Redirect(Run run, ulong context, ulong mapAddress, void* key, uint number, ulong flags)
    {
        if (!run.IsContext(context) || !run.TryMap(mapAddress, out EmbeddedMap map))
            return 0;
        if ((flags & ~Ingress) != 0 || map is not ITargetMap targets || !targets.TryGet((byte*)key, out ulong target))
            return Drop;
        run.Redirect = new Redirection(map.Spec.Name, number, target, flags, false);
        return Pass;
    }
}
