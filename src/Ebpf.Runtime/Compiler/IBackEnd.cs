using Ebpf.Runtime.Compiler.Ir;

namespace Ebpf.Runtime.Compiler;

/// <summary>Makes machine code of functions. One at a time; kept and used again.</summary>
internal interface IBackEnd
{
    /// <summary>The code so far. It begins with the way in from managed code, (state, function) to R0.</summary>
    Span<byte> Code { get; }

    /// <summary>Where the code is that only gives back the R0 of the run's state.</summary>
    int ReturnStub { get; }

    /// <summary>Where the code of each slot begins, in the order of the code.</summary>
    List<(int Offset, int Slot)> Lines { get; }

    /// <summary>Begins a program.</summary>
    void Begin(CompilationUnit unit);

    /// <summary>Emits a function and gives its place.</summary>
    int Emit(IrFunction function);

    /// <summary>Connects the calls, when the places of all functions are known.</summary>
    void Finish(ReadOnlySpan<int> functionOffsets);
}
