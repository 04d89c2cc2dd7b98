using Ebpf.Bytecode.Isa;
using Ebpf.Fuzz.Mutation;
using Ebpf.Fuzz.Verification;
using Ebpf.Platforms.Embedded;
using Ebpf.Runtime;
using Ebpf.Runtime.Memory;

namespace Ebpf.Fuzz.Targets;

/// <summary>
/// Whole objects: opened, shown, loaded on an embedded platform of their own with small limits, run where each access is tested, dumped, disposed.
/// Afterwards no native memory and no descriptor is left, however far it went.
/// </summary>
internal sealed class LoadTarget : IFuzzTarget
{
    private const int MostProgramsAlone = 2;
    private const int MostBytesDumped = 1 << 12;

    private static readonly LoadOptions s_options = new() { Limits = new LoadLimits { Instructions = 4_000, MapBytes = 1 << 18, Programs = 64 } };

    private readonly Lazy<Seed[]> _seeds = new(() => [.. SeedFiles.Objects().Select(ObjectFields.Of)]);

    public string Name => "load";

    public byte[] Generate(Random random) => Mutator.Mutate(random, _seeds.Value);

    public void Run(byte[] input, ISteps steps)
    {
        BpfObject? opened = null;
        if (!steps.Do("open", () => opened = BpfObject.Open(input)))
            return;

        BpfObject obj = opened!;
        steps.Do("show", () => Show(obj));
        LoadOptions options = s_options with { UnusedMaps = input.Length % 2 == 0 ? UnusedMaps.Create : UnusedMaps.Skip, EmptySkippedSlots = true };
        if (Load(obj, options, steps))
            return;

        // What is wrong with one program does not hide the others.
        foreach (BpfProgramSpec alone in obj.Programs.Take(MostProgramsAlone))
        {
            foreach (BpfProgramSpec program in obj.Programs)
                program.AutoLoad = program == alone;
            Load(obj, options, steps);
        }
    }

    private static void Show(BpfObject obj)
    {
        _ = $"{obj} {obj.Dialect} {obj.License} {obj.KernelVersion}{obj.Notes.Count}{obj.Sections.Count}{obj.Externs.Count}";
        foreach (BpfProgramSpec program in obj.Programs)
        {
            _ = $"{program} {program.Type} {program.AttachType} {program.AttachTarget}";
            _ = Listing.Of(program.Instructions.ToArray());
        }

        foreach (BpfMapSpec map in obj.Maps)
            _ = $"{map} {map.KeySize} {map.ValueSize} {map.MaxEntries} {map.Flags} {map.Inner} {map.Slots.Count}";
        foreach (BpfVariableSpec variable in obj.Variables)
            _ = variable.ToString();
    }

    /// <summary>Loads what is on, uses it, and looks at what is left of it.</summary>
    private static bool Load(BpfObject obj, LoadOptions options, ISteps steps)
    {
        int? before = NextDescriptor();
        bool loaded = LoadOnce(obj, options, steps);
        if (NextDescriptor() == before)
            return loaded;

        // The runtime opens some of its own when it needs them, but not each time; what others dropped it closes when it likes.
        for (int attempt = 0; attempt < 3; attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            before = NextDescriptor();
            LoadOnce(obj, options, steps);
            if (!(NextDescriptor() > before))
                return loaded;
        }

        throw new FactBroken("a descriptor is left behind");
    }

    private static bool LoadOnce(BpfObject obj, LoadOptions options, ISteps steps)
    {
        var heap = new NativeHeap(isGuarded: true);
        bool loaded;
        using (var platform = new EmbeddedPlatform(new EngineOptions { Heap = heap, Slots = 2 }, new ProgramOptions { Checks = true, InstructionBudget = 4_000 }))
        {
            LoadedObject? live = null;
            loaded = steps.Do("load", () => live = obj.Load(new Platform(platform), options));
            if (loaded)
            {
                Use(live!, obj, steps);
                live!.Dispose();
            }
        }

        if (heap.LiveBlocks != 0)
            throw new FactBroken($"{heap.LiveBlocks} blocks with {heap.LiveBytes} bytes of native memory are left behind");
        return loaded;
    }

    private static void Use(LoadedObject live, BpfObject obj, ISteps steps)
    {
        foreach (BpfProgram program in live.Programs)
            steps.Do($"run '{program.Name}'", () => Run(program));
        foreach (BpfProgramSpec skipped in obj.Programs.Where(static p => !p.AutoLoad).Take(2))
            steps.Do("load later", () => Run(live.LoadProgram(skipped.Name)));
        foreach (BpfVariable variable in live.Variables)
            steps.Do("variable", () => _ = variable.ToString());
        foreach (BpfMap map in live.Maps)
        {
            if ((long)map.MaxEntries * map.HostValueSize <= MostBytesDumped)
                steps.Do($"dump '{map.Name}'", () => _ = map.Entries().Count());
        }

        steps.Do("report", () => _ = live.Report.ToString());
    }

    private static void Run(BpfProgram program)
    {
        try
        {
            program.Run(new RunOptions { RandomSeed = 1, Time = 1 });
        }
        catch (BpfException e) when (e.Errno == Errno.EFAULT && !e.Message.Contains("budget", StringComparison.Ordinal))
        {
            throw new FactBroken($"{e.Message}\n{Listing.Of([.. program.Instructions])}");
        }
    }

    /// <summary>The number that the next descriptor gets: the lowest that is free, another one where some were left open.</summary>
    private static int? NextDescriptor()
    {
        using Descriptor? probe = Descriptor.Open("a look");
        return probe?.Number;
    }
}
