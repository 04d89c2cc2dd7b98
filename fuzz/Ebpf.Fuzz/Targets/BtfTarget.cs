using Ebpf.Bytecode.Btf;
using Ebpf.Fuzz.Mutation;

namespace Ebpf.Fuzz.Targets;

/// <summary>Reading type information, and everything that can be asked of it.</summary>
internal sealed class BtfTarget : IFuzzTarget
{
    private readonly Lazy<Seed[]> _seeds = new(() => [.. SeedFiles.Sections(".BTF").Select(BtfFields.Of)]);

    public string Name => "btf";

    public byte[] Generate(Random random) => random.Next(4) == 0 ? BtfGenerator.Generate(random) : Mutator.Mutate(random, _seeds.Value);

    public void Run(byte[] input, ISteps steps)
    {
        BtfView? view = null;
        if (!steps.Do("read", () => view = BtfView.Read(input, "input")))
            return;

        BtfView types = view!;
        steps.Do("validate", types.Validate);
        steps.Do("walk", () => Walk(types));
        steps.Do("find", () => types.FindByName("int", BtfKind.Int));

        // What is done type by type is bounded type by type: a handful stands for all.
        uint step = Math.Max(1, types.TypeCount / 5);
        for (uint id = 0; id <= types.TypeCount; id += step)
        {
            uint asked = id;
            steps.Do("skip modifiers", () => types.SkipModifiers(asked));
            steps.Do("size", () => types.SizeOf(asked));
            steps.Do("alignment", () => types.AlignmentOf(asked));
            steps.Do("format", () => types.Format(asked));
            steps.Do("declaration", () => types.FormatDeclaration(asked, "name"));
            steps.Do("tags", () => _ = types.DeclTags(asked).Count());
        }
    }

    private static void Walk(BtfView types)
    {
        foreach (BtfType type in types.Types)
        {
            _ = type.NameBytes.Length + type.Size + type.ReferencedType;
            foreach (BtfMember member in type.Members)
                _ = member.NameBytes.Length + member.BitOffset + member.BitfieldSize;
            foreach (BtfParameter parameter in type.Parameters)
                _ = parameter.NameBytes.Length;
            foreach (BtfEnumerator enumerator in type.Enumerators)
                _ = enumerator.NameBytes.Length + enumerator.Value;
            foreach (BtfSectionVariable variable in type.SectionVariables)
                _ = types[variable.Type].Name.Length;
        }
    }
}
