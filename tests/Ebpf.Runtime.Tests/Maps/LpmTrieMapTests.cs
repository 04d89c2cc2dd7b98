using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;
using static Ebpf.Runtime.Tests.Maps.MapCalls;

namespace Ebpf.Runtime.Tests.Maps;

public unsafe class LpmTrieMapTests
{
    [Fact]
    public void The_longest_prefix_that_matches_wins()
    {
        using MapRoom room = new();
        using EmbeddedMap map = Ipv4(room, 10);
        map.Put(Prefix(0, 0, 0, 0, 0), 1UL);
        map.Put(Prefix(8, 10, 0, 0, 0), 2UL);
        map.Put(Prefix(16, 10, 1, 0, 0), 3UL);
        map.Put(Prefix(32, 10, 1, 2, 3), 4UL);

        Assert.Equal(1UL, *map.Find<ulong, ulong>(Prefix(32, 11, 0, 0, 1)));
        Assert.Equal(2UL, *map.Find<ulong, ulong>(Prefix(32, 10, 9, 9, 9)));
        Assert.Equal(3UL, *map.Find<ulong, ulong>(Prefix(32, 10, 1, 2, 4)));
        Assert.Equal(4UL, *map.Find<ulong, ulong>(Prefix(32, 10, 1, 2, 3)));
        Assert.Equal(2UL, *map.Find<ulong, ulong>(Prefix(12, 10, 1, 2, 3)));
        Assert.Equal(1UL, *map.Find<ulong, ulong>(Prefix(7, 10, 1, 2, 3)));
    }

    [Fact]
    public void Misuse_is_answered_as_the_kernel_does()
    {
        using MapRoom room = new();
        using EmbeddedMap map = Ipv4(room, 2);
        ulong tooLong = Prefix(33, 10, 0, 0, 0), first = Prefix(8, 10, 0, 0, 0), second = Prefix(16, 10, 0, 0, 0), third = Prefix(24, 10, 0, 0, 0);

        Assert.True(map.Find<ulong, ulong>(tooLong) == null);
        Assert.Equal(EINVAL, map.Put(tooLong, 0UL));
        Assert.Equal(EINVAL, map.Remove(tooLong));
        Assert.Equal(ENOENT, map.Put(first, 0UL, 2));
        Assert.Equal(0, map.Put(first, 0UL, 1));
        Assert.Equal(EEXIST, map.Put(first, 0UL, 1));
        Assert.Equal(EINVAL, map.Put(first, 0UL, 3));
        Assert.Equal(EINVAL, map.Put(first, 0UL, 4));
        Assert.Equal(0, map.Put(second, 0UL));
        Assert.Equal(ENOSPC, map.Put(third, 0UL));
        Assert.Equal(ENOENT, map.Put(third, 0UL, 2));
        Assert.Equal(ENOENT, map.Remove(third));
        Assert.Equal(ENOTSUPP, map.HostTake(first, out ulong _));
        Assert.Equal(ENOENT, map.HostGet(Prefix(32, 11, 0, 0, 0), out ulong _));
        Assert.Equal(0, map.HostGet(Prefix(32, 10, 3, 0, 0), out ulong _));
    }

    [Fact]
    public void Keys_come_longest_first_within_what_contains_them()
    {
        using MapRoom room = new();
        using EmbeddedMap map = Ipv4(room, 10);
        // The example of the kernel's trie_get_next_key: 192.168.0.0/16, .0.0/24, .128.0/24, .1.0/24, 10.0.0.0/8 and the default.
        ulong[] expected =
        [
            Prefix(8, 10, 0, 0, 0), Prefix(24, 192, 168, 0, 0), Prefix(24, 192, 168, 1, 0), Prefix(24, 192, 168, 128, 0), Prefix(16, 192, 168, 0, 0), Prefix(0, 0, 0, 0, 0),
        ];
        foreach (ulong key in expected.Reverse())
            map.Put(key, 0UL);

        Assert.Equal(expected, map.Keys<ulong>());
        Assert.Equal(0, map.HostNext<ulong>(Prefix(9, 1, 1, 1, 1), out ulong first));
        Assert.Equal(expected[0], first);
    }

    [Theory]
    [InlineData(1, 20)]
    [InlineData(4, 30)]
    [InlineData(6, 40)]
    [InlineData(8, 50)]
    [InlineData(16, 60)]
    [InlineData(17, 5)]
    [InlineData(256, 100)]
    public void A_trie_agrees_with_a_list_of_prefixes(int bytes, int capacity)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.LpmTrie, 4 + (uint)bytes, 8, (uint)capacity, MapFlags.NoPrealloc);
        Random random = new(bytes);
        Dictionary<string, ulong> model = [];
        for (int step = 0; step < 6000; step++)
        {
            using ExecutionSlot slot = room.Slots.Enter();
            byte[] key = RandomKey(random, bytes);
            int length = BitConverter.ToInt32(key);
            string bits = Bits(key)[..length];
            switch (random.Next(4))
            {
                case 0:
                    Assert.Equal(model.Remove(bits) ? 0 : ENOENT, map.HostDelete(key));
                    break;
                case 1:
                    bool isThere = model.ContainsKey(bits);
                    ulong flags = (ulong)random.Next(3);
                    int expected = flags == 1 && isThere ? EEXIST : flags == 2 && !isThere ? ENOENT : !isThere && model.Count == capacity ? ENOSPC : 0;
                    ulong value = (ulong)step;
                    Assert.Equal(expected, map.HostUpdate(key, BitConverter.GetBytes(value), flags));
                    if (expected == 0)
                        model[bits] = value;
                    break;
                default:
                    string? longest = model.Keys.Where(prefix => bits.StartsWith(prefix, StringComparison.Ordinal)).MaxBy(prefix => prefix.Length);
                    fixed (byte* keyBytes = key)
                    {
                        ulong* found = (ulong*)map.Lookup(keyBytes, 0);
                        Assert.Equal(longest is not null, found != null);
                        if (longest is not null)
                            Assert.Equal(model[longest], *found);
                    }

                    break;
            }
        }

        List<string> keys = [];
        byte[] next = new byte[4 + bytes];
        for (int result = map.HostNextKey(default, next); result == 0; result = map.HostNextKey(next, next))
            keys.Add(Bits(next)[..BitConverter.ToInt32(next)]);
        Assert.Equal(model.Keys.Order(StringComparer.Ordinal), keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Readers_find_a_prefix_that_stays_while_others_come_and_go()
    {
        using MapRoom room = new();
        using EmbeddedMap map = Ipv4(room, 600);
        map.Put(Prefix(8, 10, 0, 0, 0), 8UL);

        Threads.Run(4, worker =>
        {
            Random random = new(worker);
            for (int step = 0; step < 10_000; step++)
            {
                using ExecutionSlot slot = room.Slots.Enter();
                ulong key = Prefix(16 + (uint)random.Next(17), 10, (byte)random.Next(4), (byte)random.Next(4), (byte)worker);
                if (worker >= 2)
                    Assert.True(map.Find<ulong, ulong>(key) != null);
                else if (random.Next(2) == 0)
                    Assert.Equal(0, map.Put(key, 16UL));
                else
                    map.Remove(key);
            }
        });
    }

    private static EmbeddedMap Ipv4(MapRoom room, uint capacity) => room.Map(MapType.LpmTrie, 8, 8, capacity, MapFlags.NoPrealloc);

    private static ulong Prefix(uint length, byte a, byte b, byte c, byte d) =>
        length | (ulong)a << 32 | (ulong)b << 40 | (ulong)c << 48 | (ulong)d << 56;

    private static byte[] RandomKey(Random random, int bytes)
    {
        byte[] key = new byte[4 + bytes];
        // Bits that differ from zero are rare, so that prefixes contain each other; what is behind the prefix is noise or nothing.
        int length = random.Next(Math.Min(bytes * 8, 12) + 1) * bytes * 8 / Math.Min(bytes * 8, 12);
        BitConverter.TryWriteBytes(key, length);
        for (int i = 0; i < 3; i++)
            key[4 + random.Next(bytes)] |= (byte)(0x80 >> random.Next(8));
        return key;
    }

    private static string Bits(byte[] key) => string.Concat(key.Skip(4).Select(b => b.ToString("b8")));
}
