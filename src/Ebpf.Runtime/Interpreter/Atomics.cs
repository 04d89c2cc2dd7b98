using Ebpf.Bytecode.Isa;

namespace Ebpf.Runtime.Interpreter;

/// <summary>Atomic operations, atomic against every other thread: programs and hosts share map memory.</summary>
/// <remarks>RFC 9669 §5.3; load-acquire and store-release as Linux has them since 6.15. The operation is in the immediate of the instruction.</remarks>
internal static unsafe class Atomics
{
    internal static void Execute64(ulong* r, Operation* operation)
    {
        ref ulong source = ref r[operation->Source];
        if (operation->Immediate == Opcodes.AtomicLoadAcquire)
        {
            r[operation->Destination] = Volatile.Read(ref *(ulong*)(source + (ulong)operation->Offset));
            return;
        }

        ref ulong location = ref *(ulong*)(r[operation->Destination] + (ulong)operation->Offset);
        switch (operation->Immediate)
        {
            case Opcodes.AtomicAdd: Interlocked.Add(ref location, source); break;
            case Opcodes.AtomicOr: Interlocked.Or(ref location, source); break;
            case Opcodes.AtomicAnd: Interlocked.And(ref location, source); break;
            case Opcodes.AtomicXor: Xor(ref location, source); break;
            case Opcodes.AtomicAdd | Opcodes.AtomicFetch: source = Interlocked.Add(ref location, source) - source; break;
            case Opcodes.AtomicOr | Opcodes.AtomicFetch: source = Interlocked.Or(ref location, source); break;
            case Opcodes.AtomicAnd | Opcodes.AtomicFetch: source = Interlocked.And(ref location, source); break;
            case Opcodes.AtomicXor | Opcodes.AtomicFetch: source = Xor(ref location, source); break;
            case Opcodes.AtomicExchange: source = Interlocked.Exchange(ref location, source); break;
            case Opcodes.AtomicCompareExchange: r[0] = Interlocked.CompareExchange(ref location, source, r[0]); break;
            case Opcodes.AtomicStoreRelease: Volatile.Write(ref location, source); break;
        }
    }

    internal static void Execute32(ulong* r, Operation* operation)
    {
        ref ulong source = ref r[operation->Source];
        uint operand = (uint)source;
        if (operation->Immediate == Opcodes.AtomicLoadAcquire)
        {
            r[operation->Destination] = Volatile.Read(ref *(uint*)(source + (ulong)operation->Offset));
            return;
        }

        ref uint location = ref *(uint*)(r[operation->Destination] + (ulong)operation->Offset);
        switch (operation->Immediate)
        {
            case Opcodes.AtomicAdd: Interlocked.Add(ref location, operand); break;
            case Opcodes.AtomicOr: Interlocked.Or(ref location, operand); break;
            case Opcodes.AtomicAnd: Interlocked.And(ref location, operand); break;
            case Opcodes.AtomicXor: Xor(ref location, operand); break;
            case Opcodes.AtomicAdd | Opcodes.AtomicFetch: source = Interlocked.Add(ref location, operand) - operand; break;
            case Opcodes.AtomicOr | Opcodes.AtomicFetch: source = Interlocked.Or(ref location, operand); break;
            case Opcodes.AtomicAnd | Opcodes.AtomicFetch: source = Interlocked.And(ref location, operand); break;
            case Opcodes.AtomicXor | Opcodes.AtomicFetch: source = Xor(ref location, operand); break;
            case Opcodes.AtomicExchange: source = Interlocked.Exchange(ref location, operand); break;
            case Opcodes.AtomicCompareExchange: r[0] = Interlocked.CompareExchange(ref location, operand, (uint)r[0]); break;
            case Opcodes.AtomicStoreRelease: Volatile.Write(ref location, operand); break;
        }
    }

    /// <summary>16 bits: only load-acquire and store-release exist.</summary>
    internal static void Execute16(ulong* r, Operation* operation)
    {
        if (operation->Immediate == Opcodes.AtomicLoadAcquire)
            r[operation->Destination] = Volatile.Read(ref *(ushort*)(r[operation->Source] + (ulong)operation->Offset));
        else
            Volatile.Write(ref *(ushort*)(r[operation->Destination] + (ulong)operation->Offset), (ushort)r[operation->Source]);
    }

    /// <summary>8 bits: only load-acquire and store-release exist.</summary>
    internal static void Execute8(ulong* r, Operation* operation)
    {
        if (operation->Immediate == Opcodes.AtomicLoadAcquire)
            r[operation->Destination] = Volatile.Read(ref *(byte*)(r[operation->Source] + (ulong)operation->Offset));
        else
            Volatile.Write(ref *(byte*)(r[operation->Destination] + (ulong)operation->Offset), (byte)r[operation->Source]);
    }

    private static ulong Xor(ref ulong location, ulong operand)
    {
        ulong seen = Volatile.Read(ref location);
        while (true)
        {
            ulong found = Interlocked.CompareExchange(ref location, seen ^ operand, seen);
            if (found == seen)
                return seen;
            seen = found;
        }
    }

    private static uint Xor(ref uint location, uint operand)
    {
        uint seen = Volatile.Read(ref location);
        while (true)
        {
            uint found = Interlocked.CompareExchange(ref location, seen ^ operand, seen);
            if (found == seen)
                return seen;
            seen = found;
        }
    }
}
