namespace Ebpf.Bytecode.Btf;

/// <summary>A record of .BTF.ext.</summary>
internal interface IBtfExtRecord<TSelf>
    where TSelf : struct, IBtfExtRecord<TSelf>
{
    /// <summary>Bytes of the part that is known; newer records may be longer.</summary>
    static abstract int Length { get; }

    /// <summary>Bytes from the start of its section of code.</summary>
    uint Offset { get; }

    static abstract TSelf Read(in BoundedReader record);
}

/// <summary>Where a function begins.</summary>
/// <remarks>'struct bpf_func_info' in include/uapi/linux/bpf.h.</remarks>
/// <param name="Offset">Bytes from the start of its section of code.</param>
/// <param name="TypeId">Its FUNC.</param>
internal readonly record struct FunctionInfo(uint Offset, uint TypeId) : IBtfExtRecord<FunctionInfo>
{
    static int IBtfExtRecord<FunctionInfo>.Length => 8;

    static FunctionInfo IBtfExtRecord<FunctionInfo>.Read(in BoundedReader record) => new(record.UInt32(0), record.UInt32(4));
}

/// <summary>Where the code of a source line begins.</summary>
/// <remarks>'struct bpf_line_info' in include/uapi/linux/bpf.h.</remarks>
/// <param name="Offset">Bytes from the start of its section of code.</param>
/// <param name="FileNameOffset">The file's name, among the strings of .BTF.</param>
/// <param name="TextOffset">The line's text, among the strings of .BTF.</param>
/// <param name="Position">Line and column.</param>
internal readonly record struct LineInfo(uint Offset, uint FileNameOffset, uint TextOffset, uint Position) : IBtfExtRecord<LineInfo>
{
    /// <summary>Line number from 1.</summary>
    public int Line => (int)(Position >> 10);

    /// <summary>Column from 1, 0 where it is not known.</summary>
    public int Column => (int)(Position & 0x3ff);

    static int IBtfExtRecord<LineInfo>.Length => 16;

    static LineInfo IBtfExtRecord<LineInfo>.Read(in BoundedReader record) => new(record.UInt32(0), record.UInt32(4), record.UInt32(8), record.UInt32(12));
}

/// <summary>A place in the code that depends on how a type is laid out where the program will run.</summary>
/// <remarks>'struct bpf_core_relo' in include/uapi/linux/bpf.h.</remarks>
/// <param name="Offset">Bytes from the start of its section of code.</param>
/// <param name="TypeId">The type as the program was compiled with it.</param>
/// <param name="AccessOffset">The path to a member or enumerator ("0:1:2"), among the strings of .BTF.</param>
/// <param name="Kind">What is asked about the type.</param>
internal readonly record struct CoreRelocation(uint Offset, uint TypeId, uint AccessOffset, CoreRelocationKind Kind) : IBtfExtRecord<CoreRelocation>
{
    static int IBtfExtRecord<CoreRelocation>.Length => 16;

    static CoreRelocation IBtfExtRecord<CoreRelocation>.Read(in BoundedReader record) =>
        new(record.UInt32(0), record.UInt32(4), record.UInt32(8), (CoreRelocationKind)record.UInt32(12));
}

/// <summary>What a CO-RE relocation asks about a type.</summary>
/// <remarks>'enum bpf_core_relo_kind' in include/uapi/linux/bpf.h.</remarks>
internal enum CoreRelocationKind : uint
{
    FieldByteOffset = 0,
    FieldByteSize = 1,
    FieldExists = 2,
    FieldSigned = 3,
    FieldLeftShift = 4,
    FieldRightShift = 5,
    TypeIdLocal = 6,
    TypeIdTarget = 7,
    TypeExists = 8,
    TypeSize = 9,
    EnumeratorExists = 10,
    EnumeratorValue = 11,
    TypeMatches = 12,
}
