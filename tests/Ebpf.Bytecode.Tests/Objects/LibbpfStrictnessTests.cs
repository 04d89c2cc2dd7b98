using Ebpf.Bytecode.Objects;

namespace Ebpf.Bytecode.Tests.Objects;

/// <summary>What libbpf 1.8 answered to each object, asked with bpf_object__open_file.</summary>
public class LibbpfStrictnessTests
{
    [Theory]
    [InlineData("calls_other_section", Errno.LIBBPF_RELOC)]
    [InlineData("calls_sibling", Errno.LIBBPF_RELOC)]
    [InlineData("empty_program", Errno.EINVAL)]
    [InlineData("iproute2", Errno.EOPNOTSUPP)]
    [InlineData("legacy_long", Errno.EOPNOTSUPP)]
    [InlineData("legacy_maps", Errno.EOPNOTSUPP)]
    [InlineData("libcalls", Errno.ESRCH)]
    [InlineData("static_program", Errno.EOPNOTSUPP)]
    [InlineData("undefined_call", Errno.ESRCH)]
    public void What_libbpf_refuses_is_refused_with_its_error_number(string name, Errno errno)
    {
        BpfException refusal = Assert.Throws<BpfException>(() => TestObjects.Read(name, ObjectStrictness.Libbpf));

        Assert.Equal(errno, refusal.Errno);
        Assert.Contains($"{name}.o", refusal.Message);
    }

    [Fact]
    public void What_libbpf_opens_opens()
    {
        string[] refused = [.. TestFiles.AllObjects().Select(p => Path.GetFileNameWithoutExtension(p)).Where(IsRefused)];

        Assert.Equal(
            ["calls_other_section", "calls_sibling", "empty_program", "iproute2", "legacy_long", "legacy_maps", "libcalls", "static_program", "undefined_call"],
            refused);
    }

    [Fact]
    public void A_name_that_libbpf_does_not_know_gives_no_type()
    {
        ObjectImage image = ObjectImage.Read(File.ReadAllBytes(TestFiles.Data("sections.o")), "sections.o", ObjectStrictness.Libbpf);

        Assert.Equal(
            ["bind", "cgroup/unknown", "kprobe_do_unlinkat", "prog", "sk_skb/unknown", "socket/filter", "socket_filter", "syscall/suffix", "tc/anything", "xdp/anything", "xdpfoo"],
            image.Programs.Where(p => p.Type == ProgramType.Unspec).Select(p => p.SectionName).Order(StringComparer.Ordinal));
    }

    private static bool IsRefused(string name)
    {
        string path = File.Exists(TestFiles.Data($"{name}.o")) ? TestFiles.Data($"{name}.o") : TestFiles.Sample(name);
        try
        {
            ObjectImage.Read(File.ReadAllBytes(path), path, ObjectStrictness.Libbpf);
            return false;
        }
        catch (BpfException)
        {
            return true;
        }
    }
}
