using Ebpf.Bytecode.Btf;
using Ebpf.Fuzz.Mutation;

namespace Ebpf.Fuzz.Targets;

/// <summary>Reading .BTF.ext beside an undamaged .BTF.</summary>
internal sealed class BtfExtTarget : IFuzzTarget
{
    private readonly Lazy<Seed[]> _seeds = new(() => [.. SeedFiles.Sections(".BTF.ext").Select(BtfExtFields.Of)]);
    private readonly Lazy<BtfView> _types = new(() => BtfView.Open(SeedFiles.Data("core_fields.o")));

    public string Name => "btfext";

    public byte[] Generate(Random random) => Mutator.Mutate(random, _seeds.Value);

    public void Run(byte[] input, ISteps steps)
    {
        BtfExt? read = null;
        if (!steps.Do("read", () => read = BtfExt.Read(input, _types.Value, "input")))
            return;

        BtfExt ext = read!;
        steps.Do("functions", () => Walk(ext.Functions, f => f.TypeId));
        steps.Do("lines", () => Walk(ext.Lines, l => (uint)(l.Line + l.Column)));
        steps.Do("relocations", () => Walk(ext.Relocations, r => r.TypeId + (uint)r.Kind));
    }

    private static void Walk<T>(BtfExtTable<T> table, Func<T, uint> use)
        where T : struct, IBtfExtRecord<T>
    {
        foreach (BtfExtSection<T> section in table.Sections)
        {
            _ = table.For(section.Name).Count;
            foreach (T record in section.Records)
                _ = use(record);
        }
    }
}
