namespace Ebpf.Hosting;

/// <summary>A function of the program that it gives to a helper of the host's, as <c>long (*)(__u64 number, void *context)</c>, and the context for it. Valid during the call.</summary>
public readonly ref struct HostCallback
{
    private readonly HostRun _run;
    private readonly ulong _function;
    private readonly ulong _context;

    /// <summary>For generated code.</summary>
    public HostCallback(HostRun run, ulong function, ulong context)
    {
        _run = run;
        _function = function;
        _context = context;
    }

    /// <summary>Calls it. The verifier has proved that it returns 0 or 1.</summary>
    /// <returns>False where the run is stopped: then return from the helper at once.</returns>
    public bool Invoke(ulong number, out ulong result) => _run.Call(_function, number, _context, out result);
}
