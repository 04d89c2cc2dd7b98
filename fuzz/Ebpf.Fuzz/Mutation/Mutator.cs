using Ebpf.Fuzz.Targets;

namespace Ebpf.Fuzz.Mutation;

/// <summary>Damages seeds: mostly their numbers, sometimes bytes, lengths and order.</summary>
internal static class Mutator
{
    private static readonly ulong[] s_edges =
    [
        0, 1, 2, 3, 4, 7, 8, 0x10, 0x18, 0xff, 0x100, 0xfff1, 0xffff, 0x10000, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
        0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffffff8, ulong.MaxValue,
    ];

    public static byte[] Mutate(Random random, Seed[] seeds)
    {
        Seed seed = seeds[random.Next(seeds.Length)];
        byte[] input = [.. seed.Bytes];
        // Few changes get far into a reader, many find what is wrong together.
        int changes = 1 << random.Next(4);
        for (int i = 0; i < changes; i++)
        {
            if (random.Next(8) == 0)
                ChangeBytes(random, input);
            else
                ChangeField(random, seed, input);
        }

        return random.Next(16) == 0 ? Reshape(random, input, seeds[random.Next(seeds.Length)].Bytes) : input;
    }

    private static void ChangeField(Random random, Seed seed, byte[] input)
    {
        Field field = seed.Fields[random.Next(seed.Fields.Length)];
        ulong old = seed.Read(field);
        ulong value = random.Next(6) switch
        {
            0 => s_edges[random.Next(s_edges.Length)],
            1 => old + (ulong)random.Next(-16, 17),
            2 => old ^ (1ul << random.Next(8 * field.Size)),
            // What stands elsewhere is an offset, index or size that exists.
            3 or 4 => seed.Read(seed.Fields[random.Next(seed.Fields.Length)]),
            _ => (ulong)(input.Length + random.Next(-8, 9)),
        };
        seed.Write(input, field, value);
    }

    private static void ChangeBytes(Random random, byte[] input)
    {
        int start = random.Next(input.Length);
        int length = Math.Min(1 << random.Next(5), input.Length - start);
        if (random.Next(3) == 0)
            input.AsSpan(start, length).Fill((byte)random.Next(256));
        else
            input[start] ^= (byte)(1 << random.Next(8));
    }

    /// <summary>Cuts, doubles or exchanges a part.</summary>
    private static byte[] Reshape(Random random, byte[] input, byte[] other)
    {
        int start = random.Next(input.Length + 1) & ~3;
        int length = Math.Min(random.Next(1, 512) * 4, input.Length - start);
        byte[] part = input[start..(start + length)];
        byte[] result = random.Next(4) switch
        {
            0 => input[..start],
            1 => [.. input[..start], .. input[(start + length)..]],
            2 => [.. input[..start], .. part, .. part, .. input[(start + length)..]],
            _ => [.. input[..start], .. other[Math.Min(start, other.Length)..]],
        };
        return result.Length <= Limits.InputBytes ? result : result[..Limits.InputBytes];
    }
}
