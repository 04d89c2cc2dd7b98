using Ebpf.Verifier.Prototypes;

namespace Ebpf.Runtime.Contexts;

/// <summary>A context layout byte by byte: what the checking mode asks at each access, and where the packet's addresses are kept.</summary>
internal sealed class ContextMap
{
    private readonly byte[] _access;
    private readonly int[] _pointers = [];
    private readonly int _size;
    private readonly List<(int Offset, bool MayBeNull)> _sockets = [];

    internal ContextMap(ContextLayout? layout, int nativeSize = 0)
    {
        Layout = layout;
        _size = layout?.Size ?? nativeSize;
        NativeSize = Math.Max(layout?.NativeSize ?? nativeSize, 8);
        _access = new byte[_size];
        if (layout is null || layout.IsOpen)
            Array.Fill(_access, layout is null ? (byte)(Readable | Writable) : Readable);
        if (layout is null)
            return;

        _pointers = [.. layout.Fields.Where(field => field.IsPointer).Select(field => field.NativeOffset)];
        foreach (ContextField field in layout.Fields)
        {
            byte access = field.IsPointer ? Pointer : field.IsWritable ? (byte)(Readable | Writable) : Readable;
            _access.AsSpan(field.Offset, field.Size).Fill(access);
            switch (field.Kind)
            {
                case ContextFieldKind.PacketData: DataOffset = field.NativeOffset; break;
                case ContextFieldKind.PacketEnd: EndOffset = field.NativeOffset; break;
                case ContextFieldKind.PacketMeta: MetaOffset = field.NativeOffset; break;
                case ContextFieldKind.FullSocket: _sockets.Add((field.NativeOffset, false)); break;
                case ContextFieldKind.SocketOrNull or ContextFieldKind.FullSocketOrNull: _sockets.Add((field.NativeOffset, true)); break;
            }
        }
    }

    private const byte Readable = 1, Writable = 2, Pointer = 4;

    /// <summary>The layout; null where the context is only bytes.</summary>
    internal ContextLayout? Layout { get; }

    /// <summary>Bytes that the engine keeps.</summary>
    internal int NativeSize { get; }

    /// <summary>Where the engine keeps the packet's addresses; -1 where the context has none.</summary>
    internal int DataOffset { get; } = -1;

    /// <summary>See <see cref="DataOffset"/>.</summary>
    internal int EndOffset { get; } = -1;

    /// <summary>See <see cref="DataOffset"/>.</summary>
    internal int MetaOffset { get; } = -1;

    /// <summary>Makes all pointers null: a caller's bytes must never become addresses.</summary>
    internal void ClearPointers(Span<byte> context)
    {
        foreach (int offset in _pointers)
            context.Slice(offset, 8).Clear();
    }

    /// <summary>Puts the run's socket where the context has one; where it may be null and there is none, it is.</summary>
    internal unsafe void PutSockets(Run run)
    {
        foreach ((int offset, bool mayBeNull) in _sockets)
            *(byte**)(run.Context + offset) = mayBeNull && run.SocketId == 0 ? null : run.Socket;
    }

    /// <summary>Whether all of these bytes belong to numbers that may be read.</summary>
    internal bool IsReadable(long offset, ulong size) => All(offset, size, Readable);

    /// <summary>Whether all of these bytes belong to numbers that may be written.</summary>
    internal bool IsWritable(long offset, ulong size) => All(offset, size, Writable);

    /// <summary>Where the engine keeps the pointer that a load of exactly these bytes means; -1 where it means none.</summary>
    internal int PointerAt(long offset, ulong size)
    {
        if (Layout is null || offset < 0 || offset >= _size || _access[offset] != Pointer)
            return -1;
        foreach (ContextField field in Layout.Fields)
        {
            if (field.Offset == offset)
                return (ulong)field.Size == size ? field.NativeOffset : -1;
        }

        return -1;
    }

    private bool All(long offset, ulong size, byte access)
    {
        if (offset < 0 || size > (ulong)_size || (ulong)offset > (ulong)_size - size)
            return false;
        foreach (byte b in _access.AsSpan((int)offset, (int)size))
        {
            if ((b & access) == 0)
                return false;
        }

        return true;
    }
}
