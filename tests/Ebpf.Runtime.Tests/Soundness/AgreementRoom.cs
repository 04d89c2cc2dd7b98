using System.Text;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Maps;
using Ebpf.Verifier;

namespace Ebpf.Runtime.Tests.Soundness;

/// <summary>
/// Runs verified programs in every engine, each on maps of its own, with the same inputs: results, packets and maps must be the same. Only programs
/// that leak no addresses (policy Strict) can be compared so.
/// </summary>
internal sealed class AgreementRoom : IDisposable
{
    private readonly Side[] _sides;

    public AgreementRoom() => _sides =
    [
        .. EngineRoom.Engines.SelectMany(engine => new[] { false, true }.Select(checks => new Side(engine, checks))),
    ];

    public int Compared { get; private set; }

    /// <summary>How the engines differ; null where they do not, or where the program was refused.</summary>
    public string? Try(Instruction[] code, int seed)
    {
        ProgramSpec spec = EngineRoom.Spec(ProgramType.Xdp, code);
        VerificationResult result = ProgramVerifier.Verify(spec, Side.MapSpecs, VerifierOptions.Default with { InstructionLimit = 20_000, Policy = VerifierPolicy.Strict });
        if (!result.IsAccepted)
            return null;

        Compared++;
        string[][] answers = [.. _sides.Select(side => side.Run(spec, result.Facts!, seed))];
        for (int side = 1; side < answers.Length; side++)
        {
            for (int input = 0; input < answers[0].Length; input++)
            {
                if (answers[side][input] != answers[0][input])
                    return $"seed {seed}, input {input}\n{_sides[0].Name}: {answers[0][input]}\n{_sides[side].Name}: {answers[side][input]}\n{Listing(code)}";
            }
        }

        return null;
    }

    public void Dispose()
    {
        foreach (Side side in _sides)
            side.Dispose();
    }

    private static string Listing(Instruction[] code)
    {
        var text = new StringBuilder();
        var disassembler = new Disassembler();
        for (int slot = 0; slot < code.Length; slot++)
        {
            text.Append(slot).Append(": ");
            slot += disassembler.Write(text, code, slot) - 1;
            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>One engine with its maps.</summary>
    private sealed class Side(ExecutionEngine engine, bool checks) : IDisposable
    {
        internal static readonly MapSpec[] MapSpecs =
        [
            new() { Name = "array", Type = MapType.Array, KeySize = 4, ValueSize = ProgramGenerator.ArrayValueSize, MaxEntries = 4 },
            new() { Name = "hash", Type = MapType.Hash, KeySize = ProgramGenerator.HashKeySize, ValueSize = ProgramGenerator.HashValueSize, MaxEntries = 8 },
            new() { Name = "ring", Type = MapType.RingBuf, KeySize = 0, ValueSize = 0, MaxEntries = 4096 },
        ];

        private readonly EngineRoom _room = new();
        private EmbeddedMap[]? _maps;

        public string Name => checks ? $"{engine}, checking" : $"{engine}";

        public string[] Run(ProgramSpec spec, Facts facts, int seed)
        {
            _maps ??= [.. MapSpecs.Select(_room.Map)];
            using EmbeddedProgram program = _room.Engine.CreateProgram(
                spec, facts, _maps, new ProgramOptions { Engine = engine, Checks = checks, InstructionBudget = checks ? 10_000_000 : long.MaxValue });
            Assert.Equal(engine == ExecutionEngine.Compiler, program.Native is not null);
            string[] answers = new string[6];
            for (int input = 0; input < answers.Length; input++)
            {
                var random = new Random(seed * 31 + input);
                Fill(random);
                byte[] packet = new byte[14 + random.Next(input % 2 == 0 ? 14 : 80)];
                random.NextBytes(packet);
                RunOutcome outcome = program.Run(new RunRequest { Data = packet, RandomSeed = (ulong)input, Time = (ulong)random.NextInt64(), Cpu = 1, PidTgid = 77 });
                answers[input] = $"r0 {outcome.ReturnValue:x}, fault {outcome.Fault?.Reason}, packet {Convert.ToHexString(outcome.Data)}, maps {Contents()}";
            }

            return answers;
        }

        public void Dispose() => _room.Dispose();

        private void Fill(Random random)
        {
            byte[] value = new byte[ProgramGenerator.ArrayValueSize];
            for (uint key = 0; key < 4; key++)
            {
                SoundnessRoom.Numbers(random, value);
                _maps![ProgramGenerator.ArrayMap].HostUpdate(BitConverter.GetBytes(key), value);
                _maps[ProgramGenerator.HashMap].HostUpdate(BitConverter.GetBytes((ulong)key), value.AsSpan(0, ProgramGenerator.HashValueSize));
            }
        }

        /// <summary>Every element of the array and the hash, in the order of the keys.</summary>
        private string Contents()
        {
            var text = new StringBuilder();
            byte[] value = new byte[ProgramGenerator.ArrayValueSize];
            for (uint key = 0; key < 4; key++)
            {
                _maps![ProgramGenerator.ArrayMap].HostLookup(BitConverter.GetBytes(key), value);
                text.Append(Convert.ToHexString(value)).Append(' ');
            }

            EmbeddedMap hash = _maps![ProgramGenerator.HashMap];
            List<string> elements = [];
            byte[] next = new byte[ProgramGenerator.HashKeySize], at = [];
            byte[] element = new byte[ProgramGenerator.HashValueSize];
            while (hash.HostNextKey(at, next) == 0)
            {
                hash.HostLookup(next, element);
                elements.Add($"{Convert.ToHexString(next)}={Convert.ToHexString(element)}");
                at = [.. next];
            }

            elements.Sort(StringComparer.Ordinal);
            return text.Append(string.Join(' ', elements)).ToString();
        }
    }
}
