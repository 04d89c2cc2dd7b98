using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Windows;

/// <summary>
/// The functions of eBPF for Windows' <c>ebpfapi.dll</c> that this platform calls, by the names that it exports: libbpf's, bpf(2), and a few of its own.
/// </summary>
/// <remarks>
/// ebpfapi/Source.def, include/bpf/libbpf.h, include/bpf/bpf.h and include/ebpf_api.h of eBPF for Windows. Numbers below zero are errors of Microsoft's
/// C library, negated (<see cref="WindowsErrno"/>); where a pointer is null there is no more.
/// </remarks>
internal static unsafe partial class EbpfApi
{
    /// <summary>The name that the loader looks for.</summary>
    internal const string Library = "ebpfapi.dll";

    /// <exception cref="BpfNotSupportedException">It is not there.</exception>
    internal static void Require()
    {
        if (!NativeLibrary.TryLoad(Library, typeof(EbpfApi).Assembly, null, out _))
        {
            throw new BpfNotSupportedException(
                $"loading into Windows' kernel without {Library}", "windows",
                "eBPF for Windows: install its MSI (github.com/microsoft/ebpf-for-windows), as administrator; without it use Platform.Embedded");
        }
    }

    [LibraryImport(Library, EntryPoint = "bpf")]
    internal static partial int Bpf(int command, void* attributes, uint size);

    [LibraryImport(Library, EntryPoint = "ebpf_close_fd")]
    internal static partial int CloseFd(int fd);

    [LibraryImport(Library, EntryPoint = "ebpf_duplicate_fd")]
    internal static partial int DuplicateFd(int fd, int* duplicate);

    [LibraryImport(Library, EntryPoint = "ebpf_object_unpin")]
    internal static partial int Unpin(byte* path);

    [LibraryImport(Library, EntryPoint = "bpf_map_create")]
    internal static partial int CreateMap(int type, byte* name, uint keySize, uint valueSize, uint maxEntries, MapCreateOptions* options);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_elem")]
    internal static partial int Lookup(int map, void* key, void* value);

    [LibraryImport(Library, EntryPoint = "bpf_map_update_elem")]
    internal static partial int Update(int map, void* key, void* value, ulong flags);

    [LibraryImport(Library, EntryPoint = "bpf_map_delete_elem")]
    internal static partial int Delete(int map, void* key);

    [LibraryImport(Library, EntryPoint = "bpf_map_get_next_key")]
    internal static partial int NextKey(int map, void* key, void* next);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_and_delete_elem")]
    internal static partial int LookupAndDelete(int map, void* key, void* value);

    [LibraryImport(Library, EntryPoint = "bpf_obj_pin")]
    internal static partial int Pin(int fd, byte* path);

    [LibraryImport(Library, EntryPoint = "bpf_obj_get")]
    internal static partial int OpenPinned(byte* path);

    [LibraryImport(Library, EntryPoint = "bpf_obj_get_info_by_fd")]
    internal static partial int Info(int fd, void* info, uint* size);

    [LibraryImport(Library, EntryPoint = "bpf_prog_attach")]
    internal static partial int Attach(int program, int target, int attachType, uint flags);

    [LibraryImport(Library, EntryPoint = "bpf_prog_detach2")]
    internal static partial int Detach(int program, int target, int attachType);

    [LibraryImport(Library, EntryPoint = "libbpf_num_possible_cpus")]
    internal static partial int PossibleCpus();

    [LibraryImport(Library, EntryPoint = "bpf_object__open")]
    internal static partial nint OpenObject(byte* path);

    [LibraryImport(Library, EntryPoint = "bpf_object__load")]
    internal static partial int LoadObject(nint obj);

    [LibraryImport(Library, EntryPoint = "bpf_object__close")]
    internal static partial void CloseObject(nint obj);

    [LibraryImport(Library, EntryPoint = "bpf_object__next_program")]
    internal static partial nint NextProgram(nint obj, nint previous);

    [LibraryImport(Library, EntryPoint = "bpf_object__next_map")]
    internal static partial nint NextMap(nint obj, nint previous);

    [LibraryImport(Library, EntryPoint = "bpf_program__name")]
    internal static partial byte* ProgramName(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__section_name")]
    internal static partial byte* ProgramSection(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__type")]
    internal static partial int ProgramTypeOf(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__get_expected_attach_type")]
    internal static partial int AttachTypeOf(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__fd")]
    internal static partial int ProgramFd(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__set_autoload")]
    internal static partial int SetAutoload(nint program, byte autoload);

    [LibraryImport(Library, EntryPoint = "bpf_map__name")]
    internal static partial byte* MapName(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__fd")]
    internal static partial int MapFd(nint map);

    /// <summary>'struct bpf_map_create_opts' of libbpf's bpf.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MapCreateOptions
    {
        public nuint Size;
        public uint BtfFd, BtfKeyTypeId, BtfValueTypeId, BtfVmlinuxValueTypeId;
        public uint InnerMapFd, MapFlags;
        public ulong MapExtra;
        public uint NumaNode, MapInterface;
    }
}
