namespace Ebpf.Hosting;

/// <summary>What a helper of the host's takes in one register: what the verifier proves of it, and how the C header declares it.</summary>
/// <param name="Kind">What the register holds.</param>
/// <param name="Size">Bytes, of memory of a fixed size and of numbers.</param>
/// <param name="CType">The C type in the header, e.g. <c>const struct request *</c>.</param>
/// <param name="Name">The name in the header.</param>
public readonly record struct HostParameter(HostParameterKind Kind, int Size, string CType, string Name);

/// <summary>What a register holds that a helper of the host's takes.</summary>
public enum HostParameterKind
{
    /// <summary>A number, never a pointer.</summary>
    Number,

    /// <summary>The program's context, unmoved.</summary>
    Context,

    /// <summary>A map.</summary>
    Map,

    /// <summary>A key of the map in the parameter before.</summary>
    MapKey,

    /// <summary>A value of the map, to be read.</summary>
    MapValue,

    /// <summary>Memory that is read; its size is the next parameter.</summary>
    Memory,

    /// <summary>The same, or null with the size 0.</summary>
    MemoryOrNull,

    /// <summary>Memory that is read and written; its size is the next parameter.</summary>
    WritableMemory,

    /// <summary>The same, or null with the size 0.</summary>
    WritableMemoryOrNull,

    /// <summary>Memory that is filled, and need not be initialised; its size is the next parameter.</summary>
    FilledMemory,

    /// <summary>The size of the memory before, at least 1.</summary>
    MemorySize,

    /// <summary>The size of the memory before.</summary>
    MemorySizeOrZero,

    /// <summary>Memory of a fixed size that is read.</summary>
    Structure,

    /// <summary>Memory of a fixed size that is read and written.</summary>
    WritableStructure,

    /// <summary>Memory of a fixed size that is filled, and need not be initialised.</summary>
    FilledStructure,

    /// <summary>A function of the program that takes a number and the next parameter.</summary>
    Callback,

    /// <summary>Memory of the program's stack for the callback, or null.</summary>
    CallbackContext,
}
