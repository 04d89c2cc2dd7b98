namespace Ebpf.Verifier.Structure;

/// <summary>A read of stack that <see cref="Liveness"/> did not foresee: its guess for the function was too bold.</summary>
internal sealed class LivenessGap(int function) : Exception("stack read that liveness did not foresee")
{
    internal int Function { get; } = function;
}
