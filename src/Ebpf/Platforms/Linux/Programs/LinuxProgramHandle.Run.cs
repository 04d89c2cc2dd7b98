using System.Buffers;
using System.Diagnostics;
using Ebpf.Platforms.Linux.Syscalls;
using Ebpf.Runtime;

namespace Ebpf.Platforms.Linux.Programs;

/// <content>
/// Test runs (BPF_PROG_TEST_RUN). What the kernel does not do is refused by name. Two things differ from the embedded platform by the kernel's design:
/// repetitions see the packet as the one before left it, and the result has 32 bits.
/// </content>
/// <remarks>net/bpf/test_run.c, net/core/filter.c and kernel/bpf/syscall.c have the functions, per type.</remarks>
internal sealed unsafe partial class LinuxProgramHandle
{
    // A program may make its packet longer; the kernel answers ENOSPC where it does not fit, after the run.
    private const int RoomToGrow = 1 << 16;

    // A raw tracepoint has at most 12 arguments: MAX_BPF_FUNC_ARGS in include/linux/bpf.h.
    private const int RawTracepointContext = 12 * sizeof(ulong);

    // ETH_HLEN in include/uapi/linux/if_ether.h: a packet begins with an Ethernet header.
    private const int SmallestPacket = 14;

    // BPF_F_TEST_RUN_ON_CPU in include/uapi/linux/bpf.h.
    private const uint RunOnCpu = 1;

    // 'struct bpf_sk_lookup' in include/uapi/linux/bpf.h, as of 5.9 and later.
    private const int SocketLookupContext = 72;

    public RunOutcome Run(RunRequest request)
    {
        RefuseWhatTheKernelCannot(request);
        bool choosesCpu = Spec.Type is ProgramType.RawTracepoint or ProgramType.RawTracepointWritable;
        using CpuBinding cpu = request.Cpu is { } wanted && !choosesCpu ? new CpuBinding(wanted) : default;
        using FileDescriptor.Lease program = Descriptor.Use();
        return Spec.Type switch
        {
            ProgramType.Syscall => RunSyscall(program.Number, request),
            ProgramType.RawTracepoint or ProgramType.RawTracepointWritable => RunRawTracepoint(program.Number, request),
            ProgramType.SkLookup => RunOnContext(program.Number, request),
            _ => RunOnPacket(program.Number, request),
        };
    }

    private RunOutcome RunOnPacket(int program, RunRequest request)
    {
        byte[] context = request.Context.ToArray();
        if (Spec.Type == ProgramType.Xdp && context.Length >= 2 * sizeof(uint) && BitConverter.ToUInt32(context, sizeof(uint)) == 0)
        {
            // xdp_md's data_end is the packet's length, unless the caller says otherwise.
            BitConverter.TryWriteBytes(context.AsSpan(sizeof(uint)), request.Data.Length);
        }

        byte[] contextOut = new byte[context.Length];
        byte[] dataOut = ArrayPool<byte>.Shared.Rent(request.Data.Length + RoomToGrow);
        try
        {
            fixed (byte* data = request.Data.Span, outData = dataOut, contextIn = context, outContext = contextOut)
            {
                var attributes = new ProgramTestRunAttributes
                {
                    ProgramFd = program,
                    DataIn = data,
                    DataSizeIn = (uint)request.Data.Length,
                    DataOut = outData,
                    DataSizeOut = (uint)dataOut.Length,
                    ContextIn = contextIn,
                    ContextSizeIn = (uint)context.Length,
                    ContextOut = outContext,
                    ContextSizeOut = (uint)contextOut.Length,
                    Repeat = (uint)request.Repeat,
                };
                Require(Bpf.TestRun(ref attributes), request);
                return new RunOutcome
                {
                    ReturnValue = attributes.ReturnValue,
                    Duration = TimeSpan.FromMicroseconds(attributes.Duration / 1000.0),
                    Nanoseconds = attributes.Duration,
                    Data = dataOut[..(int)Math.Min(attributes.DataSizeOut, (uint)dataOut.Length)],
                    Context = contextOut,
                    Printk = [],
                };
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(dataOut);
        }
    }

    private RunOutcome RunOnContext(int program, RunRequest request)
    {
        byte[] context = Padded(request.Context.Span, SocketLookupContext);
        byte[] after = new byte[context.Length];
        fixed (byte* contextIn = context, contextOut = after)
        {
            var attributes = new ProgramTestRunAttributes
            {
                ProgramFd = program,
                ContextIn = contextIn,
                ContextSizeIn = (uint)context.Length,
                ContextOut = contextOut,
                ContextSizeOut = (uint)after.Length,
                Repeat = (uint)request.Repeat,
            };
            Require(Bpf.TestRun(ref attributes), request);
            return new RunOutcome
            {
                ReturnValue = attributes.ReturnValue,
                Duration = TimeSpan.FromMicroseconds(attributes.Duration / 1000.0),
                Nanoseconds = attributes.Duration,
                Data = [],
                Context = after,
                Printk = [],
            };
        }
    }

    /// <summary>The kernel runs it once a call, and changes the context in place.</summary>
    private RunOutcome RunSyscall(int program, RunRequest request)
    {
        byte[] context = new byte[request.Context.Length];
        return Repeatedly(request, context, contextIn =>
        {
            request.Context.Span.CopyTo(context);
            return new ProgramTestRunAttributes { ProgramFd = program, ContextIn = (void*)contextIn, ContextSizeIn = (uint)context.Length };
        });
    }

    private RunOutcome RunRawTracepoint(int program, RunRequest request)
    {
        byte[] context = Padded(request.Context.Span, RawTracepointContext);
        return Repeatedly(request, context, contextIn => new ProgramTestRunAttributes
        {
            ProgramFd = program,
            ContextIn = (void*)contextIn,
            ContextSizeIn = (uint)context.Length,
            Flags = request.Cpu is null ? 0 : RunOnCpu,
            Cpu = (uint)(request.Cpu ?? 0),
        });
    }

    /// <summary>Repeats where the kernel does not. The time is that of the calls, since the kernel gives none.</summary>
    private RunOutcome Repeatedly(RunRequest request, byte[] context, Func<nint, ProgramTestRunAttributes> prepare)
    {
        uint result = 0;
        long ticks = 0;
        fixed (byte* contextIn = context)
        {
            for (int i = 0; i < request.Repeat; i++)
            {
                ProgramTestRunAttributes attributes = prepare((nint)contextIn);
                long started = Stopwatch.GetTimestamp();
                Require(Bpf.TestRun(ref attributes), request);
                ticks += Stopwatch.GetTimestamp() - started;
                result = attributes.ReturnValue;
            }
        }

        double nanoseconds = ticks * 1e9 / Stopwatch.Frequency / request.Repeat;
        return new RunOutcome
        {
            ReturnValue = result,
            Duration = TimeSpan.FromMicroseconds(nanoseconds / 1000),
            Nanoseconds = nanoseconds,
            Data = [],
            // What was added for the kernel is not the caller's.
            Context = context[..request.Context.Length],
            Printk = [],
        };
    }

    private static byte[] Padded(ReadOnlySpan<byte> context, int size)
    {
        byte[] whole = new byte[Math.Max(size, context.Length)];
        context.CopyTo(whole);
        return whole;
    }

    /// <summary>What makes a run on the embedded platform repeatable, the kernel takes from the machine: it is not imitated in silence.</summary>
    private void RefuseWhatTheKernelCannot(RunRequest request)
    {
        string? wish =
            request.Time is not null ? "a run at a given time"
            : request.RandomSeed is not null ? "a run with a seed of its own"
            : request.PidTgid is not null ? "a run as another process"
            : request.Comm is not null ? "a run under another name"
            : request.CgroupId != 1 ? "a run in another cgroup"
            : request.SocketId != 0 || !request.Socket.IsEmpty ? "a run with a socket of the caller's"
            : request.InodeId != 0 ? "a run with an inode of the caller's"
            : request.HookResult != 0 ? "a run with a hook's result"
            : request.Sysctl is not null ? "a run with a sysctl access"
            : request.SocketOptions is not null ? "a run with socket options"
            : !request.KernelStack.IsEmpty || !request.UserStack.IsEmpty ? "a run with a call stack of the caller's"
            // The kernel would call functions of its own that such programs may be attached to, without the context that was given.
            : Spec.Type is ProgramType.Tracing or ProgramType.Lsm or ProgramType.StructOps or ProgramType.Ext ? $"a run of a program of type {Spec.Type.Text()}"
            : null;
        if (wish is not null)
        {
            throw NotHere(wish, Errno.EOPNOTSUPP);
        }
    }

    private BpfNotSupportedException NotHere(string wish, Errno errno) =>
        new($"program '{Spec.Name}': {wish}", "Linux", "the embedded platform (Platform.Embedded)", errno) { Program = Spec.Name };

    private void Require(Errno errno, RunRequest request)
    {
        if (errno == Errno.None)
        {
            return;
        }

        if (errno is Errno.ENOTSUPP or Errno.EOPNOTSUPP)
        {
            throw NotHere($"a run of a program of type {Spec.Type.Text()}", errno);
        }

        string reason = errno switch
        {
            Errno.EINVAL when PacketPrograms.Take(Spec.Type) && request.Data.Length < SmallestPacket => $"the packet has {request.Data.Length} bytes, and needs an Ethernet header of {SmallestPacket}",
            Errno.EINVAL or Errno.E2BIG when !request.Context.IsEmpty => $"the kernel does not take this context of {request.Context.Length} bytes: some fields cannot be set for a run",
            Errno.EINVAL or Errno.E2BIG or Errno.EMSGSIZE => "the kernel does not take this packet or context",
            Errno.EPERM => "it takes root, or CAP_BPF with CAP_NET_ADMIN",
            Errno.ENOSPC => $"the packet grew by more than {RoomToGrow} bytes",
            Errno.ENXIO => $"there is no CPU {request.Cpu}, or it is off",
            _ => "",
        };
        throw new BpfException($"program '{Spec.Name}' cannot be run: {errno}{(reason.Length == 0 ? "" : ", ")}{reason}", errno) { Program = Spec.Name };
    }
}
