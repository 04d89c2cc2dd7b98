namespace Ebpf.Fuzz.Mutation;

/// <summary>The numbers of .BTF.ext: nothing but words.</summary>
internal static class BtfExtFields
{
    public static Seed Of(byte[] bytes) =>
        new(bytes, [new Field(2, 1), new Field(3, 1), .. Words(4, bytes.Length - 4)], littleEndian: bytes[0] == 0x9f);

    /// <summary>A part that consists of 32-bit words.</summary>
    public static IEnumerable<Field> Words(int start, int length)
    {
        for (int offset = start; offset + 4 <= start + length; offset += 4)
            yield return new Field(offset, 4);
    }
}
