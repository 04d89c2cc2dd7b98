namespace Ebpf.Platforms.Embedded;

/// <summary>How many hold a thing. It begins with one; at zero it is gone for good.</summary>
internal struct Holders()
{
    private int _count = 1;

    /// <summary>One more, unless the thing is gone.</summary>
    public bool TryAdd()
    {
        int count = Volatile.Read(ref _count);
        while (count > 0)
        {
            int seen = Interlocked.CompareExchange(ref _count, count + 1, count);
            if (seen == count)
            {
                return true;
            }

            count = seen;
        }

        return false;
    }

    /// <summary>One less; true for the last.</summary>
    public bool Remove() => Interlocked.Decrement(ref _count) == 0;
}
