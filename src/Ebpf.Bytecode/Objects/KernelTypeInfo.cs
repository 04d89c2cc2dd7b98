using System.Runtime.InteropServices;
using Ebpf.Bytecode.Btf;

namespace Ebpf.Bytecode.Objects;

/// <summary>
/// An object's type information as a kernel takes it: what compilers leave out is filled in from the symbols, externs become variables, and kinds
/// that an older kernel does not know become others of the same size. Ids stay what they are.
/// </summary>
/// <remarks>
/// bpf_object_fixup_btf, bpf_object__collect_externs and bpf_object__sanitize_btf in libbpf.c. The layout table of newer BTF is left out: no kernel needs it.
/// </remarks>
internal sealed class KernelTypeInfo
{
    // 'struct btf_header' in include/uapi/linux/btf.h.
    private const int HeaderLength = 24;

    // Parts of 'struct btf_type', and of what follows it.
    private const int InfoField = 4, SizeField = 8, VariableLength = 12, ParameterLength = 8;

    private readonly ObjectImage _image;
    private readonly BtfView _types;
    private readonly BtfAbilities _abilities;
    private readonly byte[] _typeBytes;
    private readonly byte[] _stringBytes;
    private readonly List<uint> _addedTypes = [];
    private readonly List<byte> _addedStrings = [];
    private uint _nextId;

    private KernelTypeInfo(ObjectImage image, BtfView types, BtfAbilities abilities)
    {
        _image = image;
        _types = types;
        _abilities = abilities;
        _nextId = types.TypeCount;
        ReadOnlySpan<byte> bytes = types.Bytes.Span;
        BtfHeader header = BtfHeader.Read(bytes, types.Name);
        _typeBytes = bytes.Slice(header.TypesOffset, header.TypesLength).ToArray();
        _stringBytes = bytes.Slice(header.StringsOffset, header.StringsLength).ToArray();
    }

    /// <summary>The bytes for BPF_BTF_LOAD, in this machine's byte order; null where the object has no type information.</summary>
    public static byte[]? Of(ObjectImage image, BtfAbilities abilities)
    {
        if (image.Types is not { } types)
            return null;
        if (image.IsForeignEndian)
            throw new ArgumentException("the object is for the other byte order", nameof(image));
        var info = new KernelTypeInfo(image, types, abilities);
        info.HideFunctions();
        info.FillDataSections();
        if ((abilities & BtfAbilities.All) != BtfAbilities.All)
            info.Sanitize();
        return info.Assemble();
    }

    /// <summary>Functions that only their own file sees are verified with their callers: for the kernel they are static.</summary>
    private void HideFunctions()
    {
        foreach (FunctionImage function in _image.Subprograms)
        {
            if (function is { IsGlobal: false, TypeId: not 0 } && _types[function.TypeId] is { Kind: BtfKind.Func, Linkage: BtfLinkage.Global } type)
                SetInfo(type, BtfKind.Func, (uint)BtfLinkage.Static);
        }
    }

    private void FillDataSections()
    {
        Dictionary<uint, DatasecLayout> layouts = _image.DataSections.ToDictionary(static l => l.TypeId);
        foreach (BtfType type in _types.Types)
        {
            if (type.Kind != BtfKind.DataSec)
                continue;
            if (type.NameBytes.SequenceEqual(".ksyms"u8))
                FillKernelSymbols(type);
            else if (layouts.TryGetValue(type.Id, out DatasecLayout? layout))
                FillVariables(type, layout);
            // A name that begins with '?' says that struct_ops are off; kernels before 6.10 do not take it.
            if (type.NameBytes is [(byte)'?', ..])
                _stringBytes[type.NameOffset] = (byte)'_';
        }
    }

    private void FillVariables(in BtfType section, DatasecLayout layout)
    {
        bool isKconfig = layout.Section == ".kconfig";
        Dictionary<uint, DatasecVariable> variables = [];
        foreach (DatasecVariable variable in layout.Variables)
            variables.TryAdd(variable.VarId, variable);

        Span<SectionVariable> entries = EntriesOf(section);
        foreach (ref SectionVariable entry in entries)
        {
            if (!variables.TryGetValue(entry.Type, out DatasecVariable variable))
                continue;
            entry.Offset = variable.Offset;
            SetLinkage(_types[variable.VarId], isKconfig ? BtfLinkage.Global : variable.Linkage);
        }

        entries.Sort(static (a, b) => a.Offset.CompareTo(b.Offset));
        if (isKconfig)
            SetField(section, SizeField, _image.Maps.FirstOrDefault(static m => m.Kind == MapKind.Kconfig)?.ValueSize ?? 0);
        else if (section.Size == 0)
            SetField(section, SizeField, (uint)(_image.Elf.FindSection(layout.Section)?.Size ?? 0));
    }

    /// <summary>For the kernel each symbol is a variable of four bytes: functions too, which a data section cannot have.</summary>
    private void FillKernelSymbols(in BtfType section)
    {
        uint integer = FindOrAddInteger();
        uint dummy = 0, dummyName = 0;
        uint offset = 0;
        foreach (ref SectionVariable entry in EntriesOf(section))
        {
            BtfType symbol = _types[entry.Type];
            if (symbol.Kind == BtfKind.Func)
            {
                if (dummy == 0)
                {
                    dummyName = AddString("dummy_ksym");
                    dummy = AddType(dummyName, Info(BtfKind.Var, 0), integer, (uint)BtfLinkage.Global);
                }

                NameParameters(_types[symbol.ReferencedType], dummyName);
                SetInfo(symbol, BtfKind.Func, (uint)BtfLinkage.Global);
                entry.Type = dummy;
            }
            else if (symbol.Kind == BtfKind.Var)
            {
                SetLinkage(symbol, BtfLinkage.Global);
                SetField(symbol, SizeField, integer);
            }

            entry.Offset = offset;
            entry.Size = sizeof(uint);
            offset += sizeof(uint);
        }

        SetField(section, SizeField, offset);
    }

    /// <summary>The kernel wants the parameters of global functions to have names, which declarations leave out.</summary>
    private void NameParameters(in BtfType prototype, uint name)
    {
        for (int i = 0; i < prototype.Parameters.Count; i++)
        {
            int field = (int)prototype.RestOffset + i * ParameterLength;
            if (Read(field) == 0 && Read(field + 4) != 0)
                Write(field, name);
        }
    }

    private uint FindOrAddInteger()
    {
        foreach (BtfType type in _types.Types)
        {
            if (type.Kind == BtfKind.Int && type is { Size: sizeof(uint), Int.Bits: 32 })
                return type.Id;
        }

        return AddType(AddString("int"), Info(BtfKind.Int, 0), sizeof(uint), 32);
    }

    private void Sanitize()
    {
        uint placeholder = 0;
        foreach (BtfType type in _types.Types)
        {
            // What was filled in so far is in the bytes, the view has the types as they were: kinds do not change before this pass.
            switch (type.Kind)
            {
                case BtfKind.Var when Lacks(BtfAbilities.DataSections):
                case BtfKind.DeclTag when Lacks(BtfAbilities.DeclarationTags):
                    SetInfo(type, BtfKind.Int, 0);
                    SetField(type, SizeField, 1);
                    Write((int)type.RestOffset, 8);
                    break;
                case BtfKind.DataSec when Lacks(BtfAbilities.DataSections):
                    SectionToStruct(type);
                    break;
                case BtfKind.FuncProto when Lacks(BtfAbilities.Functions):
                    SetInfo(type, BtfKind.Enum, (uint)type.VLen);
                    SetField(type, SizeField, sizeof(uint));
                    break;
                case BtfKind.Func when Lacks(BtfAbilities.Functions):
                    SetInfo(type, BtfKind.Typedef, 0);
                    break;
                case BtfKind.Func when Lacks(BtfAbilities.GlobalFunctions):
                    SetInfo(type, BtfKind.Func, 0);
                    break;
                case BtfKind.Float when Lacks(BtfAbilities.Floats):
                    SetField(type, 0, 0);
                    SetInfo(type, BtfKind.Struct, 0);
                    break;
                case BtfKind.TypeTag when Lacks(BtfAbilities.TypeTags):
                    SetField(type, 0, 0);
                    SetInfo(type, BtfKind.Const, 0);
                    break;
                case BtfKind.Enum when Lacks(BtfAbilities.Enum64):
                    SetInfo(type, BtfKind.Enum, (uint)type.VLen);
                    break;
                case BtfKind.Enum64 when Lacks(BtfAbilities.Enum64):
                    if (placeholder == 0)
                        placeholder = AddType(AddString("enum64_placeholder"), Info(BtfKind.Int, 0), 1, 8);
                    SetInfo(type, BtfKind.Union, (uint)type.VLen);
                    foreach (ref SectionVariable member in EntriesOf(type))
                        (member.Offset, member.Size) = (placeholder, 0);
                    break;
            }
        }
    }

    /// <summary>A section becomes a struct whose members are its variables.</summary>
    private void SectionToStruct(in BtfType section)
    {
        for (int i = (int)section.NameOffset; i < _stringBytes.Length && _stringBytes[i] != 0; i++)
        {
            if (_stringBytes[i] is (byte)'.' or (byte)'?')
                _stringBytes[i] = (byte)'_';
        }

        SetInfo(section, BtfKind.Struct, (uint)section.VLen);
        foreach (ref SectionVariable entry in EntriesOf(section))
        {
            // 'struct btf_member' is name, type, offset in bits.
            uint name = entry.Type < _types.TypeCount ? _types[entry.Type].NameOffset : 0;
            (entry.Type, entry.Offset, entry.Size) = (name, entry.Type, entry.Offset * 8);
        }
    }

    private byte[] Assemble()
    {
        int types = _typeBytes.Length + _addedTypes.Count * sizeof(uint);
        int strings = _stringBytes.Length + _addedStrings.Count;
        byte[] bytes = new byte[HeaderLength + types + strings];
        Span<byte> rest = bytes.AsSpan(HeaderLength);
        _typeBytes.CopyTo(rest);
        MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_addedTypes)).CopyTo(rest[_typeBytes.Length..]);
        _stringBytes.CopyTo(rest[types..]);
        CollectionsMarshal.AsSpan(_addedStrings).CopyTo(rest[(types + _stringBytes.Length)..]);

        const ushort magic = 0xeb9f;
        Span<byte> header = bytes;
        MemoryMarshal.Write(header, magic);
        header[2] = 1;
        Span<uint> fields = MemoryMarshal.Cast<byte, uint>(header[4..HeaderLength]);
        (fields[0], fields[1], fields[2], fields[3], fields[4]) = (HeaderLength, 0, (uint)types, (uint)types, (uint)strings);
        return bytes;
    }

    private bool Lacks(BtfAbilities ability) => (_abilities & ability) == 0;

    private uint AddString(string text)
    {
        uint offset = (uint)(_stringBytes.Length + _addedStrings.Count);
        foreach (char c in text)
            _addedStrings.Add((byte)c);
        _addedStrings.Add(0);
        return offset;
    }

    /// <summary>Adds a type that has one word after the common part.</summary>
    private uint AddType(uint name, uint info, uint sizeOrType, uint rest)
    {
        _addedTypes.AddRange([name, info, sizeOrType, rest]);
        return _nextId++;
    }

    private Span<SectionVariable> EntriesOf(in BtfType type) =>
        MemoryMarshal.Cast<byte, SectionVariable>(_typeBytes.AsSpan((int)type.RestOffset, type.VLen * VariableLength));

    private void SetLinkage(in BtfType variable, BtfLinkage linkage) => Write((int)variable.RestOffset, (uint)linkage);

    private void SetInfo(in BtfType type, BtfKind kind, uint vlen) => SetField(type, InfoField, Info(kind, vlen));

    private void SetField(in BtfType type, int field, uint value) => Write((int)type.RestOffset - BtfIndex.TypeLength + field, value);

    private uint Read(int offset) => MemoryMarshal.Read<uint>(_typeBytes.AsSpan(offset));

    private void Write(int offset, uint value) => MemoryMarshal.Write(_typeBytes.AsSpan(offset), value);

    private static uint Info(BtfKind kind, uint vlen) => ((uint)kind << 24) | vlen;

    /// <summary>'struct btf_var_secinfo'; 'struct btf_member' and 'struct btf_enum64' are three words too.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SectionVariable
    {
        public uint Type;
        public uint Offset;
        public uint Size;
    }
}
