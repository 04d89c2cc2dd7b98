using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <content>bpf.h: links.</content>
internal static unsafe partial class Libbpf
{
    /// <summary>Offsets of bpf_link_create_opts; the kinds' own fields lie over each other.</summary>
    internal static class LinkCreateOptions
    {
        public const int Flags = 8;
        public const int IteratorInfo = 16;
        public const int IteratorInfoLength = 24;
        public const int TargetBtfId = 28;
        public const int Union = 32;
        public const int End = 80;
    }

    public static int bpf_link_create(int program, int target, uint attachType, byte* opts)
    {
        var options = new Options(opts);
        if (!options.IsValid(LinkCreateOptions.End, "bpf_link_create_opts"))
        {
            return Answer.Error(Errno.EINVAL);
        }

        uint iteratorLength = options.U32(LinkCreateOptions.IteratorInfoLength);
        uint targetBtfId = options.U32(LinkCreateOptions.TargetBtfId);
        if ((iteratorLength != 0 && targetBtfId != 0) || ((iteratorLength | targetBtfId) != 0 && !options.IsZeroFrom(LinkCreateOptions.Union)))
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new LinkCreateAttributes { ProgramFd = program, Target = target, AttachType = attachType, Flags = options.U32(LinkCreateOptions.Flags) };
        if (targetBtfId != 0)
        {
            attributes.TargetBtfId = targetBtfId;
        }
        else if (!FillLink((AttachType)attachType, options, ref attributes))
        {
            return Answer.Error(Errno.EINVAL);
        }

        int fd = Kernel.Open(BpfCommand.LinkCreate, ref attributes);
        bool maybeTooOld = fd == -(int)Errno.EINVAL && target == 0 && targetBtfId == 0 && options.IsZeroFrom(LinkCreateOptions.Flags)
            && (AttachType)attachType is AttachType.TraceRawTp or AttachType.LsmMac or AttachType.TraceFentry or AttachType.TraceFexit or AttachType.ModifyReturn;
        return maybeTooOld ? bpf_raw_tracepoint_open(null, program) : fd;
    }

    public static int bpf_link_detach(int link)
    {
        var attributes = new LinkDetachAttributes { LinkFd = link };
        return Kernel.Call(BpfCommand.LinkDetach, ref attributes);
    }

    public static int bpf_link_update(int link, int program, byte* opts)
    {
        const int Flags = 8, OldProgramFd = 12, OldMapFd = 16, End = 20;
        var options = new Options(opts);
        if (!options.IsValid(End, "bpf_link_update_opts") || (options.U32(OldProgramFd) != 0 && options.U32(OldMapFd) != 0))
        {
            return Answer.Error(Errno.EINVAL);
        }

        var attributes = new LinkUpdateAttributes
        {
            LinkFd = link,
            NewFd = program,
            Flags = (BpfAttachFlags)options.U32(Flags),
            OldFd = options.U32(OldProgramFd) != 0 ? options.I32(OldProgramFd) : options.I32(OldMapFd),
        };
        return Kernel.Call(BpfCommand.LinkUpdate, ref attributes);
    }

    /// <summary>The fields of the link's own kind; false where others are set, or two that exclude each other.</summary>
    private static bool FillLink(AttachType type, Options options, ref LinkCreateAttributes attributes)
    {
        const int Union = LinkCreateOptions.Union;
        switch (type)
        {
            case AttachType.TraceIter:
                attributes.IteratorInfo = options.Pointer(LinkCreateOptions.IteratorInfo);
                attributes.IteratorInfoLength = options.U32(LinkCreateOptions.IteratorInfoLength);
                return true;
            case AttachType.PerfEvent:
                attributes.PerfEventCookie = options.U64(Union);
                return options.IsZeroFrom(Union + 8);
            case AttachType.TraceKprobeMulti or AttachType.TraceKprobeSession:
                attributes.Kprobes = new LinkCreateAttributes.KprobeMulti
                {
                    Flags = options.U32(Union),
                    Count = options.U32(Union + 4),
                    Symbols = (byte**)options.Pointer(Union + 8),
                    Addresses = (ulong*)options.Pointer(Union + 16),
                    Cookies = (ulong*)options.Pointer(Union + 24),
                };
                return options.IsZeroFrom(Union + 32);
            case AttachType.TraceUprobeMulti or AttachType.TraceUprobeSession:
                attributes.Uprobes = new LinkCreateAttributes.UprobeMulti
                {
                    Flags = options.U32(Union),
                    Count = options.U32(Union + 4),
                    Path = options.Pointer(Union + 8),
                    Offsets = (ulong*)options.Pointer(Union + 16),
                    ReferenceCounterOffsets = (ulong*)options.Pointer(Union + 24),
                    Cookies = (ulong*)options.Pointer(Union + 32),
                    Pid = options.U32(Union + 40),
                    PathFd = options.U32(Union + 44),
                };
                return options.IsZeroFrom(Union + 48);
            case AttachType.TraceRawTp or AttachType.TraceFentry or AttachType.TraceFexit or AttachType.ModifyReturn or AttachType.LsmMac:
                attributes.TracingCookie = options.U64(Union);
                return options.IsZeroFrom(Union + 8);
            case AttachType.Netfilter:
                attributes.NetfilterHook = new LinkCreateAttributes.Netfilter
                {
                    ProtocolFamily = options.U32(Union),
                    Hook = options.U32(Union + 4),
                    Priority = options.I32(Union + 8),
                    Flags = options.U32(Union + 12),
                };
                return options.IsZeroFrom(Union + 16);
            case AttachType.TcxIngress or AttachType.TcxEgress or AttachType.NetkitPrimary or AttachType.NetkitPeer:
            case AttachType other when IsCgroup(other):
                uint fd = options.U32(Union);
                uint id = options.U32(Union + 4);
                if (fd != 0 && id != 0)
                {
                    return false;
                }

                attributes.Flags |= id != 0 ? FlagById : 0;
                attributes.Position = new LinkCreateAttributes.Anchor { Relative = id != 0 ? id : fd, ExpectedRevision = options.U64(Union + 8) };
                return options.IsZeroFrom(Union + 16);
            default:
                return options.IsZeroFrom(LinkCreateOptions.Flags + 4);
        }
    }

    private static bool IsCgroup(AttachType type) => type.ToString().StartsWith("Cgroup", StringComparison.Ordinal) || type == AttachType.LsmCgroup;
}
