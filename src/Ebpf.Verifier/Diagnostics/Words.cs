using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Diagnostics;

/// <summary>Abstract values in words, for reasons.</summary>
internal static class Words
{
    /// <summary>What a register holds, as the object of a sentence: "a number from 0 to 255", "a pointer to the stack at fp-16".</summary>
    internal static string Describe(in RegisterState register)
    {
        string nullable = register.MaybeNull ? ", which may be null" : "";
        return register.Kind switch
        {
            RegisterKind.Uninitialised => "nothing",
            RegisterKind.Scalar => register.Value.IsConstant ? $"the number {(long)register.Value.Value}" : $"a number that may be {Range(register.Value)}",
            RegisterKind.Context => "a pointer to the context" + At(register),
            RegisterKind.Stack => "a pointer to the stack" + At(register, "fp"),
            RegisterKind.Map => "a map" + nullable,
            RegisterKind.MapValue => "a pointer to a map value" + At(register) + nullable,
            RegisterKind.MapKey => "a pointer to a map key" + At(register),
            RegisterKind.Packet => "a packet pointer" + At(register),
            RegisterKind.PacketMeta => "a packet metadata pointer" + At(register),
            RegisterKind.PacketEnd => "the end of the packet",
            RegisterKind.Memory => $"a pointer to {register.Size} bytes of memory" + At(register) + nullable,
            RegisterKind.FlowKeys => "a pointer to flow keys" + At(register),
            RegisterKind.Socket => "a socket" + nullable,
            RegisterKind.SocketCommon => "a socket (common part)" + nullable,
            RegisterKind.TcpSocket => "a TCP socket" + nullable,
            RegisterKind.XdpSocket => "an XDP socket" + nullable,
            RegisterKind.BtfObject => BtfObject(register.Marks) + At(register) + nullable,
            RegisterKind.Function => "the address of a function",
            RegisterKind.Arena => "an address in the arena",
            RegisterKind.Dynptr or RegisterKind.DynptrHandle => "a dynptr",
            RegisterKind.Iterator => "an iterator",
            RegisterKind.InterruptFlags => "saved interrupt flags",
            _ => "a pointer",
        };
    }

    private static string BtfObject(RegisterMarks marks) => marks switch
    {
        _ when (marks & RegisterMarks.NonOwning) != 0 => "a pointer to an object that a list or tree owns",
        _ when (marks & RegisterMarks.Allocated) != 0 => "a pointer to an allocated object",
        _ when (marks & RegisterMarks.Untrusted) != 0 => "an untrusted pointer to a kernel object",
        _ when (marks & RegisterMarks.Trusted) != 0 => "a trusted pointer to a kernel object",
        _ when (marks & RegisterMarks.Rcu) != 0 => "a pointer to a kernel object under RCU",
        _ => "a pointer to a kernel object",
    };

    /// <summary>What a number may be: "anything", "5", "anything from 0 to 65535".</summary>
    internal static string Range(in Scalar value)
    {
        if (value.IsEmpty)
            return "nothing";
        if (value.IsConstant)
            return ((long)value.Value).ToString();
        if (value.IsUnknown)
            return "anything";
        bool unsigned = value.UMax - value.UMin <= (ulong)value.SMax - (ulong)value.SMin;
        string range = unsigned ? $"anything from {value.UMin} to {value.UMax}" : $"anything from {value.SMin} to {value.SMax}";
        ulong step = 1ul << Math.Min(value.Bits.TrailingZeros, 63);
        return step > 1 && value.Bits.TrailingZeros < 64 ? $"{range} in steps of {step}" : range;
    }

    internal static string Operation(int operation) => operation switch
    {
        Opcodes.Add => "an addition",
        Opcodes.Sub => "a subtraction",
        Opcodes.Mul => "a multiplication",
        Opcodes.Div => "a division",
        Opcodes.Or => "a bitwise or",
        Opcodes.And => "a bitwise and",
        Opcodes.Lsh or Opcodes.Rsh or Opcodes.Arsh => "a shift",
        Opcodes.Mod => "a remainder",
        Opcodes.Xor => "a bitwise exclusive or",
        _ => "this operation",
    };

    private static string At(in RegisterState pointer, string origin = "offset ")
    {
        if (pointer.Value.IsConstant)
        {
            long offset = pointer.Offset + (long)pointer.Value.Value;
            return origin == "fp" ? $" at fp{offset:+0;-0;+0}" : offset == 0 ? "" : $" at {origin}{offset}";
        }

        string fixedPart = pointer.Offset == 0 && origin != "fp" ? "" : $"{(origin == "fp" ? $"fp{pointer.Offset:+0;-0;+0}" : pointer.Offset)} plus ";
        return $" at {(origin == "fp" ? "" : origin)}{fixedPart}{Range(pointer.Value)}";
    }
}
