using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Prototypes;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

/// <summary>Kernel functions, with the running kernel's types: accepted and refused side by side.</summary>
public class KernelFunctionTests
{
    private static readonly string[] Functions =
    [
        "bpf_rcu_read_lock", "bpf_rcu_read_unlock", "bpf_preempt_disable", "bpf_preempt_enable", "bpf_local_irq_save", "bpf_local_irq_restore",
        "bpf_iter_num_new", "bpf_iter_num_next", "bpf_iter_num_destroy", "bpf_task_from_pid", "bpf_task_release", "bpf_dynptr_from_skb", "bpf_dynptr_slice", "bpf_throw",
    ];

    private static readonly MapSpec Array16 = Check.Array16;

    [Fact]
    public void Every_kernel_function_of_the_model_has_a_name_of_its_own()
    {
        Assert.NotNull(KernelFunctions.Find("bpf_task_acquire"));
        Assert.NotNull(KernelFunctions.Find("bpf_task_acquire___flavor"));
        Assert.Null(KernelFunctions.Find("bpf_no_such_function"));
        Assert.True(KernelFunctions.Find("bpf_iter_num_next")!.Has(KernelFunctionFlags.IterNext));
    }

    [Fact]
    public void The_embedded_engine_has_no_kernel_functions()
    {
        ProgramSpec program = Program(Call("bpf_rcu_read_lock"), Call("bpf_rcu_read_unlock"), Mov64(R0, 0), Exit());

        Rejection? rejection = ProgramVerifier.Verify(program, [], VerifierOptions.Default).Rejection;

        Assert.Equal(Rule.KernelFunction, rejection?.Rule);
        Assert.Contains("only a Linux kernel has it", rejection!.Reason);
    }

    [Fact]
    public void A_read_side_critical_section_that_ends_is_accepted() =>
        Accepts(Call("bpf_rcu_read_lock"), Call("bpf_rcu_read_unlock"), Mov64(R0, 0), Exit());

    [Fact]
    public void A_read_side_critical_section_must_end() =>
        Refuses(Rule.Reference, "read-side critical section", Call("bpf_rcu_read_lock"), Mov64(R0, 0), Exit());

    [Fact]
    public void A_read_side_critical_section_that_was_not_begun_cannot_end() =>
        Refuses(Rule.KernelFunction, "no RCU read-side critical section is open", Call("bpf_rcu_read_unlock"), Mov64(R0, 0), Exit());

    [Fact]
    public void Preemption_is_enabled_again() =>
        Refuses(Rule.Reference, "preemption disabled", Call("bpf_preempt_disable"), Call("bpf_preempt_disable"), Call("bpf_preempt_enable"), Mov64(R0, 0), Exit());

    [Fact]
    public void Interrupts_are_restored_from_what_was_saved()
    {
        Accepts([.. Address(R1, -8), Call("bpf_local_irq_save"), .. Address(R1, -8), Call("bpf_local_irq_restore"), Mov64(R0, 0), Exit()]);
        Refuses(Rule.Reference, "still held", [.. Address(R1, -8), Call("bpf_local_irq_save"), Mov64(R0, 0), Exit()]);
        Refuses(Rule.HelperArgument, "saved interrupt flags", [StoreImmediate(Size.DW, R10, -8, 0), .. Address(R1, -8), Call("bpf_local_irq_restore"), Mov64(R0, 0), Exit()]);
    }

    [Fact]
    public void Interrupts_are_restored_in_the_opposite_order() =>
        Refuses(
            Rule.Reference,
            "out of order",
            [
                .. Address(R1, -8), Call("bpf_local_irq_save"), .. Address(R1, -16), Call("bpf_local_irq_save"),
                .. Address(R1, -8), Call("bpf_local_irq_restore"), .. Address(R1, -16), Call("bpf_local_irq_restore"), Mov64(R0, 0), Exit(),
            ]);

    [Fact]
    public void A_loop_over_an_iterator_converges() =>
        Accepts(Loop(body: [Load(Size.W, R1, R0, 0), Add64(R6, R1)]));

    [Fact]
    public void An_element_is_there_only_where_the_iterator_gave_one()
    {
        // The element is read before it is known to be there.
        Refuses(
            Rule.NotAPointer,
            "",
            [.. New(), .. Address(R1, -8), Call("bpf_iter_num_next"), Load(Size.W, R1, R0, 0), .. Address(R1, -8), Call("bpf_iter_num_destroy"), Mov64(R0, 0), Exit()]);
    }

    [Fact]
    public void An_iterator_is_destroyed() => Refuses(Rule.Reference, "still held", [.. New(), Mov64(R0, 0), Exit()]);

    [Fact]
    public void An_iterator_is_not_used_before_it_is_made() =>
        Refuses(Rule.HelperArgument, "initialised", [.. Address(R1, -8), Call("bpf_iter_num_next"), Mov64(R0, 0), Exit()]);

    [Fact]
    public void An_iterator_is_not_read_as_memory() =>
        Refuses(Rule.StackAccess, "not read directly", [.. New(), Load(Size.DW, R2, R10, -8), .. Address(R1, -8), Call("bpf_iter_num_destroy"), Mov64(R0, 0), Exit()]);

    [Fact]
    public void An_iterator_that_is_overwritten_is_none_any_more() =>
        Refuses(Rule.HelperArgument, "initialised", [.. New(), StoreImmediate(Size.DW, R10, -8, 0), .. Address(R1, -8), Call("bpf_iter_num_destroy"), Mov64(R0, 0), Exit()]);

    [Fact]
    public void A_loop_that_makes_its_iterator_anew_never_ends() =>
        Refuses(
            Rule.InfiniteLoop,
            "",
            [.. New(), .. Address(R1, -8), Call("bpf_iter_num_next"), .. Address(R1, -8), Call("bpf_iter_num_destroy"), Jump(-12)]);

    [Fact]
    public void An_access_beyond_what_the_loop_bounds_is_refused() =>
        // An element may be any int, whatever the range was.
        Refuses(Rule.MapValueAccess, "", Loop(body: [Load(Size.W, R1, R0, 0), Mov64(R2, R7), Add64(R2, R1), Load(Size.B, R3, R2, 0)]));

    [Fact]
    public void A_task_that_was_found_is_given_back()
    {
        Accepts(Mov64(R1, 1), Call("bpf_task_from_pid"), JumpIf(Opcodes.Jeq, R0, 0, 2), Mov64(R1, R0), Call("bpf_task_release"), Mov64(R0, 0), Exit());
        Refuses(Rule.Reference, "still held", Mov64(R1, 1), Call("bpf_task_from_pid"), Mov64(R0, 0), Exit());
        Refuses(Rule.NullDereference, "must not be null", Mov64(R1, 1), Call("bpf_task_from_pid"), Mov64(R1, R0), Call("bpf_task_release"), Mov64(R0, 0), Exit());
    }

    [Fact]
    public void What_was_given_back_is_not_used() =>
        Refuses(
            Rule.NotAPointer,
            "",
            Mov64(R1, 1), Call("bpf_task_from_pid"), JumpIf(Opcodes.Jeq, R0, 0, 4), Mov64(R6, R0), Mov64(R1, R0), Call("bpf_task_release"), Load(Size.DW, R1, R6, 0), Mov64(R0, 0), Exit());

    [Fact]
    public void An_exception_holds_nothing()
    {
        Accepts(Mov64(R1, 0), Call("bpf_throw"), Mov64(R0, 0), Exit());
        Refuses(Rule.Reference, "exception", Call("bpf_rcu_read_lock"), Mov64(R1, 0), Call("bpf_throw"), Mov64(R0, 0), Exit());
    }

    [Fact]
    public void A_function_is_only_for_programs_that_it_is_offered_to()
    {
        ProgramSpec program = Program(Mov64(R1, 1), Call("bpf_task_from_pid"), Mov64(R0, 0), Exit()) with { Type = ProgramType.SkLookup };

        Assert.Contains("may not be called by programs of type", ProgramVerifier.Verify(program, [], Options()).Rejection!.Reason);
    }

    [Fact]
    public void A_slice_of_a_dynptr_has_the_bytes_that_were_asked_for()
    {
        Instruction[] code =
        [
            Mov64(R2, 0), .. Address(R3, -16), Call("bpf_dynptr_from_skb"),
            .. Address(R1, -16), Mov64(R2, 0), .. Address(R3, -32), Mov64(R4, 8), Call("bpf_dynptr_slice"),
            JumpIf(Opcodes.Jeq, R0, 0, 1), Load(Size.DW, R1, R0, 0), Mov64(R0, 0), Exit(),
        ];
        Accepts(code);
        code[^3] = Load(Size.DW, R1, R0, 1);
        Refuses(Rule.MemoryAccess, "leaves the memory", code);
        code[^3] = StoreImmediate(Size.B, R0, 0, 1);
        Refuses(Rule.ReadOnlyMemory, "may only be read", code);
    }

    private static Instruction[] Address(Register register, int offset) => [Mov64(register, R10), Add64(register, offset)];

    private static Instruction[] New() => [.. Address(R1, -8), Mov64(R2, 0), Mov64(R3, 10), Call("bpf_iter_num_new")];

    /// <summary>A loop over ten numbers; R6 is a number, R7 a map value.</summary>
    private static Instruction[] Loop(Instruction[] body) =>
    [
        Mov64(R6, 0), .. LoadMapValue(R7, 0, 0), .. New(),
        .. Address(R1, -8), Call("bpf_iter_num_next"), JumpIf(Opcodes.Jeq, R0, 0, (short)(body.Length + 1)),
        .. body, Jump((short)-(body.Length + 5)),
        .. Address(R1, -8), Call("bpf_iter_num_destroy"), Mov64(R0, 0), Exit(),
    ];

    private static Instruction Call(string function) =>
        new(Opcodes.Call, R0, (Register)PseudoCall.KernelFunction, 0, Array.IndexOf(Functions, function));

    private static ProgramSpec Program(params Instruction[] code) =>
        Check.Program(ProgramType.SchedCls, code) with { KernelFunctions = [.. Functions.Select(f => new KernelFunctionSpec(f, 0, false))] };

    private static VerifierOptions Options()
    {
        if (!BtfView.TryOpenKernel(out BtfView? kernel) || kernel.FindByName("bpf_iter_num_new", BtfKind.Func) is null)
            Assert.Skip("the running kernel shows no BTF with kernel functions");
        return new VerifierOptions { KernelTypes = kernel, Target = VerifierTarget.Linux };
    }

    private static void Accepts(params Instruction[] code)
    {
        VerificationResult result = ProgramVerifier.Verify(Program(code), [Single], Options());
        Assert.True(result.IsAccepted, result.Log);
    }

    private static readonly MapSpec Single = Array16 with { MaxEntries = 1 };

    private static void Refuses(Rule rule, string sentence, params Instruction[] code)
    {
        Rejection? rejection = ProgramVerifier.Verify(Program(code), [Single], Options()).Rejection;
        Assert.NotNull(rejection);
        Assert.True(rule == rejection.Rule, $"{rejection.Rule} at {rejection.Instruction}: {rejection.Reason}");
        Assert.Contains(sentence, rejection.Reason);
    }
}
