using System.Runtime.InteropServices;
using Ebpf.Bytecode.Btf;

namespace Ebpf.Native;

/// <content>Skeletons: the structures that bpftool generates, walked by the sizes that they give.</content>
internal static unsafe partial class Libbpf
{
    // struct bpf_map_skeleton since 1.5 has a link; bpftool before that made it without.
    private const int MapSkeletonWithLink = 32;

    public static int bpf_object__open_skeleton(byte* skeleton, byte* opts)
    {
        var s = (ObjectSkeleton*)skeleton;
        string name = Text.Read(s->Name)!;
        nint obj = OpenMemory(s->Data, s->DataSize, name, opts);
        if (obj == 0)
        {
            int error = -Marshal.GetLastSystemError();
            Print.Warn($"failed to initialize skeleton BPF object '{name}': {ErrorText.Symbol((Errno)(-error))}\n");
            return error;
        }

        *s->Object = obj;
        return Populate(Object(obj), s->Maps, s->MapCount, s->MapSize, s->Programs, s->ProgramCount, s->ProgramSize, name);
    }

    public static int bpf_object__load_skeleton(byte* skeleton)
    {
        var s = (ObjectSkeleton*)skeleton;
        int error = bpf_object__load(*s->Object);
        if (error != 0)
        {
            Print.Warn($"failed to load BPF skeleton '{Text.Read(s->Name)}': {ErrorText.Symbol((Errno)(-error))}\n");
            return error;
        }

        for (int i = 0; i < s->MapCount; i++)
        {
            MapSkeleton* map = MapAt(s, i);
            if (map->Mapped != null)
            {
                *map->Mapped = Map(*map->Map).Memory is { } memory ? memory.Address : null;
            }
        }

        return 0;
    }

    public static int bpf_object__attach_skeleton(byte* skeleton)
    {
        var s = (ObjectSkeleton*)skeleton;
        for (int i = 0; i < s->ProgramCount; i++)
        {
            ProgramSkeleton* entry = ProgramAt(s, i);
            NativeProgram program = Program(*entry->Program);
            if (!program.Spec.AutoLoad || !program.Spec.AutoAttach || !AutoAttachment.Exists(program) || *entry->Link != 0)
            {
                continue;
            }

            int error = AutoAttachment.Attach(program, out nint link);
            if (error != 0)
            {
                Print.Warn($"prog '{program.Spec.Name}': failed to auto-attach: {ErrorText.Symbol((Errno)(-error))}\n");
                return error;
            }

            *entry->Link = link;
        }

        for (int i = 0; i < s->MapCount; i++)
        {
            MapSkeleton* entry = MapAt(s, i);
            NativeMap map = Map(*entry->Map);
            if (!map.Spec.AutoCreate || !map.AutoAttach || !map.IsStructOps)
            {
                continue;
            }

            string name = map.Spec.Name;
            if (s->MapSize < MapSkeletonWithLink)
            {
                Print.Warn($"map '{name}': BPF skeleton version is old, skipping map auto-attachment...\n");
            }
            else if (entry->Link == null)
            {
                Print.Warn($"map '{name}': BPF map skeleton link is uninitialized\n");
            }
            else if (*entry->Link == 0)
            {
                *entry->Link = bpf_map__attach_struct_ops(*entry->Map);
                if (*entry->Link == 0)
                {
                    int error = -Marshal.GetLastSystemError();
                    Print.Warn($"map '{name}': failed to auto-attach: {ErrorText.Symbol((Errno)(-error))}\n");
                    return error;
                }
            }
        }

        return 0;
    }

    public static void bpf_object__detach_skeleton(byte* skeleton)
    {
        var s = (ObjectSkeleton*)skeleton;
        for (int i = 0; i < s->ProgramCount; i++)
        {
            ProgramSkeleton* entry = ProgramAt(s, i);
            _ = bpf_link__destroy(*entry->Link);
            *entry->Link = 0;
        }

        for (int i = 0; s->MapSize >= MapSkeletonWithLink && i < s->MapCount; i++)
        {
            MapSkeleton* entry = MapAt(s, i);
            if (entry->Link != null)
            {
                _ = bpf_link__destroy(*entry->Link);
                *entry->Link = 0;
            }
        }
    }

    public static void bpf_object__destroy_skeleton(byte* skeleton)
    {
        if (skeleton == null)
        {
            return;
        }

        var s = (ObjectSkeleton*)skeleton;
        bpf_object__detach_skeleton(skeleton);
        if (s->Object != null)
        {
            bpf_object__close(*s->Object);
        }

        // What the generated code took with calloc(3).
        NativeMemory.Free(s->Maps);
        NativeMemory.Free(s->Programs);
        NativeMemory.Free(s);
    }

    public static int bpf_object__open_subskeleton(byte* skeleton)
    {
        var s = (ObjectSubskeleton*)skeleton;
        if (s->Object == 0)
        {
            return Answer.Error(Errno.EINVAL);
        }

        NativeObject obj = Object(s->Object);
        if (obj.Spec.Types is not { } types)
        {
            Print.Warn($"subskeletons require BTF at runtime (object {obj.Spec.Name})\n");
            return Answer.Error(Errno.ENOENT);
        }

        int error = Populate(obj, s->Maps, s->MapCount, s->MapSize, s->Programs, s->ProgramCount, s->ProgramSize, obj.Spec.Name);
        for (int i = 0; error == 0 && i < s->VariableCount; i++)
        {
            var entry = (VariableSkeleton*)((byte*)s->Variables + (long)i * s->VariableSize);
            NativeMap map = Map(*entry->Map);
            BtfType section = types[map.ValueTypeId];
            if (section.Kind != BtfKind.DataSec)
            {
                Print.Warn($"type for map '{map.Spec.Name}' is not a datasec: {section.Kind}\n");
                return Answer.Error(Errno.EINVAL);
            }

            ReadOnlySpan<byte> name = Text.Bytes(entry->Name);
            foreach (BtfSectionVariable variable in section.SectionVariables)
            {
                if (types[variable.Type].NameBytes.SequenceEqual(name) && map.Memory is { } memory)
                {
                    *entry->Address = memory.Address + variable.Offset;
                    break;
                }
            }
        }

        return error;
    }

    public static void bpf_object__destroy_subskeleton(byte* skeleton)
    {
        if (skeleton == null)
        {
            return;
        }

        var s = (ObjectSubskeleton*)skeleton;
        NativeMemory.Free(s->Maps);
        NativeMemory.Free(s->Programs);
        NativeMemory.Free(s->Variables);
        NativeMemory.Free(s);
    }

    private static int Populate(NativeObject obj, MapSkeleton* maps, int mapCount, int mapSize, ProgramSkeleton* programs, int programCount, int programSize, string name)
    {
        for (int i = 0; i < mapCount; i++)
        {
            var entry = (MapSkeleton*)((byte*)maps + (long)i * mapSize);
            *entry->Map = bpf_object__find_map_by_name(obj.Handle, entry->Name);
            if (*entry->Map == 0)
            {
                Print.Warn($"failed to find skeleton map '{Text.Read(entry->Name)}'\n");
                Print.Warn($"failed to populate skeleton maps for '{name}': -ESRCH\n");
                return Answer.Error(Errno.ESRCH);
            }

            NativeMap map = Map(*entry->Map);
            if (entry->Mapped != null && !map.IsKconfig)
            {
                *entry->Mapped = map.Memory is { } memory ? memory.Address : null;
            }
        }

        for (int i = 0; i < programCount; i++)
        {
            var entry = (ProgramSkeleton*)((byte*)programs + (long)i * programSize);
            *entry->Program = bpf_object__find_program_by_name(obj.Handle, entry->Name);
            if (*entry->Program == 0)
            {
                Print.Warn($"failed to find skeleton program '{Text.Read(entry->Name)}'\n");
                Print.Warn($"failed to populate skeleton progs for '{name}': -ESRCH\n");
                return Answer.Error(Errno.ESRCH);
            }
        }

        return 0;
    }

    private static MapSkeleton* MapAt(ObjectSkeleton* s, int index) => (MapSkeleton*)((byte*)s->Maps + (long)index * s->MapSize);

    private static ProgramSkeleton* ProgramAt(ObjectSkeleton* s, int index) => (ProgramSkeleton*)((byte*)s->Programs + (long)index * s->ProgramSize);

    /// <summary>struct bpf_object_skeleton.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ObjectSkeleton
    {
        public nuint Size;
        public byte* Name;
        public byte* Data;
        public nuint DataSize;
        public nint* Object;
        public int MapCount;
        public int MapSize;
        public MapSkeleton* Maps;
        public int ProgramCount;
        public int ProgramSize;
        public ProgramSkeleton* Programs;
    }

    /// <summary>struct bpf_map_skeleton.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MapSkeleton
    {
        public byte* Name;
        public nint* Map;
        public void** Mapped;
        public nint* Link;
    }

    /// <summary>struct bpf_prog_skeleton.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ProgramSkeleton
    {
        public byte* Name;
        public nint* Program;
        public nint* Link;
    }

    /// <summary>struct bpf_object_subskeleton.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ObjectSubskeleton
    {
        public nuint Size;
        public nint Object;
        public int MapCount;
        public int MapSize;
        public MapSkeleton* Maps;
        public int ProgramCount;
        public int ProgramSize;
        public ProgramSkeleton* Programs;
        public int VariableCount;
        public int VariableSize;
        public VariableSkeleton* Variables;
    }

    /// <summary>struct bpf_var_skeleton.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct VariableSkeleton
    {
        public byte* Name;
        public nint* Map;
        public byte** Address;
    }
}
