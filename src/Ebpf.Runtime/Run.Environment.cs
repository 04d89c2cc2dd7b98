using System.Buffers;
using System.Diagnostics;
using Ebpf.Runtime.Helpers;

namespace Ebpf.Runtime;

/// <content>What the run takes for the machine: clock, random numbers, current task, log.</content>
internal sealed unsafe partial class Run
{
    /// <summary>What a run may leave behind of one sort. A loop of some millions of turns must not take the host's memory.</summary>
    internal const int MostKept = 65_536;

    private readonly List<string> _printk = [];

    /// <summary>The clock; a fixed one makes runs repeatable.</summary>
    internal RunClock Clock;

    /// <summary>The random numbers.</summary>
    internal RunRandom Random;

    /// <summary>tgid &lt;&lt; 32 | pid; null for this process.</summary>
    internal ulong? PidTgid { get; private set; }

    /// <summary>The name of the current task; null for this process.</summary>
    internal string? Comm { get; private set; }

    /// <summary>What Windows would answer.</summary>
    internal WindowsState Windows { get; private set; } = WindowsState.Default;

    /// <summary>What the program wants kept with the connection that it redirects; empty where it wants nothing.</summary>
    internal byte[] RedirectContext { get; set; } = [];

    /// <summary>The lines that the program printed.</summary>
    internal string[] Printk => [.. _printk];

    /// <summary>Where text is composed.</summary>
    internal ArrayBufferWriter<byte> Text { get; } = new();

    /// <summary>The tunnel that the program set.</summary>
    internal TunnelMetadata Tunnel { get; } = new();

    /// <summary>Where the packet shall go if the program returns the verdict to redirect it; the last wish counts.</summary>
    internal Redirection? Redirect;

    /// <summary>Copies of the packet that bpf_clone_redirect wants sent.</summary>
    internal List<Redirection> Copies { get; } = [];

    /// <summary>What is to be sent after the run.</summary>
    internal IReadOnlyList<Redirection> Redirections
    {
        get
        {
            ulong verdict = Program.Spec.Type switch
            {
                ProgramType.Xdp => RedirectHelpers.XdpRedirect,
                ProgramType.SkSkb or ProgramType.SkMsg or ProgramType.SkReuseport => SocketMapHelpers.Pass,
                _ => RedirectHelpers.TrafficRedirect,
            };
            bool isRedirected = Redirect is not null && Registers[0] == verdict;
            return isRedirected ? [.. Copies, Redirect!.Value] : [.. Copies];
        }
    }

    /// <summary>Adds a line; beyond <see cref="MostKept"/> it is lost, as in the kernel's own buffer.</summary>
    internal void Print(string line)
    {
        if (_printk.Count < MostKept)
            _printk.Add(line);
    }
}

/// <summary>A clock that can stand still.</summary>
internal struct RunClock
{
    private static readonly double s_nanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    /// <summary>What the clock answers; null for the machine's time since boot.</summary>
    internal ulong? Fixed;

    /// <summary>Nanoseconds since boot.</summary>
    internal readonly ulong Nanoseconds => Fixed ?? (Stopwatch.Frequency == 1_000_000_000 ? (ulong)Stopwatch.GetTimestamp() : (ulong)(Stopwatch.GetTimestamp() * s_nanosecondsPerTick));
}

/// <summary>Pseudo-random numbers: SplitMix64, the same from the same seed on every machine.</summary>
internal struct RunRandom
{
    private ulong _state;

    /// <summary>Starts the sequence that belongs to a seed; a random one for null.</summary>
    internal void Seed(ulong? seed) => _state = seed ?? (ulong)System.Random.Shared.NextInt64();

    /// <summary>The next 32 bits.</summary>
    internal uint Next()
    {
        _state += 0x9e3779b97f4a7c15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return (uint)((z ^ (z >> 31)) >> 32);
    }
}
