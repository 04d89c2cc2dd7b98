using System.Collections.Frozen;
using System.Collections.Immutable;
using Ebpf.Verifier;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Hosting;

/// <summary>
/// A type of program that a host defines: the structure that its programs get as their context, what they may return, and the helpers that the host adds to the general ones.
/// Give it in <c>LoadOptions.ProgramTypes</c>; programs in <c>SEC("name")</c> or <c>SEC("name/…")</c> are of this type. Immutable.
/// </summary>
/// <remarks>
/// Usually the generator makes it, from a class with a <see cref="ProgramTypeAttribute"/>. Besides the host's helpers, programs have Linux's general ones (maps, ring buffers, time, random numbers,
/// bpf_loop, bpf_trace_printk ...).
/// </remarks>
public sealed class HostProgramType
{
    private readonly FrozenDictionary<int, nint> _functions;

    /// <summary>Describes a type of program.</summary>
    /// <exception cref="ArgumentException">Fields overlap or lie outside the structure, a pointer has not 8 bytes, or two helpers have the same number or name.</exception>
    public HostProgramType(string name, string contextName, int contextSize, ImmutableArray<HostField> fields, ImmutableArray<HostHelper> helpers)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(contextSize);
        Name = name;
        ContextName = contextName;
        ContextSize = contextSize;
        Fields = [.. fields.OrderBy(field => field.Offset)];
        Helpers = helpers;
        CheckFields();
        if (helpers.Select(helper => helper.Number).Distinct().Count() != helpers.Length || helpers.Select(helper => helper.Name).Distinct().Count() != helpers.Length)
            throw new ArgumentException($"program type {name}: two helpers have the same number or name", nameof(helpers));
        _functions = helpers.ToFrozenDictionary(helper => HostType.FirstHelper + helper.Number, helper => helper.Function);
        Layout = new ContextLayout($"struct {contextName}", contextSize, [.. Fields.Where(field => field.Access != HostAccess.None).Select(ToContextField)]);
    }

    /// <summary>Its name, with which sections of its programs begin.</summary>
    public string Name { get; }

    /// <summary>The name of the context's structure in C.</summary>
    public string ContextName { get; }

    /// <summary>Bytes of the context.</summary>
    public int ContextSize { get; }

    /// <summary>The fields of the context, by offset.</summary>
    public ImmutableArray<HostField> Fields { get; }

    /// <summary>The host's helpers.</summary>
    public ImmutableArray<HostHelper> Helpers { get; }

    /// <summary>The least and the greatest number that programs may return; null for any.</summary>
    public (int Min, int Max)? Returns { get; init; }

    /// <summary>How programs of this type are verified. A host does not trust them: by default they may not leak its addresses either.</summary>
    public VerifierPolicy Policy { get; init; } = VerifierPolicy.Strict;

    /// <summary>
    /// Instructions after which a run is stopped, counted where it loops and calls, for hosts to which a proof that a program ends is not enough; null for no limit. Every access of such programs is tested as well, which costs time.
    /// </summary>
    public long? InstructionBudget { get; init; }

    internal ContextLayout Layout { get; }

    /// <summary>What the verifier knows of it.</summary>
    internal HostType Prototype => new(
        Name,
        Layout,
        Returns is { } range ? new ReturnRange(range.Min, range.Max) : null,
        Helpers.ToFrozenDictionary(helper => HostType.FirstHelper + helper.Number, ToPrototype));

    /// <summary>The function of a helper by the number that programs call; 0 where the host has none of that number.</summary>
    internal nint Function(int number) => _functions.GetValueOrDefault(number);

    /// <summary>Whether programs in a section are of this type.</summary>
    internal bool Takes(string section) => section == Name || (section.StartsWith(Name, StringComparison.Ordinal) && section[Name.Length] == '/');

    /// <summary>The header for authors of programs: the context, the helpers, the section.</summary>
    public string CHeader() => HostHeader.Write(this);

    /// <summary>The types of context and helpers as BTF.</summary>
    public byte[] Btf() => HostBtf.Write(this);

    private void CheckFields()
    {
        int end = 0;
        foreach (HostField field in Fields)
        {
            bool isPointer = field.Kind != HostFieldKind.Number;
            if (field.Offset < end || field.Size <= 0 || field.Offset + field.Size > ContextSize)
                throw new ArgumentException($"program type {Name}: field {field.Name} at {field.Offset}, {field.Size} bytes, overlaps another or lies outside the {ContextSize} bytes of the context");
            if (isPointer && (field.Size != 8 || field.Offset % 8 != 0 || field.Access == HostAccess.ReadWrite))
                throw new ArgumentException($"program type {Name}: field {field.Name} is a pointer, which has 8 bytes, aligned, and is only read");
            end = field.Offset + field.Size;
        }

        if (Fields.Any(field => field.Kind == HostFieldKind.Data) != Fields.Any(field => field.Kind == HostFieldKind.DataEnd))
            throw new ArgumentException($"program type {Name}: data needs a field for its start and one for its end");
    }

    private static ContextField ToContextField(HostField field)
    {
        // Numbers are read whole or in parts, arrays in any aligned part.
        int widest = field.Size is 1 or 2 or 4 or 8 ? field.Size : 8;
        var parts = (AccessSizes)((2 * widest) - 1);
        return field.Kind switch
        {
            HostFieldKind.Data => new ContextField(field.Name, field.Offset, 8, ContextFieldKind.PacketData, AccessSizes.Eight, AccessSizes.None, field.Offset),
            HostFieldKind.DataEnd => new ContextField(field.Name, field.Offset, 8, ContextFieldKind.PacketEnd, AccessSizes.Eight, AccessSizes.None, field.Offset),
            _ => new ContextField(field.Name, field.Offset, field.Size, ContextFieldKind.Scalar, parts, field.Access == HostAccess.ReadWrite ? parts : AccessSizes.None, field.Offset),
        };
    }

    private static HelperPrototype ToPrototype(HostHelper helper)
    {
        bool callsBack = helper.Parameters.Any(parameter => parameter.Kind == HostParameterKind.Callback);
        return new HelperPrototype(
            (HelperId)(HostType.FirstHelper + helper.Number),
            [.. helper.Parameters.Select(parameter => new Argument(KindOf(parameter.Kind), parameter.Size))],
            new Result(helper.ResultType == "void" ? ReturnKind.Void : ReturnKind.Integer),
            HelperFlags.PacketAccess | (callsBack ? HelperFlags.CallsBack : HelperFlags.None),
            Callers.Everyone)
        {
            HostName = helper.Name,
        };
    }

    private static ArgumentKind KindOf(HostParameterKind kind) => kind switch
    {
        HostParameterKind.Number => ArgumentKind.Scalar,
        HostParameterKind.Context => ArgumentKind.Context,
        HostParameterKind.Map => ArgumentKind.MapPointer,
        HostParameterKind.MapKey => ArgumentKind.MapKey,
        HostParameterKind.MapValue => ArgumentKind.MapValue,
        HostParameterKind.Memory => ArgumentKind.Memory,
        HostParameterKind.MemoryOrNull => ArgumentKind.MemoryOrNull,
        HostParameterKind.WritableMemory => ArgumentKind.WritableMemory,
        HostParameterKind.WritableMemoryOrNull => ArgumentKind.WritableMemoryOrNull,
        HostParameterKind.FilledMemory => ArgumentKind.UninitMemory,
        HostParameterKind.MemorySize => ArgumentKind.Size,
        HostParameterKind.MemorySizeOrZero => ArgumentKind.SizeOrZero,
        HostParameterKind.Structure => ArgumentKind.FixedMemory,
        HostParameterKind.WritableStructure => ArgumentKind.WritableFixedMemory,
        HostParameterKind.FilledStructure => ArgumentKind.UninitFixedMemory,
        HostParameterKind.Callback => ArgumentKind.Callback,
        _ => ArgumentKind.StackOrNull,
    };
}
