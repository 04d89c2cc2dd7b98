using System.Globalization;
using Ebpf.Bytecode.Btf;
using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.Parity;

/// <summary>Every program that the kernel can test-run, on both platforms: the same inputs in the same order, the same results, outputs and maps.</summary>
public sealed class ParityTests
{
    /// <summary>Objects that ask for what one of both does not have, or answers differently by design.</summary>
    private static readonly Dictionary<string, string> s_left = new()
    {
        ["arena"] = "arenas need page faults that only a kernel takes",
        ["exceptions"] = "bpf_throw is a kernel function, and the embedded platform has none",
        ["kfuncs"] = "the embedded platform has no kernel functions",
        ["ksyms"] = "the embedded platform has no kernel symbols",
        ["kconfig"] = "the kernel's configuration is this machine's",
        ["core_kernel"] = "the kernel's types are this machine's",
        ["struct_ops"] = "struct_ops are the kernel's own structures",
        ["user_ringbuf"] = "the embedded platform has no user ring buffers",
        ["hosting"] = "program types of a host's own are not the kernel's",
        ["timers"] = "timers go off while maps are compared",
        ["leaks"] = "it puts addresses into maps",
        ["windows_maps"] = "objects of Windows' dialect are not for Linux",
        ["endian_big"] = "of the other byte order",
        ["sections"] = "a program for every section, not for loading",
    };

    /// <summary>Where a difference is right, and why.</summary>
    private static readonly Dictionary<(string Object, string Program), string> s_known = new()
    {
        [("map_operations", "lrus")] = "it counts how many of 200 elements an LRU map of 64 still has: no number is promised",
        [("calls_other_section", "callee")] = "the kernel test-runs no programs of devmap slots",
    };

    private static readonly BtfView? s_kernelTypes = BtfView.TryOpenKernel(out BtfView? types) ? types : null;

    private static readonly ParityInput[] s_inputs = ParityInput.ReadAll();

    public ParityTests() => Kernel.Require();

    public static TheoryData<string> Objects => [.. Candidates().Select(static c => c.Object).Distinct()];

    [Theory, MemberData(nameof(Objects))]
    public void Each_program_gives_the_same_on_both_platforms(string @object)
    {
        var differences = new List<string>();
        var found = new HashSet<string>();
        int runs = 0;
        // On one CPU, so that per-CPU values are at one place.
        OneCpu.Run(() =>
        {
            foreach ((_, string program) in Candidates().Where(c => c.Object == @object))
            {
                string? difference = Compare(@object, program, ref runs);
                if (difference is null)
                {
                    continue;
                }

                found.Add(program);
                if (!s_known.ContainsKey((Name(@object), program)))
                {
                    differences.Add($"{program}: {difference}");
                }
            }
        });

        differences.AddRange(s_known.Keys.Where(k => k.Object == Name(@object) && !found.Contains(k.Program)).Select(static k => $"{k.Program}: no difference any more, though one is listed"));
        Assert.True(differences.Count == 0, string.Join(Environment.NewLine, differences));
        Assert.True(runs > 0 || Refused(@object), $"nothing of {@object} was compared");
    }

    [Fact]
    public void That_is_more_than_a_hundred_programs_and_every_sample()
    {
        (string Object, string Program)[] all = [.. Candidates()];

        Assert.True(all.Length > 100, $"{all.Length}");
        string[] samples = [.. TestData.AllObjects().Where(static o => o.StartsWith("samples", StringComparison.Ordinal) && !s_left.ContainsKey(Name(o)) && Platform.Linux.Takes(BpfObject.Open(TestData.Root(o)).Dialect))];
        Assert.NotEmpty(samples);
        Assert.All(samples, sample => Assert.Contains(all, c => c.Object == sample));
    }

    /// <summary>All inputs, one after the other, on one load of each platform; what differs first, or null.</summary>
    private static string? Compare(string @object, string program, ref int runs)
    {
        using LoadedObject? kernel = TryLoad(@object, program, Platform.Linux);
        if (kernel is null)
        {
            // What the kernel refuses is the verdict tests' subject.
            return null;
        }

        LoadedObject embedded;
        try
        {
            // On both platforms the same types, where a program asks for some.
            embedded = Open(@object, program).Load(Platform.Embedded, new LoadOptions { TargetBtf = s_kernelTypes });
        }
        catch (BpfException e)
        {
            return $"the kernel loads it, the embedded platform says: {e.Message}";
        }

        using (embedded)
        {
            foreach (ParityInput input in s_inputs.Where(i => i.IsFor(kernel.Programs[program].Type)))
            {
                runs++;
                string there = Result(kernel.Programs[program], input.Options), here = Result(embedded.Programs[program], input.Options with { Cpu = 0 });
                if (there != here)
                {
                    return $"{input.Name}: the kernel gives {there}, the embedded platform {here}";
                }

                foreach (BpfMap map in kernel.Maps)
                {
                    if (MapComparison.Difference(map, embedded.Maps[map.Name]) is { } difference)
                    {
                        return $"{input.Name}: map '{map.Name}': {difference}";
                    }
                }
            }

            return kernel.Maps.Select(map => MapComparison.DrainedDifference(map, embedded.Maps[map.Name]) is { } difference ? $"map '{map.Name}' in the end: {difference}" : null)
                .FirstOrDefault(static d => d is not null);
        }
    }

    private static string Result(BpfProgram program, RunOptions options)
    {
        try
        {
            RunResult result = program.Run(options);
            // The kernel gives back the context of syscall programs alone.
            string context = program.Type == ProgramType.Syscall ? Convert.ToHexStringLower(result.Context.Span) : "";
            return string.Create(CultureInfo.InvariantCulture, $"{(int)result.ReturnValue} {Convert.ToHexStringLower(result.Data.Span)} {context}");
        }
        catch (BpfException e)
        {
            return e.Errno.ToString();
        }
    }

    /// <summary>Programs of types that the kernel test-runs.</summary>
    private static IEnumerable<(string Object, string Program)> Candidates() =>
        from path in TestData.AllObjects()
        where !s_left.ContainsKey(Name(path)) && !path.EndsWith("empty_program.o", StringComparison.Ordinal)
        let @object = BpfObject.Open(TestData.Root(path))
        where Platform.Linux.Takes(@object.Dialect)
        from program in @object.Programs
        where s_inputs.Any(i => i.IsFor(program.Type))
        select (path, program.Name);

    private static BpfObject Open(string path, string program)
    {
        BpfObject obj = BpfObject.Open(TestData.Root(path));
        // A PROG_ARRAY whose initialiser names programs can be filled only if these are loaded as well.
        bool needsAll = Name(path) is "prog_array" or "tail_calls";
        foreach (BpfProgramSpec each in obj.Programs)
        {
            each.AutoLoad = each.Name == program || (needsAll && each.AutoLoad);
        }

        foreach (BpfMapSpec map in obj.Maps)
        {
            map.Pinning = MapPinning.None;
        }

        return obj;
    }

    private static LoadedObject? TryLoad(string path, string program, Platform platform)
    {
        try
        {
            return Open(path, program).Load(platform);
        }
        catch (BpfException)
        {
            return null;
        }
    }

    private static bool Refused(string path) =>
        Candidates().Where(c => c.Object == path).All(c =>
        {
            using LoadedObject? loaded = TryLoad(path, c.Program, Platform.Linux);
            return loaded is null;
        });

    private static string Name(string path) => Path.GetFileNameWithoutExtension(path);
}
