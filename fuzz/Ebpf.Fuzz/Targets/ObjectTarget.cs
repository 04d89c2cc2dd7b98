using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Relocation;
using Ebpf.Fuzz.Mutation;

namespace Ebpf.Fuzz.Targets;

/// <summary>Opening objects in both strictnesses, looking at everything, and linking their programs.</summary>
internal sealed class ObjectTarget : IFuzzTarget
{
    // Each is a step of its own; an object may have thousands that are all alike.
    private const int ProgramsLinked = 16;

    private readonly Lazy<Seed[]> _seeds = new(() => [.. SeedFiles.Objects().Select(ElfFields.Of)]);

    public string Name => "object";

    public byte[] Generate(Random random) => Mutator.Mutate(random, _seeds.Value);

    public void Run(byte[] input, ISteps steps)
    {
        ObjectImage? image = null;
        steps.Do("open as libbpf", () => image = ObjectImage.Read(input, "input", ObjectStrictness.Libbpf));
        if (image is not null)
            Use(image, steps);
        if (steps.Do("open", () => image = ObjectImage.Read(input, "input")))
            Use(image!, steps);
    }

    private static void Use(ObjectImage image, ISteps steps)
    {
        steps.Do("show", () => Show(image));
        if (!image.IsForeignEndian)
        {
            steps.Do("types for a kernel", () => _ = KernelTypeInfo.Of(image, BtfAbilities.All)?.Length);
            steps.Do("types for an old kernel", () => _ = KernelTypeInfo.Of(image, BtfAbilities.None)?.Length);
        }

        var calls = new CallGraph(image);
        var linker = new ProgramLinker(image, new LinkTargets
        {
            // Every third map is not created, every second extern is missing.
            Maps = [.. Enumerable.Range(0, image.Maps.Length).Select(i => i % 3 == 2 ? LinkTargets.NoMap : i)],
            Externs = [.. Enumerable.Range(0, image.Externs.Length).Select(i => i % 2 == 0 ? ExternValue.Resolved : ExternValue.Unresolved)],
            Types = image.Types is { } types ? new Bytecode.Relocation.CoreTarget(types) : null,
        });
        foreach (FunctionImage program in image.Programs.Take(ProgramsLinked))
        {
            steps.Do("reach", () => _ = calls.Maps(program).Length);
            steps.Do("link", () => _ = linker.Link(program).Lines.Length);
        }
    }

    private static void Show(ObjectImage image)
    {
        _ = image.ToString() + image.License + image.KernelVersion + image.Notes.Length;
        foreach (SectionImage section in image.Sections)
            _ = section.Name.Length;
        foreach (FunctionImage function in image.Functions)
            _ = function.ToString();
        foreach (MapImage map in image.Maps)
            _ = map.ToString() + map.Inner + map.Slots.Length + map.StructOpsFunctions.Length + map.InitialData.Length;
        foreach (VariableImage variable in image.Variables)
            _ = image.Maps[variable.Map].Name + variable;
        foreach (ExternImage needed in image.Externs)
            _ = needed.ToString();
    }
}
