using Ebpf.Bytecode.Isa;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

public class FactTests
{
    [Fact]
    public void A_context_pointer_that_is_loaded_as_32_bits_fills_all_64()
    {
        Facts facts = Check.Accepts(ProgramType.Xdp, [], Load(Size.W, R2, R1, 0), Add64(R2, 1), Load(Size.W, R3, R1, 12), Add64(R3, 1), Mov64(R0, 0), Exit()).Facts!;

        Assert.False(facts.Instructions[1].Flags.HasFlag(InstructionFlags.DestinationUpperZero));
        Assert.True(facts.Instructions[3].Flags.HasFlag(InstructionFlags.DestinationUpperZero));
    }
}
