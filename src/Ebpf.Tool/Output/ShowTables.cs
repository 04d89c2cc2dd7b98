namespace Ebpf.Tool.Output;

/// <summary>What <c>show</c> prints for people.</summary>
internal static class ShowTables
{
    public static void Write(ShowDocument document, BpfObject obj, TextWriter output)
    {
        string license = document.License.Length > 0 ? $", licence {document.License}" : ", no licence";
        string types = document.Btf is { } btf ? $", BTF of {Amounts.Of(btf.Types, "type")}" : ", no BTF";
        output.WriteLine($"{document.File}: dialect {document.Dialect}, {document.ByteOrder}-endian{license}{types}");
        output.WriteLine();
        WritePrograms(obj, output);
        WriteMaps(obj, output);
        WriteVariables(document.Variables, output);
        WriteExterns(document.Externs, output);
        TextTable sections = new TextTable().Column("#", true).Column("section").Column("holds").Column("bytes", true);
        foreach (SectionEntry s in document.Sections)
            sections.Row(s.Index.ToString(), s.Name, s.Type, Amounts.Count(s.Size));
        sections.Write(output);
        foreach (string note in obj.Notes)
            output.WriteLine("note: " + note);
    }

    private static void WritePrograms(BpfObject obj, TextWriter output)
    {
        if (obj.Programs.Count == 0)
            return;
        TextTable table = new TextTable().Column("program").Column("section").Column("type").Column("attach type").Column("autoload").Column("insns", true);
        foreach (BpfProgramSpec p in obj.Programs)
            table.Row(p.Name, p.SectionName, p.Type.Text(), p.AttachType == AttachType.None ? "-" : p.AttachType.Text(), p.AutoLoad ? "yes" : "no", Amounts.Count(p.InstructionCount));
        table.Write(output);
    }

    private static void WriteMaps(BpfObject obj, TextWriter output)
    {
        if (obj.Maps.Count == 0)
            return;
        TextTable table = new TextTable().Column("map").Column("type").Column("key", true).Column("value", true).Column("max entries", true).Column("flags").Column("defined in");
        foreach (BpfMapSpec m in obj.Maps)
        {
            string flags = m.Flags == MapFlags.None ? "-" : m.Flags.ToString();
            table.Row(m.Name, m.Type.Text(), m.KeySize.ToString(), m.ValueSize.ToString(), Amounts.Count(m.MaxEntries), flags, m.IsLegacy ? m.SectionName + " (legacy)" : m.SectionName);
        }
        table.Write(output);
    }

    private static void WriteVariables(IReadOnlyList<VariableEntry> variables, TextWriter output)
    {
        if (variables.Count == 0)
            return;
        TextTable table = new TextTable().Column("variable").Column("type").Column("bytes", true).Column("section").Column("value");
        foreach (VariableEntry v in variables)
            table.Row(v.Name, v.Type ?? "?", v.Size.ToString(), v.Section, v.Value?.ToString() ?? "");
        table.Write(output);
    }

    private static void WriteExterns(IReadOnlyList<ExternEntry> externs, TextWriter output)
    {
        if (externs.Count == 0)
            return;
        TextTable table = new TextTable().Column("extern").Column("kind").Column("if missing");
        foreach (ExternEntry e in externs)
            table.Row(e.Name, e.Kind, e.Weak ? "is zero" : "fails the load");
        table.Write(output);
    }
}
