using System.Text;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Maps;
using Ebpf.Verifier;

namespace Ebpf.Runtime.Tests.Soundness;

/// <summary>Verifies generated programs and runs the accepted ones in checking mode: none may fault, and every fact must hold.</summary>
internal sealed class SoundnessRoom : IDisposable
{
    private static readonly MapSpec[] MapSpecs =
    [
        new() { Name = "array", Type = MapType.Array, KeySize = 4, ValueSize = ProgramGenerator.ArrayValueSize, MaxEntries = 4 },
        new() { Name = "hash", Type = MapType.Hash, KeySize = ProgramGenerator.HashKeySize, ValueSize = ProgramGenerator.HashValueSize, MaxEntries = 8 },
        new() { Name = "ring", Type = MapType.RingBuf, KeySize = 0, ValueSize = 0, MaxEntries = 4096 },
    ];

    private readonly EngineRoom _room = new();
    private readonly EmbeddedMap[] _maps;

    public SoundnessRoom() => _maps = [.. MapSpecs.Select(_room.Map)];

    public int Accepted { get; private set; }

    public int Refused { get; private set; }

    /// <summary>What went wrong with a program that the verifier accepted; null where nothing did, or where it refused.</summary>
    public string? Try(Instruction[] code, int seed)
    {
        ProgramSpec spec = EngineRoom.Spec(ProgramType.Xdp, code);
        VerificationResult result;
        try
        {
            result = ProgramVerifier.Verify(spec, MapSpecs, VerifierOptions.Default with { InstructionLimit = 20_000 });
        }
        catch (Exception e)
        {
            return Report(code, seed, $"the verifier threw {e}");
        }
        if (!result.IsAccepted)
        {
            Refused++;
            return null;
        }

        Accepted++;
        var witness = new FactWitness(result.Facts!);
        EmbeddedProgram? program = null;
        try
        {
            program = _room.Engine.CreateProgram(spec, result.Facts, _maps, new ProgramOptions { Checks = true, InstructionBudget = 1_000_000, Observer = witness });
            for (int input = 0; input < 6; input++)
            {
                var random = new Random(seed * 31 + input);
                Fill(random);
                byte[] packet = new byte[14 + random.Next(input % 2 == 0 ? 14 : 80)];
                random.NextBytes(packet);
                RunOutcome outcome = program.Run(new RunRequest { Data = packet, RandomSeed = (ulong)input, Time = (ulong)random.NextInt64() });
                if (outcome.Fault is { } fault)
                    return Report(code, seed, $"fault at {fault.Instruction}: {fault.Reason}");
            }
        }
        catch (FactException e)
        {
            return Report(code, seed, e.Message);
        }
        finally
        {
            program?.Dispose();
        }
        return null;
    }

    public void Dispose() => _room.Dispose();

    /// <summary>The hash has keys that programs ask for, and everything is full of numbers at which something changes.</summary>
    private void Fill(Random random)
    {
        byte[] value = new byte[ProgramGenerator.ArrayValueSize];
        for (uint key = 0; key < 4; key++)
        {
            Numbers(random, value);
            _maps[ProgramGenerator.ArrayMap].HostUpdate(BitConverter.GetBytes(key), value);
            _maps[ProgramGenerator.HashMap].HostUpdate(BitConverter.GetBytes((ulong)key), value.AsSpan(0, ProgramGenerator.HashValueSize));
        }
    }

    internal static void Numbers(Random random, Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i += 8)
        {
            ulong number = random.Next(5) switch
            {
                0 => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
                1 => (1ul << random.Next(64)) + (ulong)random.Next(-2, 3),
                2 => (ulong)random.Next(-3, 4),
                _ => (ulong)random.Next(256),
            };
            BitConverter.TryWriteBytes(bytes[i..], number);
        }
    }

    private static string Report(Instruction[] code, int seed, string what)
    {
        var text = new StringBuilder($"seed {seed}: {what}\n");
        var disassembler = new Disassembler();
        for (int slot = 0; slot < code.Length; slot++)
        {
            text.Append(slot).Append(": ");
            slot += disassembler.Write(text, code, slot) - 1;
            text.Append('\n');
        }
        return text.ToString();
    }
}
