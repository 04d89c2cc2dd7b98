using System.Buffers.Binary;

namespace Ebpf.Fuzz.Mutation;

/// <summary>Makes type information that is well formed and makes no sense: types refer to each other at random, in circles and in depth.</summary>
internal static class BtfGenerator
{
    private static ReadOnlySpan<byte> Strings => "\0a\0b\0int\0long\0s___1\0s___2\0.data\0"u8;

    private static readonly uint[] s_names = [0, 0, 1, 3, 5, 9, 14, 20, 26];

    public static byte[] Generate(Random random)
    {
        // Few types refer to each other in circles; many, in depth.
        int count = random.Next(1, 1 << random.Next(2, 11));
        int span = random.Next(3) == 0 ? 3 : count + 1;
        var words = new List<uint>();
        for (uint id = 1; id <= count; id++)
            AddType(random, words, id, span, count);

        byte[] bytes = new byte[24 + words.Count * 4 + Strings.Length];
        uint[] header = [0x0001eb9f, 24, 0, (uint)words.Count * 4, (uint)words.Count * 4, (uint)Strings.Length];
        for (int i = 0; i < header.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), header[i]);
        for (int i = 0; i < words.Count; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(24 + i * 4), words[i]);
        Strings.CopyTo(bytes.AsSpan(24 + words.Count * 4));
        return bytes;
    }

    private static void AddType(Random random, List<uint> words, uint id, int span, int count)
    {
        uint kind = (uint)random.Next(1, 20);
        uint vlen = kind is 4 or 5 or 6 or 13 or 15 or 19 ? (uint)random.Next(random.Next(20) == 0 ? 40 : 5) : kind == 12 ? (uint)random.Next(4) : 0;
        uint flag = random.Next(4) == 0 ? 1u << 31 : 0;
        bool refers = kind is 2 or 8 or 9 or 10 or 11 or 12 or 13 or 14 or 17 or 18;
        words.Add(Name(random));
        words.Add(vlen | (kind << 24) | flag);
        words.Add(refers ? Reference() : kind == 1 ? 1u << random.Next(4) : (uint)random.Next(64));

        switch (kind)
        {
            case 1:
                words.Add((uint)random.Next(8) << 24 | (uint)random.Next(65));
                break;
            case 3:
                words.AddRange([Reference(), Reference(), random.Next(4) == 0 ? (uint)random.Next() : (uint)random.Next(9)]);
                break;
            case 14 or 17:
                words.Add((uint)random.Next(-1, 3));
                break;
        }

        for (uint i = 0; i < vlen && kind != 12; i++)
        {
            words.AddRange(kind switch
            {
                4 or 5 => [Name(random), Reference(), flag != 0 ? (uint)random.Next(20) << 24 | (uint)random.Next(512) : (uint)random.Next(64) * 8],
                6 => [Name(random), (uint)random.Next()],
                13 => [Name(random), Reference()],
                15 => [Reference(), (uint)random.Next(64), (uint)random.Next(64)],
                _ => (uint[])[Name(random), (uint)random.Next(), (uint)random.Next()],
            });
        }

        // Mostly near, and mostly what is there already: types that are whole.
        uint Reference() => random.Next(8) == 0 ? (uint)random.Next(count + 1) : (uint)Math.Max(0, id - random.Next(1, span + 1));
    }

    private static uint Name(Random random) => s_names[random.Next(s_names.Length)];
}
