using System.Collections.Immutable;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Verifier.Checks;

/// <summary>The context of tracing programs: the arguments of the function or tracepoint that they are attached to, 8 bytes each, as the kernel's types describe them.</summary>
/// <remarks>btf_ctx_access in the kernel's btf.c.</remarks>
internal static class TracingContext
{
    /// <summary>The layout; null where the program is of another kind or its target is not known to the kernel.</summary>
    internal static ContextLayout? Of(ProgramSpec program, BtfView? kernel)
    {
        if (kernel is null || program.Type is not (ProgramType.Tracing or ProgramType.Lsm) || program.AttachTarget is not { Length: > 0 } name)
            return null;
        try
        {
            return program.AttachType switch
            {
                AttachType.TraceRawTp => Tracepoint(kernel, name),
                AttachType.TraceFentry => Function(kernel, name, withResult: false),
                AttachType.TraceFexit or AttachType.ModifyReturn => Function(kernel, name, withResult: true),
                AttachType.LsmMac or AttachType.LsmCgroup => Function(kernel, "bpf_lsm_" + name, withResult: false),
                AttachType.TraceIter => Function(kernel, "bpf_iter_" + name, withResult: false),
                _ => null,
            };
        }
        catch (BpfException)
        {
            return null;
        }
    }

    /// <summary>What a security hook may return: an error or 0, or a truth; null where any value will do.</summary>
    /// <remarks>bpf_lsm_get_retval_range in the kernel.</remarks>
    internal static ReturnRange? HookResult(ProgramSpec program, BtfView? kernel)
    {
        if (kernel is null || program.Type != ProgramType.Lsm)
            return null;
        if (program.AttachTarget is "audit_rule_known" or "inode_xattr_skipcap")
            return new ReturnRange(0, 1);
        bool isVoid = kernel.FindByName("bpf_lsm_" + program.AttachTarget, BtfKind.Func) is { } id
            && kernel.SkipModifiers(kernel.SkipModifiers(kernel[id].ReferencedType).ReferencedType).Kind == BtfKind.Void;
        // MAX_ERRNO
        return isVoid ? null : new ReturnRange(-4095, 0);
    }

    private static ContextLayout? Tracepoint(BtfView kernel, string name)
    {
        if (kernel.FindByName("btf_trace_" + name, BtfKind.Typedef) is not { } id)
            return null;
        BtfType pointer = kernel.SkipModifiers(id);
        if (pointer.Kind != BtfKind.Ptr)
            return null;
        // The first parameter is the tracepoint's own.
        return Arguments(kernel, name, kernel.SkipModifiers(pointer.ReferencedType), skip: 1, withResult: false);
    }

    private static ContextLayout? Function(BtfView kernel, string name, bool withResult) =>
        kernel.FindByName(name, BtfKind.Func) is { } id
            ? Arguments(kernel, name, kernel.SkipModifiers(kernel[id].ReferencedType), skip: 0, withResult)
            : null;

    private static ContextLayout? Arguments(BtfView kernel, string name, in BtfType prototype, int skip, bool withResult)
    {
        if (prototype.Kind != BtfKind.FuncProto)
            return null;
        ImmutableArray<ContextField>.Builder fields = ImmutableArray.CreateBuilder<ContextField>();
        for (int i = skip; i < prototype.Parameters.Count; i++)
        {
            BtfParameter parameter = prototype.Parameters[i];
            if (parameter.IsVariadic)
                return null;
            if (Field(kernel, parameter.Name, parameter.Type, fields.Count) is not { } field)
                return null;
            fields.Add(field);
        }

        bool returns = withResult && kernel.SkipModifiers(prototype.ReferencedType).Kind != BtfKind.Void;
        if (returns && Field(kernel, "return value", prototype.ReferencedType, fields.Count) is { } result)
            fields.Add(result);
        return new ContextLayout($"arguments of {name}", fields.Count * 8, fields.ToImmutable());
    }

    private static ContextField? Field(BtfView kernel, string name, uint id, int index)
    {
        const AccessSizes Number = AccessSizes.One | AccessSizes.Two | AccessSizes.Four | AccessSizes.Eight;
        BtfType type = kernel.SkipModifiers(id);
        int offset = index * 8;
        switch (type.Kind)
        {
            case BtfKind.Int or BtfKind.Enum or BtfKind.Enum64:
                return new ContextField(name, offset, 8, ContextFieldKind.Scalar, Number, AccessSizes.None, offset);
            case BtfKind.Ptr:
                BtfType target = kernel.SkipModifiers(type.ReferencedType);
                return target.IsComposite && target.Name.Length > 0
                    ? new ContextField(name, offset, 8, ContextFieldKind.BtfObject, AccessSizes.Eight, AccessSizes.None, offset, target.Name)
                    : new ContextField(name, offset, 8, ContextFieldKind.Scalar, AccessSizes.Eight, AccessSizes.None, offset);
            default:
                return null;
        }
    }
}
