using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Objects;

/// <summary>Reads .BTF and .BTF.ext. Where they are damaged they are left out, unless the object cannot be understood without them.</summary>
/// <remarks>bpf_object__init_btf in libbpf.c.</remarks>
internal static class TypeReader
{
    public static void Read(ObjectReading reading)
    {
        bool isNeeded = reading.MapsSection >= 0 || reading.HasStructOps;
        ElfSection? types = reading.TypesSection, code = reading.TypesOfCodeSection;
        if (types is null)
        {
            if (isNeeded)
                throw reading.Refuse(Errno.ENOENT, "has no section '.BTF', without which its maps are not known; compile with -g, and do not strip .BTF");
            return;
        }

        ReadOnlyMemory<byte> typesData = types.Data, codeData = code is null ? default : code.Data;
        try
        {
            var view = BtfView.Read(typesData, $"{reading.Elf.Name}: .BTF");
            view.Validate();
            reading.Types = view;
            if (code is not null)
                reading.TypesOfCode = BtfExt.Read(codeData, view, $"{reading.Elf.Name}: .BTF.ext");
        }
        catch (BpfException damage) when (!isNeeded || (reading.Types is not null && !reading.IsStrict))
        {
            // libbpf goes on without, and so do programs that need no types.
            reading.Note($"{damage.Message} (it is left out)");
        }
        catch (BpfException damage) when (damage.Errno == Errno.LIBBPF_FORMAT)
        {
            throw new BpfException(damage.Message, Errno.EINVAL, damage);
        }
    }
}
