using Ebpf.Bytecode.Btf;

namespace Ebpf.Native;

/// <content>BTF: reading types.</content>
internal static unsafe partial class Libbpf
{
    // MAX_RESOLVE_DEPTH in btf.c.
    private const int DeepestType = 32;

    public static nint btf__new(byte* data, uint size) => btf__new_split(data, size, 0);

    public static nint btf__new_split(byte* data, uint size, nint @base) =>
        data == null ? Answer.Null(Errno.EINVAL) : New(new ReadOnlySpan<byte>(data, (int)size).ToArray(), "BTF", @base);

    public static nint btf__parse(byte* path, void** ext) => Parse(path, 0, (nint*)ext);

    public static nint btf__parse_split(byte* path, nint @base) => Parse(path, @base, null);

    public static nint btf__parse_elf(byte* path, void** ext) => Parse(path, 0, (nint*)ext);

    public static nint btf__parse_elf_split(byte* path, nint @base) => Parse(path, @base, null);

    public static nint btf__parse_raw(byte* path) => Parse(path, 0, null);

    public static nint btf__parse_raw_split(byte* path, nint @base) => Parse(path, @base, null);

    public static nint btf__load_vmlinux_btf()
    {
        try
        {
            return NativeBtf.Of(BtfView.OpenKernel()).Handle;
        }
        catch (BpfException e)
        {
            Print.Warn($"failed to find valid kernel BTF: {e.Message}\n");
            return Answer.Null(Errno.ESRCH);
        }
    }

    public static nint libbpf_find_kernel_btf() => btf__load_vmlinux_btf();

    public static nint btf__load_module_btf(byte* module, nint vmlinux)
    {
        NativeBtf @base = Btf(vmlinux);
        return NativeBtf.Of(BtfView.Open("/sys/kernel/btf/" + Text.Read(module), @base.View), @base).Handle;
    }

    public static nint btf__load_from_kernel_by_id(uint id) => btf__load_from_kernel_by_id_split(id, 0);

    public static nint btf__load_from_kernel_by_id_split(uint id, nint @base)
    {
        NativeBtf? below = Handles.GetOrNull<NativeBtf>(@base);
        int error = ProgramBtf.Read(id, below?.View, out BtfView? types);
        return error == 0 ? NativeBtf.Of(types!, below).Handle : Answer.Null((Errno)(-error));
    }

    public static void btf__free(nint btf)
    {
        if (btf is not (0 or (< 0 and >= -4095)))
        {
            Btf(btf).Free();
        }
    }

    public static int btf__find_by_name(nint btf, byte* name)
    {
        ReadOnlySpan<byte> wanted = Text.Bytes(name);
        if (wanted.SequenceEqual("void"u8))
        {
            return 0;
        }

        BtfView view = Btf(btf).View;
        for (BtfView? part = view; part is not null; part = part.Base)
        {
            // Lower ids first, as a walk from 1 would find them.
            if (part.Base is null || part.Base.TypeCount <= 1)
            {
                return FindIn(part, wanted) is { } inLowest ? inLowest : FindAbove(view, part, wanted);
            }
        }

        return Answer.Error(Errno.ENOENT);
    }

    public static int btf__find_by_name_kind(nint btf, byte* name, uint kind) =>
        kind == (uint)BtfKind.Void || Text.Bytes(name).SequenceEqual("void"u8) ? 0
        : Text.Bytes(name).IsEmpty ? FindAnonymous(Btf(btf).View, (BtfKind)kind)
        : Btf(btf).View.FindByName(Text.Bytes(name), (BtfKind)kind) is { } id ? (int)id : Answer.Error(Errno.ENOENT);

    public static uint btf__type_cnt(nint btf) => Btf(btf).View.TypeCount;

    public static nint btf__base_btf(nint btf) => Btf(btf).Base?.Handle ?? 0;

    public static byte* btf__type_by_id(nint btf, uint id)
    {
        byte* type = Btf(btf).TypeAt(id);
        return type != null ? type : Answer.NullBytes(Errno.EINVAL);
    }

    public static nuint btf__pointer_size(nint btf) => Btf(btf).PointerSize;

    public static int btf__set_pointer_size(nint btf, nuint size)
    {
        if (size is not (4 or 8))
        {
            return Answer.Error(Errno.EINVAL);
        }

        Btf(btf).PointerSize = size;
        return 0;
    }

    public static uint btf__endianness(nint btf) => Btf(btf).View.IsLittleEndian ? 0u : 1u;

    public static int btf__set_endianness(nint btf, uint endianness)
    {
        if (endianness > 1)
        {
            return Answer.Error(Errno.EINVAL);
        }

        return btf__endianness(btf) == endianness ? 0 : Answer.Error(Errno.EOPNOTSUPP);
    }

    public static long btf__resolve_size(nint btf, uint id)
    {
        NativeBtf source = Btf(btf);
        return source.View.Contains(id) ? source.View.SizeOf(id) : Answer.Code(Answer.Error(Errno.EINVAL));
    }

    public static int btf__resolve_type(nint btf, uint id)
    {
        BtfView view = Btf(btf).View;
        int depth = 0;
        BtfType type = view[id];
        while (depth < DeepestType && id != 0 && (type.IsModifierOrTypedef || type.Kind == BtfKind.Var))
        {
            id = type.ReferencedType;
            type = view[id];
            depth++;
        }

        // A forward declaration has no more to tell than void: btf_type_is_void in btf.h.
        return depth == DeepestType || id == 0 || type.Kind == BtfKind.Fwd ? Answer.Error(Errno.EINVAL) : (int)id;
    }

    public static int btf__align_of(nint btf, uint id) => Btf(btf).View.AlignmentOf(id);

    public static int btf__fd(nint btf) => Btf(btf).Fd;

    public static void btf__set_fd(nint btf, int fd) => Btf(btf).Fd = fd;

    public static byte* btf__raw_data(nint btf, uint* size)
    {
        NativeBtf source = Btf(btf);
        *size = (uint)source.View.Bytes.Length;
        return source.Bytes;
    }

    public static byte* btf__get_raw_data(nint btf, uint* size) => btf__raw_data(btf, size);

    public static byte* btf__str_by_offset(nint btf, uint offset)
    {
        byte* text = Btf(btf).StringAt(offset);
        return text != null ? text : Answer.NullBytes(Errno.EINVAL);
    }

    public static byte* btf__name_by_offset(nint btf, uint offset) => btf__str_by_offset(btf, offset);

    public static int btf__find_str(nint btf, byte* text) => Btf(btf).Find(Text.Bytes(text));

    public static int btf__load_into_kernel(nint btf)
    {
        NativeBtf source = Btf(btf);
        if (source.Fd >= 0)
        {
            return Answer.Error(Errno.EEXIST);
        }

        int fd = bpf_btf_load(source.Bytes, (nuint)source.View.Bytes.Length, null);
        if (fd < 0)
        {
            Print.Warn($"BTF loading error: {ErrorText.Symbol((Errno)(-fd))}\n");
            return fd;
        }

        source.Fd = fd;
        return 0;
    }

    public static nint btf_ext__new(byte* data, uint size)
    {
        if (data == null)
        {
            return Answer.Null(Errno.EINVAL);
        }

        return new NativeBtfExt(new ReadOnlySpan<byte>(data, (int)size).ToArray()).Handle;
    }

    public static void btf_ext__free(nint ext)
    {
        if (ext is not (0 or (< 0 and >= -4095)))
        {
            Handles.Get<NativeBtfExt>(ext).Free();
        }
    }

    public static byte* btf_ext__raw_data(nint ext, uint* size) => Handles.Get<NativeBtfExt>(ext).Raw(size);

    public static uint btf_ext__endianness(nint ext) => BitConverter.IsLittleEndian ? 0u : 1u;

    public static byte* btf_ext__get_raw_data(nint ext, uint* size) => Handles.Get<NativeBtfExt>(ext).Raw(size);

    internal static NativeBtf Btf(nint pointer) => Handles.Get<NativeBtf>(pointer);

    private static nint New(ReadOnlyMemory<byte> bytes, string name, nint @base)
    {
        NativeBtf? below = Handles.GetOrNull<NativeBtf>(@base);
        return NativeBtf.Of(BtfView.Read(bytes, name, below?.View), below).Handle;
    }

    private static nint Parse(byte* path, nint @base, nint* ext)
    {
        NativeBtf? below = Handles.GetOrNull<NativeBtf>(@base);
        string file = Text.Read(path)!;
        if (!File.Exists(file))
        {
            return Answer.Null(Errno.ENOENT);
        }

        BtfView view = BtfView.Open(file, below?.View);
        if (ext != null)
        {
            *ext = NativeBtfExt.Of(file);
        }

        return NativeBtf.Of(view, below).Handle;
    }

    /// <summary>The first type of a kind that has no name: libbpf finds it by the empty one.</summary>
    private static int FindAnonymous(BtfView view, BtfKind kind)
    {
        foreach (BtfType type in view.Types)
        {
            if (type.Kind == kind && type.IsAnonymous)
            {
                return (int)type.Id;
            }
        }

        return Answer.Error(Errno.ENOENT);
    }

    private static int? FindIn(BtfView part, ReadOnlySpan<byte> name)
    {
        foreach (BtfType type in part.Types)
        {
            if (type.NameBytes.SequenceEqual(name))
            {
                return (int)type.Id;
            }
        }

        return null;
    }

    private static int FindAbove(BtfView view, BtfView lowest, ReadOnlySpan<byte> name)
    {
        // Split types have one base in practice: two parts at most.
        return !ReferenceEquals(view, lowest) && FindIn(view, name) is { } id ? id : Answer.Error(Errno.ENOENT);
    }
}
