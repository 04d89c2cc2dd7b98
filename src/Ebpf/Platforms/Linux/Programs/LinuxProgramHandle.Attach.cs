using Ebpf.Platforms.Linux.Links;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Programs;

/// <content>Attachments.</content>
internal sealed partial class LinuxProgramHandle
{
    public ILinkHandle Attach(AttachRequest request)
    {
        using FileDescriptor.Lease program = Descriptor.Use();
        return LinuxAttacher.Attach(Spec, program.Number, request);
    }
}
