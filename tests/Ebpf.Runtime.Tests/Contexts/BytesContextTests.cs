using Ebpf.Bytecode.Isa;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Contexts;

public sealed class BytesContextTests
{
    private static readonly byte[] s_context = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

    [Fact]
    public void A_syscall_program_reads_and_writes_its_context()
    {
        using var room = new EngineRoom();

        RunOutcome outcome = room.RunBoth(ProgramType.Syscall, new RunRequest { Context = s_context }, Load(Size.W, R0, R1, 8), StoreImmediate(Size.B, R1, 15, 99), Exit());

        Assert.Equal(0x0c0b0a09UL, outcome.ReturnValue);
        Assert.Equal((byte[])[.. s_context[..15], 99], outcome.Context);
    }

    [Theory]
    [InlineData(ProgramType.Kprobe)]
    [InlineData(ProgramType.RawTracepoint)]
    [InlineData(ProgramType.Tracepoint)]
    [InlineData(ProgramType.PerfEvent)]
    public void A_tracing_program_reads_the_bytes_it_is_given_and_zeros_behind_them(ProgramType type)
    {
        using var room = new EngineRoom();

        RunOutcome outcome = room.RunBoth(type, new RunRequest { Context = s_context }, Load(Size.DW, R0, R1, 8), Load(Size.DW, R2, R1, 24), Add64(R0, R2), Exit());

        Assert.Equal(0x100f0e0d0c0b0a09UL, outcome.ReturnValue);
    }

    [Fact]
    public void A_tracing_program_does_not_write_its_context()
    {
        using var room = new EngineRoom();

        Assert.NotNull(room.Run(ProgramType.Tracepoint, new RunRequest { Context = s_context }, StoreImmediate(Size.DW, R1, 8, 1), Exit()).Fault);
    }

    [Fact]
    public void A_type_without_packet_takes_no_data()
    {
        using var room = new EngineRoom();

        Assert.Equal(Errno.EINVAL, Assert.Throws<BpfException>(() => room.Run(ProgramType.Syscall, new RunRequest { Data = s_context }, Mov64(R0, 0), Exit())).Errno);
    }
}
