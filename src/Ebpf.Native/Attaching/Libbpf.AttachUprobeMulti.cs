using Ebpf.Platforms.Linux.Tracing;

namespace Ebpf.Native;

/// <content>Many places of a user program by one link; since Linux 6.6.</content>
internal static unsafe partial class Libbpf
{
    /// <remarks>bpf_program__attach_uprobe_multi in libbpf.c.</remarks>
    public static nint bpf_program__attach_uprobe_multi(nint program, int pid, byte* binary, byte* pattern, byte* opts)
    {
        const int Symbols = 8, Offsets = 16, ReferenceCounters = 24, Cookies = 32, Count = 40, Return = 48, Session = 49, End = 50;
        NativeProgram source = Program(program);
        var options = new Options(opts);
        if (!options.IsValid(End, "bpf_uprobe_multi_opts"))
        {
            return Answer.Null(Errno.EINVAL);
        }

        if (source.Fd < 0)
        {
            Print.Warn($"prog '{source.Spec.Name}': can't attach BPF program without FD (was it loaded?)\n");
            return Answer.Null(Errno.EINVAL);
        }

        byte** symbols = (byte**)options.Pointer(Symbols);
        ulong* given = (ulong*)options.Pointer(Offsets);
        byte* counters = options.Pointer(ReferenceCounters);
        byte* cookies = options.Pointer(Cookies);
        ulong count = options.U64(Count);
        bool hasList = symbols != null || given != null;
        bool isWrong = binary == null
            || (pattern != null && (hasList || counters != null || cookies != null || count != 0))
            || (pattern == null && (count == 0 || (symbols != null) == (given != null)))
            || (options.Flag(Return) && options.Flag(Session));
        if (isWrong)
        {
            return Answer.Null(Errno.EINVAL);
        }

        string path = UserBinary.Resolve(Text.Read(binary)!);
        ulong[] offsets = [];
        if (pattern != null)
        {
            offsets = UserBinary.Open(path).FindFunctions(Text.Read(pattern)!);
            count = (ulong)offsets.Length;
        }
        else if (symbols != null)
        {
            UserBinary file = UserBinary.Open(path);
            offsets = new ulong[count];
            for (int i = 0; i < offsets.Length; i++)
            {
                offsets[i] = file.FindFunction(Text.Read(symbols[i])!);
            }
        }

        byte* name = Text.Copy(path);
        fixed (ulong* found = offsets)
        {
            LinkOptions link = LinkOptions.New();
            link.Union[0] = options.Flag(Return) ? 1u : 0;
            link.Union[1] = (uint)count;
            *(byte**)(link.Union + 2) = name;
            *(ulong**)(link.Union + 4) = offsets.Length > 0 ? found : given;
            *(byte**)(link.Union + 6) = counters;
            *(byte**)(link.Union + 8) = cookies;
            // As a process the caller is 0 here; -1 is all of them, which the link takes for 0.
            link.Union[10] = (uint)(pid < 0 ? 0 : pid == 0 ? Environment.ProcessId : pid);
            nint made = AttachLink(source, 0, (uint)(options.Flag(Session) ? AttachType.TraceUprobeSession : AttachType.TraceUprobeMulti), "multi-uprobe", &link);
            Text.Free(name);
            return made;
        }
    }
}
