using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.Syscalls;
using Ebpf.Runtime;

namespace Ebpf.Platforms.Windows;

/// <summary>A program in Windows' kernel.</summary>
internal sealed unsafe class WindowsProgramHandle(ProgramSpec spec, WindowsFd fd, TimeSpan loadTime) : IProgramHandle
{
    // A program may make its data longer.
    private const int RoomToGrow = 1 << 12;

    public int? Fd => fd.Number;

    public ProgramFigures Figures { get; } = new(spec.Instructions.Length, null, loadTime, null, null, null);

    /// <remarks>BPF_PROG_TEST_RUN of bpf(), whose attributes are Linux's.</remarks>
    public RunOutcome Run(RunRequest request)
    {
        byte[] context = request.Context.ToArray(), contextOut = new byte[context.Length], dataOut = new byte[request.Data.Length + RoomToGrow];
        fixed (byte* data = request.Data.Span, outData = dataOut, contextIn = context, outContext = contextOut)
        {
            var attributes = new ProgramTestRunAttributes
            {
                ProgramFd = fd.Number,
                DataIn = data,
                DataSizeIn = (uint)request.Data.Length,
                DataOut = request.Data.IsEmpty ? null : outData,
                DataSizeOut = request.Data.IsEmpty ? 0 : (uint)dataOut.Length,
                ContextIn = contextIn,
                ContextSizeIn = (uint)context.Length,
                ContextOut = outContext,
                ContextSizeOut = (uint)contextOut.Length,
                Repeat = (uint)request.Repeat,
                Cpu = (uint)(request.Cpu ?? 0),
            };
            Errno errno = WindowsErrno.From(EbpfApi.Bpf((int)BpfCommand.ProgramTestRun, &attributes, (uint)sizeof(ProgramTestRunAttributes)));
            if (errno != Errno.None)
            {
                throw new BpfException($"program '{spec.Name}' cannot be run: {errno}", errno) { Program = spec.Name };
            }

            return new RunOutcome
            {
                ReturnValue = attributes.ReturnValue,
                Duration = TimeSpan.FromTicks(attributes.Duration / TimeSpan.NanosecondsPerTick),
                Nanoseconds = attributes.Duration,
                Data = request.Data.IsEmpty ? [] : dataOut.AsSpan(0, (int)Math.Min(attributes.DataSizeOut, (uint)dataOut.Length)).ToArray(),
                Context = contextOut,
                Printk = [],
            };
        }
    }

    /// <summary>Attaches to the whole system: a compartment or interface of 0.</summary>
    public ILinkHandle Attach(AttachRequest request)
    {
        int type = spec.AttachType.Number(Dialect.Windows) ?? 0;
        Errno errno = WindowsErrno.From(EbpfApi.Attach(fd.Number, 0, type, 0));
        return errno == Errno.None
            ? new Link(WindowsFd.Duplicate(fd.Number, $"program '{spec.Name}'"), type)
            : throw new BpfException($"program '{spec.Name}' cannot be attached to {request.Hook}: {errno}", errno) { Program = spec.Name };
    }

    public void Dispose() => fd.Dispose();

    public void Pin(string path)
    {
        fixed (byte* text = WindowsPlatform.Text(path))
        {
            Errno errno = WindowsErrno.From(EbpfApi.Pin(fd.Number, text));
            if (errno != Errno.None)
            {
                throw new BpfException($"program '{spec.Name}' cannot be pinned at {path}: {errno}", errno) { Program = spec.Name };
            }
        }
    }

    /// <summary>An attachment by bpf_prog_attach, which has no descriptor of its own.</summary>
    private sealed class Link(WindowsFd program, int type) : ILinkHandle
    {
        public int? Fd => null;

        public LinkInfo? ReadInfo() => null;

        public void Update(IProgramHandle program, IProgramHandle? expected) => throw Unsupported("putting another program in a link");

        public void Pin(string path) => throw Unsupported("pinning a link");

        public Stream OpenIterator() => throw Unsupported("an iterator");

        public void Detach()
        {
            if (!program.IsClosed)
            {
                Errno errno = WindowsErrno.From(EbpfApi.Detach(program.Number, 0, type));
                program.Dispose();
                if (errno != Errno.None)
                {
                    throw new BpfException($"the program cannot be detached: {errno}", errno);
                }
            }
        }

        /// <summary>The attachment stays.</summary>
        public void Disconnect() => program.Dispose();

        public void Dispose()
        {
            if (!program.IsClosed)
            {
                _ = EbpfApi.Detach(program.Number, 0, type);
                program.Dispose();
            }
        }

        private static BpfNotSupportedException Unsupported(string what) => new(what, "windows", "the linux platform");
    }
}
