namespace Ebpf.Hosting;

/// <summary>
/// The run that calls a helper of the host's, as the code that the generator writes for each <see cref="HelperAttribute"/> sees it. A helper that wants the host's own
/// state, or to stop the run, takes it as a parameter.
/// </summary>
/// <remarks>Valid during the call only; for the thread that called.</remarks>
public abstract class HostRun
{
    private protected HostRun()
    {
    }

    /// <summary>What the host gave with the run.</summary>
    public object? HostState { get; internal set; }

    /// <summary>Ends the run as soon as the helper returns; the host's call throws a <see cref="BpfException"/> with this reason.</summary>
    public abstract void Stop(string reason);

    /// <summary>Ends the run with an exception, which the host's call throws. For generated code: an exception must not pass through a program.</summary>
    public abstract void Fail(Exception exception);

    /// <summary>Whether the program may hand out these bytes to be read. True for verified programs; else tested, and the run is stopped where they are not its own.</summary>
    public abstract bool MayRead(ulong address, ulong size);

    /// <summary>The same for bytes to be written.</summary>
    public abstract bool MayWrite(ulong address, ulong size);

    /// <summary>The map behind a map argument; false, and the run stopped, where it is none.</summary>
    public abstract bool TryMap(ulong argument, out HostMap map);

    /// <summary>Calls a function of the program, with a number and the pointer that the program gave for its context. False where the run is stopped: then the helper returns at once.</summary>
    public abstract bool Call(ulong function, ulong number, ulong context, out ulong result);
}
