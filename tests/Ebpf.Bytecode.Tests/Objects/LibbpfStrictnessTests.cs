using System.Text.Json;
using Ebpf.Bytecode.Objects;

namespace Ebpf.Bytecode.Tests.Objects;

/// <summary>Compares with what libbpf 1.8 itself made of each committed object (tests/testdata/libbpf-open.jsonl, recorded).</summary>
public class LibbpfStrictnessTests
{
    public static TheoryData<string> Recorded => [.. Lines().Select(l => l.GetProperty("file").GetString()!)];

    [Theory]
    [MemberData(nameof(Recorded))]
    public void An_object_opens_or_is_refused_as_libbpf_does_it(string file)
    {
        JsonElement libbpf = Lines().Single(l => l.GetProperty("file").GetString() == file);
        var errno = (Errno)libbpf.GetProperty("errno").GetInt32();
        if (errno != Errno.None)
        {
            BpfException refusal = Assert.Throws<BpfException>(() => Read(file));
            Assert.Equal(errno, refusal.Errno);
            Assert.Contains(file, refusal.Message);
            return;
        }

        ObjectImage image = Read(file);
        Assert.Equal(libbpf.GetProperty("name").GetString(), image.Name);
        // libbpf knows Linux' numbers only.
        if (image.Dialect != Dialect.Linux)
            return;
        Assert.Equal(libbpf.GetProperty("programs").EnumerateArray().Select(Program), image.Programs.Select(Program));
        Assert.Equal(libbpf.GetProperty("maps").EnumerateArray().Select(Map), image.Maps.Select(Map));
    }

    [Fact]
    public void A_name_that_libbpf_does_not_know_gives_no_type() =>
        Assert.Equal(
            ["bind", "cgroup/unknown", "kprobe_do_unlinkat", "prog", "sk_skb/unknown", "socket/filter", "socket_filter", "syscall/suffix", "tc/anything", "xdp/anything", "xdpfoo"],
            Read("sections.o").Programs.Where(p => p.Type == ProgramType.Unspec).Select(p => p.SectionName).Order(StringComparer.Ordinal));

    private static IEnumerable<JsonElement> Lines() => File.ReadLines(TestFiles.Data("libbpf-open.jsonl")).Select(line => JsonDocument.Parse(line).RootElement);

    private static ObjectImage Read(string file)
    {
        string path = TestFiles.AllObjects().Single(p => Path.GetFileName(p) == file);
        return ObjectImage.Read(File.ReadAllBytes(path), path, ObjectStrictness.Libbpf);
    }

    private static string Program(JsonElement program) =>
        $"{program.GetProperty("name")} in {program.GetProperty("section")}: type {program.GetProperty("type")}, attach type {program.GetProperty("attach_type")}, autoload {program.GetProperty("autoload").GetBoolean()}, {program.GetProperty("insns")} instructions";

    private static string Program(FunctionImage program) =>
        $"{program.Name} in {program.SectionName}: type {program.Type.Number(Dialect.Linux)}, attach type {program.AttachType.Number(Dialect.Linux) ?? 0}, autoload {program.AutoLoad}, {program.Instructions.Length} instructions";

    private static string Map(JsonElement map) =>
        $"{map.GetProperty("name")}: type {map.GetProperty("type")}, key {map.GetProperty("key_size")} [{map.GetProperty("key_type_id")}], value {map.GetProperty("value_size")} [{map.GetProperty("value_type_id")}], max {map.GetProperty("max_entries")}, "
        + $"flags {map.GetProperty("flags")}, node {map.GetProperty("numa_node")}, extra {map.GetProperty("extra")}, autocreate {map.GetProperty("autocreate").GetBoolean()}, internal {map.GetProperty("internal").GetBoolean()}";

    private static string Map(MapImage map) =>
        $"{map.Name}: type {map.Type.Number(Dialect.Linux)}, key {map.KeySize} [{map.KeyType}], value {map.ValueSize} [{map.ValueType}], max {map.MaxEntries}, "
        + $"flags {(uint)map.Flags}, node {map.NumaNode}, extra {map.Extra}, autocreate {map.AutoCreate}, internal {map.IsInternal}";
}
