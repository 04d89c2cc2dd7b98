using System.Runtime.InteropServices;

namespace Ebpf.Native;

/// <summary>The pointers that C code has of our objects: stable, never null, freed when C code gives the object back.</summary>
internal static class Handles
{
    public static nint New(object target) => GCHandle.ToIntPtr(GCHandle.Alloc(target));

    /// <summary>The object behind a pointer, which must be one that was handed out.</summary>
    public static T Get<T>(nint pointer) where T : class => (T)GCHandle.FromIntPtr(pointer).Target!;

    public static T? GetOrNull<T>(nint pointer) where T : class => pointer == 0 ? null : (T?)GCHandle.FromIntPtr(pointer).Target;

    public static void Free(nint pointer) => GCHandle.FromIntPtr(pointer).Free();
}
