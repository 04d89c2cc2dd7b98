using System.Globalization;
using System.Runtime.InteropServices;
using Ebpf.Runtime.Compiler.Arm64;
using Place = Ebpf.Runtime.Compiler.Arm64.Memory;

namespace Ebpf.Runtime.Tests.Compiler;

/// <summary>A table of encodings: the words that LLVM's assembler makes of the text, and what ours makes of the call.</summary>
public sealed class Arm64AssemblerTests
{
    private static readonly (string Words, string Text, Action<Assembler> Emit)[] s_table =
    [
        ("aa1303e1", "mov x1, x19", asm => asm.Move(8, Reg.X1, Reg.X19)),
        ("2a0003e7", "mov w7, w0", asm => asm.Move(4, Reg.X7, Reg.X0)),
        ("8b010c09", "add x9, x0, x1, lsl #3", asm => asm.Add(8, Reg.X9, Reg.X0, Reg.X1, 3)),
        ("0b0202a0", "add w0, w21, w2", asm => asm.Add(4, Reg.X0, Reg.X21, Reg.X2)),
        ("cb0403e3", "neg x3, x4", asm => asm.Sub(8, Reg.X3, Reg.Zero, Reg.X4)),
        ("0a050083", "and w3, w4, w5", asm => asm.And(4, Reg.X3, Reg.X4, Reg.X5)),
        ("aa190083", "orr x3, x4, x25", asm => asm.Or(8, Reg.X3, Reg.X4, Reg.X25)),
        ("ca050083", "eor x3, x4, x5", asm => asm.Xor(8, Reg.X3, Reg.X4, Reg.X5)),
        ("eb04007f", "cmp x3, x4", asm => asm.Compare(8, Reg.X3, Reg.X4)),
        ("6a04007f", "tst w3, w4", asm => asm.Test(4, Reg.X3, Reg.X4)),
        ("d10103ff", "sub sp, sp, #64", asm => asm.AddImmediate(8, Reg.Sp, Reg.Sp, -64)),
        ("910003fd", "mov x29, sp", asm => asm.AddImmediate(8, Reg.X29, Reg.Sp, 0)),
        ("113ffc41", "add w1, w2, #4095", asm => asm.AddImmediate(4, Reg.X1, Reg.X2, 4095)),
        ("91401441", "add x1, x2, #5, lsl #12", asm => asm.AddImmediate(8, Reg.X1, Reg.X2, 0x5000)),
        ("f1001c7f", "cmp x3, #7", asm => asm.CompareImmediate(8, Reg.X3, 7)),
        ("31001c7f", "cmn w3, #7", asm => asm.CompareImmediate(4, Reg.X3, -7)),
        ("71000529", "subs w9, w9, #1", asm => asm.AddImmediateWithFlags(4, Reg.X9, Reg.X9, -1)),
        ("9b037c41", "mul x1, x2, x3", asm => asm.Multiply(8, Reg.X1, Reg.X2, Reg.X3)),
        ("1b039041", "msub w1, w2, w3, w4", asm => asm.MultiplySubtract(4, Reg.X1, Reg.X2, Reg.X3, Reg.X4)),
        ("9ac30841", "udiv x1, x2, x3", asm => asm.Divide(8, Reg.X1, Reg.X2, Reg.X3, signed: false)),
        ("1ac30c41", "sdiv w1, w2, w3", asm => asm.Divide(4, Reg.X1, Reg.X2, Reg.X3, signed: true)),
        ("9ac32041", "lsl x1, x2, x3", asm => asm.ShiftLeft(8, Reg.X1, Reg.X2, Reg.X3)),
        ("1ac32441", "lsr w1, w2, w3", asm => asm.ShiftRight(4, Reg.X1, Reg.X2, Reg.X3, signed: false)),
        ("9ac32841", "asr x1, x2, x3", asm => asm.ShiftRight(8, Reg.X1, Reg.X2, Reg.X3, signed: true)),
        ("d373c841", "lsl x1, x2, #13", asm => asm.ShiftLeft(8, Reg.X1, Reg.X2, 13)),
        ("53007c41", "lsl w1, w2, #0", asm => asm.ShiftLeft(4, Reg.X1, Reg.X2, 0)),
        ("53010041", "lsl w1, w2, #31", asm => asm.ShiftLeft(4, Reg.X1, Reg.X2, 31)),
        ("53057c41", "lsr w1, w2, #5", asm => asm.ShiftRight(4, Reg.X1, Reg.X2, 5, signed: false)),
        ("937ffc41", "asr x1, x2, #63", asm => asm.ShiftRight(8, Reg.X1, Reg.X2, 63, signed: true)),
        ("13826441", "ror w1, w2, #25", asm => asm.RotateRight(4, Reg.X1, Reg.X2, 25)),
        ("93c2cc41", "ror x1, x2, #51", asm => asm.RotateRight(8, Reg.X1, Reg.X2, 51)),
        ("53001c41", "uxtb w1, w2", asm => asm.ZeroExtend(1, Reg.X1, Reg.X2)),
        ("53003c41", "uxth w1, w2", asm => asm.ZeroExtend(2, Reg.X1, Reg.X2)),
        ("93401c41", "sxtb x1, w2", asm => asm.SignExtend(1, 8, Reg.X1, Reg.X2)),
        ("13003c41", "sxth w1, w2", asm => asm.SignExtend(2, 4, Reg.X1, Reg.X2)),
        ("93407c41", "sxtw x1, w2", asm => asm.SignExtend(4, 8, Reg.X1, Reg.X2)),
        ("5ac00441", "rev16 w1, w2", asm => asm.ByteSwap(2, Reg.X1, Reg.X2)),
        ("5ac00841", "rev w1, w2", asm => asm.ByteSwap(4, Reg.X1, Reg.X2)),
        ("dac00c41", "rev x1, x2", asm => asm.ByteSwap(8, Reg.X1, Reg.X2)),
        ("397ffc41", "ldrb w1, [x2, #4095]", asm => asm.Load(1, Reg.X1, new Place(Reg.X2, 4095))),
        ("785ff041", "ldurh w1, [x2, #-1]", asm => asm.Load(2, Reg.X1, new Place(Reg.X2, -1))),
        ("b97fffe1", "ldr w1, [sp, #16380]", asm => asm.Load(4, Reg.X1, new Place(Reg.Sp, 16380))),
        ("f9406f41", "ldr x1, [x26, #216]", asm => asm.Load(8, Reg.X1, new Place(Reg.X26, 216))),
        ("f8500041", "ldur x1, [x2, #-256]", asm => asm.Load(8, Reg.X1, new Place(Reg.X2, -256))),
        ("39800c41", "ldrsb x1, [x2, #3]", asm => asm.LoadSigned(1, Reg.X1, new Place(Reg.X2, 3))),
        ("78807041", "ldursh x1, [x2, #7]", asm => asm.LoadSigned(2, Reg.X1, new Place(Reg.X2, 7))),
        ("b8a37841", "ldrsw x1, [x2, x3, lsl #2]", asm => asm.LoadSigned(4, Reg.X1, new Place(Reg.X2, 0, Reg.X3, 2))),
        ("f8637841", "ldr x1, [x2, x3, lsl #3]", asm => asm.Load(8, Reg.X1, new Place(Reg.X2, 0, Reg.X3, 3))),
        ("38636841", "ldrb w1, [x2, x3]", asm => asm.Load(1, Reg.X1, new Place(Reg.X2, 0, Reg.X3))),
        ("78237841", "strh w1, [x2, x3, lsl #1]", asm => asm.Store(2, new Place(Reg.X2, 0, Reg.X3, 1), Reg.X1)),
        ("f900045f", "str xzr, [x2, #8]", asm => asm.Store(8, new Place(Reg.X2, 8), Reg.Zero)),
        ("b81fc041", "stur w1, [x2, #-4]", asm => asm.Store(4, new Place(Reg.X2, -4), Reg.X1)),
        ("c85ffd2a", "ldaxr x10, [x9]", asm => asm.LoadExclusive(8, Reg.X10, Reg.X9)),
        ("880cfd2b", "stlxr w12, w11, [x9]", asm => asm.StoreExclusive(4, Reg.X12, Reg.X9, Reg.X11)),
        ("08dffd21", "ldarb w1, [x9]", asm => asm.LoadAcquire(1, Reg.X1, Reg.X9)),
        ("c8dffd21", "ldar x1, [x9]", asm => asm.LoadAcquire(8, Reg.X1, Reg.X9)),
        ("489ffd21", "stlrh w1, [x9]", asm => asm.StoreRelease(2, Reg.X9, Reg.X1)),
        ("d5033bbf", "dmb ish", asm => asm.Barrier()),
        ("d65f03c0", "ret", asm => asm.Return()),
        ("d63f0120", "blr x9", asm => asm.Call(Reg.X9)),
        ("d61f00e0", "br x7", asm => asm.Jump(Reg.X7)),
        ("d2e00001", "movz x1, #0, lsl #48", asm => asm.Constant(Reg.X1, 0)),
        ("d2824681", "mov x1, #0x1234", asm => asm.Constant(Reg.X1, 0x1234)),
        ("92800001", "mov x1, #-1", asm => asm.Constant(Reg.X1, -1)),
        ("92800001 f2bfffc1", "mov x1, #-1; movk x1, #0xfffe, lsl #16", asm => asm.Constant(Reg.X1, -65537)),
        ("d2935781 f2cacf01 f2e24681", "mov x1, #0x9abc; movk x1, #0x5678, lsl #32; movk x1, #0x1234, lsl #48", asm => asm.Constant(Reg.X1, 0x1234567800009abc)),
    ];

    [Fact]
    public void Every_form_is_encoded_as_llvm_encodes_it()
    {
        foreach ((string words, string text, Action<Assembler> emit) in s_table)
        {
            var asm = new Assembler();
            emit(asm);
            Assert.Equal((text, words), (text, string.Join(' ', Words(asm).ToArray().Select(static word => word.ToString("x8", CultureInfo.InvariantCulture)))));
        }
    }

    [Fact]
    public void Branches_reach_forward_and_back()
    {
        var asm = new Assembler();
        int jump = asm.Jump(), call = asm.Call(), branch = asm.Jump(Flag.Below), zero = asm.JumpIfZero(8, Reg.X9, isZero: true), notZero = asm.JumpIfZero(4, Reg.X9, isZero: false);
        asm.Patch(jump, 20);
        asm.Patch(call, 0);
        asm.Patch(branch, 0);
        asm.Patch(zero, 20);
        asm.Patch(notZero, 12);

        // b #20; bl #-4; b.lo #-8; cbz x9, #8; cbnz w9, #-4.
        Assert.Equal([0x14000005u, 0x97ffffff, 0x54ffffc3, 0xb4000049, 0x35ffffe9], Words(asm).ToArray());
    }

    private static ReadOnlySpan<uint> Words(Assembler asm) => MemoryMarshal.Cast<byte, uint>(asm.Code);
}
