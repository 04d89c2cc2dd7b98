using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime;
using Ebpf.Runtime.Maps;
using Ebpf.Verifier;

namespace Ebpf.Fuzz.Verification;

/// <summary>
/// Whatever the verifier accepts runs in the checking interpreter without a fault, ends, and does nothing that the facts rule out. What it refuses, and
/// garbage, it answers without any exception.
/// </summary>
internal sealed class SoundnessFuzz : IDisposable
{
    private const int MapSize = 64;

    private static readonly MapSpec[] Maps =
    [
        new() { Name = "array", Type = MapType.Array, KeySize = 4, ValueSize = MapSize, MaxEntries = 4 },
        new() { Name = "hash", Type = MapType.Hash, KeySize = 4, ValueSize = MapSize, MaxEntries = 8 },
    ];

    private static readonly VerifierOptions Options = VerifierOptions.Default with { InstructionLimit = 20_000 };

    private readonly Random _random;
    private readonly ProgramGenerator _generator;
    private readonly Engine _engine = new();
    private readonly EmbeddedMap[] _maps;
    private Instruction[] _lastAccepted = [Asm.Mov64(Register.R0, 0), Asm.Exit()];

    internal SoundnessFuzz(int seed)
    {
        _random = new Random(seed);
        _generator = new ProgramGenerator(_random);
        _maps = [.. Maps.Select(_engine.CreateMap)];
    }

    internal int Programs { get; private set; }

    internal int Accepted { get; private set; }

    /// <summary>Tries one program; what is wrong with the verifier's answer, or null.</summary>
    internal string? Step()
    {
        Instruction[] code = _random.Next(3) switch
        {
            0 => _generator.Mutate(_lastAccepted),
            _ => _generator.Next(),
        };
        Programs++;
        ProgramSpec program = new()
        {
            Name = "fuzz",
            SectionName = "xdp",
            Type = ProgramType.Xdp,
            License = "GPL",
            Instructions = [.. code],
            Functions = [new FunctionSpec(0, "fuzz", 0, true)],
        };
        VerificationResult result;
        try
        {
            result = ProgramVerifier.Verify(program, Maps, Options);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return Describe(code, $"the verifier threw {error}");
        }

        if (!result.IsAccepted)
            return null;
        Accepted++;
        _lastAccepted = code;
        FactObserver observer = new(result.Facts!, code);
        using EmbeddedProgram embedded = _engine.CreateProgram(program, result.Facts, _maps, new ProgramOptions { Checks = true, Observer = observer, InstructionBudget = 5_000_000 });
        for (int run = 0; run < 4; run++)
        {
            byte[] data = new byte[_random.Next(14, 128)];
            _random.NextBytes(data);
            RunOutcome outcome;
            try
            {
                outcome = embedded.Run(new RunRequest { Data = data, RandomSeed = 1 });
            }
            catch (FactBroken broken)
            {
                return Describe(code, broken.Message);
            }

            if (outcome.Fault is { } fault)
                return Describe(code, $"accepted, but instruction {fault.Instruction} faults: {fault.Reason}");
        }

        return null;
    }

    public void Dispose()
    {
        foreach (EmbeddedMap map in _maps)
            map.Dispose();
        _engine.Dispose();
    }

    private static string Describe(Instruction[] code, string what) => $"{what}\n{Listing.Of(code)}";
}
