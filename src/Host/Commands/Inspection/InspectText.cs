using System.Globalization;
using System.Text;
using Engine.Gguf;

namespace Engine.Host.Commands.Inspection;

/// <summary>What <c>inspect</c> prints for people; the modules are written as transformers writes them, however wide.</summary>
internal static class InspectText
{
    private const int Indent = 16;

    public static void Write(TextWriter output, GgufFile file, InspectReport report, int width)
    {
        output.WriteLine(file.Path);
        foreach ((string title, string text) in Facts(file, report))
        {
            string begin = title;
            foreach (string line in Wrapped(text, width - Indent))
            {
                output.WriteLine($"  {begin,-13} {line}");
                begin = "";
            }
        }
        output.WriteLine();
        output.WriteLine("Metadata");
        foreach (string line in MetadataText.Lines(file.Metadata, width))
        {
            output.WriteLine(line);
        }
        if (file.Tensors.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("Modules");
            output.Write(Modules.Of(file).Print());
        }
    }

    private static IEnumerable<(string Title, string Text)> Facts(GgufFile file, InspectReport report)
    {
        yield return ("Architecture", report.Architecture);
        yield return ("Format", $"GGUF {report.Version}, {ByteCount.Describe(report.Bytes)}");
        if (report.Refusal is { } refusal)
        {
            yield return ("Not loadable", refusal);
        }
        if (report.Tensors.Count == 0)
        {
            yield return ("Parameters", "none: a vocabulary alone");
            yield break;
        }
        yield return ("Parameters", string.Create(CultureInfo.InvariantCulture, $"{report.Parameters:N0}"));
        yield return ("File type", report.FileType);
        yield return ("Tensors", string.Join(", ", file.Tensors.GroupBy(tensor => tensor.TypeName).Select(group => $"{group.Count()} {group.Key}")));
        if (report.Memory is not { } memory)
        {
            yield break;
        }
        yield return ("Memory", string.Create(CultureInfo.InvariantCulture, $"about {ByteCount.Describe(memory.TotalBytes)} for a context of {memory.ContextLength:N0} tokens:"));
        string cache = memory.KeyValueBytes > 0 ? $"K/V cache {ByteCount.Describe(memory.KeyValueBytes)}" : "no K/V cache";
        yield return ("", $"weights {ByteCount.Describe(memory.WeightBytes)}, {cache},");
        string repacked = memory.RepackedBytes > 0 ? $", repacked weights {ByteCount.Describe(memory.RepackedBytes)}" : "";
        yield return ("", $"computation up to {ByteCount.Describe(memory.ComputationBytes)}{repacked}");
    }

    private static IEnumerable<string> Wrapped(string text, int width)
    {
        var line = new StringBuilder();
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        yield return line.ToString();
    }
}
