using Ebpf.Kernel.Tests.Machine;
using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.Links;

/// <summary>Objects of tests/testdata/links.</summary>
internal static class LinkObjects
{
    /// <summary>Loads only the named programs into the machine's kernel; nothing runs before it is attached.</summary>
    public static LoadedObject Load(string name, params string[] programs)
    {
        Kernel.Require();
        return TestData.Open($"links/{name}").Only(programs).Load(Platform.Linux);
    }
}
