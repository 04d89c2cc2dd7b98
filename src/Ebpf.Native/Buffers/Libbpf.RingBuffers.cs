namespace Ebpf.Native;

/// <content>Ring buffers.</content>
internal static unsafe partial class Libbpf
{
    public static nint ring_buffer__new(int map, void* callback, byte* context, byte* opts)
    {
        if (!new Options(opts).IsValid(8, "ring_buffer_opts"))
        {
            return Answer.Null(Errno.EINVAL);
        }

        var buffer = new NativeRingBuffer();
        int error = buffer.Add(map, (delegate* unmanaged<void*, void*, nuint, int>)callback, context);
        if (error != 0)
        {
            buffer.Free();
            return Answer.Null((Errno)(-error));
        }

        return buffer.Handle;
    }

    public static void ring_buffer__free(nint buffer)
    {
        if (buffer != 0)
        {
            RingBuffer(buffer).Free();
        }
    }

    public static int ring_buffer__add(nint buffer, int map, void* callback, byte* context) =>
        RingBuffer(buffer).Add(map, (delegate* unmanaged<void*, void*, nuint, int>)callback, context);

    public static int ring_buffer__poll(nint buffer, int milliseconds) => RingBuffer(buffer).Poll(milliseconds);

    public static int ring_buffer__consume(nint buffer) => RingBuffer(buffer).Consume(int.MaxValue);

    public static int ring_buffer__consume_n(nint buffer, nuint count) => RingBuffer(buffer).Consume(Math.Min(count, int.MaxValue));

    public static int ring_buffer__epoll_fd(nint buffer) => RingBuffer(buffer).EpollFd;

    public static nint ring_buffer__ring(nint buffer, uint index)
    {
        NativeRingBuffer source = RingBuffer(buffer);
        return index < source.Rings.Count ? source.Rings[(int)index].Handle : Answer.Null(Errno.ERANGE);
    }

    public static nuint ring__consumer_pos(nint ring) => (nuint)Ring(ring).ConsumerPosition;

    public static nuint ring__producer_pos(nint ring) => (nuint)Ring(ring).ProducerPosition;

    public static nuint ring__avail_data_size(nint ring)
    {
        NativeRing source = Ring(ring);
        ulong consumer = source.ConsumerPosition;
        return (nuint)(source.ProducerPosition - consumer);
    }

    public static nuint ring__size(nint ring) => (nuint)Ring(ring).Size;

    public static int ring__map_fd(nint ring) => Ring(ring).Map;

    public static int ring__consume(nint ring) => (int)Ring(ring).Consume(int.MaxValue);

    public static int ring__consume_n(nint ring, nuint count) => (int)Ring(ring).Consume(Math.Min(count, int.MaxValue));

    private static NativeRingBuffer RingBuffer(nint pointer) => Handles.Get<NativeRingBuffer>(pointer);

    private static NativeRing Ring(nint pointer) => Handles.Get<NativeRing>(pointer);
}
