namespace Ebpf.Native;

/// <content>User ring buffers.</content>
internal static unsafe partial class Libbpf
{
    public static nint user_ring_buffer__new(int map, byte* opts) =>
        new Options(opts).IsValid(8, "user_ring_buffer_opts") ? new NativeUserRing(map).Handle : Answer.Null(Errno.EINVAL);

    public static byte* user_ring_buffer__reserve(nint buffer, uint size)
    {
        byte* record = UserRing(buffer).Reserve(size, out Errno errno);
        return record != null ? record : Answer.NullBytes(errno);
    }

    public static byte* user_ring_buffer__reserve_blocking(nint buffer, uint size, int milliseconds)
    {
        if (milliseconds < -1)
        {
            return Answer.NullBytes(Errno.EINVAL);
        }

        byte* record = UserRing(buffer).Reserve(size, milliseconds, out Errno errno);
        return record != null ? record : Answer.NullBytes(errno);
    }

    public static void user_ring_buffer__submit(nint buffer, byte* record) => UserRing(buffer).Commit(record, isDiscarded: false);

    public static void user_ring_buffer__discard(nint buffer, byte* record) => UserRing(buffer).Commit(record, isDiscarded: true);

    public static void user_ring_buffer__free(nint buffer)
    {
        if (buffer != 0)
        {
            UserRing(buffer).Free();
        }
    }

    private static NativeUserRing UserRing(nint pointer) => Handles.Get<NativeUserRing>(pointer);
}
