using System.Text;
using Ebpf.Bytecode.Btf;

namespace Ebpf.Bytecode.Relocation;

/// <summary>A step of a path that means something: a named member, an enumerator, or an element of an array.</summary>
/// <param name="TypeId">The struct or union, the enumeration, or the type of the element.</param>
/// <param name="Index">Which member, enumerator or element.</param>
/// <param name="IsNamed">Whether it is a member or enumerator, which is found again by its name.</param>
internal readonly record struct CoreAccessor(uint TypeId, int Index, bool IsNamed);

/// <summary>
/// What a CO-RE relocation points at in one type information: a type, and for members and enumerators the path there. The raw path has every
/// step, also into anonymous structs; <see cref="Accessors"/> has those with a meaning.
/// </summary>
/// <remarks>Filled anew for every relocation and every candidate, so that a pass over many relocations allocates none.</remarks>
internal sealed class CoreSpec
{
    /// <summary>BPF_CORE_SPEC_MAX_LEN in libbpf and the kernel.</summary>
    public const int MaxLength = 64;

    private readonly CoreAccessor[] _accessors = new CoreAccessor[MaxLength];
    private readonly int[] _raw = new int[MaxLength];

    /// <summary>Where the types are.</summary>
    public BtfView View { get; private set; } = null!;

    /// <summary>The type that the path starts from, not yet stripped of typedefs and qualifiers.</summary>
    public uint RootType { get; private set; }

    public CoreRelocationKind Kind { get; private set; }

    public int RawLength { get; private set; }

    /// <summary>How many of <see cref="Accessors"/> there are.</summary>
    public int Length { get; private set; }

    /// <summary>Where the path ends, in bits from the start of the root type.</summary>
    public uint BitOffset { get; set; }

    public ReadOnlySpan<CoreAccessor> Accessors => _accessors.AsSpan(0, Length);

    public ReadOnlySpan<int> Raw => _raw.AsSpan(0, RawLength);

    /// <summary>The last step.</summary>
    public CoreAccessor Last => _accessors[Length - 1];

    public void Start(BtfView view, uint rootType, CoreRelocationKind kind)
    {
        View = view;
        RootType = rootType;
        Kind = kind;
        RawLength = 0;
        Length = 0;
        BitOffset = 0;
    }

    public void CopyFrom(CoreSpec other)
    {
        Start(other.View, other.RootType, other.Kind);
        other.Accessors.CopyTo(_accessors);
        other.Raw.CopyTo(_raw);
        Length = other.Length;
        RawLength = other.RawLength;
        BitOffset = other.BitOffset;
    }

    public void Push(CoreAccessor accessor) => _accessors[Length++] = accessor;

    public void Pop() => Length--;

    /// <exception cref="BpfException">The path is too long.</exception>
    public void PushRaw(int index)
    {
        if (RawLength == MaxLength)
            throw new BpfException($"the path has more than {MaxLength} steps", Errno.E2BIG);
        _raw[RawLength++] = index;
    }

    public void PopRaw() => RawLength--;

    /// <summary>Writes it as libbpf does: <c>&lt;byte_off&gt; [7] struct task_struct.pid (0:3 @ offset 40)</c>.</summary>
    public string Describe()
    {
        BtfType root = View[RootType];
        var text = new StringBuilder($"<{Kind.Text()}> [{RootType}] {root.Kind.Text()} {(root.IsAnonymous ? "<anon>" : root.Name)}");
        if (Length == 0)
            return text.ToString();

        if (Kind.IsEnumeratorBased())
        {
            BtfEnumerator enumerator = View[_accessors[0].TypeId].Enumerators[_accessors[0].Index];
            return text.Append($"::{enumerator.Name} = {(enumerator.IsSigned ? $"{enumerator.Value}" : $"{(ulong)enumerator.Value}")}").ToString();
        }

        for (int i = 0; i < Length; i++)
        {
            CoreAccessor accessor = _accessors[i];
            if (accessor.IsNamed)
                text.Append('.').Append(View[accessor.TypeId].Members[accessor.Index].Name);
            else if (i > 0 || accessor.Index > 0)
                text.Append($"[{accessor.Index}]");
        }

        text.Append(" (").AppendJoin(':', Raw.ToArray()).Append($" @ offset {BitOffset / 8}");
        return (BitOffset % 8 == 0 ? text : text.Append($".{BitOffset % 8}")).Append(')').ToString();
    }
}
