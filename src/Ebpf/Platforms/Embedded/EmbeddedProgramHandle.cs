using Ebpf.Runtime;
using Ebpf.Verifier;

namespace Ebpf.Platforms.Embedded;

/// <summary>A program of the engine. Its owner and each link hold it; with the last of them it goes, when its last run has ended.</summary>
internal sealed class EmbeddedProgramHandle : IProgramHandle
{
    private readonly EmbeddedProgramHandle _first;
    private readonly Descriptor? _descriptor;
    private Holders _holders = new();
    private int _disposed;

    public EmbeddedProgramHandle(EmbeddedProgram program, VerificationResult verification, Descriptor? descriptor)
    {
        Program = program;
        _first = this;
        _descriptor = descriptor;
        Figures = new ProgramFigures(
            program.Spec.Instructions.Length, verification.ProcessedInstructions, verification.Duration, program.CompileDuration, program.Native?.Size ?? 0, program.MemoryBytes);
    }

    private EmbeddedProgramHandle(EmbeddedProgramHandle first)
    {
        Program = first.Program;
        _first = first;
        _descriptor = first._descriptor;
        Figures = first.Figures;
    }

    public EmbeddedProgram Program { get; }

    public int? Fd => _descriptor?.Number;

    public ProgramFigures Figures { get; }

    public RunOutcome Run(RunRequest request) => Program.Run(request);

    public unsafe void RunHosted(byte* contexts, int stride, int count, ulong* results, object? state) =>
        Program.RunHosted(contexts, stride, count, results, state);

    public IPacketSession BeginPackets(RunRequest request) => new EmbeddedPacketSession(Program, request);

    /// <summary>A further handle to the same program.</summary>
    public EmbeddedProgramHandle Share()
    {
        ObjectDisposedException.ThrowIf(!_first._holders.TryAdd(), this);
        return new EmbeddedProgramHandle(_first);
    }

    public ILinkHandle Attach(AttachRequest request)
    {
        ObjectDisposedException.ThrowIf(!_first._holders.TryAdd(), this);
        try
        {
            return new Link(_first, Descriptor.Open($"a link of program '{Program.Spec.Name}'"));
        }
        catch
        {
            _first.Release();
            throw;
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _first.Release();
        }
    }

    private void Release()
    {
        if (_holders.Remove())
        {
            Program.Dispose();
            _descriptor?.Dispose();
        }
    }

    /// <summary>A hook by name: the descriptor stands for it, the program is held.</summary>
    private sealed class Link(EmbeddedProgramHandle program, Descriptor? descriptor) : ILinkHandle
    {
        private readonly Lock _gate = new();
        private EmbeddedProgramHandle _program = program;
        private int _disposed;

        public int? Fd => descriptor?.Number;

        public LinkInfo? ReadInfo() => null;

        public void Update(IProgramHandle program, IProgramHandle? expected)
        {
            EmbeddedProgramHandle next = (program as EmbeddedProgramHandle)?._first ?? throw new BpfException("the program is loaded on another platform", Errno.EINVAL);
            lock (_gate)
            {
                if (expected is not null && (expected as EmbeddedProgramHandle)?._first != _program)
                {
                    throw new BpfException("the link cannot be updated: another program than the expected one is attached", Errno.EPERM);
                }

                if (next.Program.Spec.Type != _program.Program.Spec.Type)
                {
                    throw new BpfException("the link cannot be updated: the program is of another type", Errno.EINVAL);
                }

                ObjectDisposedException.ThrowIf(!next._holders.TryAdd(), next);
                _program.Release();
                _program = next;
            }
        }

        public void Pin(string path) => throw new BpfNotSupportedException("pinning a link", "embedded", "the linux platform");

        public void Detach() => throw new BpfNotSupportedException("detaching a link that is held", "embedded", "the linux platform");

        public Stream OpenIterator() => throw new BpfNotSupportedException("an iterator", "embedded", "the linux platform");

        // Hooks by name are this process's: there is nobody else to give them to.
        public void Disconnect() => Dispose();

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                descriptor?.Dispose();
                lock (_gate)
                {
                    _program.Release();
                }
            }
        }
    }
}
