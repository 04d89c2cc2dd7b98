using System.Text;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.Types;

namespace Ebpf.Platforms.Linux.StructOps;

/// <summary>
/// A table of functions for the kernel (struct_ops), as the running kernel lays it out: members are matched by name, so that an object's own order
/// and selection do not matter.
/// </summary>
/// <remarks>find_struct_ops_kern_types and bpf_map__init_kern_struct_ops in libbpf.c.</remarks>
internal sealed class StructOpsLayout
{
    private const string ValuePrefix = "bpf_struct_ops_";

    private readonly Dictionary<string, Function> _functions = new(StringComparer.Ordinal);

    private StructOpsLayout(BtfType structure, BtfType value, int offset)
    {
        Structure = structure;
        Value = value;
        Image = new byte[value.Size];
        Offset = offset;
    }

    /// <summary>The kernel's structure, which programs are verified against.</summary>
    public BtfType Structure { get; }

    /// <summary>The structure around it, which is the map's value.</summary>
    public BtfType Value { get; }

    /// <summary>Bytes of the value with everything but the functions.</summary>
    public byte[] Image { get; }

    /// <summary>Where in the value the structure is.</summary>
    private int Offset { get; }

    /// <summary>A function's place: the member's number, and where its pointer is in the value.</summary>
    public readonly record struct Function(int Index, int Offset);

    /// <exception cref="BpfException">The kernel has no such structure, or not such members.</exception>
    public static StructOpsLayout Find(MapSpec map, KernelModules kernel)
    {
        BtfType own = map.Types!.SkipModifiers(map.ValueType);
        string name = Encoding.UTF8.GetString(BtfName.Essential(own.NameBytes));
        if (kernel.Find(ValuePrefix + name, BtfKind.Struct) is not { } value || value.View.FindByName(name, BtfKind.Struct) is not { } id)
        {
            throw new BpfException($"map '{map.Name}': the running kernel takes no struct_ops of type '{name}'", Errno.ENOENT);
        }

        BtfType structure = value.View[id];
        foreach (BtfMember member in value.Members)
        {
            if (value.View.SkipModifiers(member.Type).Id == structure.Id)
            {
                var layout = new StructOpsLayout(structure, value, (int)(member.BitOffset / 8));
                layout.Fill(map, own);
                return layout;
            }
        }

        throw new BpfException($"map '{map.Name}': the kernel's {ValuePrefix}{name} holds no {name}", Errno.EINVAL);
    }

    /// <summary>Where a member's function goes.</summary>
    /// <exception cref="BpfException">The kernel's structure has no such member.</exception>
    public Function this[string member] => _functions.TryGetValue(member, out Function function)
        ? function
        : throw new BpfException($"the kernel's struct {Structure.Name} has no function '{member}'", Errno.EOPNOTSUPP);

    private void Fill(MapSpec map, BtfType own)
    {
        ReadOnlySpan<byte> data = map.InitialData.Span;
        foreach (BtfMember member in own.Members)
        {
            BtfType type = own.View.SkipModifiers(member.Type);
            if (own.View.TrySizeOf(member.Type, out uint size) != Errno.None)
            {
                throw Refuse(map, member, "has no size");
            }

            ReadOnlySpan<byte> bytes = data.Slice((int)(member.BitOffset / 8), (int)size);
            if (!TryFindMember(member.Name, out int index, out BtfMember there))
            {
                if (bytes.ContainsAnyExcept((byte)0))
                {
                    throw Refuse(map, member, $"is not in the running kernel's struct {Structure.Name}: leave it out, or set it to zero");
                }

                continue;
            }

            BtfType kernel = Structure.View.SkipModifiers(there.Type);
            int offset = Offset + (int)(there.BitOffset / 8);
            if (IsFunction(kernel))
            {
                if (!IsFunction(type))
                {
                    throw Refuse(map, member, "is a function in the kernel");
                }

                _functions.Add(member.Name, new Function(index, offset));
            }
            else if (member.BitfieldSize != 0 || there.BitfieldSize != 0 || kernel.Kind != type.Kind || Structure.View.TrySizeOf(there.Type, out uint kernelSize) != Errno.None || kernelSize != size)
            {
                throw Refuse(map, member, "is of another type in the kernel");
            }
            else
            {
                bytes.CopyTo(Image.AsSpan(offset));
            }
        }
    }

    private bool TryFindMember(string name, out int index, out BtfMember found)
    {
        index = 0;
        foreach (BtfMember member in Structure.Members)
        {
            if (member.Name == name)
            {
                found = member;
                return true;
            }

            index++;
        }

        found = default;
        return false;
    }

    private static bool IsFunction(BtfType type) => type.Kind == BtfKind.Ptr && type.View.SkipModifiers(type.ReferencedType).Kind == BtfKind.FuncProto;

    private static BpfException Refuse(MapSpec map, BtfMember member, string why) => new($"map '{map.Name}': member '{member.Name}' {why}", Errno.EOPNOTSUPP);
}
