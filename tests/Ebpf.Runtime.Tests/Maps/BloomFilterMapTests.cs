using Ebpf.Runtime.Maps;
using static Ebpf.Runtime.Tests.Maps.MapCalls;

namespace Ebpf.Runtime.Tests.Maps;

public unsafe class BloomFilterMapTests
{
    [Theory]
    [InlineData(4, 0)]
    [InlineData(8, 1)]
    [InlineData(8, 15)]
    [InlineData(37, 3)]
    public void What_was_pushed_is_found_and_most_of_what_was_not_is_not(int valueSize, int hashes)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapRoom.Spec(MapType.BloomFilter, 0, (uint)valueSize, 1000, MapFlags.ZeroSeed) with { Extra = (ulong)hashes });
        byte[] value = new byte[valueSize];
        fixed (byte* bytes = value)
        {
            for (int i = 0; i < 1000; i++)
            {
                BitConverter.TryWriteBytes(value, i);
                Assert.Equal(0, map.Push(bytes, 0));
            }

            int wrong = 0;
            for (int i = 0; i < 2000; i++)
            {
                BitConverter.TryWriteBytes(value, i);
                int result = map.Peek(bytes);
                if (i < 1000)
                    Assert.Equal(0, result);
                else if (result == 0)
                    wrong++;
                else
                    Assert.Equal(ENOENT, result);
            }

            Assert.InRange(wrong, 0, 500);
        }
    }

    [Fact]
    public void Misuse_is_answered_as_the_kernel_does()
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(MapType.BloomFilter, 0, 4, 10);
        byte[] value = [5, 0, 0, 0];
        uint raw = 5;

        Assert.Equal(ENOENT, map.HostLookup(default, value));
        Assert.Equal(EINVAL, map.HostUpdate(default, value, 1));
        Assert.Equal(EINVAL, map.HostUpdate(default, value, 2));
        Assert.Equal(0, map.HostUpdate(default, value));
        Assert.Equal(0, map.HostLookup(default, value));
        Assert.Equal(EINVAL, map.HostLookup(default, value, 4));
        Assert.Equal(EINVAL, map.HostPut(0u, 5u));
        Assert.Equal(EOPNOTSUPP, map.HostDelete(default));
        Assert.Equal(EOPNOTSUPP, map.HostNextKey(default, default));
        Assert.Equal(ENOTSUPP, map.HostLookupAndDelete(default, value));
        Assert.Equal(EOPNOTSUPP, map.Pop((byte*)&raw));
        Assert.Equal(EINVAL, map.Push((byte*)&raw, 2));
        Assert.Equal(EINVAL, map.Put(0u, 5u));
        Assert.True(map.Find<uint, uint>(0u) == null);
    }
}
