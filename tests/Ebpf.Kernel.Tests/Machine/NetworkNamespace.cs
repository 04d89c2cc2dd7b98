using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ebpf.Kernel.Tests.Machine;

/// <summary>
/// A network namespace of a test's own: that of one thread, on which the test's actions run. It has no name, so that nothing is left of it when the
/// thread ends, or the process, however that happens.
/// </summary>
internal sealed partial class NetworkNamespace : IDisposable
{
    private const int CloneNewNet = 0x4000_0000;

    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;
    private int _threadId;

    public NetworkNamespace()
    {
        Kernel.Require();
        using var ready = new ManualResetEventSlim();
        int error = 0;
        _thread = new Thread(() =>
        {
            error = Unshare(CloneNewNet) == 0 ? 0 : Marshal.GetLastPInvokeError();
            _threadId = GetThreadId();
            ready.Set();
            if (error == 0)
            {
                foreach (Action action in _work.GetConsumingEnumerable())
                {
                    action();
                }
            }
        })
        { IsBackground = true, Name = "network namespace" };
        _thread.Start();
        ready.Wait();
        Assert.SkipUnless(error == 0, $"no network namespace can be made here: {(Errno)error}");
        Run(() => SetUp("lo"));
    }

    /// <summary>A path to it that any thread can open, while it lives.</summary>
    public string Path => $"/proc/self/task/{_threadId}/ns/net";

    public void Run(Action action) => Run(() =>
    {
        action();
        return true;
    });

    /// <summary>Runs something in it, and answers or throws what that does.</summary>
    public T Run<T>(Func<T> function)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(function());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task.WaitAsync(TimeSpan.FromSeconds(30)).GetAwaiter().GetResult();
    }

    /// <summary>Connects two of them: each end has its name, its address (10.77.0.x/24), and is up.</summary>
    public static void Connect(NetworkNamespace left, NetworkNamespace right)
    {
        using (SafeFileHandle peer = File.OpenHandle(right.Path))
        {
            int fd = (int)peer.DangerousGetHandle();
            left.Run(() => RouteRequests.AddPair("veth", LeftName, RightName, fd));
        }

        left.Run(() =>
        {
            RouteRequests.AddAddress(LeftName, LeftAddress);
            SetUp(LeftName);
        });
        right.Run(() =>
        {
            RouteRequests.AddAddress(RightName, RightAddress);
            SetUp(RightName);
        });
    }

    public const string LeftName = "left", RightName = "right";

    public static readonly System.Net.IPAddress LeftAddress = System.Net.IPAddress.Parse("10.77.0.1"), RightAddress = System.Net.IPAddress.Parse("10.77.0.2");

    public static void SetUp(string name) => RouteRequests.SetUp(name);

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join(TimeSpan.FromSeconds(10));
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int GetThreadId();
}
