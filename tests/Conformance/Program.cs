using System.Globalization;
using Ebpf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime;

// One test a process: [MEMORY] [OPTIONS] as arguments, the program on stdin, both as hex bytes; R0 in hex on stdout.
bool checks = args.Contains("--checking");
ExecutionEngine engineKind = args.Contains("--compiler") ? ExecutionEngine.Compiler : ExecutionEngine.Interpreter;
string? memory = args.FirstOrDefault(argument => !argument.StartsWith('-'));
try
{
    byte[] code = Bytes(Console.In.ReadToEnd());
    if (code.Length % Instruction.Size != 0)
        throw new BpfException($"{code.Length} bytes are no whole number of instructions");

    var instructions = new Instruction[code.Length / Instruction.Size];
    for (int i = 0; i < instructions.Length; i++)
        instructions[i] = Instruction.Read(code.AsSpan(i * Instruction.Size), littleEndian: true);

    var spec = new ProgramSpec
    {
        Name = "test",
        SectionName = ".text",
        Type = ProgramType.Unspec,
        Instructions = [.. instructions],
        Functions = [new FunctionSpec(0, "test", 0, true)],
    };
    using var engine = new Engine();
    using EmbeddedProgram program = engine.CreateProgram(spec, null, [], new ProgramOptions { Checks = checks, TrustsUnverified = !checks, Engine = engineKind });
    RunOutcome outcome = program.Run(new RunRequest { Data = memory is null ? default : Bytes(memory) });
    if (outcome.Fault is { } fault)
        throw new BpfException($"instruction {fault.Instruction}: {fault.Reason}");

    Console.WriteLine(outcome.ReturnValue.ToString("x", CultureInfo.InvariantCulture));
    return 0;
}
catch (BpfException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

static byte[] Bytes(string hex) =>
    [.. hex.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(text => byte.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
