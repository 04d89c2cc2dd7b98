using Ebpf.Bytecode.Specs;
using Ebpf.Fuzz.Verification;
using Ebpf.Verifier;

namespace Ebpf.Fuzz.Targets;

/// <summary>
/// The verifier on programs of the committed objects with a few instructions changed. What it accepts runs in the checking interpreter: without a fault,
/// to its end, and as the facts say.
/// </summary>
internal sealed class ProgramTarget : IFuzzTarget
{
    private const int MostSlots = 1500;

    private readonly Lazy<int[]> _seeds = new(() => [.. Enumerable.Range(0, Corpus.Programs.Count).Where(i => Corpus.Programs[i].Program.Instructions.Length <= MostSlots)]);

    public string Name => "program";

    public byte[] Generate(Random random)
    {
        var program = MutatedProgram.Of(_seeds.Value[random.Next(_seeds.Value.Length)], random.Next(4) == 0);
        new ProgramMutator(random, program).Mutate();
        return program.Write();
    }

    public void Run(byte[] input, ISteps steps)
    {
        var program = MutatedProgram.Read(input);
        ProgramSpec spec = program.ToSpec();
        VerificationResult? result = null;
        steps.Do("verify", () =>
        {
            result = ProgramVerifier.Verify(spec, program.Origin.Maps, new VerifierOptions { InstructionLimit = 20_000, Policy = program.Policy });
            if (!result.IsAccepted)
                throw new BpfException(result.Rejection!.Reason);
        });
        if (result is { IsAccepted: true } verified)
            Run(spec, program, verified, new Random(input.Length));
    }

    private static void Run(ProgramSpec spec, MutatedProgram program, VerificationResult verified, Random random)
    {
        try
        {
            ProgramRoom.Run(spec, program.Origin.Maps, verified, random, leaksNothing: program.Policy == VerifierPolicy.Strict);
        }
        catch (BpfException)
        {
            // The engine lacks something that the program needs.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new FactBroken($"{(e is FactBroken ? e.Message : e)}\n{spec.Type} {spec.Name}, {program.Policy}\n{Listing.Of([.. spec.Instructions])}");
        }
    }
}
