using System.Globalization;

namespace Ebpf.Tool.Bpftool;

/// <summary>
/// JSON as bpftool writes it, down to where lines break: written as it comes, so that numbers of any size, and a million elements, are no matter.
/// </summary>
/// <remarks>json_writer.c of bpftool: a line break before each name and before a bracket that closes something that is not empty.</remarks>
internal sealed class JsonStream(TextWriter output, bool isPretty)
{
    private const string Indent = "    ";

    private readonly Stack<char> _open = new();
    private bool _needsComma;

    public void StartObject() => Start('{', '}');

    public void EndObject() => Close();

    public void StartArray() => Start('[', ']');

    public void EndArray() => Close();

    public JsonStream Name(string name)
    {
        Comma();
        Break();
        _needsComma = false;
        Quote(name);
        output.Write(isPretty ? ": " : ":");
        return this;
    }

    /// <summary>A value that is JSON already.</summary>
    public void Raw(string json)
    {
        Comma();
        output.Write(json);
    }

    public void Text(string text)
    {
        Comma();
        Quote(text);
    }

    public void Null() => Raw("null");

    public void Bool(bool value) => Raw(value ? "true" : "false");

    public void Number(long value) => Raw(value.ToString(CultureInfo.InvariantCulture));

    public void Number(ulong value) => Raw(value.ToString(CultureInfo.InvariantCulture));

    public void Field(string name, string value) => Name(name).Text(value);

    public void Field(string name, bool value) => Name(name).Bool(value);

    public void Field(string name, long value) => Name(name).Number(value);

    public void Field(string name, ulong value) => Name(name).Number(value);

    /// <summary>Bytes as bpftool gives them: an array of texts such as "0x0a".</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        StartArray();
        foreach (byte value in bytes)
            Text($"0x{value:x2}");
        EndArray();
    }

    /// <summary>An error, where things stand.</summary>
    public void Error(string message)
    {
        StartObject();
        Field("error", message);
        EndObject();
    }

    /// <summary>Closes whatever is open, and the line.</summary>
    public void End()
    {
        while (_open.Count > 0)
            Close();
        output.WriteLine();
    }

    private void Start(char open, char close)
    {
        Comma();
        output.Write(open);
        _open.Push(close);
        _needsComma = false;
    }

    private void Close()
    {
        char close = _open.Pop();
        if (_needsComma)
            Break();
        output.Write(close);
        _needsComma = true;
    }

    private void Comma()
    {
        if (_needsComma)
            output.Write(',');
        _needsComma = true;
    }

    private void Break()
    {
        if (!isPretty)
            return;
        output.Write('\n');
        for (int i = 0; i < _open.Count; i++)
            output.Write(Indent);
    }

    private void Quote(string text)
    {
        output.Write('"');
        foreach (char c in text)
        {
            string? escape = c switch
            {
                '\t' => "\\t",
                '\n' => "\\n",
                '\r' => "\\r",
                '\f' => "\\f",
                '\b' => "\\b",
                '\\' => "\\\\",
                '"' => "\\\"",
                // bpftool writes other control characters as they are, which is no JSON.
                < ' ' => $"\\u{(int)c:x4}",
                _ => null,
            };
            if (escape is null)
                output.Write(c);
            else
                output.Write(escape);
        }

        output.Write('"');
    }
}
