namespace Ebpf;

/// <summary>The context of a program of the sample extension of eBPF for Windows.</summary>
/// <remarks><c>sample_program_context_t</c> in sample_ext_helpers.h of eBPF for Windows.</remarks>
public sealed record SampleContext : ProgramContext<SampleContext, SampleVerdict>
{
    /// <summary>A number.</summary>
    public uint Number32 { get; init; }

    /// <summary>A number.</summary>
    public ushort Number16 { get; init; }

    /// <summary>What the first implicit helper answers.</summary>
    public uint HelperNumber1 { get; init; }

    /// <summary>What the second implicit helper adds to.</summary>
    public uint HelperNumber2 { get; init; }

    /// <summary>The data.</summary>
    public ReadOnlyMemory<byte> Bytes { get; init; }

    internal override ProgramType Type => ProgramType.Sample;

    internal override ReadOnlyMemory<byte>? Data => Bytes;

    internal override void Write(ContextImage image)
    {
        image["uint32_data"] = (ulong)Number32;
        image["uint16_data"] = (ulong)Number16;
        image["helper_data_1"] = (ulong)HelperNumber1;
        image["helper_data_2"] = (ulong)HelperNumber2;
    }

    internal override SampleContext Read(ContextImage image) => this with
    {
        Number32 = (uint)image["uint32_data"],
        Number16 = (ushort)image["uint16_data"],
        HelperNumber1 = (uint)image["helper_data_1"],
        HelperNumber2 = (uint)image["helper_data_2"],
    };
}

/// <summary>What a sample program gives.</summary>
public enum SampleVerdict
{
    /// <summary>By convention; the value is the program's own.</summary>
    Success = 0,
}
