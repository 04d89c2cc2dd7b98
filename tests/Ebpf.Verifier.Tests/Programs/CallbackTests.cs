using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

public class CallbackTests
{
    [Fact]
    public void A_callback_gets_its_number_and_context() => Check.Accepts(Loop(
        1000,
        [StoreImmediate(Size.DW, R10, -8, 0), Mov64(R3, R10), Add64(R3, -8)],
        [Load(Size.DW, R4, R2, 0), Add64(R4, R1), Store(Size.DW, R2, 0, R4), Mov64(R0, 0), Exit()]));

    [Fact]
    public void A_callback_is_verified() => Check.Refuses(Rule.StackAccess, Loop(
        1000,
        [StoreImmediate(Size.DW, R10, -8, 0), Mov64(R3, R10), Add64(R3, -8)],
        [Load(Size.DW, R4, R2, 8), Mov64(R0, 0), Exit()]));

    [Fact]
    public void A_callback_returns_zero_or_one() => Check.Refuses(Rule.ReturnValue, Loop(10, [Mov64(R3, 0)], [Mov64(R0, 2), Exit()]));

    [Fact]
    public void What_a_callback_counts_has_no_bound_after_it() => Check.Refuses(
        Rule.StackAccess,
        Loop(
            1000,
            [StoreImmediate(Size.DW, R10, -8, 0), Mov64(R3, R10), Add64(R3, -8)],
            [Load(Size.DW, R4, R2, 0), Add64(R4, 1), Store(Size.DW, R2, 0, R4), Mov64(R0, 0), Exit()],
            [Load(Size.DW, R1, R10, -8), Mov64(R2, R10), Add64(R2, R1), StoreImmediate(Size.B, R2, -8, 1)],
            unbounded: true));

    [Fact]
    public void A_loop_of_zero_rounds_never_enters_its_callback()
    {
        VerificationResult result = Check.Accepts(Loop(0, [Mov64(R3, 0)], [Load(Size.B, R0, R1, 0), Exit()]));

        Assert.False(result.Facts!.Instructions[^2].Flags.HasFlag(InstructionFlags.Reachable));
    }

    [Fact]
    public void An_endless_loop_around_a_callback_that_keeps_it_going_is_refused()
    {
        // The callback clears the flag that each round of the outer loop sets: the loop never ends, though without the callback it would.
        Instruction[] main =
        [
            Load(Size.W, R6, R1, 0),
            Store(Size.DW, R10, -8, R6),
            Jump(1),
            StoreImmediate(Size.DW, R10, -8, 1),
            Mov64(R1, 1),
            .. LoadFunction(R2, 9),
            Mov64(R3, R10),
            Add64(R3, -8),
            Mov64(R4, 0),
            Call(HelperId.Loop),
            Load(Size.DW, R1, R10, -8),
            JumpIf(Opcodes.Jeq, R1, 0, -10),
            Mov64(R0, 0),
            Exit(),
        ];
        Instruction[] body = [StoreImmediate(Size.DW, R2, 0, 0), Mov64(R0, 0), Exit()];
        Instruction[] unbounded = [.. main];
        unbounded[4] = Mov64(R1, R6);

        Check.Refuses(Rule.InfiniteLoop, [.. main, .. body]);
        Check.Refuses(Rule.InfiniteLoop, [.. unbounded, .. body]);
    }

    [Fact]
    public void Every_element_of_a_map_is_visited()
    {
        Instruction[] body = [Load(Size.DW, R1, R3, 56), Load(Size.DW, R2, R2, 0), Mov64(R0, 0), Exit()];
        Instruction[] main = [.. LoadMap(R1, 0), .. LoadFunction(R2, 6), Mov64(R3, 0), Mov64(R4, 0), Call(HelperId.ForEachMapElem), Mov64(R0, 0), Exit()];

        VerificationResult result = ProgramVerifier.Verify(Check.Program(ProgramType.SocketFilter, [.. main, .. body]), [Check.Hash64], VerifierOptions.Default);

        Assert.True(result.IsAccepted, result.Log);
        Assert.True(result.Facts!.Functions[1].IsCallback);
    }

    private static Instruction[] Loop(int rounds, Instruction[] context, Instruction[] body, Instruction[]? after = null, bool unbounded = false)
    {
        after ??= [];
        Instruction[] number = unbounded ? [Load(Size.W, R1, R1, 0)] : [Mov64(R1, rounds)];
        // Past R2's second half come R4, the call, what follows and two instructions of the end.
        return
        [
            .. number, .. context, .. LoadFunction(R2, 4 + after.Length + 1), Mov64(R4, 0), Call(HelperId.Loop), .. after, Mov64(R0, 0), Exit(), .. body,
        ];
    }
}
