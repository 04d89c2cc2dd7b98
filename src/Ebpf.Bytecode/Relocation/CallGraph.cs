using System.Collections.Immutable;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Objects;

namespace Ebpf.Bytecode.Relocation;

/// <summary>What the programs of an object reach: functions by calls and addresses, maps by all of these and by initial contents. Pure; linking is not needed for it.</summary>
internal sealed class CallGraph
{
    private readonly ObjectImage _image;
    private readonly FunctionIndex _index;
    private readonly Dictionary<int, ImmutableArray<FunctionReference>> _references = [];
    private ExceptionCallbacks? _exceptionCallbacks;

    public CallGraph(ObjectImage image)
    {
        _image = image;
        _index = new FunctionIndex(image.Functions);
        KconfigMap = image.Maps.ToList().FindIndex(static m => m.Kind == MapKind.Kconfig);
    }

    /// <summary>The position of the map of configuration values, -1 where there is none.</summary>
    public int KconfigMap { get; }

    /// <summary>
    /// The program, then every subprogram that it reaches, in libbpf's order: a function is followed by what its first call reaches, before its next
    /// call is looked at.
    /// </summary>
    /// <exception cref="BpfException">A call leads to no function (<see cref="Errno.LIBBPF_RELOC"/>).</exception>
    public ImmutableArray<FunctionImage> Functions(FunctionImage program)
    {
        var reached = new List<FunctionImage>();
        var seen = new HashSet<int>();
        Follow(program, program, reached, seen);
        // What is called when the program throws is called by nobody else.
        _exceptionCallbacks ??= new ExceptionCallbacks(_image);
        if (_exceptionCallbacks.Of(program) is { } callback)
            Follow(program, callback, reached, seen);
        return [.. reached];
    }

    /// <summary>
    /// The positions of the maps that a program reaches: those that it or its subprograms refer to, and from there inner maps and the maps
    /// that maps contain. Ascending.
    /// </summary>
    public ImmutableArray<int> Maps(FunctionImage program)
    {
        var maps = new SortedSet<int>();
        foreach (FunctionImage function in Functions(program))
        {
            foreach (RelocationEntry relocation in function.Relocations)
            {
                if (relocation.Kind is RelocationKind.Map or RelocationKind.Data)
                    Add(maps, relocation.Target);
                else if (relocation.Kind == RelocationKind.ExternLoad && _image.Externs[relocation.Target].Kind == ExternKind.Kconfig)
                    Add(maps, KconfigMap);
            }
        }

        return [.. maps];
    }

    /// <summary>The slots of a function that refer to functions.</summary>
    public ImmutableArray<FunctionReference> References(FunctionImage function)
    {
        if (!_references.TryGetValue(function.Index, out ImmutableArray<FunctionReference> references))
            _references.Add(function.Index, references = FunctionReferences.Of(function));
        return references;
    }

    /// <summary>The function that a slot refers to.</summary>
    public FunctionImage Callee(FunctionImage program, FunctionImage caller, in FunctionReference reference)
    {
        // libbpf looks in .text, wherever the call itself is.
        bool isStrict = _image.Strictness == ObjectStrictness.Libbpf;
        int section = isStrict && reference.Section != FunctionReference.NoSection ? _image.TextSection : reference.Section;
        if (section > 0 && _index.At(section, reference.Target) is { } callee && (isStrict || callee.Start == reference.Target))
            return callee;

        string what = reference.IsAddress ? "takes the address of" : "calls";
        string target = section <= 0 ? "a function without saying which" : $"slot {reference.Target} of section '{_image.Elf.Sections[section].Name}', where no function begins";
        throw new BpfException($"{_image.FileName}: program '{program.Name}': function '{caller.Name}', instruction {reference.Slot}: it {what} {target}", Errno.LIBBPF_RELOC) { Program = program.Name };
    }

    private void Follow(FunctionImage program, FunctionImage first, List<FunctionImage> reached, HashSet<int> seen)
    {
        // A stack of its own: an object may nest calls as deep as it is long.
        var pending = new Stack<(FunctionImage Function, int NextReference)>();
        void Enter(FunctionImage function)
        {
            if (!seen.Add(function.Index))
                return;
            reached.Add(function);
            pending.Push((function, 0));
        }

        Enter(first);
        while (pending.TryPop(out (FunctionImage Function, int NextReference) current))
        {
            ImmutableArray<FunctionReference> references = References(current.Function);
            if (current.NextReference == references.Length)
                continue;
            pending.Push(current with { NextReference = current.NextReference + 1 });
            Enter(Callee(program, current.Function, references[current.NextReference]));
        }
    }

    private void Add(SortedSet<int> maps, int first)
    {
        var pending = new Stack<int>();
        pending.Push(first);
        while (pending.TryPop(out int index))
        {
            if (!maps.Add(index))
                continue;
            MapImage map = _image.Maps[index];
            if (map.InnerIndex >= 0)
                pending.Push(map.InnerIndex);
            if (!map.IsMapOfMaps)
                continue;
            foreach (MapSlot slot in map.Slots)
                pending.Push(slot.Target);
        }
    }
}
