using Ebpf.Bytecode.Elf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Objects;

namespace Ebpf.Bytecode.Relocation;

/// <summary>Reads and checks what the code and the maps of an object refer to. Nothing is filled in yet.</summary>
/// <remarks>bpf_object__collect_relos in libbpf.c. It checks all programs, also those that will not be loaded.</remarks>
internal sealed class RelocationReader
{
    private readonly ObjectReading _reading;
    private readonly FunctionIndex _functions;
    private readonly MapSlotReader _slots;
    private readonly List<RelocationEntry>?[] _entries;
    private readonly Dictionary<int, int> _externBySymbol = [];
    private readonly Dictionary<(int Section, ulong Offset), int> _mapByPlace = [];
    private readonly int[] _dataMapBySection;
    private readonly int _arenaMap;

    public RelocationReader(ObjectReading reading)
    {
        _reading = reading;
        _functions = new FunctionIndex(reading.Functions);
        _slots = new MapSlotReader(reading, _functions);
        _entries = new List<RelocationEntry>?[reading.Functions.Count];
        _arenaMap = reading.Maps.FindIndex(static m => m.Type == MapType.Arena);
        _dataMapBySection = new int[reading.Elf.Sections.Length];
        Array.Fill(_dataMapBySection, -1);
        for (int i = 0; i < reading.Externs.Count; i++)
            _externBySymbol.TryAdd(reading.Externs[i].SymbolIndex, i);
        for (int i = 0; i < reading.Maps.Count; i++)
        {
            MapImage map = reading.Maps[i];
            if (map.Kind is MapKind.Btf or MapKind.Legacy)
                _mapByPlace.TryAdd((map.SectionIndex, map.SectionOffset), i);
            else if (map.Kind is MapKind.Data or MapKind.Bss or MapKind.ReadOnlyData)
                _dataMapBySection[map.SectionIndex] = i;
        }
    }

    public void Read()
    {
        foreach (ElfSection section in _reading.Elf.Sections)
        {
            if (_reading.Roles[section.Index] != SectionRole.Relocations)
                continue;
            int target = (int)section.Info;
            switch (_reading.Roles[target])
            {
                case SectionRole.StructOps:
                    _slots.ReadStructOps(section, target);
                    break;
                case SectionRole.BtfMaps:
                    _slots.ReadMaps(section);
                    break;
                default:
                    ReadCode(section, target);
                    break;
            }
        }

        _slots.Finish();
        for (int i = 0; i < _entries.Length; i++)
        {
            if (_entries[i] is { } entries)
                _reading.Functions[i] = _reading.Functions[i] with { Relocations = [.. entries.OrderBy(static e => e.Slot).ThenBy(static e => e.Kind)] };
        }
    }

    private void ReadCode(ElfSection relocations, int target)
    {
        ElfFile elf = _reading.Elf;
        ElfSection code = elf.Sections[target];
        foreach (ElfRelocation relocation in elf.Relocations(relocations))
        {
            ElfSymbol symbol = elf.Symbols[relocation.SymbolIndex];
            if (_reading.IsStrict && !symbol.IsDefined && !symbol.IsUndefined)
                throw _reading.Refuse(Errno.LIBBPF_FORMAT, $"section {relocations.Describe()}: {symbol.Describe()} is of no section (0x{symbol.SectionIndex:x})");
            if (relocation.Offset % Instruction.Size != 0 || relocation.Offset >= code.Size)
                throw _reading.Refuse(Errno.LIBBPF_FORMAT, $"section {relocations.Describe()}: a relocation at offset 0x{relocation.Offset:x} of section {code.Describe()}, where no instruction is");

            int slot = (int)(relocation.Offset / Instruction.Size);
            // What belongs to no function is what a stronger definition of a weak one has replaced.
            if (_functions.At(target, slot) is not { } function)
                continue;
            RelocationEntry entry = Describe(function, slot - function.Start, symbol, relocation.Addend ?? 0);
            (_entries[function.Index] ??= []).Add(entry);
        }
    }

    /// <remarks>bpf_program__record_reloc in libbpf.c.</remarks>
    private RelocationEntry Describe(FunctionImage function, int slot, in ElfSymbol symbol, long addend)
    {
        Instruction instruction = function.Instructions[slot];
        bool isCall = instruction.Opcode == Opcodes.Call;
        if (!isCall && (!instruction.IsWide || slot + 1 >= function.Instructions.Length))
            throw Refuse(function, slot, $"an instruction with opcode 0x{instruction.Opcode:x2} refers to {symbol.Describe()}; only calls and 64-bit loads can");

        if (ExternReader.IsExtern(symbol))
        {
            return _externBySymbol.TryGetValue(symbol.Index, out int index)
                ? new RelocationEntry(slot, isCall ? RelocationKind.ExternCall : RelocationKind.ExternLoad, index, 0)
                : throw Refuse(function, slot, $"it refers to {symbol.Describe()}, an extern without name");
        }

        int section = symbol.IsDefined ? (int)symbol.SectionIndex : 0;
        ulong value = symbol.Value + (ulong)addend;
        if (isCall)
            return DescribeCall(function, slot, symbol, section, value, instruction);
        if (section == 0)
            throw Refuse(function, slot, $"it refers to {symbol.Describe()}, which no section holds; give a global variable an initial value");
        if (IsFunctionAddress(symbol, section))
        {
            if (value % Instruction.Size != 0 || instruction.Immediate % Instruction.Size != 0)
                throw Refuse(function, slot, $"it takes the address of {symbol.Describe()} + {instruction.Immediate}, where no instruction is");
            return new RelocationEntry(slot, RelocationKind.FunctionAddress, section, value);
        }

        return DescribeData(function, slot, symbol, section, value, instruction);
    }

    private RelocationEntry DescribeCall(FunctionImage function, int slot, in ElfSymbol symbol, int section, ulong value, in Instruction instruction)
    {
        if (instruction.Source != (Register)PseudoCall.Local)
            throw Refuse(function, slot, $"it calls {symbol.Describe()}, but is not marked as a call of a function");
        bool isCode = section != 0 && (_reading.IsStrict ? section == _reading.TextSection : _reading.Roles[section] == SectionRole.Code);
        if (!isCode)
            throw Refuse(function, slot, $"it calls {symbol.Describe()} in {SectionName(section)}; {(_reading.IsStrict ? "libbpf lets programs call functions of section '.text' only" : "no code is there")}");
        if (value % Instruction.Size != 0)
            throw Refuse(function, slot, $"it calls {symbol.Describe()} at offset 0x{value:x}, where no instruction is");
        return new RelocationEntry(slot, RelocationKind.Call, section, value);
    }

    private RelocationEntry DescribeData(FunctionImage function, int slot, in ElfSymbol symbol, int section, ulong value, in Instruction instruction)
    {
        if (section == _reading.ArenaSection && _reading.ArenaSection != 0)
            return new RelocationEntry(slot, RelocationKind.Data, _arenaMap, value);
        if (section == _reading.JumpTablesSection && _reading.JumpTablesSection != 0)
            return new RelocationEntry(slot, RelocationKind.JumpTable, -1, value);

        switch (_reading.Roles[section])
        {
            case SectionRole.BtfMaps or SectionRole.LegacyMaps:
                // A static map is referred to by its section, and the instruction has its offset.
                ulong place = symbol.Type == ElfSymbolType.Section && !_reading.IsStrict ? value + (uint)instruction.Immediate : value;
                return _mapByPlace.TryGetValue((section, place), out int map)
                    ? new RelocationEntry(slot, RelocationKind.Map, map, 0)
                    : throw Refuse(function, slot, $"it refers to {symbol.Describe()}, but there is no map at offset 0x{place:x} of {SectionName(section)}");
            case SectionRole.Data or SectionRole.ReadOnlyData or SectionRole.Bss when _dataMapBySection[section] >= 0:
                return new RelocationEntry(slot, RelocationKind.Data, _dataMapBySection[section], value);
            default:
                throw Refuse(function, slot, $"it refers to {symbol.Describe()} in {SectionName(section)}, which is neither a map nor global data (.data, .rodata, .bss)");
        }
    }

    /// <remarks>sym_is_subprog in libbpf.c.</remarks>
    private bool IsFunctionAddress(in ElfSymbol symbol, int section)
    {
        if (!_reading.IsStrict)
            return _reading.Roles[section] == SectionRole.Code;
        if (section != _reading.TextSection)
            return false;
        return symbol.Binding == ElfBinding.Local ? symbol.Type == ElfSymbolType.Section : symbol.Type == ElfSymbolType.Function;
    }

    private string SectionName(int section) => section == 0 ? "no section" : $"section {_reading.Elf.Sections[section].Describe()}";

    private BpfException Refuse(FunctionImage function, int slot, string message) =>
        new($"{_reading.Elf.Name}: function '{function.Name}' in section '{function.SectionName}', instruction {slot}: {message}", Errno.LIBBPF_RELOC) { Program = function.Name };
}
