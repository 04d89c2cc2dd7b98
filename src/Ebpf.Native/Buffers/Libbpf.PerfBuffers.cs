namespace Ebpf.Native;

/// <content>Perf buffers.</content>
internal static unsafe partial class Libbpf
{
    public static nint perf_buffer__new(int map, nuint pages, void* sample, void* lost, byte* context, byte* opts)
    {
        const int SamplePeriod = 8, End = 12;
        const uint Software = 1, BpfOutput = 10, SampleRaw = 1 << 10;
        var options = new Options(opts);
        if (!options.IsValid(End, "perf_buffer_opts"))
        {
            return Answer.Null(Errno.EINVAL);
        }

        var attributes = new PerfEventAttributes
        {
            Type = Software,
            Config = BpfOutput,
            SampleType = SampleRaw,
            SamplePeriod = Math.Max(1, options.U32(SamplePeriod)),
            WakeupEvents = Math.Max(1, options.U32(SamplePeriod)),
        };
        return OpenPerf(map, pages, &attributes, new PerfCallbacks(0, (nint)sample, (nint)lost, (nint)context), [], []);
    }

    public static nint perf_buffer__new_raw(int map, nuint pages, byte* attributes, void* callback, byte* context, byte* opts)
    {
        const int CpuCount = 8, Cpus = 16, Keys = 24, End = 32;
        var options = new Options(opts);
        if (attributes == null || !options.IsValid(End, "perf_buffer_raw_opts"))
        {
            return Answer.Null(Errno.EINVAL);
        }

        // As much of the client's structure as this library knows.
        PerfEventAttributes copy = default;
        uint size = ((PerfEventAttributes*)attributes)->Size;
        new ReadOnlySpan<byte>(attributes, (int)Math.Min(size == 0 ? 64 : size, (uint)sizeof(PerfEventAttributes))).CopyTo(new Span<byte>(&copy, sizeof(PerfEventAttributes)));
        int count = Math.Max(0, options.I32(CpuCount));
        var cpus = new ReadOnlySpan<int>(options.Pointer(Cpus), count);
        var keys = new ReadOnlySpan<int>(options.Pointer(Keys), count);
        return OpenPerf(map, pages, &copy, new PerfCallbacks((nint)callback, 0, 0, (nint)context), cpus, keys);
    }

    public static void perf_buffer__free(nint buffer)
    {
        if (buffer is not (0 or (< 0 and >= -4095)))
        {
            PerfBuffer(buffer).Free();
        }
    }

    public static int perf_buffer__epoll_fd(nint buffer) => PerfBuffer(buffer).EpollFd;

    public static int perf_buffer__poll(nint buffer, int milliseconds) => PerfBuffer(buffer).Poll(milliseconds);

    public static int perf_buffer__consume(nint buffer) => PerfBuffer(buffer).ConsumeAll();

    public static int perf_buffer__consume_buffer(nint buffer, nuint index) => PerfBuffer(buffer).Consume((int)Math.Min(index, int.MaxValue));

    public static nuint perf_buffer__buffer_cnt(nint buffer) => (nuint)PerfBuffer(buffer).Count;

    public static int perf_buffer__buffer_fd(nint buffer, nuint index) => PerfBuffer(buffer).FdOf(index);

    public static int perf_buffer__buffer(nint buffer, int index, void** start, nuint* size) => PerfBuffer(buffer).Memory(index, start, size);

    private static nint OpenPerf(int map, nuint pages, PerfEventAttributes* attributes, PerfCallbacks callbacks, ReadOnlySpan<int> cpus, ReadOnlySpan<int> keys)
    {
        int error = NativePerfBuffer.Open(map, pages, attributes, callbacks, cpus, keys, out NativePerfBuffer? buffer);
        return error == 0 ? buffer!.Handle : Answer.Null((Errno)(-error));
    }

    private static NativePerfBuffer PerfBuffer(nint pointer) => Handles.Get<NativePerfBuffer>(pointer);
}
