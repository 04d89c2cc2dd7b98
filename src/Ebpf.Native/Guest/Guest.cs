using System.Runtime.InteropServices;

namespace Ebpf.Native;

/// <summary>guest.c: what C# cannot say.</summary>
internal static unsafe partial class Guest
{
    [LibraryImport("guest", EntryPoint = "guest_print")]
    public static partial int Print(void* callback, int level, byte* text);

    [LibraryImport("guest", EntryPoint = "guest_default_print")]
    public static partial void* DefaultPrint();
}
