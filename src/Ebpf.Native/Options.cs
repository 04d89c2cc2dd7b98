namespace Ebpf.Native;

/// <summary>
/// A structure <c>*_opts</c> of libbpf: it begins with its size as its caller knows it, and what is beyond that size is zero. Null is one whose fields are
/// all zero.
/// </summary>
/// <remarks>OPTS_VALID, OPTS_GET, OPTS_SET and OPTS_ZEROED in libbpf_internal.h.</remarks>
internal readonly unsafe ref struct Options(byte* fields)
{
    /// <summary>Whether the structure is one that this library understands: large enough for its size, and zero beyond what is known.</summary>
    /// <param name="known">The end of the last field that is known.</param>
    /// <param name="name">The structure's name, for the warning.</param>
    public bool IsValid(int known, string name)
    {
        if (fields == null)
        {
            return true;
        }

        if (Size < (nuint)sizeof(nuint))
        {
            Print.Warn($"{name} size ({Size}) is too small\n");
            return false;
        }

        if (!IsZeroFrom(known))
        {
            Print.Warn($"{name} has non-zero extra bytes\n");
            return false;
        }

        return true;
    }

    /// <summary>Whether all bytes from an offset on are zero.</summary>
    public bool IsZeroFrom(int offset)
    {
        for (nuint i = (nuint)offset; fields != null && i < Size; i++)
        {
            if (fields[i] != 0)
            {
                return false;
            }
        }

        return true;
    }

    public uint U32(int offset) => Has(offset, sizeof(uint)) ? *(uint*)(fields + offset) : 0;

    public int I32(int offset) => (int)U32(offset);

    public ulong U64(int offset) => Has(offset, sizeof(ulong)) ? *(ulong*)(fields + offset) : 0;

    public byte* Pointer(int offset) => (byte*)U64(offset);

    public bool Flag(int offset) => Has(offset, sizeof(byte)) && fields[offset] != 0;

    public void Set(int offset, uint value)
    {
        if (Has(offset, sizeof(uint)))
        {
            *(uint*)(fields + offset) = value;
        }
    }

    public void Set(int offset, ulong value)
    {
        if (Has(offset, sizeof(ulong)))
        {
            *(ulong*)(fields + offset) = value;
        }
    }

    public void SetByte(int offset, byte value)
    {
        if (Has(offset, sizeof(byte)))
        {
            fields[offset] = value;
        }
    }

    private nuint Size => *(nuint*)fields;

    private bool Has(int offset, int size) => fields != null && (nuint)(offset + size) <= Size;
}
