using System.Runtime.InteropServices;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Objects;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Features;

/// <summary>
/// What the running kernel knows of BTF, found by giving it one type of each kind. Only asked after it has refused an object's types: a kernel that
/// takes them need not be asked.
/// </summary>
/// <remarks>probe_kern_btf_* in libbpf's features.c.</remarks>
internal static unsafe class BtfProbe
{
    private const uint Int = (uint)BtfKind.Int << 24;

    private static readonly Lazy<BtfAbilities> s_abilities = new(Probe);

    /// <summary>The kernel's abilities. They do not change while it runs.</summary>
    public static BtfAbilities Abilities => s_abilities.Value;

    private static BtfAbilities Probe()
    {
        // Names: 1 "x", 3 "y". Type 1 is always an int.
        BtfAbilities found = BtfAbilities.None;
        void Try(BtfAbilities ability, params ReadOnlySpan<uint> more)
        {
            if (IsTaken(more))
            {
                found |= ability;
            }
        }

        Try(BtfAbilities.Functions, 0, Kind(BtfKind.FuncProto, 1), 0, 3, 1, 1, Kind(BtfKind.Func, 0), 2);
        Try(BtfAbilities.GlobalFunctions, 0, Kind(BtfKind.FuncProto, 1), 0, 3, 1, 1, Kind(BtfKind.Func, 1), 2);
        Try(BtfAbilities.DataSections, 1, Kind(BtfKind.Var, 0), 1, 0, 3, Kind(BtfKind.DataSec, 1), 4, 2, 0, 4);
        Try(BtfAbilities.Floats, 1, Kind(BtfKind.Float, 0), 4);
        Try(BtfAbilities.DeclarationTags, 1, Kind(BtfKind.Var, 0), 1, 0, 1, Kind(BtfKind.DeclTag, 0), 2, uint.MaxValue);
        Try(BtfAbilities.TypeTags, 1, Kind(BtfKind.TypeTag, 0), 1, 0, Kind(BtfKind.Ptr, 0), 2);
        Try(BtfAbilities.Enum64, 0, Kind(BtfKind.Enum64, 1), 8, 1, 0, 0);
        return found;
    }

    private static uint Kind(BtfKind kind, uint vlen) => ((uint)kind << 24) | vlen;

    private static bool IsTaken(ReadOnlySpan<uint> more)
    {
        ReadOnlySpan<byte> strings = "\0x\0y\0"u8;
        ReadOnlySpan<uint> integer = [1, Int, sizeof(uint), 0x0100_0020];
        int types = (integer.Length + more.Length) * sizeof(uint);
        byte[] btf = new byte[24 + types + strings.Length];
        Span<uint> header = MemoryMarshal.Cast<byte, uint>(btf.AsSpan(0, 24));
        header[0] = 0x0001_eb9f;
        if (!BitConverter.IsLittleEndian)
        {
            header[0] = 0xeb9f_0100;
        }

        (header[1], header[2], header[3], header[4], header[5]) = (24, 0, (uint)types, (uint)types, (uint)strings.Length);
        Span<byte> rest = btf.AsSpan(24);
        MemoryMarshal.AsBytes(integer).CopyTo(rest);
        MemoryMarshal.AsBytes(more).CopyTo(rest[(integer.Length * sizeof(uint))..]);
        strings.CopyTo(rest[types..]);
        fixed (byte* start = btf)
        {
            var attributes = new BtfLoadAttributes { Btf = start, BtfSize = (uint)btf.Length };
            Errno errno = Bpf.LoadBtf(ref attributes, out FileDescriptor? descriptor);
            descriptor?.Dispose();
            return errno == Errno.None;
        }
    }
}
