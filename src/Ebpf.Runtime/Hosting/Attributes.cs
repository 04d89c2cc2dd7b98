namespace Ebpf.Hosting;

/// <summary>
/// Marks a static partial class that defines a type of program. The generator writes its <c>Type</c> property, a <see cref="HostProgramType"/>, from the context structure and
/// from the methods that have a <see cref="HelperAttribute"/>.
/// </summary>
/// <param name="name">The name, with which sections of its programs begin.</param>
/// <param name="context">The structure that is the context: unmanaged, of public fields.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ProgramTypeAttribute(string name, Type context) : Attribute
{
    /// <summary>The name.</summary>
    public string Name { get; } = name;

    /// <summary>The context's structure.</summary>
    public Type Context { get; } = context;

    /// <summary>The least number that programs may return; with <see cref="MaxReturn"/>.</summary>
    public int MinReturn { get; set; } = int.MinValue;

    /// <summary>The greatest number that programs may return; any number where both are left out.</summary>
    public int MaxReturn { get; set; } = int.MaxValue;
}

/// <summary>Makes a static method a helper of the program type. It takes numbers, spans, references, a <see cref="HostMap"/>, a <see cref="HostCallback"/>, and the <see cref="HostRun"/>.</summary>
/// <param name="number">Its number, from 1. Objects contain it: it must not change, nor be used again.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class HelperAttribute(int number) : Attribute
{
    /// <summary>The number.</summary>
    public int Number { get; } = number;

    /// <summary>The name in C; null for the method's own in lower case with underscores.</summary>
    public string? Name { get; set; }
}

/// <summary>Programs may write this field of the context.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class WritableAttribute : Attribute;

/// <summary>This field of the context is the host's own: programs cannot see it.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class HiddenAttribute : Attribute;

/// <summary>This field of the context, a <c>nint</c>, points to the first byte of data that programs may read and write.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class DataAttribute : Attribute;

/// <summary>This field of the context, a <c>nint</c>, points to one past the last byte of data.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class DataEndAttribute : Attribute;

/// <summary>This span of a helper may be empty, and the pointer null.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class MayBeEmptyAttribute : Attribute;

/// <summary>This span of a helper is filled: the program need not initialise it.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class FilledAttribute : Attribute;

/// <summary>This span of a helper is a key of the map before it: one register.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class MapKeyAttribute : Attribute;

/// <summary>This span of a helper is a value of the map before it: one register.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class MapValueAttribute : Attribute;
