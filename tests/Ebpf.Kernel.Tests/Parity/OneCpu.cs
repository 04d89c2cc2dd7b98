using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Ebpf.Kernel.Tests.Parity;

/// <summary>Runs something on a thread that stays on the first CPU.</summary>
internal static unsafe partial class OneCpu
{
    public static void Run(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                ulong first = 1;
                Assert.Equal(0, SetAffinity(0, sizeof(ulong), &first));
                action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint size, ulong* mask);
}
