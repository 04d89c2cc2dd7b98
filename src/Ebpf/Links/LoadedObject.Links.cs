using System.Collections.Immutable;
using Ebpf.Bytecode.Objects;
using Ebpf.Loading;
using Ebpf.Platforms;

namespace Ebpf;

public sealed partial class LoadedObject
{
    private ImmutableArray<BpfLink> _links = [];
    private UsdtMaps? _usdtMaps;

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
                made.Add(Attach(program, new HookRequest(hook, program)));
            }
        }

        foreach (BpfMap map in Maps)
        {
            if (map.Type == MapType.StructOps && !_links.Any(link => link.Hook == StructOpsHook(map.Name)))
            {
                made.Add(AttachStructOps(map.Name));
            }
        }

        return made;
    }

    /// <summary>Registers a table of functions (a variable in SEC(".struct_ops") or SEC(".struct_ops.link")) with its programs; since Linux 5.6, as a link 6.4.</summary>
    /// <param name="map">The variable's name.</param>
    /// <remarks>bpf_map__attach_struct_ops in libbpf.</remarks>
    public BpfLink AttachStructOps(string map)
    {
        BpfMap table = Maps[map];
        MapPlan plan = _object.Maps.First(m => m.Name == map);
        if (table.Type != MapType.StructOps)
        {
            throw new BpfException($"map '{map}' is of type {table.Type.Text()}, not a table of functions (struct_ops)", Errno.EINVAL);
        }

        var functions = new List<(string, IProgramHandle)>();
        foreach (StructOpsFunction function in plan.Image.StructOpsFunctions)
        {
            string name = _object.Image.Functions[function.Program].Name;
            functions.Add((function.Member, Programs[name].Handle));
        }

        return Attach(null, StructOpsHook(map), () => table.Handle.AttachStructOps(functions));
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
            if (link.Hook == hook && link.IsAttached && link.Program is { } program)
            {
                results.Add(program.Run(options));
            }
        }

        return results;
    }

    /// <summary>The maps that say where arguments of tracepoints are, for all of the object's programs.</summary>
    internal UsdtMaps UsdtMaps
    {
        get
        {
            lock (_gate)
            {
                return _usdtMaps ??= UsdtMaps.Find(Maps);
            }
        }
    }

    internal BpfLink Attach(BpfProgram program, AttachRequest request) =>
        Attach(program, request.Hook, () =>
        {
            try
            {
                return program.Handle.Attach(request);
            }
            catch (BpfException e) when (e.Program is null && e.GetType() == typeof(BpfException))
            {
                throw new BpfException($"program '{program.Name}': {e.Message}", e.Errno, e) { Program = program.Name };
            }
        });

    internal BpfLink Attach(BpfProgram? program, string hook, Func<ILinkHandle> attach)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var link = new BpfLink(this, program, hook, attach());
            ImmutableInterlocked.Update(ref _links, static (links, added) => links.Add(added), link);
            return link;
        }
    }

    internal void Forget(BpfLink link) => ImmutableInterlocked.Update(ref _links, static (links, gone) => links.Remove(gone), link);

    private static string StructOpsHook(string map) => $"struct_ops/{map}";

    private bool IsAutoAttached(BpfProgram program, string hook) => _links.Any(link => link.Program == program && link.Hook == hook);
}
