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

    private sealed class Link(EmbeddedProgramHandle program, Descriptor? descriptor) : ILinkHandle
    {
        private int _disposed;

        public int? Fd => descriptor?.Number;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                descriptor?.Dispose();
                program.Release();
            }
        }
    }
}
