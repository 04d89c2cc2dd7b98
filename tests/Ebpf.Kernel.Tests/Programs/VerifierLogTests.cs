using Ebpf.Platforms.Linux.Programs;

namespace Ebpf.Kernel.Tests.Programs;

/// <summary>Logs as different kernels write them.</summary>
public sealed class VerifierLogTests
{
    [Fact]
    public void Two_lines_make_the_reason_and_the_last_slot_is_where_it_stopped()
    {
        VerifierLog log = VerifierLog.Parse("""
            func#0 @0
            0: R1=ctx() R10=fp0
            ; u8 *data = (u8 *)(long)ctx->data; @ broken.bpf.c:26
            0: (61) r1 = *(u32 *)(r1 +0)          ; R1_w=pkt(r=0)
            1: (71) r1 = *(u8 *)(r1 +0)
            invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)
            R1 offset is outside of the packet
            verification time 42 usec
            stack depth 0
            processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
            """);

        Assert.Equal("invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0); R1 offset is outside of the packet", log.Reason);
        Assert.Equal(1, log.Instruction);
        Assert.Equal(2, log.Processed);
    }

    [Fact]
    public void States_and_jumps_before_the_reason_are_no_part_of_it()
    {
        VerifierLog log = VerifierLog.Parse("""
            from 12 to 20: R0=inv0 R1=inv(id=0) R10=fp0
            20: (07) r1 += 1
            21: R1_w=inv(id=0,umax_value=255)
            21: (85) call bpf_map_lookup_elem#1
            R1 type=inv expected=map_ptr
            processed 1240 insns (limit 1000000) max_states_per_insn 4 total_states 71 peak_states 70 mark_read 5

            """);

        Assert.Equal("R1 type=inv expected=map_ptr", log.Reason);
        Assert.Equal(21, log.Instruction);
        Assert.Equal(1240, log.Processed);
    }

    [Fact]
    public void A_reason_without_an_instruction_is_a_reason()
    {
        VerifierLog log = VerifierLog.Parse("cannot call GPL-restricted function from non-GPL compatible program\nprocessed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n");

        Assert.Equal("cannot call GPL-restricted function from non-GPL compatible program", log.Reason);
        Assert.Null(log.Instruction);
    }

    [Fact]
    public void A_summary_as_newer_kernels_write_it_has_the_reason()
    {
        VerifierLog log = VerifierLog.Parse("""
            5: (79) r2 = *(u64 *)(r0 +0)
            R0 invalid mem access 'map_value_or_null'
            processed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
            Verification failed: Memory: null dereference
            Reason: R0 may be NULL
            At: 5: (79) r2 = *(u64 *)(r0 +0)
            Suggestion: check R0 before it is used
            """);

        Assert.Equal("R0 may be NULL", log.Reason);
        Assert.Equal(5, log.Instruction);
        Assert.Equal(6, log.Processed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    public void An_empty_log_has_no_reason(string text)
    {
        VerifierLog log = VerifierLog.Parse(text);

        Assert.Equal("", log.Reason);
        Assert.Null(log.Instruction);
    }

    [Theory]
    [InlineData("total_states", 71)]
    [InlineData("peak_states", 70)]
    [InlineData("no_such_figure", 0)]
    public void Figures_are_read_from_the_last_line(string name, int expected) =>
        Assert.Equal(expected, VerifierLog.Figure("total_states 1\nprocessed 1240 insns (limit 1000000) max_states_per_insn 4 total_states 71 peak_states 70 mark_read 5\n", name));
}
