using System.Text;
using Ebpf.Hosting;

namespace Ebpf.Samples.Hosting;

/// <summary>What the server knows of a request: the context of its filters.</summary>
public struct Request
{
    /// <summary>The client's address, IPv4 in host order.</summary>
    public uint Client;

    /// <summary>Seconds since the connection was opened.</summary>
    public uint Age;

    /// <summary>The first byte of the request line.</summary>
    [Data] public nint Line;

    /// <summary>One past its last byte.</summary>
    [DataEnd] public nint LineEnd;

    /// <summary>How bad the request is, for the server's log.</summary>
    [Writable] public uint Score;

    /// <summary>The server's own number of the connection.</summary>
    [Hidden] public uint Connection;
}

/// <summary>A geographical place.</summary>
public struct Place
{
    /// <summary>Two letters.</summary>
    public ushort Country;

    /// <summary>A number.</summary>
    public ushort Region;
}

/// <summary>Filters of requests: plug-ins of a server. They return 0 to let a request pass, 1 to refuse it.</summary>
[ProgramType("request_filter", typeof(Request), MinReturn = 0, MaxReturn = 1)]
public static partial class RequestFilter
{
    /// <summary>Where a client is. The program asks with an address and gets a place.</summary>
    [Helper(1)]
    public static int PlaceOf(in uint client, out Place place)
    {
        bool isLocal = client >> 24 == 127;
        place = new Place { Country = isLocal ? (ushort)0x5858 : (ushort)0x4e4c, Region = (ushort)(client & 0xffff) };
        return isLocal ? -1 : 0;
    }

    /// <summary>Writes a line to the server's log.</summary>
    [Helper(2, Name = "log_text")]
    public static void Log(ReadOnlySpan<byte> text, HostRun run)
    {
        if (run.HostState is List<string> log)
            log.Add(Encoding.UTF8.GetString(text));
    }

    /// <summary>Counts under a key of one of the program's maps, whose values are 8-byte numbers.</summary>
    [Helper(3)]
    public static long CountIn(HostMap map, [MapKey] ReadOnlySpan<byte> key)
    {
        Span<byte> value = map.Lookup(key);
        if (value.Length == sizeof(ulong))
            return (long)Interlocked.Increment(ref System.Runtime.CompilerServices.Unsafe.As<byte, ulong>(ref value[0]));
        return map.Update(key, BitConverter.GetBytes(1UL)) == Errno.None ? 1 : -1;
    }

    /// <summary>Calls back with each of the server's limits.</summary>
    [Helper(4)]
    public static int ForEachLimit(HostCallback callback)
    {
        ReadOnlySpan<ulong> limits = [10, 100, 1000];
        int seen = 0;
        foreach (ulong limit in limits)
        {
            if (!callback.Invoke(limit, out ulong result))
                return 0;
            seen++;
            if (result != 0)
                break;
        }

        return seen;
    }

    /// <summary>Copies the host's name into the program's memory and gives its length.</summary>
    [Helper(5)]
    public static int HostName([Filled] Span<byte> name)
    {
        name.Clear();
        ReadOnlySpan<byte> own = "example"u8;
        own[..Math.Min(own.Length, name.Length)].CopyTo(name);
        return own.Length;
    }

    /// <summary>Refuses to go on: the run ends with an error of the host's.</summary>
    [Helper(6)]
    public static void GiveUp(int code) => throw new InvalidOperationException($"the filter gave up with {code}");
}
