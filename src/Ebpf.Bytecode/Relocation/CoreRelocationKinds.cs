using Ebpf.Bytecode.Btf;

namespace Ebpf.Bytecode.Relocation;

/// <summary>The three families of CO-RE relocations, and their names in messages.</summary>
internal static class CoreRelocationKinds
{
    /// <summary>Whether it asks about a member or element, found by a path.</summary>
    public static bool IsFieldBased(this CoreRelocationKind kind) => kind <= CoreRelocationKind.FieldRightShift;

    /// <summary>Whether it asks about a type as a whole.</summary>
    public static bool IsTypeBased(this CoreRelocationKind kind) => kind is >= CoreRelocationKind.TypeIdLocal and <= CoreRelocationKind.TypeSize or CoreRelocationKind.TypeMatches;

    /// <summary>Whether it asks about an enumerator.</summary>
    public static bool IsEnumeratorBased(this CoreRelocationKind kind) => kind is CoreRelocationKind.EnumeratorExists or CoreRelocationKind.EnumeratorValue;

    /// <summary>The name that libbpf and the kernel print.</summary>
    public static string Text(this CoreRelocationKind kind) => kind switch
    {
        CoreRelocationKind.FieldByteOffset => "byte_off",
        CoreRelocationKind.FieldByteSize => "byte_sz",
        CoreRelocationKind.FieldExists => "field_exists",
        CoreRelocationKind.FieldSigned => "signed",
        CoreRelocationKind.FieldLeftShift => "lshift_u64",
        CoreRelocationKind.FieldRightShift => "rshift_u64",
        CoreRelocationKind.TypeIdLocal => "local_type_id",
        CoreRelocationKind.TypeIdTarget => "target_type_id",
        CoreRelocationKind.TypeExists => "type_exists",
        CoreRelocationKind.TypeMatches => "type_matches",
        CoreRelocationKind.TypeSize => "type_size",
        CoreRelocationKind.EnumeratorExists => "enumval_exists",
        CoreRelocationKind.EnumeratorValue => "enumval_value",
        _ => $"unknown kind {(uint)kind}",
    };
}
