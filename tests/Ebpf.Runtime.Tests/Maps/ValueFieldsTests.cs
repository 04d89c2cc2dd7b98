using System.Text;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;
using static Ebpf.Runtime.Tests.Maps.MapCalls;

namespace Ebpf.Runtime.Tests.Maps;

/// <summary>Values that begin with a <c>struct bpf_spin_lock</c>: <c>struct value { struct bpf_spin_lock lock; u64 data; }</c>.</summary>
public unsafe class ValueFieldsTests
{
    private const ulong Lock = 4;

    public static TheoryData<MapType> Types => [MapType.Array, MapType.Hash];

    [Theory, MemberData(nameof(Types))]
    public void The_hosts_bytes_never_reach_the_lock_and_the_locks_never_the_host(MapType type)
    {
        using MapRoom room = new();
        using EmbeddedMap map = Locked(room, type);
        Value value = new() { Lock = 77, Data = 5 };

        Assert.Equal(0, map.HostPut(0u, value));
        Value* stored = map.Find<Value, uint>(0u);
        Assert.Equal((0, 5UL), (stored->Lock, stored->Data));
        stored->Lock = 1;
        Assert.Equal(0, map.HostGet(0u, out Value seen));
        Assert.Equal((0, 5UL), (seen.Lock, seen.Data));
        Assert.Equal(0, map.Put(0u, value));
        Assert.Equal(type == MapType.Array ? 1 : 0, map.Find<Value, uint>(0u)->Lock);
    }

    [Theory, MemberData(nameof(Types))]
    public void An_update_under_the_lock_is_made_in_place_and_leaves_the_lock_free(MapType type)
    {
        using MapRoom room = new();
        using EmbeddedMap map = Locked(room, type);
        map.Put(0u, new Value { Data = 1 });
        Value* stored = map.Find<Value, uint>(0u);

        Assert.Equal(0, map.HostPut(0u, new Value { Lock = 3, Data = 2 }, Lock));
        Assert.Equal((nint)stored, (nint)map.Find<Value, uint>(0u));
        Assert.Equal((0, 2UL), (stored->Lock, stored->Data));
        Assert.Equal(0, map.Put(0u, new Value { Data = 3 }, Lock | 2));
        Assert.Equal(0, map.HostGet(0u, out Value seen, Lock));
        Assert.Equal((0, 3UL), (seen.Lock, seen.Data));
        Assert.Equal(EEXIST, map.HostPut(0u, default(Value), Lock | 1));
        Assert.Equal(EINVAL, map.HostPut(0u, default(Value), Lock | 3));
    }

    [Fact]
    public void A_hash_inserts_with_the_flag_too()
    {
        using MapRoom room = new();
        using EmbeddedMap map = Locked(room, MapType.Hash);

        Assert.Equal(ENOENT, map.HostPut(0u, default(Value), Lock | 2));
        Assert.Equal(0, map.HostPut(0u, new Value { Lock = 9, Data = 2 }, Lock));
        Assert.Equal(0, map.Find<Value, uint>(0u)->Lock);
        Assert.Equal(0, map.HostTake(0u, out Value taken, Lock));
        Assert.Equal((0, 2UL), (taken.Lock, taken.Data));
    }

    [Fact]
    public void Copies_under_the_lock_never_show_half_of_what_a_program_writes_under_it()
    {
        using MapRoom room = new();
        using EmbeddedMap map = Locked(room, MapType.Array);
        Value* stored = map.Find<Value, uint>(0u);

        Threads.Run(3, worker =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                if (worker == 0)
                {
                    NativeLock.Acquire(&stored->Lock);
                    stored->Data++;
                    stored->More++;
                    NativeLock.Release(&stored->Lock);
                }
                else if (worker == 1)
                {
                    Assert.Equal(0, map.HostPut(0u, new Value { Data = (ulong)i, More = (ulong)i }, Lock));
                }
                else
                {
                    Assert.Equal(0, map.HostGet(0u, out Value seen, Lock));
                    Assert.Equal(seen.Data, seen.More);
                }
            }
        });
    }

    // What the type information says is the file's word: found by fuzzing, a lock of 4 GiB.
    [Theory]
    [InlineData(0xffff_fffcu, 0u)]
    [InlineData(1u, 0u)]
    [InlineData(4u, 16u)]
    [InlineData(4u, 22 * 8u)]
    public void A_lock_of_another_size_misplaced_or_beyond_the_end_is_plain_data(uint size, uint bitOffset)
    {
        using MapRoom room = new();
        using EmbeddedMap map = Locked(room, MapType.Hash, size, bitOffset);

        Assert.Equal(0, map.HostPut(0u, new Value { Lock = 7, Data = 2, More = ulong.MaxValue }));
        Assert.Equal(0, map.HostGet(0u, out Value seen));
        Assert.Equal((7, 2UL, ulong.MaxValue), (seen.Lock, seen.Data, seen.More));
        Assert.Equal(EINVAL, map.HostPut(0u, default(Value), Lock));
    }

    private static EmbeddedMap Locked(MapRoom room, MapType type, uint lockSize = 4, uint lockOffset = 0) =>
        room.Map(MapRoom.Spec(type, 4, (uint)sizeof(Value), 2) with { Types = Types4(lockSize, lockOffset), ValueType = 4 });

    /// <summary>u32; struct bpf_spin_lock { u32 val; }; u64; struct value { struct bpf_spin_lock lock; u64 data; u64 more; }.</summary>
    private static BtfView Types4(uint lockSize, uint lockOffset)
    {
        const uint Int = 1u << 24, Struct = 4u << 24;
        StringBuilder names = new("\0");
        uint Name(string text)
        {
            uint at = (uint)names.Length;
            names.Append(text).Append('\0');
            return at;
        }

        uint[] types =
        [
            Name("u32"), Int, 4, 32,
            Name("bpf_spin_lock"), Struct | 1, lockSize, Name("val"), 1, 0,
            Name("u64"), Int, 8, 64,
            Name("value"), Struct | 3, 24, Name("lock"), 2, lockOffset, Name("data"), 3, 64, Name("more"), 3, 128,
        ];
        uint bytes = (uint)types.Length * 4;
        uint[] header = [0x0001_eB9F, 24, 0, bytes, bytes, (uint)names.Length];
        return BtfView.Read((byte[])[.. header.Concat(types).SelectMany(BitConverter.GetBytes), .. Encoding.ASCII.GetBytes(names.ToString())]);
    }

    private struct Value
    {
        public int Lock;
        public ulong Data;
        public ulong More;
    }
}
