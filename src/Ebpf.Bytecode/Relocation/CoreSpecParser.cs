using Ebpf.Bytecode.Btf;

namespace Ebpf.Bytecode.Relocation;

/// <summary>Reads the path of a relocation ("0:1:2") in the types that the program was compiled with.</summary>
/// <remarks>
/// The first number is an index as if the root were an element of an array; each following one picks a member of a struct or union, or an
/// element of an array. For enumerators the only number is the enumerator's index; for types it is 0.
/// </remarks>
internal static class CoreSpecParser
{
    /// <exception cref="BpfException">The path is malformed, or does not fit the type.</exception>
    public static void Parse(CoreSpec spec, BtfView types, in CoreRelocation relocation)
    {
        ReadOnlySpan<byte> access = types.StringBytes(relocation.AccessOffset);
        spec.Start(types, relocation.TypeId, relocation.Kind);
        if (relocation.Kind.IsTypeBased())
        {
            if (!access.SequenceEqual("0"u8))
                throw Malformed(access, "a type as a whole has the path \"0\"");
            return;
        }

        ParseNumbers(spec, access);
        BtfType root = types.SkipModifiers(relocation.TypeId);
        if (relocation.Kind.IsEnumeratorBased())
        {
            if (!root.IsEnum || spec.RawLength > 1 || spec.Raw[0] >= root.VLen)
                throw Malformed(access, $"type [{root.Id}] has no such enumerator");
            spec.Push(new CoreAccessor(root.Id, spec.Raw[0], IsNamed: true));
            return;
        }

        if (!relocation.Kind.IsFieldBased())
            throw new BpfException($"relocation kind {(uint)relocation.Kind} is not known; the object is newer than this library", Errno.EINVAL);

        spec.Push(new CoreAccessor(root.Id, spec.Raw[0], IsNamed: false));
        spec.BitOffset = ElementOffset(spec.Raw[0], types, root.Id);
        uint id = root.Id;
        for (int i = 1; i < spec.RawLength; i++)
            id = Step(spec, types, id, spec.Raw[i], access);
    }

    /// <summary>Whether an array is the flexible one that a struct ends with: any index is inside.</summary>
    public static bool IsFlexible(BtfView types, CoreAccessor array, BtfArray type) =>
        array.IsNamed && type.Length == 0 && array.Index == types[array.TypeId].VLen - 1;

    /// <summary>Bits before an element of an array.</summary>
    /// <exception cref="BpfException">The element has no size.</exception>
    public static uint ElementOffset(int index, BtfView types, uint elementType)
    {
        Errno error = types.TrySizeOf(elementType, out uint size);
        return error == Errno.None ? unchecked((uint)index * size * 8) : throw new BpfException($"{types.Name}: {types[elementType]} has no size", error);
    }

    /// <summary>Goes one step deeper, and gives the type that it leads to.</summary>
    private static uint Step(CoreSpec spec, BtfView types, uint id, int index, ReadOnlySpan<byte> access)
    {
        BtfType type = types.SkipModifiers(id);
        if (type.IsComposite)
        {
            if (index >= type.VLen)
                throw Malformed(access, $"type [{type.Id}] has {type.VLen} members");

            BtfMember member = type.Members[index];
            spec.BitOffset += member.BitOffset;
            if (member.NameOffset != 0)
            {
                if (member.NameBytes.IsEmpty)
                    throw Malformed(access, $"member {index} of type [{type.Id}] has no name");
                spec.Push(new CoreAccessor(type.Id, index, IsNamed: true));
            }

            return member.Type;
        }

        if (type.Kind != BtfKind.Array)
            throw Malformed(access, $"it goes into type [{type.Id}], a {type.Kind.Text()}");

        BtfArray array = type.Array;
        uint element = types.SkipModifiers(array.ElementType).Id;
        if (!IsFlexible(types, spec.Last, array) && (uint)index >= array.Length)
            throw Malformed(access, $"the array [{type.Id}] has {array.Length} elements");
        spec.Push(new CoreAccessor(element, index, IsNamed: false));
        spec.BitOffset += ElementOffset(index, types, element);
        return element;
    }

    /// <summary>Numbers between colons, with what C's scanf forgives: blanks before a number, a sign, a missing colon.</summary>
    private static void ParseNumbers(CoreSpec spec, ReadOnlySpan<byte> access)
    {
        if (access.IsEmpty || access[0] == ':')
            throw Malformed(access, "it does not begin with a number");

        ReadOnlySpan<byte> rest = access;
        while (!rest.IsEmpty)
        {
            if (rest[0] == ':')
                rest = rest[1..];
            rest = rest.TrimStart(" \t\n\v\f\r"u8);
            bool plus = !rest.IsEmpty && rest[0] == '+';
            if (!System.Buffers.Text.Utf8Parser.TryParse(plus ? rest[1..] : rest, out int number, out int length) || number < 0)
                throw Malformed(access, "its numbers are separated by colons and not negative");
            spec.PushRaw(number);
            rest = rest[(length + (plus ? 1 : 0))..];
        }
    }

    private static BpfException Malformed(ReadOnlySpan<byte> access, string why) =>
        new($"the path \"{System.Text.Encoding.UTF8.GetString(access[..Math.Min(access.Length, 200)])}\" cannot be followed: {why}", Errno.EINVAL);
}
