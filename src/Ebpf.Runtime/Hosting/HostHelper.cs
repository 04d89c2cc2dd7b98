using System.Collections.Immutable;

namespace Ebpf.Hosting;

/// <summary>A helper of the host's. The generator makes one of each method that has a <see cref="HelperAttribute"/>.</summary>
public sealed unsafe class HostHelper
{
    /// <summary>The most parameters, which are registers R1 to R5.</summary>
    public const int MostParameters = 5;

    /// <summary>Describes a helper.</summary>
    /// <param name="name">Its name in C.</param>
    /// <param name="number">Its number within the program type, from 1: once given out it must not change, for objects contain it.</param>
    /// <param name="resultType">The C type of what it returns; <c>void</c> for nothing, and then R0 is not readable.</param>
    /// <param name="function">What is called: R1 to R5 and the run. It must not throw.</param>
    /// <param name="parameters">What it takes, one for each register.</param>
    /// <exception cref="ArgumentException">Too many parameters, or memory without its size.</exception>
    public HostHelper(
        string name, int number, string resultType, delegate*<ulong, ulong, ulong, ulong, ulong, HostRun, ulong> function, params ImmutableArray<HostParameter> parameters)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, 0xffff);
        if (parameters.Length > MostParameters)
            throw new ArgumentException($"helper {name} takes {parameters.Length} registers; there are {MostParameters}", nameof(parameters));
        for (int i = 0; i < parameters.Length; i++)
            CheckPairs(name, parameters, i);
        Name = name;
        Number = number;
        ResultType = resultType;
        Function = (nint)function;
        Parameters = parameters;
    }

    /// <summary>Its name in C.</summary>
    public string Name { get; }

    /// <summary>Its number within the program type.</summary>
    public int Number { get; }

    /// <summary>The C type of what it returns.</summary>
    public string ResultType { get; }

    /// <summary>What it takes.</summary>
    public ImmutableArray<HostParameter> Parameters { get; }

    internal nint Function { get; }

    private static void CheckPairs(string name, ImmutableArray<HostParameter> parameters, int index)
    {
        HostParameterKind? next = index + 1 < parameters.Length ? parameters[index + 1].Kind : null;
        HostParameterKind? wanted = parameters[index].Kind switch
        {
            HostParameterKind.Memory or HostParameterKind.WritableMemory or HostParameterKind.FilledMemory => HostParameterKind.MemorySize,
            HostParameterKind.MemoryOrNull or HostParameterKind.WritableMemoryOrNull => HostParameterKind.MemorySizeOrZero,
            HostParameterKind.Callback => HostParameterKind.CallbackContext,
            _ => null,
        };
        if (wanted is { } kind && next != kind && !(kind == HostParameterKind.MemorySize && next == HostParameterKind.MemorySizeOrZero))
            throw new ArgumentException($"helper {name}: parameter {index + 1} is {parameters[index].Kind}, so the next must be {kind}", nameof(parameters));
    }
}
