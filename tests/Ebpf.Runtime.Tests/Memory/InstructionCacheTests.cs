using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Tests.Memory;

/// <summary>New machine code is made visible to instruction fetch before anyone gets its address. Emulators do not need it, so that only counting shows it.</summary>
public sealed class InstructionCacheTests
{
    [Theory]
    [InlineData(4)]
    [InlineData(4096)]
    [InlineData(10_000)]
    public void Every_byte_of_a_new_region_is_flushed(int length)
    {
        var heap = new NativeHeap();
        long before = InstructionCache.BytesOfThisThread;

        using var memory = ExecutableMemory.Create(heap, new byte[length], "a test");

        Assert.Equal(length, InstructionCache.BytesOfThisThread - before);
    }
}
