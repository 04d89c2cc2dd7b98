namespace Ebpf;

/// <summary>A section of the object file.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it holds, in a word.</param>
/// <param name="Size">Its bytes.</param>
public readonly record struct BpfSection(int Index, string Name, string Kind, ulong Size);

/// <summary>Something that programs use and others define: a kernel configuration value, a kernel symbol or function.</summary>
/// <param name="Name">Its symbol.</param>
/// <param name="Kind">What it is, in a word.</param>
/// <param name="IsWeak">Whether the programs check for its absence. A load fails where one that is not weak cannot be found.</param>
public readonly record struct BpfExtern(string Name, string Kind, bool IsWeak);
