namespace Ebpf.Bytecode.Btf;

public sealed partial class BtfView
{
    // Real chains have a handful of links. Damaged ones may go in circles.
    private const int LongestChain = 256;

    // MAX_RESOLVE_DEPTH in libbpf's btf.c.
    private const int DeepestSize = 32;

    // Each member and each link that is looked at counts. The largest structs of a kernel take some thousands.
    private const int AlignmentSteps = 100_000;

    private int _pointerSize;

    /// <summary>Bytes in a pointer of the machine that is described: what the type <c>long</c> takes, 8 where there is none.</summary>
    public int PointerSize => _pointerSize != 0 ? _pointerSize : _pointerSize = FindPointerSize();

    /// <summary>The type behind typedefs, <c>const</c>, <c>volatile</c>, <c>restrict</c> and type tags.</summary>
    /// <exception cref="BpfException">A type does not exist, or they refer to each other in a circle.</exception>
    public BtfType SkipModifiers(uint id)
    {
        BtfType type = this[id];
        for (int links = 0; type.IsModifierOrTypedef; links++)
        {
            if (links == LongestChain)
                throw Damaged(id, "never ends in a type that is no typedef or qualifier");
            type = this[type.ReferencedType];
        }

        return type;
    }

    /// <summary>Bytes that a value of the type takes.</summary>
    /// <exception cref="BpfException">The type has no size (<c>void</c>, a function, a forward declaration), or one beyond 32 bits.</exception>
    public uint SizeOf(uint id) => TrySizeOf(id, out uint size) switch
    {
        Errno.None => size,
        Errno.E2BIG => throw new BpfException($"{Name}: {this[id]} takes more than 4 GiB", Errno.E2BIG),
        _ => throw new BpfException($"{Name}: {this[id]} has no size", Errno.EINVAL),
    };

    /// <summary>Bytes that a value of the type takes, with libbpf's rules and error numbers.</summary>
    internal Errno TrySizeOf(uint id, out uint size)
    {
        size = 0;
        uint count = 1;
        for (int depth = 0; depth < DeepestSize; depth++)
        {
            if (!Contains(id))
                return Errno.EINVAL;

            BtfType type = this[id];
            switch (type.Kind)
            {
                case BtfKind.Int or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.DataSec or BtfKind.Float:
                    return Multiply(type.Size, count, out size);
                case BtfKind.Ptr:
                    return Multiply((uint)PointerSize, count, out size);
                case BtfKind.Array:
                    BtfArray array = type.Array;
                    if (Multiply(count, array.Length, out count) != Errno.None)
                        return Errno.E2BIG;
                    id = array.ElementType;
                    break;
                case BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.Var or BtfKind.DeclTag or BtfKind.TypeTag:
                    id = type.ReferencedType;
                    break;
                default:
                    return Errno.EINVAL;
            }
        }

        return Errno.EINVAL;
    }

    /// <summary>The alignment that C gives the type; 1 for a packed struct.</summary>
    /// <exception cref="BpfException">The type has no alignment, or is too deeply nested.</exception>
    public int AlignmentOf(uint id)
    {
        int steps = AlignmentSteps;
        return AlignmentOf(id, 0, ref steps);
    }

    private int AlignmentOf(uint id, int depth, ref int steps)
    {
        if (depth > LongestChain || --steps < 0)
            throw Damaged(id, "is nested too deeply");

        BtfType type = this[id];
        return type.Kind switch
        {
            // What is larger than a pointer is split by the machine.
            BtfKind.Int or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Float => (int)Math.Clamp(type.Size, 1, (uint)PointerSize),
            BtfKind.Ptr => PointerSize,
            BtfKind.Array => AlignmentOf(type.Array.ElementType, depth + 1, ref steps),
            BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag or BtfKind.Var =>
                AlignmentOf(type.ReferencedType, depth + 1, ref steps),
            BtfKind.Struct or BtfKind.Union => AlignmentOfComposite(type, depth, ref steps),
            _ => throw new BpfException($"{Name}: {type} has no alignment", Errno.EINVAL),
        };
    }

    private int AlignmentOfComposite(in BtfType type, int depth, ref int steps)
    {
        int greatest = 1;
        foreach (BtfMember member in type.Members)
        {
            int alignment = AlignmentOf(member.Type, depth + 1, ref steps);
            // A member off its natural place, or a size that is no multiple: the struct is packed.
            if (member.BitfieldSize == 0 && member.BitOffset % (8 * (uint)alignment) != 0)
                return 1;
            greatest = Math.Max(greatest, alignment);
        }

        return type.Size % (uint)greatest == 0 ? greatest : 1;
    }

    private static Errno Multiply(uint a, uint b, out uint product)
    {
        ulong wide = (ulong)a * b;
        product = (uint)wide;
        return wide <= uint.MaxValue ? Errno.None : Errno.E2BIG;
    }

    private int FindPointerSize()
    {
        if (Base is not null)
            return Base.PointerSize;

        foreach (BtfType type in Types)
        {
            if (type.Kind == BtfKind.Int && type.Size is 4 or 8 && IsLong(type.NameBytes))
                return (int)type.Size;
        }

        return 8;
    }

    /// <summary>Whether these are the words of <c>long</c> or <c>unsigned long</c>, in any order that compilers use.</summary>
    private static bool IsLong(ReadOnlySpan<byte> name)
    {
        int longs = 0, others = 0;
        foreach (Range word in name.Split((byte)' '))
        {
            if (name[word].SequenceEqual("long"u8))
                longs++;
            else if (!name[word].SequenceEqual("int"u8) && !name[word].SequenceEqual("unsigned"u8))
                others++;
        }

        return longs == 1 && others == 0;
    }
}
