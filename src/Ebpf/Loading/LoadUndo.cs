namespace Ebpf.Loading;

/// <summary>What a load has made so far. Disposing takes all of it back, last first, unless the load was kept.</summary>
internal sealed class LoadUndo : IDisposable
{
    private readonly Stack<Action> _steps = new();

    /// <summary>Notes a thing that was made.</summary>
    public T Owns<T>(T made) where T : IDisposable
    {
        _steps.Push(made.Dispose);
        return made;
    }

    /// <summary>Notes how a step is taken back.</summary>
    public void Add(Action undo) => _steps.Push(undo);

    /// <summary>The load is good: nothing is taken back.</summary>
    public void Keep() => _steps.Clear();

    public void Dispose()
    {
        while (_steps.TryPop(out Action? undo))
        {
            undo();
        }
    }
}
