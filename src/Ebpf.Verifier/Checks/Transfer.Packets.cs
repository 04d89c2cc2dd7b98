using Ebpf.Verifier.Domains;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Checks;

/// <summary>What comparisons with the end of the packet say about how many bytes are there.</summary>
internal sealed partial class Transfer
{
    /// <summary>No packet is longer than this (MAX_PACKET_OFF), so that a pointer and an offset below it cannot wrap round.</summary>
    private const int MaxPacketOffset = 0xffff;

    // Sizes below zero say that the pointer itself lies at or beyond the end, for comparisons that come again.
    private const int AtPacketEnd = -1, BeyondPacketEnd = -2;

    private static BranchOutcome DecidePacket(Comparison comparison, in RegisterState left, in RegisterState right)
    {
        if (right.Kind == RegisterKind.PacketEnd && left.Kind == RegisterKind.Packet)
            return DecideAtEnd(comparison, left.Size);
        return left.Kind == RegisterKind.PacketEnd && right.Kind == RegisterKind.Packet ? DecideAtEnd(comparison.Mirrored(), right.Size) : BranchOutcome.Unknown;
    }

    private static BranchOutcome DecideAtEnd(Comparison comparison, int size) => (comparison, size) switch
    {
        (Comparison.LessOrEqual, BeyondPacketEnd) => BranchOutcome.Never,
        (Comparison.Greater, BeyondPacketEnd) => BranchOutcome.Always,
        (Comparison.Less, BeyondPacketEnd or AtPacketEnd) => BranchOutcome.Never,
        (Comparison.GreaterOrEqual, BeyondPacketEnd or AtPacketEnd) => BranchOutcome.Always,
        _ => BranchOutcome.Unknown,
    };

    /// <summary>Learns from a comparison that holds between a pointer into the packet and its end (or metadata and the packet's start).</summary>
    private void AssumePacket(Comparison comparison, ref RegisterState left, ref RegisterState right)
    {
        if (IsBounded(left, right))
            LearnPacketRange(comparison, ref left);
        else if (IsBounded(right, left))
            LearnPacketRange(comparison.Mirrored(), ref right);
    }

    private static bool IsBounded(in RegisterState pointer, in RegisterState end) =>
        (pointer.Kind == RegisterKind.Packet && end.Kind == RegisterKind.PacketEnd)
        || (pointer.Kind == RegisterKind.PacketMeta && end.IsPacketStart);

    private void LearnPacketRange(Comparison comparison, ref RegisterState pointer)
    {
        switch (comparison)
        {
            case Comparison.LessOrEqual:
                FoundPacketBytes(pointer, pointer.Offset);
                break;
            case Comparison.Less:
                FoundPacketBytes(pointer, pointer.Offset + 1);
                break;
            case Comparison.Greater:
                MarkPacketEnd(ref pointer, BeyondPacketEnd);
                break;
            case Comparison.GreaterOrEqual:
                MarkPacketEnd(ref pointer, AtPacketEnd);
                break;
        }
    }

    private void FoundPacketBytes(in RegisterState pointer, int bytes)
    {
        if (pointer.Offset < 0 || bytes <= 0)
            return;
        // The offset could have wrapped round where it can be larger than any packet.
        if (pointer.Value.UMax > MaxPacketOffset || pointer.Value.UMax + (ulong)pointer.Offset > MaxPacketOffset)
            return;
        RegisterKind kind = pointer.Kind;
        int id = pointer.Id;
        foreach (ref RegisterState other in new ValuesOf(State))
        {
            if (other.Kind == kind && other.Id == id && other.Size < bytes)
                other.Size = bytes;
        }
    }

    private static void MarkPacketEnd(ref RegisterState pointer, int mark)
    {
        // Only where no bytes were found yet: a range is worth more.
        if (pointer is { Kind: RegisterKind.Packet, Size: <= 0 })
            pointer.Size = mark;
    }

    /// <summary>A helper may have moved the packet: every pointer into it is void.</summary>
    private void InvalidatePacketPointers()
    {
        foreach (ref RegisterState value in new ValuesOf(State))
        {
            if (value.Kind is RegisterKind.Packet or RegisterKind.PacketMeta or RegisterKind.PacketEnd || (value.Marks & RegisterMarks.PacketSlice) != 0)
                value = RegisterState.Unknown;
            else if (value.IsPacketLength)
                value.Subject = 0;
        }
    }

    /// <summary>data_end - data: how many bytes there are, for helpers that take the whole packet. No packet has as many as <see cref="MaxOffset"/>.</summary>
    private static RegisterState LengthOfPacket(in RegisterState start)
    {
        RegisterState length = RegisterState.Number(Scalar.Unsigned((ulong)Math.Max(start.Size, 0), MaxOffset - 1));
        length.Subject = RegisterState.PacketLength;
        return length;
    }
}
