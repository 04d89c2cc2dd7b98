using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Prototypes;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

/// <summary>A program as an older kernel would take it.</summary>
public class VersionTests
{
    [Fact]
    public void A_helper_is_refused_before_its_version_and_named_with_it()
    {
        Instruction[] code = [Call(HelperId.KtimeGetBootNs), Mov64(R0, 0), Exit()];

        Rejection? rejection = On("5.7", ProgramType.SocketFilter, [], code).Rejection;

        Assert.Equal(Rule.UnknownHelper, rejection?.Rule);
        Assert.Contains("since Linux 5.8", rejection!.Reason);
        Assert.True(On("5.8", ProgramType.SocketFilter, [], code).IsAccepted);
    }

    [Fact]
    public void A_helper_that_cannot_be_reached_is_not_asked_for() =>
        Assert.True(On("5.7", ProgramType.SocketFilter, [], Mov64(R6, 0), JumpIf(Opcodes.Jeq, R6, 0, 1), Call(HelperId.KtimeGetBootNs), Mov64(R0, 0), Exit()).IsAccepted);

    [Fact]
    public void A_map_is_refused_before_its_version()
    {
        Instruction[] code = [.. LoadMap(R1, 0), Mov64(R2, 0), Call(HelperId.RingBufQuery), Mov64(R0, 0), Exit()];

        Assert.Equal(Rule.MapType, On("5.7", ProgramType.SocketFilter, [Check.RingBuffer], code).Rejection?.Rule);
        Assert.True(On("5.8", ProgramType.SocketFilter, [Check.RingBuffer], code).IsAccepted);
    }

    [Fact]
    public void A_loop_is_refused_where_loops_were_not_known()
    {
        Instruction[] code = [Mov64(R6, 0), Add64(R6, 1), JumpIf(Opcodes.Jlt, R6, 10, -2), Mov64(R0, 0), Exit()];

        Rejection? rejection = On("5.2", ProgramType.SocketFilter, [], code).Rejection;

        Assert.Equal((Rule.UnsupportedFeature, 2), (rejection!.Rule, rejection.Instruction));
        Assert.True(On("5.3", ProgramType.SocketFilter, [], code).IsAccepted);
    }

    [Fact]
    public void A_jump_back_that_closes_no_loop_is_none() =>
        Assert.True(On("4.19", ProgramType.SocketFilter, [], Jump(2), Mov64(R0, 0), Exit(), Jump(-3)).IsAccepted);

    [Theory]
    [InlineData("5.0", "5.1")]
    public void Comparisons_of_32_bits_came_late(string before, string since)
    {
        Instruction[] code = [Mov64(R0, 0), JumpIf32(Opcodes.Jeq, R0, 0, 0), Exit()];

        Assert.Equal(Rule.UnsupportedFeature, On(before, ProgramType.SocketFilter, [], code).Rejection?.Rule);
        Assert.True(On(since, ProgramType.SocketFilter, [], code).IsAccepted);
    }

    [Fact]
    public void Instructions_of_version_4_came_with_6_6()
    {
        Instruction[] code = [Mov64(R1, 1), MovSx64(R0, R1, 8), Exit()];

        Assert.Equal(Rule.UnsupportedFeature, On("6.5", ProgramType.SocketFilter, [], code).Rejection?.Rule);
        Assert.True(On("6.6", ProgramType.SocketFilter, [], code).IsAccepted);
    }

    [Fact]
    public void A_type_of_program_is_refused_before_its_version() =>
        Assert.Equal(Rule.UnsupportedProgramType, On("4.7", ProgramType.Xdp, [], Mov64(R0, 0), Exit()).Rejection?.Rule);

    [Fact]
    public void Every_helper_of_linux_has_a_version_or_has_always_been_there()
    {
        HelperId[] unknown = [.. Enum.GetValues<HelperId>().Where(h => h.Number(Dialect.Linux) is > 0 and < 212 && Since.Of(h) is null)];

        Assert.Empty(unknown);
    }

    private static VerificationResult On(string version, ProgramType type, MapSpec[] maps, params Instruction[] code) =>
        ProgramVerifier.Verify(Check.Program(type, code), maps, new VerifierOptions { KernelVersion = Version.Parse(version) });
}
