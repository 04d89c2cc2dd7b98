using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Objects;

/// <summary>Reads the instances of struct_ops structures: each variable of <c>.struct_ops</c> and <c>.struct_ops.link</c> is a map.</summary>
/// <remarks>bpf_object_init_struct_ops in libbpf.c.</remarks>
internal sealed class StructOpsReader(ObjectReading reading, DatasecLayouts layouts)
{
    public void Read()
    {
        foreach (ElfSection section in reading.Elf.Sections)
        {
            if (reading.Roles[section.Index] == SectionRole.StructOps)
                ReadSection(section);
        }
    }

    private void ReadSection(ElfSection section)
    {
        if (reading.Types is not { } types || layouts.Find(section.Name) is not { } layout)
            throw reading.Refuse(Errno.EINVAL, $"BTF does not describe section {section.Describe()}; compile with -g, and do not strip .BTF");

        string sectionName = SectionReader.WithoutMark(section.Name);
        foreach (DatasecVariable variable in layout.Variables)
        {
            BtfType structure = types.SkipModifiers(variable.TypeId);
            if (structure.IsAnonymous)
                throw reading.Refuse(Errno.EOPNOTSUPP, $"struct_ops '{variable.Name}' is of a type without name");
            if (structure.Kind != BtfKind.Struct)
                throw reading.Refuse(Errno.EINVAL, $"struct_ops '{variable.Name}' is of {structure}, not of a struct");
            if ((ulong)variable.Offset + structure.Size > section.Size)
                throw reading.Refuse(Errno.EINVAL, $"struct_ops '{variable.Name}' has {structure.Size} bytes at offset {variable.Offset}, beyond the end of section {section.Describe()}");

            reading.Maps.Add(new MapImage
            {
                Name = variable.Name,
                Kind = MapKind.StructOps,
                SectionName = sectionName,
                SectionIndex = section.Index,
                SectionOffset = variable.Offset,
                Type = MapType.StructOps,
                KeySize = sizeof(int),
                ValueSize = structure.Size,
                MaxEntries = 1,
                Flags = sectionName == ".struct_ops.link" ? MapFlags.Link : MapFlags.None,
                ValueType = structure.Id,
                InitialData = section.Data.Slice((int)variable.Offset, (int)structure.Size),
                AutoCreate = !section.Name.StartsWith('?'),
            });
        }
    }
}
