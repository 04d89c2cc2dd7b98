using System.Buffers.Binary;
using System.Text;
using Ebpf.Bytecode.Btf;

namespace Ebpf.Verifier.Prototypes;

/// <summary>
/// The structures of Linux's contexts as type information: what a program's <c>struct xdp_md___mine</c> with some of the fields is adapted to
/// where there is no kernel to ask. Only structures whose layout is part of the kernel's interface to programs are among them.
/// </summary>
internal static class ContextTypes
{
    private const string Prefix = "struct ";

    private static readonly string[] Names =
    [
        "struct __sk_buff", "struct xdp_md", "struct bpf_sock_addr", "struct bpf_sock", "struct bpf_sock_ops", "struct sk_msg_md", "struct sk_reuseport_md",
        "struct bpf_sk_lookup", "struct bpf_sysctl", "struct bpf_sockopt", "struct bpf_cgroup_dev_ctx", "struct bpf_tcp_sock", "struct bpf_xdp_sock",
    ];

    private static readonly Lazy<BtfView> View = new(Build);

    /// <summary>The structures, each with every field that any type of program sees of it.</summary>
    public static BtfView Types => View.Value;

    private static BtfView Build()
    {
        var writer = new Writer();
        foreach (IGrouping<string, ContextLayout> layouts in ContextLayouts.All.Where(l => Names.Contains(l.Name)).GroupBy(l => l.Name))
        {
            IEnumerable<ContextField> fields = layouts.SelectMany(l => l.Fields).DistinctBy(f => f.Name).OrderBy(f => f.Offset);
            writer.Struct(layouts.Key[Prefix.Length..], layouts.First().Size, [.. fields]);
        }
        return BtfView.Read(writer.Bytes(), "contexts");
    }

    /// <summary>Writes type information of integers, arrays of them, pointers and structures.</summary>
    /// <remarks>Documentation/bpf/btf.rst §2.</remarks>
    private sealed class Writer
    {
        private const int HeaderLength = 24;

        private readonly MemoryStream _types = new();
        private readonly MemoryStream _strings = new();
        private readonly Dictionary<(int Size, int Count), uint> _numbers = [];
        private uint _last;
        private uint _pointer;

        public Writer() => _strings.WriteByte(0);

        public void Struct(string name, int size, ContextField[] fields)
        {
            uint[] types = [.. fields.Select(f => f.IsPointer && f.Size == 8 ? Pointer() : Number(f.Size))];
            Begin(name, BtfKind.Struct, fields.Length, (uint)size);
            for (int i = 0; i < fields.Length; i++)
            {
                Word(Text(fields[i].Name));
                Word(types[i]);
                Word((uint)fields[i].Offset * 8);
            }
        }

        public byte[] Bytes()
        {
            byte[] bytes = new byte[HeaderLength + _types.Length + _strings.Length];
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, 0xeb9f);
            bytes[2] = 1;
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), HeaderLength);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), (uint)_types.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), (uint)_types.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), (uint)_strings.Length);
            _types.ToArray().CopyTo(bytes, HeaderLength);
            _strings.ToArray().CopyTo(bytes, HeaderLength + (int)_types.Length);
            return bytes;
        }

        /// <summary>An unsigned integer, or an array of them where the size is none of an integer.</summary>
        private uint Number(int size)
        {
            int element = size is 1 or 2 or 4 or 8 ? size : size % 4 == 0 ? 4 : 1;
            int count = size / element;
            if (_numbers.TryGetValue((element, count), out uint known))
                return known;
            if (count == 1)
            {
                Begin($"u{element * 8}", BtfKind.Int, 0, (uint)element);
                Word((uint)element * 8);
            }
            else
            {
                uint elementType = Number(element), indexType = Number(4);
                Begin("", BtfKind.Array, 0, 0);
                Word(elementType);
                Word(indexType);
                Word((uint)count);
            }
            return _numbers[(element, count)] = _last;
        }

        private uint Pointer()
        {
            if (_pointer == 0)
            {
                Begin("", BtfKind.Ptr, 0, 0);
                _pointer = _last;
            }
            return _pointer;
        }

        private void Begin(string name, BtfKind kind, int length, uint sizeOrType)
        {
            _last++;
            Word(Text(name));
            Word(((uint)kind << 24) | (uint)length);
            Word(sizeOrType);
        }

        private uint Text(string text)
        {
            if (text.Length == 0)
                return 0;
            uint at = (uint)_strings.Length;
            _strings.Write(Encoding.UTF8.GetBytes(text + '\0'));
            return at;
        }

        private void Word(uint value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            _types.Write(bytes);
        }
    }
}
