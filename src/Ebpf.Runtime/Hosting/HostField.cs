namespace Ebpf.Hosting;

/// <summary>A field of the context of a host's program type.</summary>
/// <param name="Name">Its name in C.</param>
/// <param name="Offset">Its offset in the structure.</param>
/// <param name="Size">Its bytes; more than 8 for an array.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Access">What programs may do with it.</param>
/// <param name="CType">The C type of an element.</param>
/// <param name="Count">How many elements an array has; 1 for a single field.</param>
public readonly record struct HostField(string Name, int Offset, int Size, HostFieldKind Kind, HostAccess Access, string CType, int Count = 1);

/// <summary>What a field of a context holds.</summary>
public enum HostFieldKind
{
    /// <summary>Numbers.</summary>
    Number,

    /// <summary>A pointer to the first byte of data that programs may read and write between it and <see cref="DataEnd"/>.</summary>
    Data,

    /// <summary>A pointer to one past the last byte of data.</summary>
    DataEnd,
}

/// <summary>What programs may do with a field of a context.</summary>
public enum HostAccess
{
    /// <summary>Nothing: the field is the host's.</summary>
    None,

    /// <summary>Read it.</summary>
    Read,

    /// <summary>Read and write it.</summary>
    ReadWrite,
}
