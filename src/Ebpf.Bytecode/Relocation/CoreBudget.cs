namespace Ebpf.Bytecode.Relocation;

/// <summary>Bounds the work on the relocations of one load: types that nest in each other in bad faith could otherwise be walked forever.</summary>
internal sealed class CoreBudget
{
    // Matching the largest struct of a kernel member by member takes some hundred thousand comparisons, finding a member some hundred.
    private const int Steps = 10_000_000;

    private int _left = Steps;

    /// <exception cref="BpfException">Nothing is left.</exception>
    public void Spend(int steps = 1)
    {
        if ((_left -= steps) < 0)
            throw new BpfException($"the types are nested too deeply, or there are too many: they are not compared after {Steps} steps", Errno.E2BIG);
    }
}
