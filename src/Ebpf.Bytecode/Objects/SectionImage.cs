namespace Ebpf.Bytecode.Objects;

/// <summary>A section, as far as a reader of the object wants to know.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it holds, in a word.</param>
/// <param name="Size">Its bytes.</param>
internal readonly record struct SectionImage(int Index, string Name, string Kind, ulong Size);
