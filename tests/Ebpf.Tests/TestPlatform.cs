using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;
using Ebpf.Platforms;
using Ebpf.Platforms.Embedded;
using Ebpf.Runtime;
using Ebpf.Runtime.Memory;

namespace Ebpf.Tests;

/// <summary>An embedded platform of the test's own: counts what is asked of it and what is still held, and can fail at any call or allocation.</summary>
internal sealed class TestPlatform : IPlatform, IPlatformLoad, IDisposable
{
    private readonly EmbeddedPlatform _inner;
    private long _calls;
    private int _live;

    public TestPlatform(int slots = 2)
    {
        Heap = new NativeHeap(isGuarded: true);
        _inner = new EmbeddedPlatform(new EngineOptions { Heap = Heap, Slots = slots });
        Platform = new Platform(this);
        // The engine's own memory is there before anything is counted.
        _ = _inner.Engine;
    }

    public Platform Platform { get; }

    public NativeHeap Heap { get; }

    /// <summary>The number of the call that shall fail, from 1; 0 for none.</summary>
    public long FailAtCall { get; set; }

    /// <summary>Calls so far.</summary>
    public long Calls => _calls;

    /// <summary>Programs, maps and links that were handed out and not disposed.</summary>
    public int LiveHandles => _live;

    /// <summary>The programs that were given to the verifier.</summary>
    public List<string> Verified { get; } = [];

    /// <summary>The maps that were created.</summary>
    public List<string> CreatedMaps { get; } = [];

    /// <summary>What the last run was asked for with.</summary>
    public RunRequest? LastRun { get; private set; }

    public Dialect? OnlyDialect { get; init; }

    public string Name => "test";

    public bool HasHostHooks => _inner.HasHostHooks;

    public bool VerifiesHere => _inner.VerifiesHere;

    public int Processors => _inner.Processors;

    public BtfView? KernelTypes => _inner.KernelTypes;

    public bool Takes(Dialect dialect) => OnlyDialect is not { } only || only == dialect;

    public long EstimateBytes(MapSpec map) => _inner.EstimateBytes(map);

    public IPlatformLoad Begin(ObjectImage image) => this;

    public IMapHandle CreateMap(MapSpec map)
    {
        Call($"create map '{map.Name}'");
        lock (CreatedMaps)
        {
            CreatedMaps.Add(map.Name);
        }

        return new Map(this, _inner.CreateMap(map));
    }

    public IProgramHandle LoadProgram(ProgramSpec program, ProgramLoading loading)
    {
        Call($"load program '{program.Name}'");
        lock (Verified)
        {
            Verified.Add(program.Name);
        }

        return new Program(this, _inner.LoadProgram(program, new ProgramLoading
        {
            Maps = loading.Maps,
            MapHandles = [.. loading.MapHandles.Select(static m => (m as Map)?.Inner)],
            Verifier = loading.Verifier,
        }));
    }

    public IMapHandle? OpenPinned(string path)
    {
        Call($"open {path}");
        return _inner.OpenPinned(path) is { } map ? new Map(this, map) : null;
    }

    public void Pin(string path, IMapHandle map)
    {
        Call($"pin {path}");
        _inner.Pin(path, ((Map)map).Inner);
    }

    public bool Unpin(string path) => _inner.Unpin(path);

    public void Dispose() => _inner.Dispose();

    private void Call(string what)
    {
        if (Interlocked.Increment(ref _calls) == FailAtCall)
        {
            throw new BpfException($"{what}: the test wants it to fail", Errno.EIO);
        }
    }

    private Errno Try(Errno result) => Interlocked.Increment(ref _calls) == FailAtCall ? Errno.EIO : result;

    private abstract class Handle<T> : IDisposable where T : IDisposable
    {
        private readonly TestPlatform _platform;
        private bool _isDisposed;

        protected Handle(TestPlatform platform, T inner)
        {
            _platform = platform;
            Inner = inner;
            Interlocked.Increment(ref platform._live);
        }

        public T Inner { get; }

        protected TestPlatform Platform => _platform;

        public void Dispose()
        {
            Assert.False(_isDisposed, "a handle is disposed once");
            _isDisposed = true;
            Interlocked.Decrement(ref _platform._live);
            Inner.Dispose();
        }
    }

    private sealed class Link(TestPlatform platform, ILinkHandle inner) : Handle<ILinkHandle>(platform, inner), ILinkHandle
    {
        public int? Fd => Inner.Fd;

        public LinkInfo? ReadInfo() => Inner.ReadInfo();

        public void Update(IProgramHandle program, IProgramHandle? expected) => Inner.Update(((Program)program).Inner, ((Program?)expected)?.Inner);

        public void Pin(string path) => Inner.Pin(path);

        public void Detach() => Inner.Detach();

        public Stream OpenIterator() => Inner.OpenIterator();

        public void Disconnect()
        {
            Inner.Disconnect();
            Dispose();
        }
    }

    private sealed class Program(TestPlatform platform, IProgramHandle inner) : Handle<IProgramHandle>(platform, inner), IProgramHandle
    {
        public int? Fd => Inner.Fd;

        public ProgramFigures Figures => Inner.Figures;

        public RunOutcome Run(RunRequest request)
        {
            Platform.LastRun = request;
            return Inner.Run(request);
        }

        public ILinkHandle Attach(AttachRequest request)
        {
            Platform.Call($"attach to {request.Hook}");
            return new Link(Platform, Inner.Attach(request));
        }
    }

    private sealed class Map(TestPlatform platform, IMapHandle inner) : Handle<IMapHandle>(platform, inner), IMapHandle
    {
        public MapSpec Spec => Inner.Spec;

        public int? Fd => Inner.Fd;

        public long MemoryBytes => Inner.MemoryBytes;

        public int HostValueSize => Inner.HostValueSize;

        public IRingConsumer? Ring => Inner.Ring;

        public IMapHandle Share() => new Map(Platform, Inner.Share());

        public Errno Lookup(ReadOnlySpan<byte> key, Span<byte> value, MapLookupFlags flags) => Inner.Lookup(key, value, flags);

        public Errno Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags) => Platform.Try(Inner.Update(key, value, flags));

        public Errno Update(ReadOnlySpan<byte> key, IProgramHandle program) => Platform.Try(Inner.Update(key, ((Program)program).Inner));

        public Errno Update(ReadOnlySpan<byte> key, IMapHandle inner) => Platform.Try(Inner.Update(key, ((Map)inner).Inner));

        public Errno Delete(ReadOnlySpan<byte> key) => Inner.Delete(key);

        public Errno LookupAndDelete(ReadOnlySpan<byte> key, Span<byte> value, MapLookupFlags flags) => Inner.LookupAndDelete(key, value, flags);

        public Errno NextKey(ReadOnlySpan<byte> key, Span<byte> next) => Inner.NextKey(key, next);

        public Errno Freeze() => Inner.Freeze();

        public Errno ReadData(int offset, Span<byte> bytes) => Inner.ReadData(offset, bytes);

        public Errno WriteData(int offset, ReadOnlySpan<byte> bytes) => Inner.WriteData(offset, bytes);
    }
}
