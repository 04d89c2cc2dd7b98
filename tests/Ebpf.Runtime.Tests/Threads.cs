using System.Runtime.ExceptionServices;

namespace Ebpf.Runtime.Tests;

/// <summary>Threads of a test: all of them end before the test goes on, and the first thing that went wrong in one is thrown.</summary>
internal static class Threads
{
    public static void Run(int count, Action<int> body)
    {
        Exception? first = null;
        using Barrier start = new(count);
        Thread[] threads = new Thread[count];
        for (int i = 0; i < count; i++)
        {
            int index = i;
            threads[i] = new Thread(() =>
            {
                start.SignalAndWait();
                try
                {
                    body(index);
                }
                catch (Exception e)
                {
                    Interlocked.CompareExchange(ref first, e, null);
                }
            });
            threads[i].Start();
        }

        foreach (Thread thread in threads)
            thread.Join();
        if (first is not null)
            ExceptionDispatchInfo.Throw(first);
    }
}
