using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

public class KernelObjectTests
{
    private static readonly ProgramSpec Fork = Check.Program(
        ProgramType.Tracing,
        Load(Size.DW, R2, R1, 0),
        Load(Size.DW, R3, R2, 0),
        Mov64(R0, 0),
        Exit()) with { AttachType = AttachType.TraceRawTp, AttachTarget = "sched_process_fork" };

    [Fact]
    public void Without_the_kernels_types_a_tracing_program_is_refused_with_a_hint()
    {
        Rejection? rejection = ProgramVerifier.Verify(Fork, [], VerifierOptions.Default).Rejection;

        Assert.Equal(Rule.UnsupportedProgramType, rejection?.Rule);
        Assert.Contains("BTF", rejection!.Suggestion);
    }

    [Fact]
    public void Arguments_of_a_tracepoint_are_objects_of_the_kernels_types()
    {
        VerifierOptions options = WithKernel();

        VerificationResult result = ProgramVerifier.Verify(Fork, [], options);

        Assert.True(result.IsAccepted, result.Log);
        Assert.Equal(MemoryKinds.BtfObject, result.Facts!.Instructions[1].Memory);
    }

    [Fact]
    public void Beyond_its_last_field_an_object_cannot_be_read()
    {
        ProgramSpec program = Fork with { Instructions = Fork.Instructions.SetItem(1, Load(Size.DW, R3, R2, 32000)) };

        Assert.Equal(Rule.MemoryAccess, ProgramVerifier.Verify(program, [], WithKernel()).Rejection?.Rule);
    }

    [Fact]
    public void A_kernel_object_is_not_written()
    {
        ProgramSpec program = Fork with { Instructions = Fork.Instructions.SetItem(1, StoreImmediate(Size.DW, R2, 0, 0)) };

        Assert.Equal(Rule.ReadOnlyMemory, ProgramVerifier.Verify(program, [], WithKernel()).Rejection?.Rule);
    }

    private static VerifierOptions WithKernel()
    {
        if (!BtfView.TryOpenKernel(out BtfView? kernel))
            Assert.Skip("the running kernel shows no BTF");
        return new VerifierOptions { KernelTypes = kernel };
    }
}
