namespace Ebpf.Runtime.Interpreter;

/// <summary>What the interpreter does beyond executing. Each policy is a struct, so that every one gets machine code of its own in which the answers are constants.</summary>
internal interface IExecutionPolicy
{
    /// <summary>Whether every access is tested against the memory that the run may touch, and the instruction budget is counted.</summary>
    static abstract bool Checks { get; }

    /// <summary>Whether an observer sees the registers before each instruction.</summary>
    static abstract bool Observes { get; }
}

/// <summary>Trusts the verifier's proof.</summary>
internal readonly struct Plain : IExecutionPolicy
{
    public static bool Checks => false;
    public static bool Observes => false;
}

/// <summary>Trusts nothing.</summary>
internal readonly struct Checking : IExecutionPolicy
{
    public static bool Checks => true;
    public static bool Observes => false;
}

/// <summary>Trusts nothing and shows everything.</summary>
internal readonly struct Observing : IExecutionPolicy
{
    public static bool Checks => true;
    public static bool Observes => true;
}
