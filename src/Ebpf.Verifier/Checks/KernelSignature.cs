using Ebpf.Bytecode.Btf;

namespace Ebpf.Verifier.Checks;

/// <summary>What an argument of a kernel function is, by its type and the ending of its name.</summary>
/// <remarks>enum kfunc_ptr_arg_type and the is_kfunc_arg_* functions in the kernel's verifier; Documentation/bpf/kfuncs.rst.</remarks>
internal enum KernelArgumentKind : byte
{
    /// <summary>The kernel gives it, or nobody looks at it (<c>__ign</c>, <c>struct bpf_prog_aux *</c>).</summary>
    Ignored,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A known number (<c>__k</c>).</summary>
    Constant,

    /// <summary>The size of the memory before it (<c>__sz</c>).</summary>
    MemorySize,

    /// <summary>The same, known (<c>__szk</c>).</summary>
    ConstantMemorySize,

    /// <summary>The size of the memory that the function returns, which may only be read.</summary>
    ReadOnlyBufferSize,

    /// <summary>The size of the memory that the function returns.</summary>
    BufferSize,

    /// <summary>The program's context.</summary>
    Context,

    /// <summary>An object that the program allocated (<c>__alloc</c>).</summary>
    Allocated,

    /// <summary>The same, or one that a list or tree owns; it counts its references (<c>__refcounted_kptr</c>).</summary>
    Refcounted,

    /// <summary>A dynptr.</summary>
    Dynptr,

    /// <summary>An iterator.</summary>
    Iterator,

    /// <summary>The head of a list.</summary>
    ListHead,

    /// <summary>A node of a list.</summary>
    ListNode,

    /// <summary>The root of a tree.</summary>
    TreeRoot,

    /// <summary>A node of a tree.</summary>
    TreeNode,

    /// <summary>A string whose bytes are known (<c>__str</c>).</summary>
    ConstString,

    /// <summary>A map (<c>__map</c>).</summary>
    Map,

    /// <summary>A field of a map's value that belongs to helpers.</summary>
    Field,

    /// <summary>8 bytes of stack for saved interrupt flags (<c>__irq_flag</c>).</summary>
    InterruptFlags,

    /// <summary>A resilient spin lock.</summary>
    Lock,

    /// <summary>A function of the program.</summary>
    Callback,

    /// <summary>A pointer to a structure of the kernel, or, where all of it is numbers, to memory of its size.</summary>
    Structure,

    /// <summary>Memory of the size of its type, or of the size that follows.</summary>
    Memory,
}

/// <summary>An argument of a kernel function.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="Structure">The structure that it points to; "" for none.</param>
/// <param name="Size">Bytes that it points to.</param>
internal readonly record struct KernelArgument(KernelArgumentKind Kind, string Name, string Structure = "", int Size = 0)
{
    /// <summary>Whether it may be null.</summary>
    public bool IsNullable => Name.EndsWith("__nullable", StringComparison.Ordinal) || Name.EndsWith("__opt", StringComparison.Ordinal);

    /// <summary>Whether what it points to need not be initialised.</summary>
    public bool IsUninitialised => Name.EndsWith("__uninit", StringComparison.Ordinal);

    /// <summary>Whether memory may be handed out that a list or tree owns.</summary>
    public bool AllowsNonOwning => Name.EndsWith("__nonown_allowed", StringComparison.Ordinal);

    /// <summary>Whether all that it points to is numbers, so that plain memory will do.</summary>
    public bool IsPlain { get; init; }

    /// <summary>Whether it points to void.</summary>
    public bool IsVoid { get; init; }
}

/// <summary>What a kernel function returns.</summary>
internal enum KernelResultKind : byte
{
    /// <summary>Nothing.</summary>
    Void,

    /// <summary>A number, also a pointer of no type.</summary>
    Number,

    /// <summary>A pointer to a structure.</summary>
    Structure,

    /// <summary>A pointer to memory.</summary>
    Memory,
}

/// <summary>A kernel function by its declaration.</summary>
/// <param name="Arguments">R1 on.</param>
/// <param name="Result">What it returns.</param>
/// <param name="ResultType">The structure that the result points to; "" for none.</param>
/// <param name="ResultSize">Bytes that the result points to.</param>
internal sealed record KernelSignature(KernelArgument[] Arguments, KernelResultKind Result, string ResultType, int ResultSize)
{
    private const int MaxArguments = 5;

    /// <summary>Reads a declaration.</summary>
    /// <param name="types">The type information.</param>
    /// <param name="function">The FUNC.</param>
    /// <param name="isContext">Whether a structure is the program's context.</param>
    /// <param name="isIterator">Whether the first argument is the iterator.</param>
    /// <returns>Null where the type information does not say.</returns>
    internal static KernelSignature? Read(BtfView types, uint function, Func<string, bool> isContext, bool isIterator)
    {
        BtfType prototype = types.SkipModifiers(types[function].ReferencedType);
        if (prototype.Kind != BtfKind.FuncProto || prototype.Parameters.Count > MaxArguments)
            return null;
        List<KernelArgument> arguments = [];
        foreach (BtfParameter parameter in prototype.Parameters)
        {
            if (Argument(types, parameter, isContext, isIterator && arguments.Count == 0) is not { } argument)
                return null;
            arguments.Add(argument);
        }

        BtfType result = types.SkipModifiers(prototype.ReferencedType);
        switch (result.Kind)
        {
            case BtfKind.Void:
                return new KernelSignature([.. arguments], KernelResultKind.Void, "", 0);
            case BtfKind.Ptr:
                BtfType target = types.SkipModifiers(result.ReferencedType);
                return target.Kind switch
                {
                    BtfKind.Void => new KernelSignature([.. arguments], KernelResultKind.Number, "", 0),
                    BtfKind.Struct or BtfKind.Fwd => new KernelSignature([.. arguments], KernelResultKind.Structure, target.Name, 0),
                    _ => new KernelSignature([.. arguments], KernelResultKind.Memory, "", (int)types.SizeOf(target.Id)),
                };
            default:
                return new KernelSignature([.. arguments], KernelResultKind.Number, "", 0);
        }
    }

    private static KernelArgument? Argument(BtfView types, in BtfParameter parameter, Func<string, bool> isContext, bool isIterator)
    {
        string name = parameter.Name;
        BtfType type = types.SkipModifiers(parameter.Type);
        if (name.EndsWith("__ign", StringComparison.Ordinal))
            return new KernelArgument(KernelArgumentKind.Ignored, name);
        if (type.Kind is BtfKind.Int or BtfKind.Enum or BtfKind.Enum64)
            return new KernelArgument(NumberKind(name), name);
        if (type.Kind != BtfKind.Ptr)
            return null;
        BtfType target = types.SkipModifiers(type.ReferencedType);
        if (target.Kind == BtfKind.FuncProto)
            return new KernelArgument(KernelArgumentKind.Callback, name);
        bool isStructure = target.Kind is BtfKind.Struct or BtfKind.Union or BtfKind.Fwd;
        string structure = isStructure ? target.Name : "";
        KernelArgumentKind kind = PointerKind(name, structure, isContext, isIterator);
        if (kind == KernelArgumentKind.Memory && isStructure)
            kind = KernelArgumentKind.Structure;
        bool isSized = target.Kind is not (BtfKind.Void or BtfKind.Fwd or BtfKind.Func);
        return new KernelArgument(kind, name, structure, isSized ? (int)types.SizeOf(target.Id) : 0)
        {
            IsVoid = target.Kind == BtfKind.Void,
            IsPlain = IsPlain(types, target, 0),
        };
    }

    private static KernelArgumentKind NumberKind(string name) => name switch
    {
        _ when name.EndsWith("__szk", StringComparison.Ordinal) => KernelArgumentKind.ConstantMemorySize,
        _ when name.EndsWith("__sz", StringComparison.Ordinal) => KernelArgumentKind.MemorySize,
        _ when name.EndsWith("__k", StringComparison.Ordinal) => KernelArgumentKind.Constant,
        "rdonly_buf_size" => KernelArgumentKind.ReadOnlyBufferSize,
        "rdwr_buf_size" => KernelArgumentKind.BufferSize,
        _ => KernelArgumentKind.Number,
    };

    private static KernelArgumentKind PointerKind(string name, string structure, Func<string, bool> isContext, bool isIterator)
    {
        if (isIterator || name.EndsWith("__iter", StringComparison.Ordinal))
            return KernelArgumentKind.Iterator;
        if (structure.Length > 0 && isContext(structure))
            return KernelArgumentKind.Context;
        if (name.EndsWith("__alloc", StringComparison.Ordinal))
            return KernelArgumentKind.Allocated;
        if (name.EndsWith("__refcounted_kptr", StringComparison.Ordinal))
            return KernelArgumentKind.Refcounted;
        if (name.EndsWith("__str", StringComparison.Ordinal))
            return KernelArgumentKind.ConstString;
        if (name.EndsWith("__map", StringComparison.Ordinal))
            return KernelArgumentKind.Map;
        if (name.EndsWith("__irq_flag", StringComparison.Ordinal))
            return KernelArgumentKind.InterruptFlags;
        return structure switch
        {
            "bpf_dynptr" or "bpf_dynptr_kern" => KernelArgumentKind.Dynptr,
            "bpf_list_head" => KernelArgumentKind.ListHead,
            "bpf_list_node" => KernelArgumentKind.ListNode,
            "bpf_rb_root" => KernelArgumentKind.TreeRoot,
            "bpf_rb_node" => KernelArgumentKind.TreeNode,
            "bpf_wq" or "bpf_timer" or "bpf_task_work" => KernelArgumentKind.Field,
            "bpf_res_spin_lock" => KernelArgumentKind.Lock,
            "bpf_prog_aux" => KernelArgumentKind.Ignored,
            _ => KernelArgumentKind.Memory,
        };
    }

    /// <remarks>__btf_type_is_scalar_struct in the kernel's verifier.</remarks>
    private static bool IsPlain(BtfView types, BtfType type, int depth)
    {
        switch (type.Kind)
        {
            case BtfKind.Int or BtfKind.Enum or BtfKind.Enum64:
                return true;
            case BtfKind.Array:
                return depth > 0 && type.Array.Length > 0 && types.SkipModifiers(type.Array.ElementType).Kind is BtfKind.Int or BtfKind.Enum or BtfKind.Enum64;
            case BtfKind.Struct or BtfKind.Union when depth < 4:
                foreach (BtfMember member in type.Members)
                {
                    if (!IsPlain(types, types.SkipModifiers(member.Type), depth + 1))
                        return false;
                }

                return true;
            default:
                return false;
        }
    }
}
