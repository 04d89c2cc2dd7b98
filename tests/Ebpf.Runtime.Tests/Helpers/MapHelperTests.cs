using Ebpf.Bytecode.Isa;
using Ebpf.Runtime.Maps;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Helpers;

public sealed class MapHelperTests
{
    /// <summary>Key 1 at fp-4, value 7 at fp-16; R1 map, R2 key, R3 value.</summary>
    private static Instruction[] KeyAndValue(int map) =>
        [StoreImmediate(Size.W, R10, -4, 1), StoreImmediate(Size.DW, R10, -16, 7), .. LoadMap(R1, map), Mov64(R2, R10), Add64(R2, -4), Mov64(R3, R10), Add64(R3, -16)];

    [Fact]
    public void A_hash_is_updated_looked_up_and_emptied()
    {
        using var room = new EngineRoom();
        EmbeddedMap map = room.Map(MapType.Hash, 4, 8, 4);
        Instruction[] code =
        [
            .. KeyAndValue(0), Mov64(R4, 0), Call(HelperId.MapUpdateElem), Mov64(R6, R0),
            .. KeyAndValue(0), Call(HelperId.MapLookupElem), JumpIf(Opcodes.Jne, R0, 0, 1), Exit(), Load(Size.DW, R7, R0, 0),
            .. KeyAndValue(0), Call(HelperId.MapDeleteElem), Or64(R6, R0),
            .. KeyAndValue(0), Call(HelperId.MapLookupElem), Or64(R6, R0), JumpIf(Opcodes.Jeq, R6, 0, 2), Mov64(R0, -1), Exit(),
            .. KeyAndValue(0), Call(HelperId.MapDeleteElem), Sub64(R7, R0), Mov64(R0, R7), Exit(),
        ];

        Assert.Equal(7UL + 2, room.Run(ProgramType.Xdp, new RunRequest(), code).ReturnValue);
        Assert.Empty(Keys(map));
    }

    [Fact]
    public void Each_cpu_has_values_of_its_own()
    {
        using var room = new EngineRoom();
        room.Map(MapType.PerCpuArray, 4, 8, 4);
        Instruction[] increment =
        [
            .. KeyAndValue(0), Call(HelperId.MapLookupElem), JumpIf(Opcodes.Jne, R0, 0, 1), Exit(),
            Mov64(R1, 1), Atomic(Size.DW, Opcodes.AtomicAdd | Opcodes.AtomicFetch, R0, 0, R1), Mov64(R0, R1), Exit(),
        ];
        EmbeddedProgram program = room.Program(EngineRoom.Spec(ProgramType.Xdp, increment));

        Assert.Equal(4UL, program.Run(new RunRequest { Cpu = 2, Repeat = 5 }).ReturnValue);
        Assert.Equal(0UL, program.Run(new RunRequest { Cpu = 3 }).ReturnValue);
        Instruction[] other = [.. KeyAndValue(0), Mov64(R3, 2), Call(HelperId.MapLookupPerCpuElem), JumpIf(Opcodes.Jne, R0, 0, 1), Exit(), Load(Size.DW, R0, R0, 0), Exit()];
        Assert.Equal(5UL, room.Run(ProgramType.Xdp, new RunRequest { Cpu = 0 }, other).ReturnValue);
    }

    [Fact]
    public void A_queue_gives_back_what_was_pushed()
    {
        using var room = new EngineRoom();
        room.Map(MapType.Queue, 0, 8, 2);
        Instruction[] value = [.. LoadMap(R1, 0), Mov64(R2, R10), Add64(R2, -16)];
        Instruction[] code =
        [
            StoreImmediate(Size.DW, R10, -16, 7), .. value, Mov64(R3, 0), Call(HelperId.MapPushElem), StoreImmediate(Size.DW, R10, -16, 8), .. value, Mov64(R3, 0), Call(HelperId.MapPushElem),
            .. value, Call(HelperId.MapPeekElem), Load(Size.DW, R6, R10, -16), .. value, Call(HelperId.MapPopElem), .. value, Call(HelperId.MapPopElem), Load(Size.DW, R7, R10, -16),
            .. value, Call(HelperId.MapPopElem), Mov64(R8, R0), Mov64(R0, R6), Mul64(R0, 100), Add64(R0, R7), Sub64(R0, R8), Exit(),
        ];

        Assert.Equal(708UL + 2, room.Run(ProgramType.Xdp, new RunRequest(), code).ReturnValue);
    }

    [Fact]
    public void Global_data_is_reached_directly()
    {
        using var room = new EngineRoom();
        EmbeddedMap map = room.Map(MapType.Array, 4, 16, 1);
        Instruction[] code = [.. LoadMapValue(R1, 0, 8), Load(Size.DW, R0, R1, 0), Add64(R0, 1), Store(Size.DW, R1, 0, R0), Exit()];
        EmbeddedProgram program = room.Program(EngineRoom.Spec(ProgramType.Syscall, code));

        Assert.Equal(3UL, program.Run(new RunRequest { Repeat = 3 }).ReturnValue);
        byte[] value = new byte[16];
        Assert.Equal(0, map.HostLookup(new byte[4], value));
        Assert.Equal(3, value[8]);
    }

    [Theory]
    [InlineData(MapType.Array)]
    [InlineData(MapType.Hash)]
    [InlineData(MapType.LruHash)]
    [InlineData(MapType.PerCpuHash)]
    public void A_callback_visits_every_element(MapType type)
    {
        using var room = new EngineRoom();
        EmbeddedMap map = room.Map(type, 4, 8, 10);
        byte[] value = new byte[map.HostValueSize];
        for (int i = 0; i < 10; i++)
        {
            BitConverter.TryWriteBytes(value, i * 10L);
            Assert.Equal(0, map.HostUpdate(BitConverter.GetBytes(i), value));
        }

        // The callback adds key and value to the sum that its context points to.
        Instruction[] code =
        [
            StoreImmediate(Size.DW, R10, -8, 0), .. LoadMap(R1, 0), .. LoadFunction(R2, 9), Mov64(R3, R10), Add64(R3, -8), Mov64(R4, 0), Call(HelperId.ForEachMapElem),
            Load(Size.DW, R1, R10, -8), Mul64(R0, 1000), Add64(R0, R1), Exit(),
            Load(Size.W, R1, R2, 0), Load(Size.DW, R3, R3, 0), Load(Size.DW, R0, R4, 0), Add64(R0, R1), Add64(R0, R3), Store(Size.DW, R4, 0, R0), Mov64(R0, 0), Exit(),
        ];

        Assert.Equal(10_000UL + 45 + 450, room.Run(ProgramType.Xdp, new RunRequest { Cpu = 0 }, code).ReturnValue);
    }

    [Fact]
    public void A_callback_may_delete_the_element_that_it_visits()
    {
        using var room = new EngineRoom();
        EmbeddedMap map = room.Map(MapType.Hash, 4, 8, 100);
        for (int i = 0; i < 100; i++)
            Assert.Equal(0, map.HostUpdate(BitConverter.GetBytes(i), new byte[8]));
        Instruction[] code =
        [
            .. LoadMap(R1, 0), .. LoadFunction(R2, 5), Mov64(R3, 0), Mov64(R4, 0), Call(HelperId.ForEachMapElem), Exit(),
            Call(HelperId.MapDeleteElem), Mov64(R0, 0), Exit(),
        ];

        Assert.Equal(100UL, room.Run(ProgramType.Xdp, new RunRequest(), code).ReturnValue);
        Assert.Empty(Keys(map));
    }

    [Fact]
    public void A_map_in_a_map_is_looked_up_and_used()
    {
        using var room = new EngineRoom();
        var inner = new Bytecode.Specs.MapSpec { Name = "inner", Type = MapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 2 };
        EmbeddedMap outer = room.Map(new Bytecode.Specs.MapSpec { Name = "outer", Type = MapType.ArrayOfMaps, KeySize = 4, ValueSize = 4, MaxEntries = 4, Inner = inner });
        EmbeddedMap held = room.Map(inner);
        Assert.Equal(0, ((IReferenceMap)outer).HostSet(BitConverter.GetBytes(1), held));
        Instruction[] code =
        [
            .. KeyAndValue(0), Call(HelperId.MapLookupElem), JumpIf(Opcodes.Jne, R0, 0, 1), Exit(),
            Mov64(R1, R0), Mov64(R2, R10), Add64(R2, -4), Call(HelperId.MapLookupElem), JumpIf(Opcodes.Jne, R0, 0, 1), Exit(),
            StoreImmediate(Size.DW, R0, 0, 55), Mov64(R0, 1), Exit(),
        ];

        Assert.Equal(1UL, room.Run(ProgramType.Xdp, new RunRequest(), code).ReturnValue);
        byte[] value = new byte[8];
        Assert.Equal(0, held.HostLookup(BitConverter.GetBytes(1), value));
        Assert.Equal(55, value[0]);
    }

    [Fact]
    public void A_spin_lock_is_free_after_a_run_that_was_stopped_with_it()
    {
        using var room = new EngineRoom();
        EmbeddedMap map = room.Map(MapType.Array, 4, 16, 1);
        Instruction[] code = [.. LoadMapValue(R1, 0, 0), Mov64(R6, R1), Call(HelperId.SpinLock), Mov64(R1, R6), Call(HelperId.SpinLock), Exit()];

        Assert.Contains("second spin lock", room.Run(ProgramType.Xdp, new RunRequest(), code).Fault!.Reason);
        byte[] value = new byte[16];
        Assert.Equal(0, map.HostLookup(new byte[4], value));
        Assert.Equal(0, value[0]);
    }

    private static List<int> Keys(EmbeddedMap map)
    {
        List<int> keys = [];
        byte[] key = [], next = new byte[4];
        while (map.HostNextKey(key, next) == 0)
        {
            keys.Add(BitConverter.ToInt32(next));
            key = [.. next];
        }

        return keys;
    }
}
