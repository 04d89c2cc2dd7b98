using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Links;

/// <summary>What an iterator program writes, read once from its beginning.</summary>
internal sealed unsafe class IteratorStream(FileDescriptor iterator) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        using FileDescriptor.Lease lease = iterator.Use();
        fixed (byte* address = buffer)
        {
            while (true)
            {
                nint read = LibC.Read(lease.Number, address, (nuint)buffer.Length);
                if (read >= 0)
                {
                    return (int)read;
                }

                Errno errno = LibC.LastError;
                // A program that answers 1 is asked again; bpf_seq_read gives EAGAIN after a million elements without output.
                if (errno is not (Errno.EINTR or Errno.EAGAIN))
                {
                    throw new BpfException($"the iterator stopped: {(errno == Errno.E2BIG ? "what its program writes for one element takes more than the kernel's buffer" : errno)}", errno);
                }
            }
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            iterator.Dispose();
        }

        base.Dispose(disposing);
    }
}
