using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime;
using Ebpf.Verifier;

namespace Ebpf.Platforms.Verification;

/// <summary>A platform that verifies and keeps nothing: its maps have no contents, its programs do not run. Only the Loader's first two stages are for it.</summary>
internal sealed class VerificationPlatform : IPlatform, IPlatformLoad
{
    public string Name => "verification";

    /// <summary>The verifier's answer on the last program, null before the first.</summary>
    public VerificationResult? Result { get; private set; }

    /// <summary>Slots of the last program, 0 before the first.</summary>
    public int Instructions { get; private set; }

    public BtfView? KernelTypes => null;

    public bool HasHostHooks => false;

    public bool VerifiesHere => true;

    public int Processors => 1;

    public bool Takes(Dialect dialect) => true;

    public long EstimateBytes(MapSpec map) => 0;

    public IPlatformLoad Begin(ObjectImage image) => this;

    public IMapHandle CreateMap(MapSpec map) => new DeclaredMap(map);

    public IProgramHandle LoadProgram(ProgramSpec program, ProgramLoading loading)
    {
        Instructions = program.Instructions.Length;
        Result = ProgramVerifier.Verify(program, loading.Maps, loading.Verifier);
        return Result.IsAccepted ? new VerifiedProgram() : throw new VerifierException(program, Result);
    }

    public IMapHandle? OpenPinned(string path) => null;

    public void Pin(string path, IMapHandle map) => throw NothingHere();

    public bool Unpin(string path) => false;

    private static InvalidOperationException NothingHere() => new("verification creates no maps and runs no programs");

    private sealed class DeclaredMap(MapSpec spec) : IMapHandle
    {
        public MapSpec Spec => spec;

        public int? Fd => null;

        public long MemoryBytes => 0;

        public int HostValueSize => (int)spec.ValueSize;

        public IRingConsumer? Ring => null;

        public IMapHandle Share() => new DeclaredMap(spec);

        public Errno Lookup(ReadOnlySpan<byte> key, Span<byte> value, MapLookupFlags flags) => throw NothingHere();

        public Errno Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags) => throw NothingHere();

        public Errno Update(ReadOnlySpan<byte> key, IProgramHandle program) => throw NothingHere();

        public Errno Update(ReadOnlySpan<byte> key, IMapHandle inner) => throw NothingHere();

        public Errno Delete(ReadOnlySpan<byte> key) => throw NothingHere();

        public Errno LookupAndDelete(ReadOnlySpan<byte> key, Span<byte> value, MapLookupFlags flags) => throw NothingHere();

        public Errno NextKey(ReadOnlySpan<byte> key, Span<byte> next) => throw NothingHere();

        public Errno Freeze() => throw NothingHere();

        public Errno ReadData(int offset, Span<byte> bytes) => throw NothingHere();

        public Errno WriteData(int offset, ReadOnlySpan<byte> bytes) => throw NothingHere();

        public void Dispose()
        {
        }
    }

    private sealed class VerifiedProgram : IProgramHandle
    {
        public int? Fd => null;

        public ProgramFigures Figures => default;

        public RunOutcome Run(RunRequest request) => throw NothingHere();

        public ILinkHandle Attach(AttachRequest request) => throw NothingHere();

        public void Dispose()
        {
        }
    }
}
