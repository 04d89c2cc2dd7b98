using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Relocation;

namespace Ebpf.Bytecode.Tests.Objects;

/// <summary>Whatever the bytes are: the answer is an image that can be linked or refused, or a <see cref="BpfException"/>.</summary>
public class DamageTests
{
    [Theory]
    [InlineData("subprograms")]
    [InlineData("map_in_map")]
    [InlineData("struct_ops")]
    [InlineData("iproute2")]
    [InlineData("kconfig")]
    public void An_object_that_is_cut_short_anywhere_is_refused(string name)
    {
        byte[] whole = File.ReadAllBytes(TestFiles.Data($"{name}.o"));
        for (int length = 0; length < whole.Length; length += 31)
        {
            BpfException refusal = Assert.Throws<BpfException>(() => ObjectImage.Read(whole.AsMemory(0, length), "cut.o"));
            Assert.Contains("cut.o", refusal.Message);
        }
    }

    [Theory]
    [InlineData(ObjectStrictness.Default)]
    [InlineData(ObjectStrictness.Libbpf)]
    public void Changed_bytes_give_an_image_or_a_refusal(ObjectStrictness strictness)
    {
        byte[][] seeds = [.. TestFiles.AllObjects().Select(File.ReadAllBytes)];
        var random = new Random(20260801);
        int opened = 0;
        for (int i = 0; i < 1500; i++)
        {
            byte[] bytes = [.. seeds[random.Next(seeds.Length)]];
            for (int change = random.Next(1, 5); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            opened += OpenAndLink(bytes, strictness) ? 1 : 0;
        }

        // Most changes do no harm; if none opened, nothing would have been tried.
        Assert.InRange(opened, 400, 1500);
    }

    private static bool OpenAndLink(byte[] bytes, ObjectStrictness strictness)
    {
        ObjectImage image;
        try
        {
            image = ObjectImage.Read(bytes, "changed.o", strictness);
        }
        catch (BpfException)
        {
            return false;
        }

        var graph = new CallGraph(image);
        var linker = new ProgramLinker(image, TestLinker.Everything(image) with { Types = image.Types is { } types ? new CoreTarget(types) : null });
        foreach (FunctionImage program in image.Programs)
        {
            try
            {
                linker.Link(program);
                graph.Maps(program);
            }
            catch (BpfException)
            {
            }
        }

        return true;
    }
}
