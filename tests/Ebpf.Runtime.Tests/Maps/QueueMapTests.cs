using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;
using static Ebpf.Runtime.Tests.Maps.MapCalls;

namespace Ebpf.Runtime.Tests.Maps;

public unsafe class QueueMapTests
{
    public static TheoryData<MapType> Both => [MapType.Queue, MapType.Stack];

    [Theory]
    [InlineData(MapType.Queue, new uint[] { 0, 1, 2 })]
    [InlineData(MapType.Stack, new uint[] { 2, 1, 0 })]
    public void Values_come_out_in_the_types_order(MapType type, uint[] expected)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 0, 4, 3);
        for (uint i = 0; i < 3; i++)
            Assert.Equal(0, Push(map, i));

        foreach (uint value in expected)
        {
            Assert.Equal((0, value), Peek(map));
            Assert.Equal((0, value), Pop(map));
        }
    }

    [Theory, MemberData(nameof(Both))]
    public void An_empty_one_answers_ENOENT_and_zeroes_the_value(MapType type)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 0, 4, 3);

        Assert.Equal((ENOENT, 0u), Peek(map));
        Assert.Equal((ENOENT, 0u), Pop(map));
    }

    [Theory]
    [InlineData(MapType.Queue, 2u)]
    [InlineData(MapType.Stack, 4u)]
    public void A_full_one_refuses_or_drops_its_oldest(MapType type, uint next)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 0, 4, 3);
        for (uint i = 1; i <= 3; i++)
            Push(map, i);

        Assert.Equal(E2BIG, Push(map, 4u));
        Assert.Equal(EINVAL, Push(map, 4u, 1));
        Assert.Equal(EINVAL, Push(map, 4u, 3));
        Assert.Equal(EINVAL, Push(map, 4u, 4));
        Assert.Equal(0, Push(map, 4u, 2));
        Assert.Equal((0, next), Pop(map));
    }

    [Theory, MemberData(nameof(Both))]
    public void The_host_pushes_peeks_and_pops_without_a_key(MapType type)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 0, 4, 3);
        byte[] value = [1, 2, 3, 4];

        Assert.Equal(ENOENT, map.HostLookup(default, value));
        Assert.Equal([1, 2, 3, 4], value);
        Assert.Equal(0, map.HostUpdate(default, BitConverter.GetBytes(7u)));
        Assert.Equal(0, map.HostLookup(default, value));
        Assert.Equal(7u, BitConverter.ToUInt32(value));
        Assert.Equal(0, map.HostLookupAndDelete(default, value));
        Assert.Equal(ENOENT, map.HostLookupAndDelete(default, value));
        Assert.Equal(EINVAL, map.HostDelete(default));
        Assert.Equal(EINVAL, map.HostNextKey(default, default));
        Assert.Equal(EINVAL, map.HostPut(0u, 7u));
        Assert.Equal(EINVAL, map.HostLookup(default, value, 4));
    }

    [Theory, MemberData(nameof(Both))]
    public void What_needs_a_key_is_refused_to_programs(MapType type)
    {
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 0, 4, 3);

        Assert.Equal(EINVAL, map.Put(0u, 0u));
        Assert.Equal(EINVAL, map.Remove(0u));
        Assert.True(map.Find<uint, uint>(0u) == null);
    }

    [Theory, MemberData(nameof(Both))]
    public void Random_calls_agree_with_a_list(MapType type)
    {
        using MapRoom room = new();
        Random random = new(type == MapType.Queue ? 1 : 2);
        for (uint capacity = 1; capacity < 8; capacity++)
        {
            using EmbeddedMap map = room.Map(type, 0, 4, capacity);
            LinkedList<uint> model = new();
            for (int step = 0; step < 2000; step++)
            {
                uint value = (uint)random.Next();
                switch (random.Next(4))
                {
                    case 0:
                        Assert.Equal(model.Count < capacity ? 0 : E2BIG, Push(map, value));
                        if (model.Count < capacity)
                            model.AddLast(value);
                        break;
                    case 1:
                        Assert.Equal(0, Push(map, value, 2));
                        model.AddLast(value);
                        if (model.Count > capacity)
                            model.RemoveFirst();
                        break;
                    case 2:
                        Assert.Equal(Next(model, type), Peek(map));
                        break;
                    default:
                        Assert.Equal(Next(model, type), Pop(map));
                        if (model.Count > 0 && type == MapType.Queue)
                            model.RemoveFirst();
                        else if (model.Count > 0)
                            model.RemoveLast();
                        break;
                }
            }
        }
    }

    [Theory, MemberData(nameof(Both))]
    public void What_several_threads_push_comes_out_once_each(MapType type)
    {
        const int PerThread = 20_000;
        using MapRoom room = new();
        using EmbeddedMap map = room.Map(type, 0, 4, 64);
        int[] seen = new int[2 * PerThread];

        Threads.Run(4, thread =>
        {
            using ExecutionSlot slot = room.Slots.Enter();
            for (int i = 0; i < PerThread;)
            {
                if (thread < 2 && Push(map, (uint)(thread * PerThread + i)) == 0)
                {
                    i++;
                }
                else if (thread >= 2 && Pop(map) is (0, uint value))
                {
                    Interlocked.Increment(ref seen[value]);
                    i++;
                }
                else
                {
                    Thread.Yield();
                }
            }
        });

        Assert.All(seen, count => Assert.Equal(1, count));
    }

    private static (int Result, uint Value) Next(LinkedList<uint> model, MapType type) =>
        model.Count == 0 ? (ENOENT, 0u) : (0, type == MapType.Queue ? model.First!.Value : model.Last!.Value);

    private static int Push(EmbeddedMap map, uint value, ulong flags = 0) => map.Push((byte*)&value, flags);

    private static (int Result, uint Value) Pop(EmbeddedMap map)
    {
        uint value = 99;
        return (map.Pop((byte*)&value), value);
    }

    private static (int Result, uint Value) Peek(EmbeddedMap map)
    {
        uint value = 99;
        return (map.Peek((byte*)&value), value);
    }
}
