using Ebpf.Bytecode.Isa;
using Ebpf.Runtime.Maps;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Helpers;

public sealed class RingBufHelperTests
{
    private static List<byte[]> Records(EmbeddedMap map)
    {
        List<byte[]> records = [];
        while (((RingBufferMap)map).TryRead(out RingBufferLease lease))
        {
            records.Add(lease.Record.ToArray());
            lease.Dispose();
        }

        return records;
    }

    [Fact]
    public void A_record_is_reserved_filled_in_and_submitted()
    {
        using var room = new EngineRoom();
        EmbeddedMap ring = room.Map(MapType.RingBuf, 0, 0, 4096);
        Instruction[] code =
        [
            .. LoadMap(R1, 0), Mov64(R2, 8), Mov64(R3, 0), Call(HelperId.RingBufReserve), JumpIf(Opcodes.Jne, R0, 0, 1), Exit(),
            StoreImmediate(Size.DW, R0, 0, 42), Mov64(R1, R0), Mov64(R2, 0), Call(HelperId.RingBufSubmit), Mov64(R0, 1), Exit(),
        ];

        Assert.Equal(1UL, room.Run(ProgramType.Xdp, new RunRequest(), code).ReturnValue);
        Assert.Equal([[42, 0, 0, 0, 0, 0, 0, 0]], Records(ring));
    }

    [Fact]
    public void Output_copies_and_a_discarded_record_is_never_seen()
    {
        using var room = new EngineRoom();
        EmbeddedMap ring = room.Map(MapType.RingBuf, 0, 0, 4096);
        Instruction[] code =
        [
            .. LoadMap(R1, 0), Mov64(R2, 8), Mov64(R3, 0), Call(HelperId.RingBufReserve), JumpIf(Opcodes.Jne, R0, 0, 1), Exit(), Mov64(R1, R0), Mov64(R2, 0), Call(HelperId.RingBufDiscard),
            StoreImmediate(Size.W, R10, -4, 0x0badcafe), .. LoadMap(R1, 0), Mov64(R2, R10), Add64(R2, -4), Mov64(R3, 4), Mov64(R4, 0), Call(HelperId.RingBufOutput), Mov64(R6, R0),
            .. LoadMap(R1, 0), Mov64(R2, 0), Call(HelperId.RingBufQuery), Add64(R0, R6), Exit(),
        ];

        Assert.Equal(32UL, room.Run(ProgramType.Xdp, new RunRequest(), code).ReturnValue);
        Assert.Equal([[0xfe, 0xca, 0xad, 0x0b]], Records(ring));
    }

    [Fact]
    public void A_record_is_out_of_reach_once_it_is_submitted()
    {
        using var room = new EngineRoom();
        room.Map(MapType.RingBuf, 0, 0, 4096);
        Instruction[] code =
        [
            .. LoadMap(R1, 0), Mov64(R2, 8), Mov64(R3, 0), Call(HelperId.RingBufReserve), Mov64(R6, R0), Mov64(R1, R0), Mov64(R2, 0), Call(HelperId.RingBufSubmit),
            StoreImmediate(Size.DW, R6, 0, 1), Exit(),
        ];

        Assert.Equal(9, room.Run(ProgramType.Xdp, new RunRequest(), code).Fault!.Instruction);
    }

    [Fact]
    public void A_run_that_is_stopped_with_a_record_in_its_hands_does_not_block_the_ring()
    {
        using var room = new EngineRoom();
        EmbeddedMap ring = room.Map(MapType.RingBuf, 0, 0, 4096);
        Instruction[] reserve = [.. LoadMap(R1, 0), Mov64(R2, 8), Mov64(R3, 0), Call(HelperId.RingBufReserve), Load(Size.B, R0, R0, 8), Exit()];
        Instruction[] output = [StoreImmediate(Size.W, R10, -4, 1), .. LoadMap(R1, 0), Mov64(R2, R10), Add64(R2, -4), Mov64(R3, 4), Mov64(R4, 0), Call(HelperId.RingBufOutput), Exit()];

        Assert.NotNull(room.Run(ProgramType.Xdp, new RunRequest(), reserve).Fault);
        Assert.Equal(0UL, room.Run(ProgramType.Xdp, new RunRequest(), output).ReturnValue);
        Assert.Equal([[1, 0, 0, 0]], Records(ring));
    }

    [Fact]
    public void What_was_not_reserved_cannot_be_submitted()
    {
        using var room = new EngineRoom();

        Assert.Contains("not a ring buffer record", room.Run(ProgramType.Xdp, new RunRequest(), Mov64(R1, R10), Mov64(R2, 0), Call(HelperId.RingBufSubmit), Exit()).Fault!.Reason);
    }

    [Fact]
    public void A_dynptr_writes_into_a_record_within_its_bounds()
    {
        using var room = new EngineRoom();
        EmbeddedMap ring = room.Map(MapType.RingBuf, 0, 0, 4096);
        Instruction[] code =
        [
            .. LoadMap(R1, 0), Mov64(R2, 12), Mov64(R3, 0), Mov64(R4, R10), Add64(R4, -16), Call(HelperId.RingBufReserveDynptr), Mov64(R6, R0),
            StoreImmediate(Size.DW, R10, -24, 0x11), Mov64(R1, R10), Add64(R1, -16), Mov64(R2, 4), Mov64(R3, R10), Add64(R3, -24), Mov64(R4, 8), Mov64(R5, 0), Call(HelperId.DynptrWrite), Add64(R6, R0),
            Mov64(R1, R10), Add64(R1, -16), Mov64(R2, 5), Mov64(R3, R10), Add64(R3, -24), Mov64(R4, 8), Mov64(R5, 0), Call(HelperId.DynptrWrite), Add64(R6, R0),
            Mov64(R1, R10), Add64(R1, -16), Mov64(R2, 0), Call(HelperId.RingBufSubmitDynptr), Mov64(R0, R6), Exit(),
        ];

        Assert.Equal(-7L, (long)room.Run(ProgramType.Xdp, new RunRequest(), code).ReturnValue);
        Assert.Equal([[0, 0, 0, 0, 0x11, 0, 0, 0, 0, 0, 0, 0]], Records(ring));
    }
}
