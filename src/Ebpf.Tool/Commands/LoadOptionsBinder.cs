using System.CommandLine;
using System.Globalization;
using Ebpf.Bytecode.Btf;
using Ebpf.Platforms.Embedded;
using Ebpf.Runtime;
using Ebpf.Verifier;

namespace Ebpf.Tool.Commands;

/// <summary>How an object is loaded: platform, maps, variables, types, limits.</summary>
internal sealed class LoadOptionsBinder
{
    private readonly Option<string> _platform = new("--platform") { Description = "Where to load: embedded (this process, no privileges) or linux (the running kernel, as root).", HelpName = "embedded|linux", DefaultValueFactory = _ => "embedded" };

    private readonly Option<string> _engine = new("--engine") { Description = "What executes programs on the embedded platform: machine code where the machine allows it (default), the interpreter, or machine code and nothing else.", HelpName = "default|interpreter|compiler", DefaultValueFactory = _ => "default" };

    private readonly Option<string> _unusedMaps = new("--unused-maps") { Description = "What happens to maps that no selected program uses: create (as libbpf does) or skip.", HelpName = "create|skip", DefaultValueFactory = _ => "create" };

    private readonly Option<string[]> _set = new("--set") { Description = "Set a global variable before loading: a number, true or false, an enumerator, text, or bytes in hexadecimal.", HelpName = "VAR=VALUE", DefaultValueFactory = _ => [] };

    private readonly Option<string[]> _map = new("--map") { Description = "Put an element into a map before running. KEY and VALUE are numbers (7, 0x1f), or bytes with dots between them (10.0.0.1). A queue or stack takes VALUE alone.", HelpName = "NAME=KEY:VALUE", DefaultValueFactory = _ => [] };

    private readonly Option<string?> _btf = new("--btf") { Description = "Types that CO-RE relocations are resolved against: a BTF or ELF file, or 'kernel' for the running kernel's. By default those of the platform: the kernel's, and embedded the object's own.", HelpName = "FILE|kernel" };

    private readonly Option<string[]> _kconfig = new("--kconfig") { Description = "Value of a __kconfig extern.", HelpName = "NAME=VALUE", DefaultValueFactory = _ => [] };

    private readonly Option<int> _budget = new("--verify-limit") { Description = "Instructions that the verifier may process for one program; a kernel has its own limit.", HelpName = "N", DefaultValueFactory = _ => VerifierOptions.Default.InstructionLimit };

    public LoadOptionsBinder(Command command)
    {
        _platform.AcceptOnlyFromAmong("embedded", "linux");
        _engine.AcceptOnlyFromAmong("default", "interpreter", "compiler");
        _unusedMaps.AcceptOnlyFromAmong("create", "skip");
        foreach (Option option in (Option[])[_platform, _engine, _unusedMaps, _set, _map, _btf, _kconfig, _budget])
            command.Options.Add(option);
    }

    public Platform Platform(ParseResult parsed)
    {
        string engine = parsed.GetValue(_engine)!;
        if (parsed.GetValue(_platform) == "linux")
            return engine == "default" ? Ebpf.Platform.Linux : throw new UsageException($"--engine {engine}: the kernel chooses for itself");
        return engine == "default"
            ? Ebpf.Platform.Embedded
            : new Platform(new EmbeddedPlatform(null, new ProgramOptions { Engine = engine == "interpreter" ? ExecutionEngine.Interpreter : ExecutionEngine.Compiler }));
    }

    public LoadOptions Bind(ParseResult parsed, bool verbose = false, bool traces = false)
    {
        BtfView? types = parsed.GetValue(_btf) switch
        {
            null => null,
            "kernel" => BtfView.OpenKernel(),
            string file => BtfView.Open(file),
        };
        return new LoadOptions
        {
            UnusedMaps = parsed.GetValue(_unusedMaps) == "skip" ? UnusedMaps.Skip : UnusedMaps.Create,
            TargetBtf = types,
            KernelConfig = parsed.GetValue(_kconfig)!.Select(text => Split(text, "--kconfig NAME=VALUE")).ToDictionary(pair => pair.Name, pair => pair.Value),
            Verifier = VerifierOptions.Default with { InstructionLimit = parsed.GetValue(_budget), KernelTypes = types, Verbose = verbose, Traces = traces },
        };
    }

    /// <summary>Sets variables and adds map elements.</summary>
    public void Edit(BpfObject obj, ParseResult parsed)
    {
        foreach (string text in parsed.GetValue(_set)!)
        {
            (string name, string value) = Split(text, "--set VAR=VALUE");
            obj.Variables[name].SetText(value);
        }
    }

    /// <summary>Puts the elements of <c>--map</c> into the loaded maps.</summary>
    public void Fill(LoadedObject live, ParseResult parsed)
    {
        foreach (string text in parsed.GetValue(_map)!)
        {
            (string name, string element) = Split(text, "--map NAME=KEY:VALUE");
            BpfMap map = live.Maps[name];
            int colon = element.IndexOf(':', StringComparison.Ordinal);
            if (map.KeySize > 0 && colon < 0)
                throw new UsageException($"--map {text}: '{name}' has keys, so it takes KEY:VALUE");
            byte[] key = map.KeySize == 0 ? [] : ElementBytes(element[..colon], map.KeySize, text);
            byte[] value = ElementBytes(element[(colon + 1)..], map.ValueSize, text);
            map.Update(key, map.IsPerCpu ? ForEveryCpu(value, map.HostValueSize) : value);
        }
    }

    private static byte[] ForEveryCpu(byte[] value, int size)
    {
        byte[] all = new byte[size];
        int stride = (value.Length + 7) & ~7;
        for (int at = 0; at + value.Length <= size; at += stride)
            value.CopyTo(all, at);
        return all;
    }

    private static (string Name, string Value) Split(string text, string form)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 ? (text[..equals], text[(equals + 1)..]) : throw new UsageException($"'{text}' is not of the form {form}");
    }

    private static byte[] ElementBytes(string text, int size, string whole)
    {
        byte[] bytes = new byte[size];
        if (text.Contains('.', StringComparison.Ordinal))
        {
            string[] parts = text.Split('.');
            if (parts.Length != size)
                throw new UsageException($"--map {whole}: '{text}' has {parts.Length} bytes, the map wants {size}");
            for (int i = 0; i < size; i++)
                bytes[i] = (byte)Number(parts[i], 1, whole);
            return bytes;
        }
        ulong number = Number(text, Math.Min(size, 8), whole);
        for (int i = 0; i < Math.Min(size, 8); i++)
            bytes[i] = (byte)(number >> (8 * i));
        return bytes;
    }

    private static ulong Number(string text, int size, string whole)
    {
        bool negative = text.StartsWith('-');
        string digits = negative ? text[1..] : text;
        bool hex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (!ulong.TryParse(hex ? digits[2..] : digits, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
            throw new UsageException($"--map {whole}: '{text}' is not a number (7, -1, 0x1f) and has no dots between bytes");
        ulong most = size == 8 ? ulong.MaxValue : (1ul << (8 * size)) - 1;
        if (number > (negative ? (most >> 1) + 1 : most))
            throw new UsageException($"--map {whole}: '{text}' does not fit {size} bytes");
        return negative ? 0 - number : number;
    }
}
