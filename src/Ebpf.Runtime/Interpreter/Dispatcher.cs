using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Ebpf.Runtime.Interpreter;

/// <summary>Executes decoded programs. The only method that dispatches; everything that is not a line long lives elsewhere.</summary>
internal static unsafe class Dispatcher
{
    /// <summary>
    /// Executes from <paramref name="pc"/> until the innermost frame that the engine entered returns, or the run is stopped
    /// (<see cref="Run.IsStopped"/>). The result is in R0.
    /// </summary>
    // Without the attribute the method would stay in the slow tier while its loop runs; with it, it is twice as fast.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Execute<TPolicy>(Run run, Operation* pc)
        where TPolicy : struct, IExecutionPolicy
    {
        ulong* r = run.Registers;
        while (true)
        {
            if (TPolicy.Checks)
            {
                run.Position = pc;
                if (--run.Budget < 0)
                {
                    run.Stop("the instruction budget is used up");
                    return;
                }
            }

            if (TPolicy.Observes)
                run.Observe();

            switch (pc->Code)
            {
                // 64-bit arithmetic.
                case Op.Add64: r[pc->Destination] += r[pc->Source]; pc++; continue;
                case Op.Add64K: r[pc->Destination] += (ulong)pc->Immediate; pc++; continue;
                case Op.Sub64: r[pc->Destination] -= r[pc->Source]; pc++; continue;
                case Op.Sub64K: r[pc->Destination] -= (ulong)pc->Immediate; pc++; continue;
                case Op.Mul64: r[pc->Destination] *= r[pc->Source]; pc++; continue;
                case Op.Mul64K: r[pc->Destination] *= (ulong)pc->Immediate; pc++; continue;
                case Op.Div64: r[pc->Destination] = Arithmetic.Div(r[pc->Destination], r[pc->Source]); pc++; continue;
                case Op.Div64K: r[pc->Destination] = Arithmetic.Div(r[pc->Destination], (ulong)pc->Immediate); pc++; continue;
                case Op.SDiv64: r[pc->Destination] = Arithmetic.SDiv(r[pc->Destination], r[pc->Source]); pc++; continue;
                case Op.SDiv64K: r[pc->Destination] = Arithmetic.SDiv(r[pc->Destination], (ulong)pc->Immediate); pc++; continue;
                case Op.Mod64: r[pc->Destination] = Arithmetic.Mod(r[pc->Destination], r[pc->Source]); pc++; continue;
                case Op.Mod64K: r[pc->Destination] = Arithmetic.Mod(r[pc->Destination], (ulong)pc->Immediate); pc++; continue;
                case Op.SMod64: r[pc->Destination] = Arithmetic.SMod(r[pc->Destination], r[pc->Source]); pc++; continue;
                case Op.SMod64K: r[pc->Destination] = Arithmetic.SMod(r[pc->Destination], (ulong)pc->Immediate); pc++; continue;
                case Op.Or64: r[pc->Destination] |= r[pc->Source]; pc++; continue;
                case Op.Or64K: r[pc->Destination] |= (ulong)pc->Immediate; pc++; continue;
                case Op.And64: r[pc->Destination] &= r[pc->Source]; pc++; continue;
                case Op.And64K: r[pc->Destination] &= (ulong)pc->Immediate; pc++; continue;
                case Op.Xor64: r[pc->Destination] ^= r[pc->Source]; pc++; continue;
                case Op.Xor64K: r[pc->Destination] ^= (ulong)pc->Immediate; pc++; continue;
                case Op.Lsh64: r[pc->Destination] <<= (int)r[pc->Source]; pc++; continue;
                case Op.Lsh64K: r[pc->Destination] <<= (int)pc->Immediate; pc++; continue;
                case Op.Rsh64: r[pc->Destination] >>= (int)r[pc->Source]; pc++; continue;
                case Op.Rsh64K: r[pc->Destination] >>= (int)pc->Immediate; pc++; continue;
                case Op.Arsh64: r[pc->Destination] = (ulong)((long)r[pc->Destination] >> (int)r[pc->Source]); pc++; continue;
                case Op.Arsh64K: r[pc->Destination] = (ulong)((long)r[pc->Destination] >> (int)pc->Immediate); pc++; continue;
                case Op.Mov64: r[pc->Destination] = r[pc->Source]; pc++; continue;
                case Op.Mov64K: r[pc->Destination] = (ulong)pc->Immediate; pc++; continue;
                case Op.Neg64: r[pc->Destination] = 0 - r[pc->Destination]; pc++; continue;
                case Op.MovSx8To64: r[pc->Destination] = (ulong)(sbyte)r[pc->Source]; pc++; continue;
                case Op.MovSx16To64: r[pc->Destination] = (ulong)(short)r[pc->Source]; pc++; continue;
                case Op.MovSx32To64: r[pc->Destination] = (ulong)(int)r[pc->Source]; pc++; continue;

                // 32-bit arithmetic.
                case Op.Add32: r[pc->Destination] = (uint)(r[pc->Destination] + r[pc->Source]); pc++; continue;
                case Op.Add32K: r[pc->Destination] = (uint)(r[pc->Destination] + (ulong)pc->Immediate); pc++; continue;
                case Op.Sub32: r[pc->Destination] = (uint)(r[pc->Destination] - r[pc->Source]); pc++; continue;
                case Op.Sub32K: r[pc->Destination] = (uint)(r[pc->Destination] - (ulong)pc->Immediate); pc++; continue;
                case Op.Mul32: r[pc->Destination] = (uint)(r[pc->Destination] * r[pc->Source]); pc++; continue;
                case Op.Mul32K: r[pc->Destination] = (uint)(r[pc->Destination] * (ulong)pc->Immediate); pc++; continue;
                case Op.Div32: r[pc->Destination] = Arithmetic.Div((uint)r[pc->Destination], (uint)r[pc->Source]); pc++; continue;
                case Op.Div32K: r[pc->Destination] = Arithmetic.Div((uint)r[pc->Destination], (uint)pc->Immediate); pc++; continue;
                case Op.SDiv32: r[pc->Destination] = Arithmetic.SDiv((uint)r[pc->Destination], (uint)r[pc->Source]); pc++; continue;
                case Op.SDiv32K: r[pc->Destination] = Arithmetic.SDiv((uint)r[pc->Destination], (uint)pc->Immediate); pc++; continue;
                case Op.Mod32: r[pc->Destination] = Arithmetic.Mod((uint)r[pc->Destination], (uint)r[pc->Source]); pc++; continue;
                case Op.Mod32K: r[pc->Destination] = Arithmetic.Mod((uint)r[pc->Destination], (uint)pc->Immediate); pc++; continue;
                case Op.SMod32: r[pc->Destination] = Arithmetic.SMod((uint)r[pc->Destination], (uint)r[pc->Source]); pc++; continue;
                case Op.SMod32K: r[pc->Destination] = Arithmetic.SMod((uint)r[pc->Destination], (uint)pc->Immediate); pc++; continue;
                case Op.Or32: r[pc->Destination] = (uint)(r[pc->Destination] | r[pc->Source]); pc++; continue;
                case Op.Or32K: r[pc->Destination] = (uint)(r[pc->Destination] | (ulong)pc->Immediate); pc++; continue;
                case Op.And32: r[pc->Destination] = (uint)(r[pc->Destination] & r[pc->Source]); pc++; continue;
                case Op.And32K: r[pc->Destination] = (uint)(r[pc->Destination] & (ulong)pc->Immediate); pc++; continue;
                case Op.Xor32: r[pc->Destination] = (uint)(r[pc->Destination] ^ r[pc->Source]); pc++; continue;
                case Op.Xor32K: r[pc->Destination] = (uint)(r[pc->Destination] ^ (ulong)pc->Immediate); pc++; continue;
                case Op.Lsh32: r[pc->Destination] = (uint)r[pc->Destination] << (int)r[pc->Source]; pc++; continue;
                case Op.Lsh32K: r[pc->Destination] = (uint)r[pc->Destination] << (int)pc->Immediate; pc++; continue;
                case Op.Rsh32: r[pc->Destination] = (uint)r[pc->Destination] >> (int)r[pc->Source]; pc++; continue;
                case Op.Rsh32K: r[pc->Destination] = (uint)r[pc->Destination] >> (int)pc->Immediate; pc++; continue;
                case Op.Arsh32: r[pc->Destination] = (uint)((int)r[pc->Destination] >> (int)r[pc->Source]); pc++; continue;
                case Op.Arsh32K: r[pc->Destination] = (uint)((int)r[pc->Destination] >> (int)pc->Immediate); pc++; continue;
                case Op.Mov32: r[pc->Destination] = (uint)r[pc->Source]; pc++; continue;
                case Op.Mov32K: r[pc->Destination] = (uint)pc->Immediate; pc++; continue;
                case Op.Neg32: r[pc->Destination] = 0 - (uint)r[pc->Destination]; pc++; continue;
                case Op.MovSx8To32: r[pc->Destination] = (uint)(sbyte)r[pc->Source]; pc++; continue;
                case Op.MovSx16To32: r[pc->Destination] = (uint)(short)r[pc->Source]; pc++; continue;

                // Byte order.
                case Op.Truncate16: r[pc->Destination] = (ushort)r[pc->Destination]; pc++; continue;
                case Op.Truncate32: r[pc->Destination] = (uint)r[pc->Destination]; pc++; continue;
                case Op.Swap16: r[pc->Destination] = BinaryPrimitives.ReverseEndianness((ushort)r[pc->Destination]); pc++; continue;
                case Op.Swap32: r[pc->Destination] = BinaryPrimitives.ReverseEndianness((uint)r[pc->Destination]); pc++; continue;
                case Op.Swap64: r[pc->Destination] = BinaryPrimitives.ReverseEndianness(r[pc->Destination]); pc++; continue;
                case Op.Nothing: pc++; continue;

                // Memory.
                case Op.Load8:
                    if (!TPolicy.Checks)
                        r[pc->Destination] = *(byte*)(r[pc->Source] + (ulong)pc->Offset);
                    else if (!run.Memory.Load(r, pc))
                        return;
                    pc++;
                    continue;
                case Op.Load16:
                    if (!TPolicy.Checks)
                        r[pc->Destination] = *(ushort*)(r[pc->Source] + (ulong)pc->Offset);
                    else if (!run.Memory.Load(r, pc))
                        return;
                    pc++;
                    continue;
                case Op.Load32:
                    if (!TPolicy.Checks)
                        r[pc->Destination] = *(uint*)(r[pc->Source] + (ulong)pc->Offset);
                    else if (!run.Memory.Load(r, pc))
                        return;
                    pc++;
                    continue;
                case Op.Load64:
                    if (!TPolicy.Checks)
                        r[pc->Destination] = *(ulong*)(r[pc->Source] + (ulong)pc->Offset);
                    else if (!run.Memory.Load(r, pc))
                        return;
                    pc++;
                    continue;
                case Op.LoadSx8:
                    if (!TPolicy.Checks)
                        r[pc->Destination] = (ulong)*(sbyte*)(r[pc->Source] + (ulong)pc->Offset);
                    else if (!run.Memory.Load(r, pc))
                        return;
                    pc++;
                    continue;
                case Op.LoadSx16:
                    if (!TPolicy.Checks)
                        r[pc->Destination] = (ulong)*(short*)(r[pc->Source] + (ulong)pc->Offset);
                    else if (!run.Memory.Load(r, pc))
                        return;
                    pc++;
                    continue;
                case Op.LoadSx32:
                    if (!TPolicy.Checks)
                        r[pc->Destination] = (ulong)*(int*)(r[pc->Source] + (ulong)pc->Offset);
                    else if (!run.Memory.Load(r, pc))
                        return;
                    pc++;
                    continue;
                case Op.Store8:
                    if (!TPolicy.Checks)
                        *(byte*)(r[pc->Destination] + (ulong)pc->Offset) = (byte)r[pc->Source];
                    else if (!run.Memory.Store(r, pc, r[pc->Source]))
                        return;
                    pc++;
                    continue;
                case Op.Store8K:
                    if (!TPolicy.Checks)
                        *(byte*)(r[pc->Destination] + (ulong)pc->Offset) = (byte)pc->Immediate;
                    else if (!run.Memory.Store(r, pc, (ulong)pc->Immediate))
                        return;
                    pc++;
                    continue;
                case Op.Store16:
                    if (!TPolicy.Checks)
                        *(ushort*)(r[pc->Destination] + (ulong)pc->Offset) = (ushort)r[pc->Source];
                    else if (!run.Memory.Store(r, pc, r[pc->Source]))
                        return;
                    pc++;
                    continue;
                case Op.Store16K:
                    if (!TPolicy.Checks)
                        *(ushort*)(r[pc->Destination] + (ulong)pc->Offset) = (ushort)pc->Immediate;
                    else if (!run.Memory.Store(r, pc, (ulong)pc->Immediate))
                        return;
                    pc++;
                    continue;
                case Op.Store32:
                    if (!TPolicy.Checks)
                        *(uint*)(r[pc->Destination] + (ulong)pc->Offset) = (uint)r[pc->Source];
                    else if (!run.Memory.Store(r, pc, r[pc->Source]))
                        return;
                    pc++;
                    continue;
                case Op.Store32K:
                    if (!TPolicy.Checks)
                        *(uint*)(r[pc->Destination] + (ulong)pc->Offset) = (uint)pc->Immediate;
                    else if (!run.Memory.Store(r, pc, (ulong)pc->Immediate))
                        return;
                    pc++;
                    continue;
                case Op.Store64:
                    if (!TPolicy.Checks)
                        *(ulong*)(r[pc->Destination] + (ulong)pc->Offset) = r[pc->Source];
                    else if (!run.Memory.Store(r, pc, r[pc->Source]))
                        return;
                    pc++;
                    continue;
                case Op.Store64K:
                    if (!TPolicy.Checks)
                        *(ulong*)(r[pc->Destination] + (ulong)pc->Offset) = (ulong)pc->Immediate;
                    else if (!run.Memory.Store(r, pc, (ulong)pc->Immediate))
                        return;
                    pc++;
                    continue;
                case Op.Atomic8:
                    if (TPolicy.Checks && !run.Memory.CheckAtomic(r, pc, 1))
                        return;
                    Atomics.Execute8(r, pc);
                    pc++;
                    continue;
                case Op.Atomic16:
                    if (TPolicy.Checks && !run.Memory.CheckAtomic(r, pc, 2))
                        return;
                    Atomics.Execute16(r, pc);
                    pc++;
                    continue;
                case Op.Atomic32:
                    if (TPolicy.Checks && !run.Memory.CheckAtomic(r, pc, 4))
                        return;
                    Atomics.Execute32(r, pc);
                    pc++;
                    continue;
                case Op.Atomic64:
                    if (TPolicy.Checks && !run.Memory.CheckAtomic(r, pc, 8))
                        return;
                    Atomics.Execute64(r, pc);
                    pc++;
                    continue;
                case Op.LoadPacket:
                    run.Position = pc;
                    if (run.LoadPacket(pc))
                    {
                        pc++;
                        continue;
                    }

                    if (run.IsStopped)
                        return;

                    // As Linux: a load beyond the packet ends the function with 0.
                    r[0] = 0;
                    goto case Op.Exit;
                case Op.LoadWide: r[pc->Destination] = (ulong)pc->Immediate; pc += 2; continue;

                // Jumps.
                case Op.Jump: pc += pc->Offset; continue;
                case Op.Jeq64: pc += r[pc->Destination] == r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jeq64K: pc += r[pc->Destination] == (ulong)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jne64: pc += r[pc->Destination] != r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jne64K: pc += r[pc->Destination] != (ulong)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jgt64: pc += r[pc->Destination] > r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jgt64K: pc += r[pc->Destination] > (ulong)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jge64: pc += r[pc->Destination] >= r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jge64K: pc += r[pc->Destination] >= (ulong)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jlt64: pc += r[pc->Destination] < r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jlt64K: pc += r[pc->Destination] < (ulong)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jle64: pc += r[pc->Destination] <= r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jle64K: pc += r[pc->Destination] <= (ulong)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jsgt64: pc += (long)r[pc->Destination] > (long)r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jsgt64K: pc += (long)r[pc->Destination] > pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jsge64: pc += (long)r[pc->Destination] >= (long)r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jsge64K: pc += (long)r[pc->Destination] >= pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jslt64: pc += (long)r[pc->Destination] < (long)r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jslt64K: pc += (long)r[pc->Destination] < pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jsle64: pc += (long)r[pc->Destination] <= (long)r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jsle64K: pc += (long)r[pc->Destination] <= pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jset64: pc += (r[pc->Destination] & r[pc->Source]) != 0 ? pc->Offset : 1; continue;
                case Op.Jset64K: pc += (r[pc->Destination] & (ulong)pc->Immediate) != 0 ? pc->Offset : 1; continue;
                case Op.Jeq32: pc += (uint)r[pc->Destination] == (uint)r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jeq32K: pc += (uint)r[pc->Destination] == (uint)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jne32: pc += (uint)r[pc->Destination] != (uint)r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jne32K: pc += (uint)r[pc->Destination] != (uint)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jgt32: pc += (uint)r[pc->Destination] > (uint)r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jgt32K: pc += (uint)r[pc->Destination] > (uint)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jge32: pc += (uint)r[pc->Destination] >= (uint)r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jge32K: pc += (uint)r[pc->Destination] >= (uint)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jlt32: pc += (uint)r[pc->Destination] < (uint)r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jlt32K: pc += (uint)r[pc->Destination] < (uint)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jle32: pc += (uint)r[pc->Destination] <= (uint)r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jle32K: pc += (uint)r[pc->Destination] <= (uint)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jsgt32: pc += (int)r[pc->Destination] > (int)r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jsgt32K: pc += (int)r[pc->Destination] > (int)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jsge32: pc += (int)r[pc->Destination] >= (int)r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jsge32K: pc += (int)r[pc->Destination] >= (int)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jslt32: pc += (int)r[pc->Destination] < (int)r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jslt32K: pc += (int)r[pc->Destination] < (int)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jsle32: pc += (int)r[pc->Destination] <= (int)r[pc->Source] ? pc->Offset : 1; continue;
                case Op.Jsle32K: pc += (int)r[pc->Destination] <= (int)pc->Immediate ? pc->Offset : 1; continue;
                case Op.Jset32: pc += ((uint)r[pc->Destination] & (uint)r[pc->Source]) != 0 ? pc->Offset : 1; continue;
                case Op.Jset32K: pc += ((uint)r[pc->Destination] & (uint)pc->Immediate) != 0 ? pc->Offset : 1; continue;
                case Op.MayGoto: pc += --run.Frame->MayGoto < 0 ? pc->Offset : 1; continue;

                // Calls.
                case Op.CallLocal:
                    run.Position = pc;
                    if (!run.Enter(pc + 1, (int)pc->Immediate))
                        return;
                    pc += pc->Offset;
                    continue;
                case Op.CallHelper:
                    run.Position = pc;
                    r[0] = ((delegate*<ulong, ulong, ulong, ulong, ulong, Run, ulong>)pc->Immediate)(r[1], r[2], r[3], r[4], r[5], run);
                    if (run.IsStopped)
                        return;
                    pc++;
                    continue;
                case Op.CallRegister:
                    run.Position = pc;
                    Operation* called = run.CallRegister(pc);
                    if (called == null)
                        return;
                    pc = called;
                    continue;
                case Op.TailCall:
                    run.Position = pc;
                    Operation* next = run.TailCall(pc);
                    if (next == null)
                        return;
                    pc = next;
                    continue;
                case Op.Exit:
                    Frame* frame = run.Frame;
                    r[6] = frame->R6;
                    r[7] = frame->R7;
                    r[8] = frame->R8;
                    r[9] = frame->R9;
                    r[10] = frame->R10;
                    pc = frame->Return;
                    run.Frame = frame - 1;
                    if (pc == null)
                        return;
                    continue;

                default:
                    run.Position = pc;
                    run.Trap(pc);
                    return;
            }
        }
    }
}
