using Ebpf.Bytecode.Specs;

namespace Ebpf;

/// <summary>A context for a run, given field by field, and what its program's result means.</summary>
/// <typeparam name="TContext">The context itself.</typeparam>
/// <typeparam name="TVerdict">What R0 means: an enumeration.</typeparam>
public abstract record ProgramContext<TContext, TVerdict>
    where TContext : ProgramContext<TContext, TVerdict>
    where TVerdict : struct, Enum
{
    /// <summary>The type of programs that take it.</summary>
    internal abstract ProgramType Type { get; }

    /// <summary>The dialect of programs that take it.</summary>
    internal virtual Dialect Dialect => Dialect.Windows;

    /// <summary>What the context's data pointers span; null where it has none.</summary>
    internal virtual ReadOnlyMemory<byte>? Data => null;

    /// <summary>Writes the fields.</summary>
    internal abstract void Write(ContextImage image);

    /// <summary>The same context with what the program left in its fields.</summary>
    internal abstract TContext Read(ContextImage image);

    /// <exception cref="BpfException">EINVAL: the program takes another context.</exception>
    internal RunOptions Apply(ProgramSpec program, RunOptions options)
    {
        if (program.Type != Type || program.Dialect != Dialect)
        {
            throw new BpfException(
                $"program '{program.Name}' is of type {program.Type.Text()} in {program.Dialect}'s dialect, but {GetType().Name} is for {Type.Text()} in {Dialect}'s", Errno.EINVAL)
            { Program = program.Name };
        }

        var image = ContextImage.Of(program, options.Context.Span);
        Write(image);
        return options with { Context = image.Bytes, Data = Data ?? options.Data };
    }
}

/// <summary>What a run on a typed context gave.</summary>
/// <param name="Verdict">What the program decided.</param>
/// <param name="Context">The context afterwards.</param>
/// <param name="Run">All of the result.</param>
public sealed record ContextResult<TContext, TVerdict>(TVerdict Verdict, TContext Context, RunResult Run)
    where TVerdict : struct, Enum;
