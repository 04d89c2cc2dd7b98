using System.Runtime.CompilerServices;

namespace Ebpf.Runtime.Helpers;

/// <summary>Checksums.</summary>
/// <remarks>net/core/filter.c. The packets of a run carry no checksum state of their own (CHECKSUM_NONE).</remarks>
internal static unsafe class ChecksumHelpers
{
    /// <remarks>BPF_F_HDR_FIELD_MASK, BPF_F_PSEUDO_HDR, BPF_F_MARK_MANGLED_0, BPF_F_MARK_ENFORCE and BPF_F_IPV6 in include/uapi/linux/bpf.h.</remarks>
    private const ulong FieldMask = 0xf, PseudoHeader = 0x10, MarkMangledZero = 0x20, MarkEnforce = 0x40, IpVersion6 = 0x80;

    private const ushort MangledZero = 0xffff;

    /// <summary>bpf_csum_diff(from, from size, to, to size, seed): the sum of the difference on 16 bits, as since Linux 6.13; sizes need not be multiples of 4.</summary>
    internal static ulong Difference(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        uint fromSize = (uint)r2, toSize = (uint)r4, seed = (uint)r5;
        if (!run.CanRead(r1, fromSize) || !run.CanRead(r3, toSize))
            return 0;

        var from = new ReadOnlySpan<byte>((void*)r1, checked((int)fromSize));
        var to = new ReadOnlySpan<byte>((void*)r3, checked((int)toSize));
        uint sum = (fromSize != 0, toSize != 0) switch
        {
            (true, true) => Checksum.Subtract(Checksum.Partial(to, seed), Checksum.Partial(from, 0)),
            (false, true) => Checksum.Partial(to, seed),
            (true, false) => ~Checksum.Partial(from, ~seed),
            _ => seed,
        };
        return Checksum.Fold16(sum);
    }

    /// <summary>bpf_l3_csum_replace(ctx, offset, from, to, flags).</summary>
    internal static ulong ReplaceNetwork(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        if ((r5 & ~FieldMask) != 0)
            return Run.Result(Errno.EINVAL);
        return TryField(run, r2, out byte* field) ? Replace(field, r3, r4, r5 & FieldMask) : Run.Result(Errno.EFAULT);
    }

    /// <summary>bpf_l4_csum_replace(ctx, offset, from, to, flags).</summary>
    internal static ulong ReplaceTransport(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        if ((r5 & ~(FieldMask | PseudoHeader | MarkMangledZero | MarkEnforce | IpVersion6)) != 0)
            return Run.Result(Errno.EINVAL);
        if (!TryField(run, r2, out byte* field))
            return Run.Result(Errno.EFAULT);

        // A UDP checksum of zero says that there is none.
        bool marksZero = (r5 & MarkMangledZero) != 0;
        if (marksZero && (r5 & MarkEnforce) == 0 && Unsafe.ReadUnaligned<ushort>(field) == 0)
            return 0;
        ulong result = Replace(field, r3, r4, r5 & FieldMask);
        if (result == 0 && marksZero && Unsafe.ReadUnaligned<ushort>(field) == 0)
            Unsafe.WriteUnaligned(field, MangledZero);
        return result;
    }

    /// <summary>bpf_csum_update(ctx, sum): -ENOTSUPP, for the packet brings no complete sum.</summary>
    internal static ulong Update(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.IsContext(r1) ? Run.Result(Errno.ENOTSUPP) : 0;

    /// <summary>bpf_csum_level(ctx, level): nothing to change, and nothing known.</summary>
    internal static ulong Level(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        const ulong Query = 0, Increase = 1, Decrease = 2, Reset = 3; // enum BPF_CSUM_LEVEL_*

        if (!run.IsContext(r1))
            return 0;
        return r2 switch
        {
            Query => Run.Result(Errno.EACCES),
            Increase or Decrease or Reset => 0,
            _ => Run.Result(Errno.EINVAL),
        };
    }

    private static bool TryField(Run run, ulong offset, out byte* field)
    {
        field = run.PacketData + (uint)offset;
        return (uint)offset <= 0xffff && (offset & 1) == 0 && (uint)offset + 2 <= (uint)run.PacketLength;
    }

    private static ulong Replace(byte* field, ulong from, ulong to, ulong size)
    {
        ushort checksum = Unsafe.ReadUnaligned<ushort>(field);
        switch (size)
        {
            case 0 when from == 0:
                checksum = Checksum.ReplaceByDifference(checksum, (uint)to);
                break;
            case 2:
                checksum = Checksum.Replace2(checksum, (ushort)from, (ushort)to);
                break;
            case 4:
                checksum = Checksum.Replace4(checksum, (uint)from, (uint)to);
                break;
            default:
                return Run.Result(Errno.EINVAL);
        }

        Unsafe.WriteUnaligned(field, checksum);
        return 0;
    }
}
