using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Relocation;
using Ebpf.Bytecode.Specs;
using Ebpf.Platforms;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Loading;

internal sealed partial class Loader
{
    /// <summary>Checks the object, resolves externs, links the selected programs and creates the maps.</summary>
    public void Prepare()
    {
        CheckObject();
        if (_state.Externs is null)
        {
            // Later runs find what this one found, and choose their programs by name.
            _state.Externs = ExternValues.Resolve(_object.Image, _options, _load, _object.Name);
            SetKconfigData(_state.Externs.KconfigData);
            FollowStructOps();
        }
        else
        {
            _state.Externs = _state.Externs.Again(_object.Image, _load);
        }

        ChooseMaps();
        Link();
        CreateMaps();
    }

    private void CheckObject()
    {
        if (_object.Image.IsLittleEndian != BitConverter.IsLittleEndian)
        {
            (string its, string ours, string target) = BitConverter.IsLittleEndian ? ("big", "little", "bpfel") : ("little", "big", "bpfeb");
            throw Refuse(Errno.LIBBPF_ENDIAN, $"was compiled for {its}-endian machines and this one is {ours}-endian: compile it with -target {target}");
        }

        if (!_platform.Takes(_object.Image.Dialect))
        {
            string headers = _object.Image.Dialect == Dialect.Windows ? "eBPF for Windows'" : "Linux's";
            throw Refuse(
                Errno.EOPNOTSUPP,
                $"was compiled against {headers} headers, whose numbers mean something else to the {_platform.Name} platform: compile it against the other ones, or load it on Platform.Embedded");
        }

        int programs = _selected.Count(static s => s) + _state.Programs.Count(static p => p is not null);
        if (programs > _options.Limits.Programs)
        {
            throw Refuse(Errno.E2BIG, $"{programs} programs are to be loaded and LoadLimits.Programs is {_options.Limits.Programs}");
        }
    }

    private void SetKconfigData(ReadOnlyMemory<byte> data)
    {
        foreach (MapPlan map in _object.Maps)
        {
            if (map.Image.Kind == MapKind.Kconfig)
            {
                _state.MapSpecs[map.Index] = _state.MapSpecs[map.Index] with { InitialData = data };
            }
        }
    }

    /// <summary>A struct_ops program is loaded exactly if a map that names it is created, whatever was chosen for it.</summary>
    /// <remarks>bpf_object_adjust_struct_ops_autoload in libbpf.c.</remarks>
    private void FollowStructOps()
    {
        var wanted = new Dictionary<int, bool>();
        foreach (MapPlan map in _object.Maps)
        {
            foreach (StructOpsFunction function in map.Image.StructOpsFunctions)
            {
                wanted[function.Program] = wanted.GetValueOrDefault(function.Program) || map.AutoCreate;
            }
        }

        // Tables name functions; programs are those of them that are no subprograms.
        foreach (ProgramPlan plan in _object.Programs)
        {
            if (wanted.TryGetValue(plan.Image.Index, out bool load))
            {
                _selected[plan.Index] = load;
            }
        }
    }

    private void ChooseMaps()
    {
        bool[] used = _options.UnusedMaps == UnusedMaps.Skip ? UsedMaps() : [];
        foreach (MapPlan map in _object.Maps)
        {
            bool isWanted = _options.UnusedMaps == UnusedMaps.Create || map.IsKept || used[map.Index];
            _created[map.Index] = _state.Maps[map.Index] is not null || ((map.AutoCreate || map.Reused is not null) && isWanted);
        }
    }

    /// <summary>Maps that a selected program names, directly or in a subprogram, and those that these hold from the start or have as inner maps.</summary>
    private bool[] UsedMaps()
    {
        var used = new bool[_object.Maps.Length];
        var pending = new Stack<int>();
        void Use(int map)
        {
            if (!used[map])
            {
                used[map] = true;
                pending.Push(map);
            }
        }

        var calls = new CallGraph(_object.Image);
        foreach (ProgramPlan program in _object.Programs)
        {
            if (_selected[program.Index])
            {
                foreach (int map in calls.Maps(program.Image))
                {
                    Use(map);
                }
            }
        }

        foreach (MapPlan kept in _object.Maps.Where(static m => m.IsKept && m.AutoCreate))
        {
            Use(kept.Index);
        }

        while (pending.TryPop(out int index))
        {
            MapImage image = _object.Maps[index].Image;
            if (image.IsMapOfMaps)
            {
                foreach (MapSlot slot in image.Slots)
                {
                    Use(slot.Target);
                }
            }

            if (image.InnerIndex >= 0)
            {
                Use(image.InnerIndex);
            }
        }

        return used;
    }

    private void Link()
    {
        var linker = new ProgramLinker(_object.Image, new LinkTargets
        {
            // Instructions name a map by its position in the object, also in loads that come later.
            Maps = [.. _created.Select(static (isCreated, index) => isCreated ? index : LinkTargets.NoMap)],
            Externs = _state.Externs!.Values,
            Types = _object.Image.Types is { } own
                ? new CoreTarget(() => _options.TargetBtf ?? _load.KernelTypes ?? own, ModuleTypes, ContextsOf(_object.Image.Dialect))
                : null,
        });
        foreach (ProgramPlan plan in _object.Programs)
        {
            if (_selected[plan.Index])
            {
                _linked[plan.Index] = linker.Link(plan.Image) with { Type = plan.Type, AttachType = plan.AttachType, AttachTarget = plan.AttachTarget, Extras = plan.Extras };
            }
        }
    }

    private IReadOnlyList<BtfView> ModuleTypes() => _options.TargetBtf is null ? _load.ModuleTypes : [];

    private static Func<BtfView>? ContextsOf(Dialect dialect) => dialect == Dialect.Linux ? static () => ContextTypes.Types : null;

    private void CreateMaps()
    {
        foreach (MapPlan map in _object.Maps)
        {
            if (!_created[map.Index] || _state.Maps[map.Index] is not null)
            {
                continue;
            }

            MapSpec spec = _state.MapSpecs[map.Index];
            if (spec.Type == MapType.PerfEventArray && spec.MaxEntries == 0)
            {
                spec = spec with { MaxEntries = (uint)_platform.Processors };
            }

            IMapHandle handle = _undo.Owns(Reuse(map, spec) ?? Create(spec));
            _state.Maps[map.Index] = handle;
            _made[map.Index] = true;
            // What the verifier is told about a map is what it is, also where another one takes its place.
            _state.MapSpecs[map.Index] = handle.Spec with { Name = map.Name };
        }
    }

    private IMapHandle? Reuse(MapPlan map, MapSpec spec)
    {
        if (map.Reused is { } given)
        {
            if (!ReferenceEquals(given.Platform, _platform))
            {
                throw Refuse(Errno.EINVAL, $"map '{map.Name}' cannot reuse '{given.Name}', which lives on another platform");
            }

            IMapHandle shared = given.Handle.Share();
            return Fits(shared, spec, $"the map '{given.Name}' that it is to reuse");
        }

        if (map.PinPath is not { } path || _platform.OpenPinned(path) is not { } pinned)
        {
            return null;
        }

        _pinned[map.Index] = true;
        return Fits(pinned, spec, $"the map that is pinned at {path}");
    }

    /// <remarks>map_is_reuse_compat in libbpf.c.</remarks>
    private IMapHandle Fits(IMapHandle found, MapSpec wanted, string what)
    {
        MapSpec has = found.Spec;
        string? difference =
            has.Type != wanted.Type ? $"is of type {has.Type.Text()}, not {wanted.Type.Text()}"
            : has.KeySize != wanted.KeySize ? $"has keys of {has.KeySize} bytes, not {wanted.KeySize}"
            : has.ValueSize != wanted.ValueSize ? $"has values of {has.ValueSize} bytes, not {wanted.ValueSize}"
            : has.MaxEntries != wanted.MaxEntries ? $"has {has.MaxEntries} entries, not {wanted.MaxEntries}"
            : has.Extra != wanted.Extra ? $"has map_extra {has.Extra}, not {wanted.Extra}"
            : has.Flags != wanted.Flags ? $"has the flags {has.Flags}, not {wanted.Flags}"
            : null;
        if (difference is null)
        {
            return found;
        }

        found.Dispose();
        throw Refuse(Errno.EINVAL, $"map '{wanted.Name}': {what} {difference}");
    }

    private IMapHandle Create(MapSpec spec)
    {
        long bytes = _platform.EstimateBytes(spec);
        if (bytes > _options.Limits.MapBytes - _state.MapBytes)
        {
            throw Refuse(Errno.ENOMEM, $"map '{spec.Name}' takes {bytes} bytes; with the maps before it that is more than LoadLimits.MapBytes ({_options.Limits.MapBytes})");
        }

        _state.MapBytes += bytes;
        return _load.CreateMap(spec);
    }
}
