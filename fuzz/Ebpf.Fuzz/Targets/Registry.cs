namespace Ebpf.Fuzz.Targets;

/// <summary>All targets.</summary>
internal static class Registry
{
    public static IReadOnlyList<IFuzzTarget> All { get; } =
        [new ElfTarget(), new ExecutableTarget(), new BtfTarget(), new BtfExtTarget(), new CoreTarget(), new ObjectTarget(), new LoadTarget(), new ProgramTarget()];

    /// <exception cref="FormatException">There is no such target.</exception>
    public static IFuzzTarget Find(string name) => All.FirstOrDefault(t => t.Name == name) ?? throw new FormatException($"there is no target '{name}'");
}
