using Ebpf.Platforms.Linux.Netlink;

namespace Ebpf.Native;

/// <content>XDP by netlink: attachments that stay when the process ends.</content>
internal static unsafe partial class Libbpf
{
    // XDP_FLAGS_MASK and the modes, in include/uapi/linux/if_link.h.
    private const uint XdpFlags = 0x1f;
    private const uint XdpModes = 0xe;

    // XDP_ATTACHED_*.
    private const byte XdpNone = 0, XdpNative = 1, XdpGeneric = 2, XdpHardware = 3, XdpSeveral = 4;

    public static int bpf_xdp_attach(int ifindex, int program, uint flags, byte* opts)
    {
        const int OldProgramFd = 8, End = 12;
        var options = new Options(opts);
        if (!options.IsValid(End, "bpf_xdp_attach_opts"))
        {
            return Answer.Error(Errno.EINVAL);
        }

        int old = options.I32(OldProgramFd);
        var how = (XdpAttachFlags)flags | (old != 0 ? XdpAttachFlags.Replace : 0);
        return Told(XdpNetlink.Set(ifindex, program, how, old != 0 ? old : -1, out string message), message);
    }

    public static int bpf_xdp_detach(int ifindex, uint flags, byte* opts) => bpf_xdp_attach(ifindex, -1, flags, opts);

    public static int bpf_xdp_query(int ifindex, int flags, byte* opts)
    {
        const int ProgramId = 8, DriverId = 12, HardwareId = 16, GenericId = 20, AttachMode = 24, FeatureFlags = 32, ZeroCopySegments = 40, End = 44;
        var options = new Options(opts);
        uint modes = (uint)flags & XdpModes;
        if (!options.IsValid(End, "bpf_xdp_query_opts") || ((uint)flags & ~XdpFlags) != 0 || (modes & (modes - 1)) != 0)
        {
            return Answer.Error(Errno.EINVAL);
        }

        Errno errno = XdpNetlink.Query(ifindex, out XdpHookState state, out string message);
        if (errno != Errno.None)
        {
            return Told(errno, message);
        }

        byte mode = ModeOf(state);
        options.Set(ProgramId, mode is XdpNone or XdpSeveral ? 0 : state.NativeId | state.GenericId | state.HardwareId);
        options.Set(DriverId, state.NativeId);
        options.Set(HardwareId, state.HardwareId);
        options.Set(GenericId, state.GenericId);
        options.SetByte(AttachMode, mode);
        // What the driver can do is not asked for.
        options.Set(FeatureFlags, 0UL);
        options.Set(ZeroCopySegments, 0u);
        return 0;
    }

    public static int bpf_xdp_query_id(int ifindex, int flags, uint* id)
    {
        const uint Generic = 2, Native = 4, Hardware = 8;
        uint modes = (uint)flags & XdpModes;
        if (((uint)flags & ~XdpFlags) != 0 || (modes & (modes - 1)) != 0)
        {
            return Answer.Error(Errno.EINVAL);
        }

        Errno errno = XdpNetlink.Query(ifindex, out XdpHookState state, out string message);
        if (errno != Errno.None)
        {
            return Told(errno, message);
        }

        *id = modes switch
        {
            0 when ModeOf(state) != XdpSeveral => state.NativeId | state.GenericId | state.HardwareId,
            Native => state.NativeId,
            Hardware => state.HardwareId,
            Generic => state.GenericId,
            _ => 0,
        };
        return 0;
    }

    private static byte ModeOf(XdpHookState state) => (state.NativeId != 0, state.GenericId != 0, state.HardwareId != 0) switch
    {
        (false, false, false) => XdpNone,
        (true, false, false) => XdpNative,
        (false, true, false) => XdpGeneric,
        (false, false, true) => XdpHardware,
        _ => XdpSeveral,
    };

    /// <summary>A netlink answer; where the kernel says it in words too, the client hears them.</summary>
    /// <remarks>libbpf_nla_dump_errormsg in nlattr.c.</remarks>
    private static int Told(Errno errno, string message)
    {
        if (errno != Errno.None && message.Length > 0)
        {
            Print.Warn($"Kernel error message: {message}\n");
        }

        return -(int)errno;
    }
}
