using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Bytecode.Relocation;

/// <summary>
/// Links the programs of one load: appends what a program calls, and fills in where functions, maps, data and externs are. It looks at a function
/// only when a program that is linked reaches it. For one thread.
/// </summary>
/// <remarks>bpf_object__relocate in libbpf.c.</remarks>
internal sealed class ProgramLinker
{
    // What libbpf puts where a map was not created or a weak kernel function does not exist: calls of helpers that no kernel has. The verifier
    // refuses them where they can be reached, and their numbers tell which map or extern is missing.
    public const int MissingMapBase = 2_001_000_000;
    public const int MissingKernelFunctionBase = 2_002_000_000;

    private readonly ObjectImage _image;
    private readonly LinkTargets _targets;
    private readonly CallGraph _calls;
    private readonly SourceInfo _source;
    private readonly CoreRelocator? _core;

    public ProgramLinker(ObjectImage image, LinkTargets targets)
    {
        if (targets.Maps.Length != image.Maps.Length || targets.Externs.Length != image.Externs.Length)
            throw new ArgumentException("there must be a target for each map and each extern of the object", nameof(targets));
        _image = image;
        _targets = targets;
        _calls = new CallGraph(image);
        _source = new SourceInfo(image);
        if (image.TypesOfCode is { } code)
            _core = new CoreRelocator(code.Types, targets.Types);
    }

    /// <summary>Refuses an object that needs what does not exist: an extern that is not weak. All programs count, also those that are not linked.</summary>
    /// <exception cref="BpfException">An extern is not resolved (<see cref="Errno.ESRCH"/>).</exception>
    public static void RequireExterns(ObjectImage image, ImmutableArray<ExternValue> values)
    {
        for (int i = 0; i < image.Externs.Length; i++)
        {
            ExternImage needed = image.Externs[i];
            if (!needed.IsWeak && !values[i].IsResolved && needed.Kind != ExternKind.LibraryFunction)
                throw new BpfException($"{image.FileName}: extern '{needed.Name}' is not there; declare it __weak and test for it, or load where it exists", Errno.ESRCH);
        }
    }

    /// <summary>Links a program.</summary>
    /// <exception cref="BpfException">It cannot be linked, and why.</exception>
    public ProgramSpec Link(FunctionImage program)
    {
        if (program.IsSubprogram)
            throw new ArgumentException($"'{program.Name}' is a subprogram", nameof(program));

        ImmutableArray<FunctionImage> functions = _calls.Functions(program);
        var starts = new Dictionary<int, int>(functions.Length);
        int size = 0;
        foreach (FunctionImage function in functions)
        {
            starts.Add(function.Index, size);
            size += function.Instructions.Length;
            if (size > _targets.MaxSlots)
                throw new BpfException($"{_image.FileName}: program '{program.Name}' has more than {_targets.MaxSlots} instructions with what it calls", Errno.E2BIG) { Program = program.Name };
        }

        var slots = new Instruction[size];
        var kernelFunctions = new KernelFunctionTable(_image);
        foreach (FunctionImage function in functions)
        {
            Span<Instruction> copy = slots.AsSpan(starts[function.Index], function.Instructions.Length);
            function.Instructions.CopyTo(copy);
            Adapt(program, function, slots, starts[function.Index]);
            LinkCalls(program, function, starts, copy);
            LinkData(program, function, kernelFunctions, copy);
        }

        return new ProgramSpec
        {
            Name = program.Name,
            SectionName = program.SectionName,
            Type = program.Type,
            AttachType = program.AttachType,
            AttachTarget = program.AttachTarget,
            IsSleepable = program.IsSleepable,
            HandlesFragments = program.HandlesFragments,
            Dialect = _image.Dialect,
            License = _image.License,
            KernelVersion = _image.KernelVersion,
            Instructions = ImmutableCollectionsMarshal.AsImmutableArray(slots),
            Functions = [.. functions.Select(f => _source.Describe(f, starts[f.Index], isMain: f.Index == program.Index))],
            Lines = _source.Lines(functions, starts),
            KernelFunctions = kernelFunctions.ToImmutable(),
            Types = _image.Types,
        };
    }

    /// <summary>Adapts a function to how types are laid out where the program will run (CO-RE).</summary>
    private void Adapt(FunctionImage program, FunctionImage function, Instruction[] slots, int start)
    {
        if (_core is null)
            return;
        BtfExtRecords<CoreRelocation> records = _image.TypesOfCode!.Relocations.For(_image.Elf.Sections[function.SectionIndex].Name);
        long first = (long)function.Start * Instruction.Size, end = first + (long)function.Instructions.Length * Instruction.Size;
        for (int i = records.FirstFrom(first); i < records.Count && records[i].Offset < end; i++)
        {
            CoreRelocation relocation = records[i];
            // Records out of order, which only damaged objects have, must not leave the function.
            if (relocation.Offset < first || relocation.Offset % Instruction.Size != 0)
                throw new BpfException($"{_image.FileName}: program '{program.Name}': a CO-RE relocation at offset 0x{relocation.Offset:x} of section '{function.SectionName}', where no instruction of function '{function.Name}' is", Errno.EINVAL) { Program = program.Name };
            _core.Relocate(slots, start + (int)((relocation.Offset - first) / Instruction.Size), relocation, program.Name);
        }
    }

    /// <summary>Fills in where the functions are that a function calls, or takes the address of.</summary>
    private void LinkCalls(FunctionImage program, FunctionImage function, Dictionary<int, int> starts, Span<Instruction> slots)
    {
        int start = starts[function.Index];
        foreach (FunctionReference reference in _calls.References(function))
        {
            int callee = starts[_calls.Callee(program, function, reference).Index];
            ref Instruction slot = ref slots[reference.Slot];
            slot = slot with
            {
                Source = reference.IsAddress ? (Register)PseudoLoad.Function : slot.Source,
                Immediate = callee - (start + reference.Slot) - 1,
            };
        }
    }

    private void LinkData(FunctionImage program, FunctionImage function, KernelFunctionTable kernelFunctions, Span<Instruction> slots)
    {
        int next = 0;
        for (int i = 0; i < slots.Length; i++)
        {
            bool isRelocated = false;
            for (; next < function.Relocations.Length && function.Relocations[next].Slot <= i; next++)
            {
                if (function.Relocations[next].Slot < i)
                    continue;
                isRelocated = true;
                Apply(program, function, function.Relocations[next], kernelFunctions, slots);
            }

            if (!isRelocated)
                RequirePlain(program, function, i, slots[i]);
            if (slots[i].IsWide)
                i++;
        }
    }

    private void Apply(FunctionImage program, FunctionImage function, in RelocationEntry relocation, KernelFunctionTable kernelFunctions, Span<Instruction> slots)
    {
        int slot = relocation.Slot;
        switch (relocation.Kind)
        {
            case RelocationKind.Map:
                LoadMap(slots, slot, relocation.Target, PseudoLoad.MapIndex, null);
                break;
            case RelocationKind.Data:
                LoadMap(slots, slot, relocation.Target, PseudoLoad.MapIndexValue, (int)((ulong)slots[slot].Immediate + relocation.Value));
                break;
            case RelocationKind.ExternLoad:
                LoadExtern(program, function, relocation, slots);
                break;
            case RelocationKind.ExternCall:
                CallExtern(program, function, relocation, kernelFunctions, slots);
                break;
            case RelocationKind.JumpTable:
                throw Refuse(program, function, slot, "it jumps through a table (.jumptables), which is not supported yet; compile with -mcpu=v3, or with -fno-jump-tables", Errno.EOPNOTSUPP);
        }
    }

    private void LoadMap(Span<Instruction> slots, int slot, int map, PseudoLoad kind, int? offset)
    {
        int index = _targets.Maps[map];
        if (index == LinkTargets.NoMap)
        {
            slots[slot] = slots[slot + 1] = new Instruction(Opcodes.Call, Register.R0, Register.R0, 0, MissingMapBase + map);
            return;
        }

        slots[slot] = slots[slot] with { Source = (Register)kind, Immediate = index };
        if (offset is { } value)
            slots[slot + 1] = slots[slot + 1] with { Immediate = value };
    }

    private void LoadExtern(FunctionImage program, FunctionImage function, in RelocationEntry relocation, Span<Instruction> slots)
    {
        ExternImage target = _image.Externs[relocation.Target];
        ExternValue value = _targets.Externs[relocation.Target];
        int slot = relocation.Slot;
        switch (target.Kind)
        {
            case ExternKind.Kconfig:
                LoadMap(slots, slot, _calls.KconfigMap, PseudoLoad.MapIndexValue, (int)target.Offset);
                break;
            case ExternKind.KernelSymbol or ExternKind.KernelFunction when target.TargetTypeId != 0 && value.IsResolved:
                slots[slot] = slots[slot] with { Source = (Register)PseudoLoad.BtfId, Immediate = (int)value.KernelType };
                slots[slot + 1] = slots[slot + 1] with { Immediate = value.ModuleFd };
                break;
            case ExternKind.KernelSymbol or ExternKind.KernelFunction:
                slots[slot] = slots[slot] with { Immediate = (int)value.Address };
                slots[slot + 1] = slots[slot + 1] with { Immediate = (int)(value.Address >> 32) };
                break;
            default:
                throw Refuse(program, function, slot, $"it takes the address of extern '{target.Name}', of which nothing is known", Errno.LIBBPF_RELOC);
        }
    }

    private void CallExtern(FunctionImage program, FunctionImage function, in RelocationEntry relocation, KernelFunctionTable kernelFunctions, Span<Instruction> slots)
    {
        ExternImage target = _image.Externs[relocation.Target];
        ref Instruction slot = ref slots[relocation.Slot];
        switch (target.Kind)
        {
            case ExternKind.LibraryFunction:
                slot = new Instruction(Opcodes.Call, Register.R0, (Register)PseudoCall.Helper, 0, target.LibraryFunction.Number(_image.Dialect)!.Value);
                break;
            case ExternKind.KernelFunction when _targets.Externs[relocation.Target].IsResolved:
                slot = slot with { Source = (Register)PseudoCall.KernelFunction, Offset = 0, Immediate = kernelFunctions.IndexOf(relocation.Target) };
                break;
            case ExternKind.KernelFunction:
                slot = new Instruction(Opcodes.Call, Register.R0, Register.R0, 0, MissingKernelFunctionBase + relocation.Target);
                break;
            default:
                throw Refuse(program, function, relocation.Slot, $"it calls extern '{target.Name}', which is no function that is known", Errno.LIBBPF_RELOC);
        }
    }

    /// <summary>Refuses numbers that mean something in a linked program only, where no relocation has put them.</summary>
    private void RequirePlain(FunctionImage program, FunctionImage function, int slot, in Instruction instruction)
    {
        if (instruction.IsWide && (PseudoLoad)instruction.Source is PseudoLoad.MapIndex or PseudoLoad.MapIndexValue)
            throw Refuse(program, function, slot, "it refers to a map by its position in a list that the object does not have", Errno.LIBBPF_RELOC);
        if (instruction.IsKernelFunctionCall)
            throw Refuse(program, function, slot, $"it calls a kernel function by the number {instruction.Immediate}, not by its name", Errno.LIBBPF_RELOC);
    }

    private BpfException Refuse(FunctionImage program, FunctionImage function, int slot, string message, Errno errno) =>
        new($"{_image.FileName}: program '{program.Name}': function '{function.Name}', instruction {slot}: {message}", errno) { Program = program.Name };
}
