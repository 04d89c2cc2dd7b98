namespace Ebpf.Runtime.Memory;

/// <summary>A spin lock in a word of native memory: 0 is free. Sections under it are short and call nothing that may wait for a run.</summary>
internal static unsafe class NativeLock
{
    /// <summary>Takes the lock. A full fence.</summary>
    public static void Acquire(int* word)
    {
        if (Interlocked.Exchange(ref *word, 1) != 0)
            Wait(word);
    }

    /// <summary>Gives the lock back.</summary>
    public static void Release(int* word) => Volatile.Write(ref *word, 0);

    private static void Wait(int* word)
    {
        // The holder may have lost its processor: after some spinning, let it run. Never sleep: it needs but a moment.
        SpinWait spin = default;
        do
            spin.SpinOnce(sleep1Threshold: -1);
        while (Volatile.Read(ref *word) != 0 || Interlocked.Exchange(ref *word, 1) != 0);
    }
}
