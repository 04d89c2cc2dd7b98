using Ebpf.Platforms;
using Ebpf.Platforms.Embedded;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native.Embedded;

/// <summary>bpf(2) of the embedded engine: the commands that need no kernel, with the kernel's answers.</summary>
/// <remarks>kernel/bpf/syscall.c. This part has what all kinds of things have in common; maps and programs have files of their own.</remarks>
internal static unsafe partial class EmbeddedKernel
{
    private const int BadDescriptorState = 77;

    private static readonly Lock s_pinGate = new();
    private static readonly Dictionary<string, EmbeddedProgramHandle> s_pinnedPrograms = new(StringComparer.Ordinal);

    private static EmbeddedPlatform Engine => (EmbeddedPlatform)Platform.Embedded.Implementation;

    /// <summary>Does a command: 0 or a descriptor, or a negative errno.</summary>
    public static int Call(BpfCommand command, void* attributes)
    {
        try
        {
            return command switch
            {
                BpfCommand.MapCreate => CreateMap((MapCreateAttributes*)attributes),
                BpfCommand.MapLookupElement or BpfCommand.MapUpdateElement or BpfCommand.MapDeleteElement or BpfCommand.MapGetNextKey
                    or BpfCommand.MapLookupAndDeleteElement or BpfCommand.MapFreeze => Element(command, (MapElementAttributes*)attributes),
                BpfCommand.MapLookupBatch or BpfCommand.MapLookupAndDeleteBatch or BpfCommand.MapUpdateBatch or BpfCommand.MapDeleteBatch =>
                    Batch(command, (MapBatchAttributes*)attributes),
                BpfCommand.ProgramLoad => LoadProgram((ProgramLoadAttributes*)attributes),
                BpfCommand.ProgramTestRun => TestRun((ProgramTestRunAttributes*)attributes),
                BpfCommand.ProgramBindMap => BindMap((ProgramBindMapAttributes*)attributes),
                BpfCommand.BtfLoad => LoadBtf((BtfLoadAttributes*)attributes),
                BpfCommand.ObjectPin => Pin((ObjectPathAttributes*)attributes),
                BpfCommand.ObjectGet => OpenPinned((ObjectPathAttributes*)attributes),
                BpfCommand.ObjectGetInfoByFd => Info((ObjectInfoAttributes*)attributes),
                BpfCommand.MapGetNextId => NextId<IMapHandle>((ObjectIdAttributes*)attributes),
                BpfCommand.ProgramGetNextId => NextId<IProgramHandle>((ObjectIdAttributes*)attributes),
                BpfCommand.LinkGetNextId => NextId<ILinkHandle>((ObjectIdAttributes*)attributes),
                BpfCommand.BtfGetNextId => NextId<EmbeddedBtf>((ObjectIdAttributes*)attributes),
                BpfCommand.MapGetFdById => DescriptorTable.ById<IMapHandle>(((ObjectIdAttributes*)attributes)->Id) is { Fd: { } map } ? DescriptorTable.Duplicate(map) : Answer.Error(Errno.ENOENT),
                BpfCommand.ProgramGetFdById => DescriptorTable.ById<IProgramHandle>(((ObjectIdAttributes*)attributes)->Id) is { Fd: { } program } ? DescriptorTable.Duplicate(program) : Answer.Error(Errno.ENOENT),
                BpfCommand.BtfGetFdById => DescriptorTable.ById<EmbeddedBtf>(((ObjectIdAttributes*)attributes)->Id) is { } btf ? DescriptorTable.Duplicate(btf.Fd) : Answer.Error(Errno.ENOENT),
                BpfCommand.LinkGetFdById => DescriptorTable.ById<ILinkHandle>(((ObjectIdAttributes*)attributes)->Id) is { Fd: { } link } ? DescriptorTable.Duplicate(link) : Answer.Error(Errno.ENOENT),
                BpfCommand.LinkDetach => DescriptorTable.Find<ILinkHandle>(((LinkDetachAttributes*)attributes)->LinkFd) is null ? BadDescriptor(((LinkDetachAttributes*)attributes)->LinkFd) : Answer.Error(Errno.EOPNOTSUPP),
                // Hooks of a kernel are not here: no interface, cgroup, tracepoint or namespace.
                _ => Answer.Error(Errno.EOPNOTSUPP),
            };
        }
        catch (Exception e)
        {
            return -(int)Answer.ErrnoOf(e);
        }
    }

    /// <summary>Removes a pin.</summary>
    public static int Unpin(string path)
    {
        lock (s_pinGate)
        {
            if (s_pinnedPrograms.Remove(path, out EmbeddedProgramHandle? program))
            {
                program.Dispose();
                return 0;
            }
        }

        return Engine.Unpin(path) ? 0 : Answer.Error(Errno.ENOENT);
    }

    /// <summary>What the kernel says about a descriptor that is not of the kind: EBADF where nothing is open, EINVAL for another file.</summary>
    private static int BadDescriptor(int fd) => Answer.Error(DescriptorTable.IsOpen(fd) ? Errno.EINVAL : Errno.EBADF);

    private static int Pin(ObjectPathAttributes* attributes)
    {
        string path = Text.Read(attributes->PathName) ?? "";
        if (DescriptorTable.Find<IMapHandle>(attributes->Fd) is { } map)
        {
            lock (s_pinGate)
            {
                if (s_pinnedPrograms.ContainsKey(path))
                {
                    return Answer.Error(Errno.EEXIST);
                }
            }

            Engine.Pin(path, map);
            return 0;
        }

        if (DescriptorTable.Find<EmbeddedProgramHandle>(attributes->Fd) is not { } program)
        {
            return BadDescriptor(attributes->Fd);
        }

        using IMapHandle? taken = Engine.OpenPinned(path);
        lock (s_pinGate)
        {
            if (taken is not null || s_pinnedPrograms.ContainsKey(path))
            {
                return Answer.Error(Errno.EEXIST);
            }

            s_pinnedPrograms.Add(path, program.Share());
        }

        return 0;
    }

    private static int OpenPinned(ObjectPathAttributes* attributes)
    {
        string path = Text.Read(attributes->PathName) ?? "";
        if (Engine.OpenPinned(path) is { } map)
        {
            return GiveShared(map.Fd, map);
        }

        lock (s_pinGate)
        {
            return s_pinnedPrograms.TryGetValue(path, out EmbeddedProgramHandle? program)
                ? GiveShared(program.Fd, program.Share())
                : Answer.Error(Errno.ENOENT);
        }
    }

    /// <summary>A descriptor for a thing that the table may know already under another handle, which is enough then.</summary>
    private static int GiveShared(int? fd, IDisposable handle)
    {
        if (fd is { } number && DescriptorTable.Find<IDisposable>(number) is not null)
        {
            handle.Dispose();
            return DescriptorTable.Duplicate(number);
        }

        return DescriptorTable.Give(fd, handle);
    }

    private static int NextId<T>(ObjectIdAttributes* attributes)
    {
        uint id = DescriptorTable.NextId<T>(attributes->Id);
        attributes->NextId = id;
        return id != 0 ? 0 : Answer.Error(Errno.ENOENT);
    }

    private static int Info(ObjectInfoAttributes* attributes)
    {
        int fd = attributes->Fd;
        switch (DescriptorTable.Find<IDisposable>(fd))
        {
            case IMapHandle map:
                var mapInfo = new MapInfoRecord
                {
                    Type = (uint)map.Spec.Type,
                    Id = DescriptorTable.IdOf(fd),
                    KeySize = map.Spec.KeySize,
                    ValueSize = map.Spec.ValueSize,
                    MaxEntries = map.Spec.MaxEntries,
                    MapFlags = (uint)map.Spec.Flags,
                    Name = ObjectName.From(map.Spec.Name),
                    BtfKeyTypeId = map.Spec.KeyType,
                    BtfValueTypeId = map.Spec.ValueType,
                    MapExtra = map.Spec.Extra,
                };
                return Copy(attributes, &mapInfo, sizeof(MapInfoRecord));
            case EmbeddedProgramHandle program:
                var programInfo = new ProgramInfoRecord
                {
                    Type = (uint)program.Program.Spec.Type,
                    Id = DescriptorTable.IdOf(fd),
                    Name = ObjectName.From(program.Program.Spec.Name),
                    TranslatedLength = (uint)program.Program.Spec.Instructions.Length * 8,
                    VerifiedInstructions = (uint)(program.Figures.VerifiedInstructions ?? 0),
                    Bits = 1,
                };
                return Copy(attributes, &programInfo, sizeof(ProgramInfoRecord));
            case ILinkHandle:
                var linkInfo = new LinkInfoRecord { Id = DescriptorTable.IdOf(fd) };
                return Copy(attributes, &linkInfo, sizeof(LinkInfoRecord));
            case EmbeddedBtf btf:
                return BtfInfo(attributes, btf, DescriptorTable.IdOf(fd));
            default:
                // EBADFD, where all other commands say EBADF: bpf_obj_get_info_by_fd in kernel/bpf/syscall.c.
                return DescriptorTable.IsOpen(fd) ? Answer.Error(Errno.EINVAL) : -BadDescriptorState;
        }
    }

    /// <summary>As much of a record as the caller has room for; what it has more is zero.</summary>
    private static int Copy(ObjectInfoAttributes* attributes, void* record, int size)
    {
        int length = (int)Math.Min(attributes->InfoLength, (uint)size);
        new Span<byte>(record, length).CopyTo(new Span<byte>(attributes->Info, length));
        attributes->InfoLength = (uint)length;
        return 0;
    }
}
