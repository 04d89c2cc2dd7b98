namespace Ebpf.Bytecode.Btf;

/// <summary>A part of a type of which it has several: members, parameters, enumerators, variables.</summary>
public interface IBtfPart<TSelf>
    where TSelf : struct, IBtfPart<TSelf>
{
    /// <summary>Bytes of a part in a type of that kind.</summary>
    internal static abstract int Length(BtfKind kind);

    internal static abstract TSelf Read(in BtfType owner, ulong offset);
}

/// <summary>The parts of a type, decoded when they are asked for; walking them allocates nothing.</summary>
public readonly struct BtfList<T>
    where T : struct, IBtfPart<T>
{
    private readonly BtfType _owner;

    internal BtfList(in BtfType owner, int count)
    {
        _owner = owner;
        Count = count;
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>A part by its index.</summary>
    public T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return T.Read(_owner, _owner.RestOffset + (ulong)index * (ulong)T.Length(_owner.Kind));
        }
    }

    /// <summary>Walks the parts in order.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Walks the parts in order.</summary>
    public struct Enumerator
    {
        private readonly BtfList<T> _list;
        private int _index;

        internal Enumerator(in BtfList<T> list)
        {
            _list = list;
            _index = -1;
        }

        /// <summary>The part that the walk is at.</summary>
        public readonly T Current => _list[_index];

        /// <summary>Goes to the next part, if there is one.</summary>
        public bool MoveNext() => ++_index < _list.Count;
    }
}

/// <summary>The types of a view in order of id; walking them allocates nothing.</summary>
public readonly struct BtfTypes
{
    private readonly BtfView _view;

    internal BtfTypes(BtfView view) => _view = view;

    /// <summary>Walks the types.</summary>
    public Enumerator GetEnumerator() => new(_view);

    /// <summary>Walks the types.</summary>
    public struct Enumerator
    {
        private readonly BtfView _view;
        private uint _id;

        internal Enumerator(BtfView view)
        {
            _view = view;
            _id = view.FirstId - 1;
        }

        /// <summary>The type that the walk is at.</summary>
        public readonly BtfType Current => _view[_id];

        /// <summary>Goes to the next type, if there is one.</summary>
        public bool MoveNext() => ++_id < _view.TypeCount;
    }
}
