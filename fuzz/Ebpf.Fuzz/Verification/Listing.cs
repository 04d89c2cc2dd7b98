using System.Text;
using Ebpf.Bytecode.Isa;

namespace Ebpf.Fuzz.Verification;

/// <summary>A program as text, for who has to find out what is wrong with it.</summary>
internal static class Listing
{
    public static string Of(Instruction[] code)
    {
        var text = new StringBuilder();
        var disassembler = new Disassembler();
        for (int i = 0; i < code.Length; i++)
        {
            text.Append(i).Append(": ").Append(disassembler.Text(code, i)).Append('\n');
            if (code[i].IsWide)
                i++;
        }

        return text.ToString();
    }
}
