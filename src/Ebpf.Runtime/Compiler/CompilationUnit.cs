using System.Runtime.InteropServices;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Maps;
using Ebpf.Verifier;

namespace Ebpf.Runtime.Compiler;

/// <summary>A program to be compiled: its decoded operations, what is known of it, and how careful its code must be.</summary>
internal sealed unsafe class CompilationUnit
{
    private readonly List<int> _starts;
    private readonly bool[] _mayStop;
    private readonly List<int>[] _callees;

    internal CompilationUnit(ProgramSpec spec, Operation* code, Facts? facts, IReadOnlyList<EmbeddedMap?> maps, bool checks, bool countsInstructions)
    {
        Code = code;
        SlotCount = spec.Instructions.Length;
        Facts = facts is null ? null : ImmutableCollectionsMarshal.AsArray(facts.Instructions);
        Maps = maps;
        Checks = checks;
        CountsInstructions = countsInstructions;
        _starts = FindFunctions(spec);
        StackBytes = [.. _starts.Select(start => FrameSize.Of(facts, start))];
        _callees = new List<int>[_starts.Count];
        _mayStop = new bool[_starts.Count];
        FindCalls(facts);
        StackDepth = FindDepth();
        LimitsDepth = facts is null || StackDepth < 0;
    }

    /// <summary>The operations, one for each slot and a trap behind the last.</summary>
    internal Operation* Code { get; }

    /// <summary>How many slots the program has.</summary>
    internal int SlotCount { get; }

    /// <summary>What is known of each slot; null for a program that was not verified.</summary>
    internal InstructionFact[]? Facts { get; }

    /// <summary>The load's maps.</summary>
    internal IReadOnlyList<EmbeddedMap?> Maps { get; }

    /// <summary>Whether every access is tested.</summary>
    internal bool Checks { get; }

    /// <summary>Whether instructions are counted.</summary>
    internal bool CountsInstructions { get; }

    /// <summary>Whether functions test for room on the stack: where they may call each other for ever.</summary>
    internal bool LimitsDepth { get; }

    /// <summary>Where functions begin, first to last.</summary>
    internal IReadOnlyList<int> FunctionStarts => _starts;

    /// <summary>Bytes of stack of each function's frame.</summary>
    internal int[] StackBytes { get; }

    /// <summary>The most bytes of stack that the program uses; -1 where its functions call each other in a circle.</summary>
    internal int StackDepth { get; }

    /// <summary>The number of the function that begins at a slot.</summary>
    internal int FunctionAt(int slot) => _starts.BinarySearch(slot);

    /// <summary>Whether a call of a function may end with the run stopped.</summary>
    internal bool MayStop(int function) => _mayStop[function];

    private List<int> FindFunctions(ProgramSpec spec)
    {
        SortedSet<int> starts = [0];
        foreach (FunctionSpec function in spec.Functions)
            starts.Add(function.Start);
        for (int slot = 0; slot < SlotCount; slot++)
        {
            if (Code[slot].Code == Op.CallLocal)
                starts.Add(slot + Code[slot].Offset);
        }

        starts.RemoveWhere(start => (uint)start >= (uint)SlotCount);
        return [.. starts];
    }

    /// <summary>Which functions call which, and which may stop the run: by themselves, or through a callee.</summary>
    private void FindCalls(Facts? facts)
    {
        for (int function = 0; function < _starts.Count; function++)
        {
            _callees[function] = [];
            int end = function + 1 < _starts.Count ? _starts[function + 1] : SlotCount;
            // Without the verifier's word, code may run from one function into another.
            _mayStop[function] = facts is null || Checks || CountsInstructions;
            for (int slot = _starts[function]; slot < end; slot++)
            {
                switch (Code[slot].Code)
                {
                    case Op.CallLocal:
                        _callees[function].Add(FunctionAt(slot + Code[slot].Offset));
                        break;
                    case Op.LoadWide when Code[slot].Immediate >= (long)Code && Code[slot].Immediate < (long)(Code + SlotCount):
                        // Whoever takes a callback's address lets it be called, below its own frame.
                        if (FunctionAt((int)((Code[slot].Immediate - (long)Code) / sizeof(Operation))) is >= 0 and int callback)
                            _callees[function].Add(callback);
                        break;
                    case Op.CallHelper or Op.CallRegister or Op.TailCall or Op.LoadPacket:
                        _mayStop[function] = true;
                        break;
                    case Op.Trap when Facts is null || (Facts[slot].Flags & InstructionFlags.Reachable) != 0:
                        _mayStop[function] = true;
                        break;
                }
            }
        }

        for (bool changed = true; changed;)
        {
            changed = false;
            for (int function = 0; function < _starts.Count; function++)
            {
                if (_mayStop[function] || !_callees[function].Exists(callee => _mayStop[callee]))
                    continue;
                _mayStop[function] = changed = true;
            }
        }
    }

    private int FindDepth()
    {
        if (Facts is null)
            return -1;
        // 0: not seen, -1: being looked at.
        int[] depths = new int[_starts.Count];
        int most = 0;
        for (int function = 0; function < _starts.Count; function++)
        {
            int depth = Depth(function);
            if (depth < 0)
                return -1;
            most = Math.Max(most, depth);
        }

        return most;

        int Depth(int function)
        {
            if (depths[function] != 0)
                return depths[function] == int.MaxValue ? 0 : depths[function];
            depths[function] = -1;
            int below = 0;
            foreach (int callee in _callees[function])
            {
                int depth = Depth(callee);
                if (depth < 0)
                    return -1;
                below = Math.Max(below, depth);
            }

            int total = StackBytes[function] + below;
            depths[function] = total == 0 ? int.MaxValue : total;
            return total;
        }
    }
}
