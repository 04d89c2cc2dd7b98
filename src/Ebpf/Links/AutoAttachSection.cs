using Ebpf.Bytecode.Specs;

namespace Ebpf;

/// <summary>Where a section attaches its programs by itself.</summary>
/// <remarks>The attach functions of section_defs in libbpf.c: most leave a section that names no target alone, without an error.</remarks>
internal static class AutoAttachSection
{
    /// <summary>The hook that the section names; null where the section has no attach function, or has one but names no target.</summary>
    internal static string? Hook(ProgramSpec program, AutoAttachKind kind) => kind switch
    {
        AutoAttachKind.None => null,
        _ when string.IsNullOrEmpty(program.AttachTarget) => null,
        _ => program.SectionName,
    };
}
