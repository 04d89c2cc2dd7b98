using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Ebpf.Bytecode.Btf;

public sealed partial class BtfView
{
    private NameIndex? _names;

    /// <summary>The type of that name and kind with the lowest id; <see cref="Base"/> is looked at first.</summary>
    /// <returns>Its id, or null where there is none.</returns>
    public uint? FindByName(string name, BtfKind kind) => FindByName(Encoding.UTF8.GetBytes(name), kind);

    /// <inheritdoc cref="FindByName(string, BtfKind)"/>
    public uint? FindByName(ReadOnlySpan<byte> name, BtfKind kind)
    {
        if (Base?.FindByName(name, kind) is uint inherited)
            return inherited;

        for (uint id = Names.First(BtfName.Essential(name)); id != 0; id = Names.Next(id))
        {
            BtfType type = this[id];
            if (type.Kind == kind && type.NameBytes.SequenceEqual(name))
                return id;
        }

        return null;
    }

    // Threads that come at the same time may build it twice; either is right.
    internal NameIndex Names => _names ??= new NameIndex(this);

    /// <summary>
    /// Own types by the hash of their essential name (without ___flavor): chains of ascending ids. It serves look-ups by full name and CO-RE's
    /// search for candidates alike.
    /// </summary>
    internal sealed class NameIndex
    {
        private readonly uint _firstId;
        private readonly uint[] _heads;
        private readonly uint[] _next;

        // As for the index of types: most processes come here once, with a whole kernel.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public NameIndex(BtfView view)
        {
            BoundedReader types = view.TypeReader;
            int count = view._offsets.Length;
            _firstId = view._firstId;
            _heads = new uint[BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 1))];
            _next = new uint[count];
            for (int i = count - 1; i >= 0; i--)
            {
                uint id = _firstId + (uint)i;
                ReadOnlySpan<byte> name = view.StringBytes(types.UInt32((ulong)view._offsets[i]));
                if (name.IsEmpty)
                    continue;
                ref uint head = ref _heads[Bucket(BtfName.Essential(name))];
                _next[i] = head;
                head = id;
            }
        }

        /// <summary>The first type whose essential name may be this one; 0 where there is none.</summary>
        public uint First(ReadOnlySpan<byte> essentialName) => _heads[Bucket(essentialName)];

        /// <summary>The next type after one that may have the same essential name; 0 at the end.</summary>
        public uint Next(uint id) => _next[id - _firstId];

        // The hash is seeded anew in every process, so that no file can aim at one bucket.
        private uint Bucket(ReadOnlySpan<byte> name)
        {
            var hash = new HashCode();
            hash.AddBytes(name);
            return (uint)hash.ToHashCode() & (uint)(_heads.Length - 1);
        }
    }
}
