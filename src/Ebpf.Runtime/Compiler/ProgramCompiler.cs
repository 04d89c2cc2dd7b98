using System.Runtime.InteropServices;
using Ebpf.Runtime.Compiler.Ir;
using Ebpf.Runtime.Compiler.Ir.Passes;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Compiler;

/// <summary>Compiles programs: intermediate form, passes, back end, and a region of executable memory for the result.</summary>
internal sealed class ProgramCompiler
{
    // A cache of one for each thread: compilers keep their buffers.
    [ThreadStatic]
    private static ProgramCompiler? s_current;

    private readonly IrFunction _function = new();
    private readonly IBackEnd _backEnd;

    internal ProgramCompiler(IBackEnd backEnd) => _backEnd = backEnd;

    /// <summary>Whether there is a compiler for this machine.</summary>
    internal static bool IsSupported => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64 && BitConverter.IsLittleEndian;

    /// <summary>The compiler of this thread.</summary>
    internal static ProgramCompiler Current => s_current ??= new ProgramCompiler(BackEnd());

    private static IBackEnd BackEnd() =>
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? new Arm64.Emitter() : new X64.Emitter();

    /// <summary>Compiles a program.</summary>
    /// <exception cref="BpfException">EPERM: the system refuses executable memory; ENOMEM.</exception>
    internal NativeCode Compile(CompilationUnit unit, NativeHeap heap)
    {
        int[] offsets = new int[unit.FunctionStarts.Count];
        ReadOnlySpan<byte> code = Emit(unit, offsets);
        return new NativeCode(ExecutableMemory.Create(heap, code, "machine code"), [.. unit.FunctionStarts], offsets, _backEnd.ReturnStub, unit.StackDepth, [.. _backEnd.Lines]);
    }

    /// <summary>Compiles a program up to the bytes of its machine code, which stay until the next one is compiled.</summary>
    internal ReadOnlySpan<byte> Emit(CompilationUnit unit, Span<int> functionOffsets)
    {
        _backEnd.Begin(unit);
        var builder = new IrBuilder(unit);
        for (int i = 0; i < functionOffsets.Length; i++)
        {
            builder.Build(_function, i, unit.FunctionStarts[i], unit.StackBytes[i]);
            Improve(_function);
            functionOffsets[i] = _backEnd.Emit(_function);
        }

        _backEnd.Finish(functionOffsets);
        return _backEnd.Code;
    }

    /// <summary>The passes, in the order in which each makes work for the next.</summary>
    private static void Improve(IrFunction function)
    {
        Liveness.Run(function);
        Extensions.Run(function);
        CopyPropagation.Run(function);
        Rotates.Run(function);
        Addresses.Run(function);
        DeadCode.Run(function);
    }
}
