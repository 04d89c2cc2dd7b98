using System.Runtime.CompilerServices;
using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime.Helpers;

/// <content>What Windows and its extensions answer: from the values that the caller gave.</content>
/// <remarks>netebpfext/net_ebpf_ext_sock_addr.c and the sample extension of eBPF for Windows.</remarks>
internal static unsafe partial class WindowsHelpers
{
    private static ulong LogonId(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.Windows.LogonId;

    private static ulong IsAdmin(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.Windows.IsAdmin ? 1ul : 0;

    private static ulong ProcessStartKey(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.Windows.ProcessStartKey;

    private static ulong ThreadCreateTime(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => (ulong)run.Windows.ThreadCreateTime;

    private static ulong SocketCookie(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.Windows.SocketCookie;

    private static ulong FlowId(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.Windows.FlowId;

    /// <summary>bpf_sock_addr_set_redirect_context(ctx, data, size): only where connections are redirected; the last one counts.</summary>
    private static ulong SetRedirectContext(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        uint size = (uint)r3;
        if (!run.IsContext(r1) || !run.CanRead(r2, size))
            return 0;
        if (size == 0 || run.Program.Spec.AttachType is not (AttachType.CgroupInet4Connect or AttachType.CgroupInet6Connect))
            return Run.Result(-1);
        run.RedirectContext = new ReadOnlySpan<byte>((void*)r2, checked((int)size)).ToArray();
        return 0;
    }

    /// <summary>bpf_sock_addr_get_network_context(ctx, context, size): as much of it as fits, zeros behind it; not where connections are redirected.</summary>
    private static ulong GetNetworkContext(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        const uint Version = 1;

        uint size = (uint)r3;
        if (!run.IsContext(r1) || !run.CanWrite(r2, size))
            return 0;
        var destination = new Span<byte>((void*)r2, checked((int)size));
        destination.Clear();
        if (size == 0 || run.Program.Spec.AttachType is AttachType.CgroupInet4Connect or AttachType.CgroupInet6Connect)
            return Run.Result(-1);

        NetworkContext network = run.Windows.Network;
        bool isBind = run.Program.Spec.AttachType is AttachType.CgroupInet4Bind or AttachType.CgroupInet6Bind;
        Span<byte> bytes = stackalloc byte[32];
        bytes.Clear();
        Unsafe.WriteUnaligned(ref bytes[0], Version);
        Unsafe.WriteUnaligned(ref bytes[4], network.InterfaceType);
        Unsafe.WriteUnaligned(ref bytes[8], network.TunnelType);
        Unsafe.WriteUnaligned(ref bytes[16], isBind ? 0 : network.NextHopInterfaceLuid);
        Unsafe.WriteUnaligned(ref bytes[24], isBind ? 0 : network.SubInterfaceIndex);
        bytes[..Math.Min(bytes.Length, destination.Length)].CopyTo(destination);
        return 0;
    }

    /// <summary>bpf_redirect_map(map, key, flags): XDP's own for XDP; for the sample program 1, as its extension has it.</summary>
    private static ulong RedirectMap(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) =>
        run.Program.Spec.Type == ProgramType.Xdp ? RedirectHelpers.RedirectMap(r1, r2, r3, r4, r5, run) : 1;

    private static ulong SampleFunction1(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => 0;

    /// <summary>sample_ebpf_extension_find(buffer, size, text, text size): where the text begins, negative where it is not there.</summary>
    private static ulong SampleFind(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) =>
        run.CanRead(r1, (uint)r2) && run.CanRead(r3, (uint)r4) ? Run.Result(Text(r1, (uint)r2).IndexOf(Text(r3, (uint)r4))) : 0;

    /// <summary>sample_ebpf_extension_replace(buffer, size, position, text, text size): overwrites up to the last byte but one of the buffer.</summary>
    private static ulong SampleReplace(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        uint size = (uint)r2;
        if (!run.CanWrite(r1, size) || !run.CanRead(r4, (uint)r5))
            return 0;
        long position = (long)r3;
        if (position < 0 || position >= size)
            return Run.Result(-1);
        ReadOnlySpan<byte> text = Text(r4, (uint)r5);
        Span<byte> room = new Span<byte>((void*)r1, checked((int)size))[(int)position..^1];
        text[..Math.Min(text.Length, room.Length)].CopyTo(room);
        return 0;
    }

    private static ulong SampleImplicit1(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => *(uint*)(run.Context + 24); // helper_data_1

    private static ulong SampleImplicit2(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => *(uint*)(run.Context + 28) + (ulong)(uint)r1; // helper_data_2

    /// <summary>sample_ext_helper_map_get_value(map, key, value, size).</summary>
    private static ulong SampleMapGetValue(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        ulong value = MapHelpers.Lookup(r1, r2, r3, r4, r5, run);
        if (run.IsStopped || !run.CanWrite(r3, r4) || !run.TryMap(r1, out EmbeddedMap map))
            return 0;
        if (value == 0)
            return Run.Result(-1);
        var source = new ReadOnlySpan<byte>((void*)value, (int)map.Spec.ValueSize);
        source[..(int)Math.Min(r4, (ulong)source.Length)].CopyTo(new Span<byte>((void*)r3, checked((int)r4)));
        return 0;
    }
}
