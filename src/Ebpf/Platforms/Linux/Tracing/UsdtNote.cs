using System.Text;
using Ebpf.Bytecode;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Platforms.Linux.Tracing;

/// <summary>A user statically defined tracepoint as a binary declares it.</summary>
/// <remarks>A note of type 3 and owner "stapsdt" in section .note.stapsdt: three addresses, then three strings.</remarks>
/// <param name="Provider">Who defines it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Arguments">Where its arguments are, in the assembler's words: "-4@%esi 8@-24(%rbp)".</param>
/// <param name="Address">Where it is, in the file's own numbering, corrected for prelinking.</param>
/// <param name="Semaphore">The address of a counter that says whether somebody listens; 0 where it has none.</param>
internal readonly record struct UsdtNote(string Provider, string Name, string Arguments, ulong Address, ulong Semaphore)
{
    private const string Section = ".note.stapsdt", BaseSection = ".stapsdt.base";
    private const uint NoteType = 3;
    private const ulong HeaderSize = 12, AddressBytes = 3 * sizeof(ulong);

    /// <summary>All tracepoints that a file declares.</summary>
    /// <exception cref="BpfException">The section is damaged.</exception>
    public static List<UsdtNote> ReadAll(ElfFile elf)
    {
        var notes = new List<UsdtNote>();
        if (elf.FindSection(Section) is not { Type: ElfSectionType.Note } section)
        {
            return notes;
        }

        // Prelinking moves addresses, but not those in notes: the section's header says by how much (the note has what it was).
        ulong baseNow = elf.FindSection(BaseSection)?.Address ?? 0;
        BoundedReader reader = elf.Reader(section);
        for (ulong offset = 0; offset + HeaderSize <= (ulong)reader.Length;)
        {
            uint nameSize = reader.UInt32(offset), descriptionSize = reader.UInt32(offset + 4), type = reader.UInt32(offset + 8);
            ulong name = offset + HeaderSize, description = name + Align(nameSize);
            if (type == NoteType && reader.Slice(name, nameSize).StartsWith("stapsdt\0"u8))
            {
                notes.Add(Read(new BoundedReader(reader.Slice(description, descriptionSize), elf.IsLittleEndian, $"{section.Region}, note at 0x{offset:x}"), baseNow));
            }

            offset = description + Align(descriptionSize);
        }

        return notes;
    }

    private static UsdtNote Read(in BoundedReader reader, ulong baseNow)
    {
        ulong address = reader.UInt64(0), baseThen = reader.UInt64(8), semaphore = reader.UInt64(16);
        ulong moved = baseNow != 0 && baseThen != 0 ? unchecked(baseNow - baseThen) : 0;
        ReadOnlySpan<byte> provider = reader.String(AddressBytes);
        ulong nameAt = AddressBytes + (ulong)provider.Length + 1;
        ReadOnlySpan<byte> name = reader.String(nameAt);
        ReadOnlySpan<byte> arguments = reader.String(nameAt + (ulong)name.Length + 1);
        return new UsdtNote(
            Encoding.UTF8.GetString(provider),
            Encoding.UTF8.GetString(name),
            // Some compilers write ":" for none.
            arguments.StartsWith(":"u8) ? "" : Encoding.UTF8.GetString(arguments),
            unchecked(address + moved),
            semaphore == 0 ? 0 : unchecked(semaphore + moved));
    }

    private static ulong Align(uint size) => ((ulong)size + 3) & ~3ul;
}
