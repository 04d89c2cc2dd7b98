using System.Collections.Immutable;
using Ebpf.Platforms;

namespace Ebpf;

public sealed partial class LoadedObject
{
    private ImmutableArray<BpfLink> _links = [];

    /// <summary>The attachments of its programs, in the order in which they were made.</summary>
    public IReadOnlyList<BpfLink> Links => _links;

    /// <summary>
    /// Attaches every loaded program to where its section says, and answers the new links. Programs whose AutoAttach is off, whose section has
    /// no attach function or names no target, and those that are attached already are passed over.
    /// </summary>
    /// <remarks>bpf_object__attach_skeleton in libbpf.c: at the first failure the links made so far stay.</remarks>
    public IReadOnlyList<BpfLink> Attach()
    {
        var made = new List<BpfLink>();
        foreach (BpfProgram program in Programs)
        {
            if (program.AutoAttach && AutoAttachSection.Hook(program.Spec, program.AutoAttachKind) is { } hook && !IsAutoAttached(program, hook))
            {
                made.Add(Attach(program, hook));
            }
        }

        return made;
    }

    /// <summary>Runs every program that is attached to a hook, in the order in which they were attached: what the kernel does when its event comes.</summary>
    /// <param name="hook">The hook's name: a section's, or what <see cref="BpfProgram.Attach(string)"/> was given.</param>
    /// <param name="options">What each of them runs with.</param>
    /// <exception cref="BpfNotSupportedException">The platform's events come from elsewhere.</exception>
    public IReadOnlyList<RunResult> Raise(string hook, RunOptions? options = null)
    {
        if (!_platform.HasHostHooks)
        {
            throw new BpfNotSupportedException("raising a hook", _platform.Name, "the embedded platform");
        }

        var results = new List<RunResult>();
        foreach (BpfLink link in Links)
        {
            if (link.Hook == hook && link.IsAttached)
            {
                results.Add(link.Program.Run(options));
            }
        }

        return results;
    }

    internal BpfLink Attach(BpfProgram program, string hook)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            ILinkHandle handle = program.Handle.Attach(new AttachRequest(hook));
            var link = new BpfLink(this, program, hook, handle);
            ImmutableInterlocked.Update(ref _links, static (links, added) => links.Add(added), link);
            return link;
        }
    }

    internal void Forget(BpfLink link) => ImmutableInterlocked.Update(ref _links, static (links, gone) => links.Remove(gone), link);

    private bool IsAutoAttached(BpfProgram program, string hook) => _links.Any(link => link.Program == program && link.Hook == hook);
}
