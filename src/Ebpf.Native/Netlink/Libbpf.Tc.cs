using Ebpf.Platforms.Linux.Netlink;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <content>Traffic control: clsact, and classifiers in it.</content>
internal static unsafe partial class Libbpf
{
    // enum bpf_tc_attach_point.
    private const uint TcIngress = 1, TcEgress = 2, TcCustom = 4;

    // enum bpf_tc_flags.
    private const uint TcReplace = 1;

    /// <summary>Offsets of bpf_tc_hook.</summary>
    private static class TcHook
    {
        public const int Ifindex = 8;
        public const int AttachPoint = 12;
        public const int Parent = 16;
        public const int Handle = 20;
        public const int QueueingDiscipline = 24;
        public const int End = 32;
    }

    /// <summary>Offsets of bpf_tc_opts.</summary>
    private static class TcOptions
    {
        public const int ProgramFd = 8;
        public const int Flags = 12;
        public const int ProgramId = 16;
        public const int Handle = 20;
        public const int Priority = 24;
        public const int End = 28;
    }

    public static int bpf_tc_hook_create(byte* hook)
    {
        int error = CheckClsact(hook, out int ifindex);
        return error != 0 ? error : Told(TrafficControl.AddClsact(ifindex, out string message), message);
    }

    public static int bpf_tc_hook_destroy(byte* hook)
    {
        var options = new Options(hook);
        if (hook == null || !options.IsValid(TcHook.End, "bpf_tc_hook") || options.I32(TcHook.Ifindex) <= 0)
        {
            return Answer.Error(Errno.EINVAL);
        }

        if (options.U32(TcHook.AttachPoint) is TcIngress or TcEgress)
        {
            // One side alone: its classifiers go, the other side's stay.
            return ParentOf(options, out uint parent) is var error and not 0
                ? error
                : Told(TrafficControl.DeleteFilters(options.I32(TcHook.Ifindex), parent, out string flushed), flushed);
        }

        int wrong = CheckClsact(hook, out int ifindex);
        return wrong != 0 ? wrong : Told(TrafficControl.DeleteClsact(ifindex, out string message), message);
    }

    public static int bpf_tc_attach(byte* hook, byte* opts)
    {
        int error = PlaceOf(hook, opts, out FilterPlace place, out Options options);
        if (error != 0)
        {
            return error;
        }

        int program = options.I32(TcOptions.ProgramFd);
        uint flags = options.U32(TcOptions.Flags);
        if (program == 0 || options.U32(TcOptions.ProgramId) != 0 || (flags & ~TcReplace) != 0)
        {
            return Answer.Error(Errno.EINVAL);
        }

        ProgramInfoRecord info = default;
        uint length = (uint)sizeof(ProgramInfoRecord);
        error = bpf_obj_get_info_by_fd(program, (byte*)&info, &length);
        if (error != 0)
        {
            return error;
        }

        Errno errno = TrafficControl.AddFilter(place, program, $"{info.Name}:[{info.Id}]", (flags & TcReplace) != 0, out FilterState made, out string message);
        return Tell(options, errno, made, message);
    }

    public static int bpf_tc_detach(byte* hook, byte* opts)
    {
        int error = PlaceOf(hook, opts, out FilterPlace place, out Options options);
        return error != 0 ? error
            : !IsNameOnly(options) ? Answer.Error(Errno.EINVAL)
            : Told(TrafficControl.DeleteFilter(place, out string message), message);
    }

    public static int bpf_tc_query(byte* hook, byte* opts)
    {
        int error = PlaceOf(hook, opts, out FilterPlace place, out Options options);
        if (error != 0 || !IsNameOnly(options))
        {
            return error != 0 ? error : Answer.Error(Errno.EINVAL);
        }

        Errno errno = TrafficControl.FindFilter(place, out FilterState found, out string message);
        return Tell(options, errno, found, message);
    }

    /// <summary>Whether the options name a classifier by handle and priority, and nothing more.</summary>
    private static bool IsNameOnly(Options options) =>
        (options.U32(TcOptions.Flags) | options.U32(TcOptions.ProgramFd) | options.U32(TcOptions.ProgramId)) == 0
        && options.U32(TcOptions.Handle) != 0 && options.U32(TcOptions.Priority) != 0;

    private static int Tell(Options options, Errno errno, FilterState state, string message)
    {
        if (errno != Errno.None)
        {
            return Told(errno, message);
        }

        if (state.ProgramId == 0)
        {
            return Answer.Error(Errno.ENOENT);
        }

        options.Set(TcOptions.ProgramId, state.ProgramId);
        options.Set(TcOptions.Handle, state.Place.Handle);
        options.Set(TcOptions.Priority, state.Place.Priority);
        return 0;
    }

    private static int PlaceOf(byte* hook, byte* opts, out FilterPlace place, out Options options)
    {
        place = default;
        options = new Options(opts);
        var at = new Options(hook);
        if (hook == null || opts == null || !at.IsValid(TcHook.End, "bpf_tc_hook") || !options.IsValid(TcOptions.End, "bpf_tc_opts")
            || at.I32(TcHook.Ifindex) <= 0 || options.U32(TcOptions.Priority) > ushort.MaxValue)
        {
            return Answer.Error(Errno.EINVAL);
        }

        int error = ParentOf(at, out uint parent);
        place = new FilterPlace(at.I32(TcHook.Ifindex), parent, options.U32(TcOptions.Handle), (ushort)options.U32(TcOptions.Priority));
        return error;
    }

    /// <remarks>tc_get_tcm_parent in netlink.c.</remarks>
    private static int ParentOf(Options hook, out uint parent)
    {
        parent = hook.U32(TcHook.Parent);
        switch (hook.U32(TcHook.AttachPoint))
        {
            case TcIngress when parent == 0:
                parent = TrafficControl.IngressParent;
                return 0;
            case TcEgress when parent == 0:
                parent = TrafficControl.EgressParent;
                return 0;
            case TcCustom when parent != 0:
                return 0;
            default:
                return Answer.Error(Errno.EINVAL);
        }
    }

    /// <remarks>attach_point_to_config in netlink.c; other queueing disciplines than clsact are not made by this library.</remarks>
    private static int CheckClsact(byte* hook, out int ifindex)
    {
        var options = new Options(hook);
        ifindex = 0;
        if (hook == null || !options.IsValid(TcHook.End, "bpf_tc_hook") || options.I32(TcHook.Ifindex) <= 0)
        {
            return Answer.Error(Errno.EINVAL);
        }

        ifindex = options.I32(TcHook.Ifindex);
        return options.U32(TcHook.AttachPoint) switch
        {
            TcIngress or TcEgress or (TcIngress | TcEgress) => options.U32(TcHook.Parent) != 0 ? Answer.Error(Errno.EINVAL) : 0,
            TcCustom or 8 => Answer.Error(Errno.EOPNOTSUPP),
            _ => Answer.Error(Errno.EINVAL),
        };
    }
}
