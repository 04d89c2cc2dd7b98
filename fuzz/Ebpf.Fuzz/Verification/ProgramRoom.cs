using System.Buffers.Binary;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime;
using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;
using Ebpf.Verifier;

namespace Ebpf.Fuzz.Verification;

/// <summary>
/// Runs a program that the verifier accepted in the checking interpreter, in the compiler's checking mode and as plain machine code, on maps of its own
/// and several inputs. No engine may find fault with it; one that leaks no addresses does the same in all. Afterwards nothing is left of it.
/// </summary>
internal sealed class ProgramRoom
{
    private const int Inputs = 4;
    private const long MostSteps = 100_000;
    private const uint MostMapBytes = 1 << 20;

    private readonly NativeHeap _heap = new(isGuarded: true);
    private readonly Engine _engine;

    private ProgramRoom() => _engine = new Engine(new EngineOptions { Heap = _heap, Slots = 2 });

    /// <summary>Runs it.</summary>
    /// <exception cref="BpfException">The engine lacks something that the program needs.</exception>
    /// <exception cref="FactBroken">It does what the verifier has ruled out, or one engine does not do what another does.</exception>
    public static void Run(ProgramSpec spec, IReadOnlyList<MapSpec> mapSpecs, VerificationResult verified, Random random, bool leaksNothing = false)
    {
        int seed = random.Next();
        List<string> reference = RunIn(spec, mapSpecs, verified, seed, ExecutionEngine.Interpreter, checks: true);
        if (!Runtime.Compiler.ProgramCompiler.IsSupported)
            return;
        foreach (bool checks in (bool[])[true, false])
        {
            List<string> outcomes = RunIn(spec, mapSpecs, verified, seed, ExecutionEngine.Compiler, checks);
            for (int i = 0; leaksNothing && i < Math.Min(reference.Count, outcomes.Count); i++)
            {
                if (outcomes[i] != reference[i])
                    throw new FactBroken($"machine code{(checks ? ", checking" : "")}, input {i}: {outcomes[i]}; interpreter: {reference[i]}");
            }
        }
    }

    private static List<string> RunIn(ProgramSpec spec, IReadOnlyList<MapSpec> mapSpecs, VerificationResult verified, int seed, ExecutionEngine engine, bool checks)
    {
        var room = new ProgramRoom();
        List<string> outcomes = [];
        try
        {
            room.RunOn(spec, mapSpecs, verified, new Random(seed), engine, checks, outcomes);
        }
        finally
        {
            room._engine.Dispose();
        }

        if (room._heap.LiveBlocks != 0)
            throw new FactBroken($"{room._heap.LiveBlocks} blocks of native memory are left behind");
        return outcomes;
    }

    private void RunOn(ProgramSpec spec, IReadOnlyList<MapSpec> mapSpecs, VerificationResult verified, Random random, ExecutionEngine engine, bool checks, List<string> outcomes)
    {
        var maps = new EmbeddedMap?[mapSpecs.Count];
        try
        {
            CreateMaps(spec, mapSpecs, maps);
            Instruction[] code = [.. spec.Instructions];
            bool endsByItself = !spec.Instructions.Any(BoundedByEngine) && !maps.Any(static m => m is { Type: MapType.ProgArray }) && spec.Functions.All(static f => f.Start == 0 || !f.IsGlobal);
            var options = new ProgramOptions
            {
                Engine = engine,
                Checks = checks,
                Observer = engine == ExecutionEngine.Interpreter ? new FactObserver(verified.Facts!, code) : null,
                // Without helpers that go round, no path is longer than what was walked. Machine code counts whole turns of a loop.
                InstructionBudget = endsByItself && engine == ExecutionEngine.Interpreter ? Math.Min(MostSteps, verified.ProcessedInstructions) : MostSteps,
            };
            using EmbeddedProgram program = _engine.CreateProgram(spec, verified.Facts, maps, options);
            Fill(maps, program, random);
            for (int i = 0; i < Inputs; i++)
            {
                // One that was cut off may have left other things behind than another engine's.
                if (RunOnce(program, endsByItself, random) is not { } outcome)
                    break;
                outcomes.Add(outcome);
            }
        }
        finally
        {
            foreach (EmbeddedMap? map in maps)
                map?.Dispose();
        }
    }

    private static bool BoundedByEngine(Instruction instruction) =>
        instruction.Opcode == Opcodes.MayGoto || (instruction.IsHelperCall && (HelperId)instruction.Immediate is HelperId.Loop or HelperId.ForEachMapElem);

    private void CreateMaps(ProgramSpec spec, IReadOnlyList<MapSpec> specs, EmbeddedMap?[] maps)
    {
        foreach (Instruction instruction in spec.Instructions)
        {
            bool isMap = instruction.IsWide && (PseudoLoad)instruction.Source is PseudoLoad.MapIndex or PseudoLoad.MapIndexValue;
            int index = instruction.Immediate;
            if (!isMap || (uint)index >= (uint)maps.Length || maps[index] is not null)
                continue;
            if ((ulong)specs[index].MaxEntries * (specs[index].ValueSize + 64) > MostMapBytes)
                throw new BpfException("the map is too large for fuzzing");
            maps[index] = _engine.CreateMap(specs[index]);
        }
    }

    /// <summary>Values of all sorts under small keys; programs and inner maps in the first slot.</summary>
    private void Fill(EmbeddedMap?[] maps, EmbeddedProgram program, Random random)
    {
        Span<byte> slot = stackalloc byte[4];
        foreach (EmbeddedMap? map in maps)
        {
            switch (map)
            {
                case null:
                    break;
                case ReferenceArrayMap { Type: MapType.ProgArray } programs:
                    slot.Clear();
                    programs.HostSet(slot, program);
                    break;
                case ReferenceArrayMap { Spec.Inner: { } inner } outer:
                    slot.Clear();
                    using (EmbeddedMap made = _engine.CreateMap(inner))
                        outer.HostSet(slot, made);
                    break;
                default:
                    byte[] key = new byte[map.Spec.KeySize];
                    byte[] value = new byte[map.HostValueSize];
                    for (int i = 0; i < 4; i++)
                    {
                        if (key.Length >= 4)
                            BinaryPrimitives.WriteInt32LittleEndian(key, i);
                        Fill(value, random);
                        map.HostUpdate(key, value);
                    }

                    break;
            }
        }
    }

    private static void Fill(byte[] bytes, Random random)
    {
        random.NextBytes(bytes);
        // Small numbers and all ones are where comparisons turn.
        for (int i = random.Next(8); i < bytes.Length; i += 1 + random.Next(8))
            bytes[i] = (byte)(random.Next(3) switch { 0 => 0, 1 => 0xff, _ => random.Next(8) });
    }

    /// <summary>What came out; null where the run was cut off.</summary>
    private static string? RunOnce(EmbeddedProgram program, bool endsByItself, Random random)
    {
        byte[] packet = new byte[14 + random.Next(random.Next(2) == 0 ? 16 : 120)];
        Fill(packet, random);
        byte[] context = new byte[random.Next(3) == 0 ? 0 : random.Next(1, 80)];
        Fill(context, random);
        (program.Observer as FactObserver)?.Begin();
        bool takesPacket = PacketPrograms.Take(program.Spec.Type);
        RunOutcome outcome;
        try
        {
            outcome = program.Run(new RunRequest { Data = takesPacket ? packet : default, Context = takesPacket ? default(ReadOnlyMemory<byte>) : context, RandomSeed = 1, Time = 12345, Cpu = 0 });
        }
        catch (BpfException)
        {
            // The input does not fit the program's type.
            return "refused";
        }

        if (outcome.Fault is not { } fault)
            return $"r0 {outcome.ReturnValue:x}, packet {Convert.ToHexString(outcome.Data)}";
        bool isLong = fault.Reason.Contains("budget", StringComparison.Ordinal);
        if (!isLong || endsByItself)
            throw new FactBroken($"accepted, but at instruction {fault.Instruction}: {fault.Reason}");
        return null;
    }
}
