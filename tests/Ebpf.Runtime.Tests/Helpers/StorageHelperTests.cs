using Ebpf.Bytecode.Isa;
using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Tests.Maps;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Helpers;

public unsafe class StorageHelperTests
{
    /// <summary>Counts up in the value of the object in R2 and returns the count.</summary>
    private static Instruction[] Count(HelperId helper) =>
    [
        .. LoadMap(R1, 0), Mov64(R3, 0), Mov64(R4, 1), Call(helper), JumpIf(Opcodes.Jne, R0, 0, 1), Exit(),
        Load(Size.DW, R1, R0, 0), Add64(R1, 1), Store(Size.DW, R0, 0, R1), Mov64(R0, R1), Exit(),
    ];

    [Fact]
    public void A_task_keeps_its_value_from_run_to_run_under_its_thread_id()
    {
        using var room = new EngineRoom();
        EmbeddedMap map = room.Map(MapRoom.Spec(MapType.TaskStorage, 4, 8, 0, MapFlags.NoPrealloc) with { KeyType = 1, ValueType = 1 });
        Instruction[] code = [Call(HelperId.GetCurrentTaskBtf), Mov64(R2, R0), .. Count(HelperId.TaskStorageGet)];

        Assert.Equal(1UL, room.Run(ProgramType.Syscall, new RunRequest { PidTgid = 7UL << 32 | 8 }, code).ReturnValue);
        Assert.Equal(2UL, room.Run(ProgramType.Syscall, new RunRequest { PidTgid = 7UL << 32 | 8 }, code).ReturnValue);
        Assert.Equal(1UL, room.Run(ProgramType.Syscall, new RunRequest { PidTgid = 7UL << 32 | 9 }, code).ReturnValue);

        Assert.Equal(0, map.HostGet(8u, out ulong value));
        Assert.Equal(2UL, value);
    }

    [Fact]
    public void A_packets_socket_is_the_one_that_the_host_gives_the_run()
    {
        using var room = new EngineRoom();
        room.Map(MapRoom.Spec(MapType.SkStorage, 4, 8, 0, MapFlags.NoPrealloc) with { KeyType = 1, ValueType = 1 });
        Instruction[] code = [Load(Size.DW, R2, R1, 168), JumpIf(Opcodes.Jne, R2, 0, 2), Mov64(R0, -1), Exit(), .. Count(HelperId.SkStorageGet)];

        Assert.Equal(ulong.MaxValue, room.Run(ProgramType.SchedCls, new RunRequest(), code).ReturnValue);
        Assert.Equal(1UL, room.Run(ProgramType.SchedCls, new RunRequest { SocketId = 3 }, code).ReturnValue);
        Assert.Equal(2UL, room.RunBoth(ProgramType.SchedCls, new RunRequest { SocketId = 3, Socket = new byte[] { 0, 0, 0, 0, 2 } }, [Load(Size.DW, R2, R1, 168), Load(Size.W, R0, R2, 4), Exit()]).ReturnValue);
    }

    [Fact]
    public void A_cgroups_value_is_there_at_once()
    {
        using var room = new EngineRoom();
        EmbeddedMap map = room.Map(MapType.CgroupStorage, 8, 8, 0);
        Instruction[] code = [.. LoadMap(R1, 0), Mov64(R2, 0), Call(HelperId.GetLocalStorage), Mov64(R1, 1), Store(Size.DW, R0, 0, R1), Mov64(R0, 0), Exit()];

        Assert.Equal(0UL, room.Run(ProgramType.CgroupSkb, new RunRequest { CgroupId = 77 }, code).ReturnValue);

        Assert.Equal(0, map.HostGet(77UL, out ulong value));
        Assert.Equal(1UL, value);
    }

    [Fact]
    public void A_runs_call_stack_is_the_one_that_the_host_gives_it()
    {
        using var room = new EngineRoom();
        EmbeddedMap map = room.Map(MapType.StackTrace, 4, 16, 8);
        Instruction[] code = [.. LoadMap(R2, 0), Mov64(R3, 1), Call(HelperId.GetStackid), Exit()];

        Assert.Equal(-14, (long)room.Run(ProgramType.Kprobe, new RunRequest(), code).ReturnValue);
        Assert.Equal(-22, (long)room.Run(ProgramType.Kprobe, new RunRequest(), [.. LoadMap(R2, 0), Mov64(R3, 1 << 12), Call(HelperId.GetStackid), Exit()]).ReturnValue);
        ulong id = room.Run(ProgramType.Kprobe, new RunRequest { KernelStack = new ulong[] { 0x10, 0x20 } }, code).ReturnValue;

        Assert.Equal(0, map.HostGet((uint)id, out (ulong, ulong) stack));
        Assert.Equal((0x20UL, 0UL), stack);
    }

    [Fact]
    public void A_program_takes_the_samples_of_the_host_until_its_callback_has_enough()
    {
        using var room = new EngineRoom();
        var ring = (UserRingBufferMap)room.Map(MapType.UserRingBuf, 0, 0, 4096);
        for (byte i = 1; i <= 5; i++)
            Assert.Equal(0, Write(ring, [i, 0, 0, 0, 0, 0, 0, 0]));

        // The callback adds each sample to the sum that its context points to, and ends at sample 3.
        Instruction[] code =
        [
            StoreImmediate(Size.DW, R10, -8, 0),
            .. LoadMap(R1, 0), .. LoadFunction(R2, 10), Mov64(R3, R10), Add64(R3, -8), Mov64(R4, 0), Call(HelperId.UserRingBufDrain),
            Mov64(R6, R0), Load(Size.DW, R0, R10, -8), Lsh64(R6, 32), Or64(R0, R6), Exit(),
            Mov64(R6, R2), Mov64(R2, 0), Mov64(R3, 8), Call(HelperId.DynptrData), Load(Size.DW, R1, R0, 0), Load(Size.DW, R2, R6, 0), Add64(R2, R1), Store(Size.DW, R6, 0, R2),
            Mov64(R0, 0), JumpIf(Opcodes.Jne, R1, 3, 1), Mov64(R0, 1), Exit(),
        ];

        Assert.Equal((3UL << 32) | 6, room.Run(ProgramType.Syscall, new RunRequest(), code).ReturnValue);
        Assert.Equal((2UL << 32) | 9, room.Run(ProgramType.Syscall, new RunRequest(), code).ReturnValue);
    }

    private static int Write(UserRingBufferMap ring, ReadOnlySpan<byte> sample)
    {
        int error = ring.HostReserve((uint)sample.Length, out byte* to);
        if (error == 0)
        {
            sample.CopyTo(new Span<byte>(to, sample.Length));
            UserRingBufferMap.HostCommit(to, (uint)sample.Length, isDiscarded: false);
        }

        return error;
    }
}
