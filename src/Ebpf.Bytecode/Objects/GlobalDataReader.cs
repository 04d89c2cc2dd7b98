using System.Text;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Objects;

/// <summary>Makes a map of each section of global data, and of the kernel configuration values.</summary>
/// <remarks>bpf_object__init_global_data_maps and bpf_object__init_kconfig_map in libbpf.c.</remarks>
internal sealed class GlobalDataReader(ObjectReading reading, DatasecLayouts layouts)
{
    // BPF_OBJ_NAME_LEN in include/uapi/linux/bpf.h, less the terminating zero.
    private const int LongestName = 15;

    private const string KconfigSection = ".kconfig";

    public void Read()
    {
        foreach (ElfSection section in reading.Elf.Sections)
        {
            MapKind? kind = reading.Roles[section.Index] switch
            {
                SectionRole.Data => MapKind.Data,
                SectionRole.ReadOnlyData => MapKind.ReadOnlyData,
                SectionRole.Bss => MapKind.Bss,
                _ => null,
            };
            if (kind is { } found && section.Size != 0)
                Add(found, section.Name, section.Index, section.Size, section.Data);
        }
    }

    /// <summary>Makes the map of the kernel configuration values, if programs ask for any.</summary>
    public void ReadKconfig()
    {
        ExternImage? last = reading.Externs.FindLast(static e => e.Kind == ExternKind.Kconfig);
        if (last is not null)
            Add(MapKind.Kconfig, KconfigSection, reading.SymbolsSection, (ulong)last.Offset + last.Size, default);
    }

    /// <summary>
    /// The name of a section's map as libbpf gives it to the kernel: as much of the object's name as leaves the section's whole, or at most 15
    /// characters of a name with two dots.
    /// </summary>
    /// <remarks>internal_map_name in libbpf.c, which explains how it came to be so.</remarks>
    public static string KernelNameOf(string objectName, string section)
    {
        byte[] suffix = Encoding.UTF8.GetBytes(section);
        byte[] prefix = Encoding.UTF8.GetBytes(objectName);
        int suffixRoom = Math.Min(Math.Max(7, suffix.Length), LongestName);
        int prefixLength = section.IndexOf('.', 1) >= 0 ? 0 : Math.Min(LongestName - suffixRoom, prefix.Length);

        var name = new StringBuilder(LongestName);
        foreach (byte character in (ReadOnlySpan<byte>)[.. prefix.AsSpan(0, prefixLength), .. suffix.AsSpan(0, Math.Min(suffixRoom, suffix.Length))])
            name.Append(char.IsAsciiLetterOrDigit((char)character) || character is (byte)'_' or (byte)'.' ? (char)character : '_');
        return name.ToString();
    }

    /// <summary>The name of a section's map as users see it: that of the section where it is not one of the plain ones, that of the kernel otherwise.</summary>
    /// <remarks>bpf_map__name in libbpf.c.</remarks>
    private string NameOf(MapKind kind, string section) => (kind, section) switch
    {
        (MapKind.Data, not ".data") or (MapKind.ReadOnlyData, not ".rodata") => section,
        _ => KernelNameOf(reading.Name, section),
    };

    private void Add(MapKind kind, string section, int sectionIndex, ulong size, ReadOnlyMemory<byte> data)
    {
        if (size > int.MaxValue)
            throw reading.Refuse(Errno.ENOMEM, $"section '{section}' takes {size} bytes; a map of global data has at most {int.MaxValue}");

        DatasecLayout? layout = layouts.Find(section);
        MapFlags flags = kind is MapKind.ReadOnlyData or MapKind.Kconfig ? MapFlags.ReadOnlyProgram : MapFlags.None;
        if (layout is { HasGlobals: true })
            flags |= MapFlags.Mmapable;
        reading.Maps.Add(new MapImage
        {
            Name = NameOf(kind, section),
            Kind = kind,
            SectionName = section,
            SectionIndex = sectionIndex,
            Type = MapType.Array,
            KeySize = sizeof(int),
            ValueSize = (uint)size,
            MaxEntries = 1,
            Flags = flags,
            ValueType = layout?.TypeId ?? 0,
            InitialData = data,
        });
    }
}
