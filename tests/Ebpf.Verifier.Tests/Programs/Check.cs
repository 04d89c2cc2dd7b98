using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;

namespace Ebpf.Verifier.Tests.Programs;

/// <summary>Verifies small programs made of instructions.</summary>
internal static class Check
{
    internal static readonly MapSpec Array16 = Map(MapType.Array, 4, 16, 4);

    internal static readonly MapSpec Hash64 = Map(MapType.Hash, 8, 64, 100);

    internal static readonly MapSpec RingBuffer = Map(MapType.RingBuf, 0, 0, 4096);

    internal static MapSpec Map(MapType type, uint key, uint value, uint entries, MapFlags flags = MapFlags.None) =>
        new() { Name = type.ToString().ToLowerInvariant(), Type = type, KeySize = key, ValueSize = value, MaxEntries = entries, Flags = flags };

    internal static VerificationResult Verify(ProgramType type, MapSpec[] maps, params Instruction[] code) =>
        ProgramVerifier.Verify(Program(type, code), maps, VerifierOptions.Default);

    internal static ProgramSpec Program(ProgramType type, params Instruction[] code) => new()
    {
        Name = "test",
        SectionName = type.ToString(),
        Type = type,
        License = "GPL",
        Instructions = [.. code],
        Functions = [new FunctionSpec(0, "test", 0, true)],
    };

    internal static VerificationResult Accepts(ProgramType type, MapSpec[] maps, params Instruction[] code)
    {
        VerificationResult result = Verify(type, maps, code);
        Assert.True(result.IsAccepted, result.Log);
        return result;
    }

    internal static VerificationResult Accepts(params Instruction[] code) => Accepts(ProgramType.SocketFilter, [], code);

    internal static Rejection Refuses(Rule rule, ProgramType type, MapSpec[] maps, params Instruction[] code)
    {
        VerificationResult result = Verify(type, maps, code);
        Assert.NotNull(result.Rejection);
        Assert.True(rule == result.Rejection.Rule, $"{result.Rejection.Rule} at {result.Rejection.Instruction}: {result.Rejection.Reason}");
        return result.Rejection;
    }

    internal static Rejection Refuses(Rule rule, params Instruction[] code) => Refuses(rule, ProgramType.SocketFilter, [], code);
}
