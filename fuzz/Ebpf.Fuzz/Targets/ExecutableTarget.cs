using Ebpf.Bytecode.Elf;
using Ebpf.Fuzz.Mutation;
using Ebpf.Platforms.Linux.Tracing;

namespace Ebpf.Fuzz.Targets;

/// <summary>Reading executables and libraries that are to be probed: functions with versions, segments, tracepoints and their arguments.</summary>
internal sealed class ExecutableTarget : IFuzzTarget
{
    private readonly Seed[] _seeds = [ExecutableSeed.Make()];

    public string Name => "executable";

    public byte[] Generate(Random random) => Mutator.Mutate(random, _seeds);

    public void Run(byte[] input, ISteps steps)
    {
        ElfFile? file = null;
        if (!steps.Do("read", () => file = ElfFile.Read(input, "input")))
            return;

        steps.Do("segments", () => _ = file!.ReadSegments().Count(static segment => segment.Contains(segment.Address)));
        steps.Do("functions", () =>
        {
            foreach (ElfFunction function in file!.ReadFunctions(ElfSectionType.DynamicSymbols))
                _ = file.FindVersionName(function.Version)?.Length;
        });
        steps.Do("function by name", () => _ = file!.ReadFunctions(ElfSectionType.DynamicSymbols, "first").Count());
        List<UsdtNote> notes = [];
        steps.Do("tracepoints", () => notes = UsdtNote.ReadAll(file!));
        foreach (UsdtNote note in notes)
            steps.Do("arguments", () => _ = UsdtArgument.ParseAll(note.Arguments, file!.Machine));
    }
}
