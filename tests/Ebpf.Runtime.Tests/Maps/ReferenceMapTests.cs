using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;
using static Ebpf.Runtime.Tests.Maps.MapCalls;

namespace Ebpf.Runtime.Tests.Maps;

public unsafe class ReferenceMapTests
{
    private static readonly MapSpec InnerArray = MapRoom.Spec(MapType.Array, 4, 8, 2);

    public static TheoryData<MapType> MapsOfMaps => [MapType.ArrayOfMaps, MapType.HashOfMaps];

    [Fact]
    public void A_program_array_gives_handles_to_tail_calls_and_ids_to_the_host()
    {
        using MapRoom room = new();
        using ReferenceArrayMap map = ProgArray(room);
        Program program = new(ProgramType.Xdp, 77);

        Assert.Equal(0, map.HostSet(Key(1), program));
        Assert.Equal(program.Handle, map.Target(1));
        Assert.Equal(0, map.Target(0));
        Assert.Equal(0, map.Target(2));
        Assert.Equal(0, map.HostGet(1u, out uint id));
        Assert.Equal(77u, id);
        Assert.Same(program, map.HostGet(Key(1)));
        Assert.Equal(2, program.References);
        Assert.Equal([0u, 1u], map.Keys<uint>());
    }

    [Fact]
    public void Misuse_of_a_program_array_is_answered_as_the_kernel_does()
    {
        using MapRoom room = new();
        using ReferenceArrayMap map = ProgArray(room);
        Program program = new(ProgramType.Xdp, 1);

        Assert.Equal(E2BIG, map.HostSet(Key(2), program));
        Assert.Equal(EINVAL, map.HostSet(Key(0), program, 1));
        Assert.Equal(ENOENT, map.HostGet(0u, out uint _));
        Assert.Equal(ENOENT, map.HostGet(5u, out uint _));
        Assert.Equal(ENOENT, map.HostRemove(0u));
        Assert.Equal(E2BIG, map.HostRemove(2u));
        Assert.Equal(EBADF, map.HostPut(0u, 3u));
        Assert.Equal(E2BIG, map.HostPut(2u, 3u));
        Assert.Equal(ENOTSUPP, map.HostTake(0u, out uint _));
        Assert.Equal(0, map.HostSet(Key(0), program));
        Assert.Equal(EINVAL, map.HostSet(Key(1), new Program(ProgramType.SocketFilter, 2)));
        Assert.False(map.IsCompatible(ProgramType.SocketFilter, false));
        Assert.True(map.IsCompatible(ProgramType.Xdp, false));
        Assert.Equal(1, program.References - 1);
    }

    [Fact]
    public void A_program_array_lets_go_of_its_programs_when_its_owner_does_even_if_they_hold_it()
    {
        using MapRoom room = new();
        ReferenceArrayMap map = ProgArray(room);
        Program program = new(ProgramType.Xdp, 1);
        map.HostSet(Key(0), program);
        Assert.True(map.TryAddReference());

        map.Dispose();
        Assert.Equal(1, program.References);
        Assert.Equal(0, map.Target(0));
        map.Release();
    }

    [Fact]
    public void A_replaced_program_is_released_after_the_last_run_that_could_call_it()
    {
        using MapRoom room = new();
        using ReferenceArrayMap map = ProgArray(room);
        Program old = new(ProgramType.Xdp, 1), next = new(ProgramType.Xdp, 2);
        map.HostSet(Key(0), old);

        using (room.Slots.Enter())
        {
            map.HostSet(Key(0), next);
            Assert.Equal(next.Handle, map.Target(0));
            Assert.Equal(2, old.References);
        }

        Assert.Equal(1, old.References);
        Assert.Equal(0, map.HostRemove(0u));
        Assert.Equal(1, next.References);
    }

    [Theory, MemberData(nameof(MapsOfMaps))]
    public void A_program_gets_the_inner_maps_pointer_and_the_host_its_id(MapType type)
    {
        using MapRoom room = new();
        using EmbeddedMap map = Outer(room, type, InnerArray);
        using EmbeddedMap inner = room.Map(InnerArray);
        inner.Id = 9;

        Assert.True(map.Find<byte, uint>(1u) == null);
        Assert.Equal(0, ((IReferenceMap)map).HostSet(Key(1), inner));
        Assert.Equal(inner.Handle, (nint)map.Find<byte, uint>(1u));
        Assert.Same(inner, EmbeddedMap.FromHandle((nint)map.Find<byte, uint>(1u)));
        Assert.Equal(0, map.HostGet(1u, out uint id));
        Assert.Equal(9u, id);
        Assert.Same(inner, ((IReferenceMap)map).HostGet(Key(1)));
        Assert.Equal(0, map.HostRemove(1u));
        Assert.Equal(ENOENT, map.HostRemove(1u));
        Assert.Equal(ENOENT, map.HostGet(1u, out id));
    }

    [Theory, MemberData(nameof(MapsOfMaps))]
    public void An_inner_map_outlives_its_owner_and_dies_with_its_last_holder(MapType type)
    {
        using MapRoom room = new();
        EmbeddedMap map = Outer(room, type, InnerArray);
        EmbeddedMap inner = room.Map(InnerArray);
        ((IReferenceMap)map).HostSet(Key(1), inner);

        inner.Dispose();
        Assert.Equal(0, EmbeddedMap.FromHandle((nint)map.Find<byte, uint>(1u)).Put(0u, 5UL));
        map.Dispose();
        Assert.Equal(room.BytesWithoutMaps, room.Heap.LiveBytes);
    }

    [Theory, MemberData(nameof(MapsOfMaps))]
    public void A_map_that_only_another_map_knows_is_not_collected(MapType type)
    {
        using MapRoom room = new();
        using EmbeddedMap map = Outer(room, type, InnerArray);
        PutUnknown(room, map);
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        for (uint key = 0; key < 2; key++)
        {
            EmbeddedMap inner = EmbeddedMap.FromHandle((nint)map.Find<byte, uint>(key));
            Assert.Equal(0, inner.HostGet(1u, out ulong value));
            Assert.Equal(55UL, value);
        }

        Assert.Equal(0, map.HostRemove(0u));
        Assert.Equal(0, EmbeddedMap.FromHandle((nint)map.Find<byte, uint>(1u)).HostGet(1u, out ulong _));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void PutUnknown(MapRoom room, EmbeddedMap map)
    {
        using EmbeddedMap inner = room.Map(InnerArray);
        inner.Put(1u, 55UL);
        Assert.Equal(0, ((IReferenceMap)map).HostSet(Key(0), inner));
        Assert.Equal(0, ((IReferenceMap)map).HostSet(Key(1), inner));
    }

    [Theory, MemberData(nameof(MapsOfMaps))]
    public void An_inner_map_that_a_run_has_in_hand_stays_until_the_run_ends(MapType type)
    {
        using MapRoom room = new();
        using EmbeddedMap map = Outer(room, type, InnerArray);
        EmbeddedMap inner = room.Map(InnerArray);
        ((IReferenceMap)map).HostSet(Key(1), inner);
        inner.Dispose();
        long before = room.Heap.LiveBytes;

        using (room.Slots.Enter())
        {
            nint handle = (nint)map.Find<byte, uint>(1u);
            Assert.Equal(0, map.HostRemove(1u));
            Assert.Equal(0, EmbeddedMap.FromHandle(handle).Put(0u, 5UL));
            Assert.Equal(before, room.Heap.LiveBytes);
        }

        Assert.True(room.Heap.LiveBytes < before);
    }

    [Fact]
    public void Flags_of_an_array_of_maps_are_refused_and_of_a_hash_of_maps_are_those_of_a_hash()
    {
        using MapRoom room = new();
        using EmbeddedMap array = Outer(room, MapType.ArrayOfMaps, InnerArray), hash = Outer(room, MapType.HashOfMaps, InnerArray);
        using EmbeddedMap inner = room.Map(InnerArray);
        IReferenceMap arraySets = (IReferenceMap)array, hashSets = (IReferenceMap)hash;

        Assert.Equal(EINVAL, arraySets.HostSet(Key(0), inner, 1));
        Assert.Equal(EINVAL, arraySets.HostSet(Key(0), inner, 2));
        Assert.Equal(E2BIG, arraySets.HostSet(Key(9), inner));
        Assert.Equal(ENOENT, hashSets.HostSet(Key(0), inner, 2));
        Assert.Equal(0, hashSets.HostSet(Key(0), inner, 1));
        Assert.Equal(EEXIST, hashSets.HostSet(Key(0), inner, 1));
        Assert.Equal(EINVAL, hashSets.HostSet(Key(0), inner, 3));
        Assert.Equal(EINVAL, hashSets.HostSet(Key(0), inner, 4));
        Assert.Equal(0, hashSets.HostSet(Key(0), inner, 2));
        Assert.Equal(0, hashSets.HostSet(Key(1), inner));
        Assert.Equal(E2BIG, hashSets.HostSet(Key(2), inner));
        Assert.Equal([0u, 1u], hash.Keys<uint>().Order());
        Assert.Equal(ENOTSUPP, array.HostTake(0u, out uint _));
        Assert.Equal(ENOTSUPP, hash.HostTake(0u, out uint _));
    }

    [Theory, MemberData(nameof(MapsOfMaps))]
    public void Only_a_map_like_the_template_is_taken(MapType type)
    {
        using MapRoom room = new();
        using EmbeddedMap map = Outer(room, type, InnerArray);
        using EmbeddedMap longer = room.Map(InnerArray with { MaxEntries = 3 });
        using EmbeddedMap wider = room.Map(InnerArray with { ValueSize = 16 });
        using EmbeddedMap other = room.Map(MapType.Hash, 4, 8, 2);
        using EmbeddedMap flagged = room.Map(InnerArray with { Flags = MapFlags.ReadOnlyProgram });

        foreach (EmbeddedMap inner in new[] { longer, wider, other, flagged })
            Assert.Equal(EINVAL, ((IReferenceMap)map).HostSet(Key(0), inner));
    }

    [Fact]
    public void Hashes_inside_maps_may_differ_in_capacity_and_arrays_with_the_flag_for_it()
    {
        using MapRoom room = new();
        MapSpec hashSpec = MapRoom.Spec(MapType.Hash, 4, 8, 2), arraySpec = InnerArray with { Flags = MapFlags.InnerMap };
        using EmbeddedMap ofHashes = Outer(room, MapType.ArrayOfMaps, hashSpec), ofArrays = Outer(room, MapType.ArrayOfMaps, arraySpec);
        using EmbeddedMap hash = room.Map(hashSpec with { MaxEntries = 50 }), array = room.Map(arraySpec with { MaxEntries = 50 });

        Assert.Equal(0, ((IReferenceMap)ofHashes).HostSet(Key(0), hash));
        Assert.Equal(0, ((IReferenceMap)ofArrays).HostSet(Key(0), array));
    }

    private static EmbeddedMap Outer(MapRoom room, MapType type, MapSpec inner) => room.Map(MapRoom.Spec(type, 4, 4, 2) with { Inner = inner });

    private static ReferenceArrayMap ProgArray(MapRoom room) => (ReferenceArrayMap)room.Map(MapType.ProgArray, 4, 4, 2);

    private static byte[] Key(uint key) => BitConverter.GetBytes(key);

    private sealed class Program(ProgramType type, uint id) : IProgramReferent
    {
        public int References { get; private set; } = 1;

        public nint Handle => (nint)(id * 4096);

        public uint Id => id;

        public ProgramType ProgramType => type;

        public bool HandlesFragments => false;

        public bool TryAddReference() => References++ > 0;

        public void Release() => References--;
    }
}
