using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime;

/// <summary>A slot and a run state held for runs of one program with the same input; nothing is allocated for each.</summary>
internal readonly ref struct RunSession(Engine engine, ExecutionSlot slot, Run run) : IDisposable
{
    /// <summary>The run state, to be read between runs.</summary>
    public Run Run => run;

    /// <summary>What stopped the last run; null where nothing did.</summary>
    public Fault? Fault => run.Fault;

    /// <summary>Runs the program once, on its packet and context as they were given. Answers R0.</summary>
    public ulong Execute() => run.Execute();

    /// <summary>
    /// Runs the program once more on packet and context as the last run left them, as BPF_PROG_TEST_RUN repeats a program in Linux. Answers R0.
    /// </summary>
    public ulong ExecuteAgain() => run.ExecuteAgain();

    /// <summary>Leaves the slot.</summary>
    public void Dispose()
    {
        engine.Return(slot.Index, run);
        slot.Dispose();
    }
}
