namespace Ebpf.Platforms.Linux.Programs;

/// <content>Attachments.</content>
internal sealed partial class LinuxProgramHandle
{
    public ILinkHandle Attach(AttachRequest request) =>
        throw new BpfNotSupportedException($"attaching program '{Spec.Name}' to {request.Hook}", "Linux") { Program = Spec.Name };
}
