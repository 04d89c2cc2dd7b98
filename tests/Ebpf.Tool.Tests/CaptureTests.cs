using System.Buffers.Binary;
using System.Text.Json.Nodes;

namespace Ebpf.Tool.Tests;

/// <summary><c>ebpf run --pcap</c> over captures that the tests write themselves.</summary>
public sealed class CaptureTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ebpf-capture").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A classic capture, in one byte order or the other.</summary>
    private string Classic(string name, bool isBigEndian, int linkType, params byte[][] packets)
    {
        using var stream = new MemoryStream();
        Word(stream, 0xa1b2c3d4, isBigEndian);
        stream.Write(isBigEndian ? [0, 2, 0, 4] : [2, 0, 4, 0]);
        Word(stream, 0, isBigEndian);
        Word(stream, 0, isBigEndian);
        Word(stream, 65535, isBigEndian);
        Word(stream, (uint)linkType, isBigEndian);
        foreach (byte[] packet in packets)
        {
            Word(stream, 1_700_000_000, isBigEndian);
            Word(stream, 5, isBigEndian);
            Word(stream, (uint)packet.Length, isBigEndian);
            Word(stream, (uint)packet.Length, isBigEndian);
            stream.Write(packet);
        }

        return Save(name, stream);
    }

    /// <summary>The same as pcapng: a section, an interface, an enhanced block for each packet.</summary>
    private string NextGeneration(string name, params byte[][] packets)
    {
        using var stream = new MemoryStream();
        Block(stream, 0x0a0d0d0a, [0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]);
        Block(stream, 1, [1, 0, 0, 0, 255, 255, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
        foreach (byte[] packet in packets)
        {
            using var body = new MemoryStream();
            foreach (uint word in (uint[])[0, 0, 7, (uint)packet.Length, (uint)packet.Length])
                Word(body, word, false);
            body.Write(packet);
            body.Write(new byte[(4 - (packet.Length & 3)) & 3]);
            Block(stream, 6, body.ToArray());
        }

        return Save(name, stream);
    }

    private static void Block(Stream stream, uint type, byte[] body)
    {
        Word(stream, type, false);
        Word(stream, (uint)body.Length + 12, false);
        stream.Write(body);
        Word(stream, (uint)body.Length + 12, false);
    }

    private static void Word(Stream stream, uint value, bool isBigEndian)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (isBigEndian)
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private string Save(string name, MemoryStream stream)
    {
        string path = Path.Combine(_folder, name);
        System.IO.File.WriteAllBytes(path, stream.ToArray());
        return path;
    }

    private static byte[] Packet(int length, byte fill)
    {
        byte[] packet = new byte[length];
        Array.Fill(packet, fill);
        return packet;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_program_runs_over_each_packet_and_its_verdicts_are_counted(bool isBigEndian)
    {
        string input = Classic("in.pcap", isBigEndian, 1, Packet(60, 1), Packet(13, 2), Packet(100, 3));

        JsonNode json = Tool.Run("run", "samples/map/map.o", "test_maps", "--pcap", input, "-j").Json;

        Assert.Equal(2, (int)json["packets"]!);
        Assert.Equal(1, (int)json["skipped_packets"]!);
        Assert.Equal("aborted", (string?)json["verdicts"]![0]!["name"]);
        Assert.Equal(2, (int)json["verdicts"]![0]!["packets"]!);
        Assert.Equal(160, (int)json["verdicts"]![0]!["bytes"]!);
        Assert.True((double)json["packets_per_second"]! > 0);
    }

    [Fact]
    public void Both_kinds_of_captures_give_the_same()
    {
        byte[][] packets = [Packet(60, 0), Packet(61, 0), Packet(62, 0)];
        string classic = Classic("a.pcap", false, 1, packets), next = NextGeneration("a.pcapng", packets);

        JsonNode first = Tool.Run("run", "samples/firewall/firewall.o", "firewall", "--pcap", classic, "-j").Json;
        JsonNode second = Tool.Run("run", "samples/firewall/firewall.o", "firewall", "--pcap", next, "-j").Json;

        Assert.Equal(3, (int)first["packets"]!);
        Assert.Equal(first["verdicts"]!.ToJsonString(), second["verdicts"]!.ToJsonString());
    }

    [Fact]
    public void What_goes_on_is_written_as_the_program_left_it()
    {
        byte[][] packets = [Packet(60, 0), Packet(64, 0)];
        string input = Classic("in.pcap", false, 1, packets), output = Path.Combine(_folder, "out.pcap");

        Tool run = Tool.Run("run", "samples/firewall/firewall.o", "firewall", "--pcap", input, "--out", output);
        JsonNode again = Tool.Run("run", "samples/firewall/firewall.o", "firewall", "--pcap", output, "-j").Json;

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("2 packets", run.Output);
        Assert.Equal(2, (int)again["packets"]!);
        Assert.Equal(24 + (2 * 16) + 60 + 64, new FileInfo(output).Length);
    }

    [Fact]
    public void Repeating_goes_over_the_capture_again()
    {
        string input = Classic("in.pcap", false, 1, Packet(60, 0));

        Assert.Equal(5, (int)Tool.Run("run", "samples/firewall/firewall.o", "firewall", "--pcap", input, "--repeat", "5", "-j").Json["packets"]!);
    }

    [Fact]
    public void Damaged_captures_and_other_link_types_are_refused_with_a_reason()
    {
        string other = Classic("raw.pcap", false, 101, Packet(60, 0)), cut = Classic("cut.pcap", false, 1, Packet(60, 0)), none = Path.Combine(_folder, "none.pcap");
        System.IO.File.WriteAllBytes(cut, System.IO.File.ReadAllBytes(cut)[..^1]);
        System.IO.File.WriteAllText(none, "no capture at all");

        Assert.Contains("link type 101", Failed(other));
        Assert.Contains("ends in the middle", Failed(cut));
        Assert.Contains("neither pcap nor pcapng", Failed(none));

        static string Failed(string file)
        {
            Tool tool = Tool.Run("run", "samples/firewall/firewall.o", "firewall", "--pcap", file);
            Assert.Equal(1, tool.ExitCode);
            return tool.Error;
        }
    }

    [Fact]
    public void A_program_without_packets_is_refused() =>
        Assert.Contains("takes no packet", Tool.Run("run", "tests/testdata/ctx_syscall.o", SyscallProgram(), "--pcap", Classic("in.pcap", false, 1, Packet(60, 0))).Error);

    private static string SyscallProgram() => (string)Tool.Run("show", "tests/testdata/ctx_syscall.o", "-j").Json["programs"]![0]!["name"]!;
}
