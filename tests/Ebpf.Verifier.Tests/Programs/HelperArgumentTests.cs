using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Diagnostics;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

public class HelperArgumentTests
{
    // csum_diff(R1, R2 bytes, fp-8, 8 bytes, 0)
    private static Instruction[] Checksum(params Instruction[] from) =>
    [
        StoreImmediate(Size.DW, R10, -8, 1), .. from, Mov64(R3, R10), Add64(R3, -8), Mov64(R4, 8), Mov64(R5, 0), Call(HelperId.CsumDiff), Mov64(R0, 0), Exit(),
    ];

    [Fact]
    public void No_memory_of_size_zero_may_be_null() =>
        Check.Accepts(ProgramType.SchedCls, [], Checksum(Mov64(R1, 0), Mov64(R2, 0)));

    [Fact]
    public void Null_with_a_size_is_refused()
    {
        Rejection rejection = Check.Refuses(Rule.NullDereference, ProgramType.SchedCls, [], Checksum(Mov64(R1, 0), Mov64(R2, 8)));

        Assert.Contains("size 0", rejection.Suggestion);
    }

    [Fact]
    public void A_pointer_that_may_be_null_with_a_size_is_refused() => Check.Refuses(
        Rule.NullDereference,
        ProgramType.SchedCls,
        [Check.Hash64],
        Checksum([StoreImmediate(Size.DW, R10, -16, 0), .. LoadMap(R1, 0), Mov64(R2, R10), Add64(R2, -16), Call(HelperId.MapLookupElem), Mov64(R1, R0), Mov64(R2, 8)]));
}
