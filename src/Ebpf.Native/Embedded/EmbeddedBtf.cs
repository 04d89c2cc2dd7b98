using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native.Embedded;

/// <summary>Type information that was loaded: its bytes, and a descriptor of its own.</summary>
internal sealed class EmbeddedBtf(byte[] bytes, int fd) : IDisposable
{
    public byte[] Bytes => bytes;

    public int Fd => fd;

    public void Dispose() => _ = LibC.Close(fd);
}
