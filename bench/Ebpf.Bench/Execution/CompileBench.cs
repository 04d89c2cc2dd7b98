using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Embedded;
using Ebpf.Runtime;
using Ebpf.Runtime.Maps;
using Ebpf.Verifier;

namespace Ebpf.Bench.Execution;

/// <summary>How long the programs of bench/objects/execution.o take to compile, from the decoded operations to the sealed region: the best of many times.</summary>
internal static class CompileBench
{
    private const int Rounds = 300;

    public static int Run(string[] args)
    {
        Row.Print([.. Rows()], args.Contains("-j"));
        return 0;
    }

    public static IEnumerable<Row> Rows()
    {
        using var platform = new EmbeddedPlatform();
        using LoadedObject live = BpfObject.Open(RepositoryFiles.Path("bench", "objects", "execution.o")).Load(new Platform(platform));
        EmbeddedMap[] maps = [.. live.Maps.Select(static map => ((EmbeddedMapHandle)map.Handle).Map)];
        MapSpec[] specs = [.. maps.Select(static map => map.Spec)];
        List<(string Name, ProgramSpec Spec, Facts Facts)> programs = [];
        foreach (BpfProgram program in live.Programs)
        {
            ProgramSpec spec = ((EmbeddedProgramHandle)program.Handle).Program.Spec;
            programs.Add((program.Name, spec, ProgramVerifier.Verify(spec, specs, VerifierOptions.Default).Facts!));
        }

        Dictionary<string, double> best = programs.ToDictionary(static p => p.Name, static _ => double.MaxValue);
        for (int round = 0; round < Rounds; round++)
        {
            foreach ((string name, ProgramSpec spec, Facts facts) in programs)
            {
                using EmbeddedProgram program = platform.Engine.CreateProgram(spec, facts, maps);
                best[name] = Math.Min(best[name], program.CompileDuration.TotalMicroseconds);
            }

            if (round == Rounds / 2)
                Thread.Sleep(500); // the slower tiers of the JIT compile in the background
        }

        foreach ((string name, ProgramSpec spec, _) in programs)
            yield return new Row($"compile {name}, {spec.Instructions.Length} instructions (µs; peer: 30 µs + 60 ns each)", best[name], 30 + 0.06 * spec.Instructions.Length, 1.0);
    }
}
