namespace Ebpf.Fuzz.Targets;

/// <summary>Something that reads bytes from outside.</summary>
internal interface IFuzzTarget
{
    /// <summary>Its name on the command line.</summary>
    string Name { get; }

    /// <summary>An input of at most <see cref="Limits.InputBytes"/> bytes; the same one for the same state of <paramref name="random"/>.</summary>
    byte[] Generate(Random random);

    /// <summary>Does all that a user may do with such an input, in steps that are watched one by one.</summary>
    void Run(byte[] input, ISteps steps);
}

/// <summary>Runs the steps of a target and watches their time and allocation.</summary>
internal interface ISteps
{
    /// <summary>Runs a step. A <see cref="BpfException"/> is a good answer to a bad input; anything else thrown is a finding.</summary>
    /// <returns>Whether the input was accepted.</returns>
    bool Do(string name, Action step);
}

/// <summary>What inputs may be.</summary>
internal static class Limits
{
    /// <summary>The size for which bounds on time and memory of opening are promised.</summary>
    public const int InputBytes = 64 << 10;
}
