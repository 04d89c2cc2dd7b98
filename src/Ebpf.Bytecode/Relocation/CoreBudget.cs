namespace Ebpf.Bytecode.Relocation;

/// <summary>Bounds the work on one relocation: types that nest in each other in bad faith could otherwise be walked forever.</summary>
internal sealed class CoreBudget
{
    // Matching the largest struct of a kernel member by member takes some hundred thousand comparisons.
    private const int Steps = 10_000_000;

    private int _left;

    public void Refill() => _left = Steps;

    /// <exception cref="BpfException">Nothing is left.</exception>
    public void Spend(int steps = 1)
    {
        if ((_left -= steps) < 0)
            throw new BpfException($"the types are nested too deeply: they are not compared after {Steps} steps", Errno.E2BIG);
    }
}
