using CsCheck;
using Ebpf.Bytecode.Isa;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Runtime.Tests.Interpreter;

/// <summary>Random programs over registers, stack and memory, which only jump forward: both modes must leave the same behind.</summary>
public sealed class EngineAgreementTests
{
    private const int MemoryBytes = 64;

    private static readonly Gen<Register> s_register = Gen.Int[0, 8].Select(i => i == 1 ? R8 : (Register)i);
    private static readonly Gen<int> s_immediate = Gen.OneOf(Gen.Int, Gen.Int[-2, 70], Gen.OneOf(int.MinValue, int.MaxValue, 0x8000, 0xffff));
    private static readonly Gen<Size> s_size = Gen.OneOf(Size.B, Size.H, Size.W, Size.DW);
    private static readonly Gen<byte> s_operation = Gen.OneOf(
        Opcodes.Add, Opcodes.Sub, Opcodes.Mul, Opcodes.Div, Opcodes.Or, Opcodes.And, Opcodes.Lsh, Opcodes.Rsh, Opcodes.Mod, Opcodes.Xor, Opcodes.Mov, Opcodes.Arsh);
    private static readonly Gen<byte> s_condition = Gen.OneOf(
        Opcodes.Jeq, Opcodes.Jne, Opcodes.Jgt, Opcodes.Jge, Opcodes.Jlt, Opcodes.Jle, Opcodes.Jsgt, Opcodes.Jsge, Opcodes.Jslt, Opcodes.Jsle, Opcodes.Jset);
    private static readonly Gen<int> s_atomic = Gen.OneOf(
        Opcodes.AtomicAdd, Opcodes.AtomicOr, Opcodes.AtomicAnd, Opcodes.AtomicXor, Opcodes.AtomicExchange, Opcodes.AtomicCompareExchange,
        Opcodes.AtomicAdd | Opcodes.AtomicFetch, Opcodes.AtomicOr | Opcodes.AtomicFetch, Opcodes.AtomicAnd | Opcodes.AtomicFetch, Opcodes.AtomicXor | Opcodes.AtomicFetch);

    // R9 keeps the address of the memory; R1 is left alone.
    private static readonly Gen<Register> s_base = Gen.OneOf(R9, R10);

    private static Gen<Instruction> Step(int remaining) => Gen.OneOf(
        Gen.Select(s_operation, s_register, s_register, Gen.Bool, (op, d, s, wide) => wide ? Alu64(op, d, s) : Alu32(op, d, s)),
        Gen.Select(s_operation, s_register, s_immediate, Gen.Bool, (op, d, i, wide) => wide ? Alu64(op, d, i) : Alu32(op, d, i)),
        Gen.Select(s_register, s_register, Gen.Bool, Gen.Bool, (d, s, wide, mod) => (wide, mod) switch
        {
            (true, true) => SMod64(d, s),
            (true, false) => SDiv64(d, s),
            (false, true) => SMod32(d, s),
            _ => SDiv32(d, s),
        }),
        Gen.Select(s_register, s_register, Gen.OneOf<short>(8, 16, 32), Gen.Bool, (d, s, bits, wide) => wide || bits == 32 ? MovSx64(d, s, bits) : MovSx32(d, s, bits)),
        Gen.Select(s_register, Gen.OneOf(Gen.Const(16), Gen.Const(32), Gen.Const(64)), Gen.Int[0, 2], (d, bits, kind) => kind switch { 0 => ToBigEndian(d, bits), 1 => ToLittleEndian(d, bits), _ => ByteSwap(d, bits) }),
        Gen.Select(s_size, s_register, s_base, Gen.Int[0, MemoryBytes - 8], (size, d, b, at) => Load(size, d, b, Offset(b, at))),
        Gen.Select(s_size, s_base, Gen.Int[0, MemoryBytes - 8], s_register, (size, b, at, s) => Store(size, b, Offset(b, at), s)),
        Gen.Select(s_size, s_base, Gen.Int[0, MemoryBytes - 8], s_immediate, (size, b, at, i) => StoreImmediate(size, b, Offset(b, at), i)),
        Gen.Select(Gen.Bool, s_atomic, s_base, Gen.Int[0, MemoryBytes / 8 - 1], s_register, (wide, op, b, at, s) => Atomic(wide ? Size.DW : Size.W, op, b, Offset(b, at * 8), s)),
        Gen.Select(s_condition, s_register, s_register, Gen.Int[0, remaining], Gen.Bool, (op, d, s, to, wide) => wide ? JumpIf(op, d, s, (short)to) : JumpIf32(op, d, s, (short)to)),
        Gen.Select(s_condition, s_register, s_immediate, Gen.Int[0, remaining], Gen.Bool, (op, d, i, to, wide) => wide ? JumpIf(op, d, i, (short)to) : JumpIf32(op, d, i, (short)to)));

    private static readonly Gen<Instruction[]> s_body = Gen.Int[1, 60].SelectMany(Sequence);

    private static short Offset(Register register, int at) => (short)(register == R10 ? at - MemoryBytes : at);

    private static Gen<Instruction[]> Sequence(int length)
    {
        Gen<Instruction[]> all = Gen.Const(Array.Empty<Instruction>());
        for (int i = 0; i < length; i++)
        {
            Gen<Instruction> step = Step(length - i - 1);
            all = Gen.Select(all, step, (before, next) => (Instruction[])[.. before, next]);
        }

        return all;
    }

    [Fact]
    public void Both_modes_leave_the_same_registers_and_memory() => Gen.Select(s_body, Gen.Byte.Array[MemoryBytes]).Sample(
        (body, memory) =>
        {
            // At the end every register and the stack's bytes go into memory, where the test can see them.
            Instruction[] code =
            [
                Mov64(R9, R1), .. Enumerable.Range(0, 9).Where(i => i != 1).Select(i => Load(Size.DW, (Register)i, R9, (short)(i * 7 % (MemoryBytes - 8)))),
                .. body,
                .. Enumerable.Range(0, 9).Where(i => i != 1).Select(i => Atomic(Size.DW, Opcodes.AtomicXor, R9, (short)(i % 8 * 8), (Register)i)),
                Mov64(R0, 0), .. Enumerable.Range(0, MemoryBytes / 8).SelectMany(i => (Instruction[])[Mul64(R0, 31), Load(Size.DW, R2, R10, (short)(-8 * (i + 1))), Add64(R0, R2)]),
                Exit(),
            ];

            EngineRoom.Value(memory, code);
        },
        iter: 2000);
}
