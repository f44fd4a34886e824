using System.Globalization;
using Engine.Gguf;
using Engine.LlamaCpp.Quantizer;

namespace Engine.Host.Commands.Quantizing;

/// <summary>What <c>quantize</c> prints for people, in 80 columns.</summary>
internal static class QuantizeReportText
{
    private const int Shown = 40;

    public static string Describe(QuantizeOptions options, QuantizeReport report)
    {
        var lines = new List<string>
        {
            options.Output,
            Fact("Type", report.Type),
            Fact("Size", string.Create(CultureInfo.InvariantCulture,
                $"{ByteCount.Describe(report.OutputBytes)}, {report.BitsPerWeight:0.##} bits per weight; the input has {ByteCount.Describe(report.InputBytes)}")),
            Fact("Tensors", string.Join(", ", report.Tensors.Select(pair => $"{pair.Value} {GgmlBlock.Of(pair.Key).Name}"))),
        };
        if (report.Fallbacks.Count > 0)
        {
            int width = report.Fallbacks.Take(Shown).Max(fallback => fallback.Tensor.Length);
            lines.AddRange(
                "",
                $"{report.Fallbacks.Count} of {report.Tensors.Values.Sum()} tensors fell back to another format than {report.Type} wants;",
                $"the file's metadata says {report.Type} all the same.",
                $"  {"tensor".PadRight(width)}  {"row",6}  wanted   got");
            lines.AddRange(report.Fallbacks.Take(Shown).Select(fallback => string.Create(CultureInfo.InvariantCulture,
                $"  {fallback.Tensor.PadRight(width)}  {fallback.RowLength,6}  {Name(fallback.Wanted),-7}  {Name(fallback.Got)}")));
            if (report.Fallbacks.Count > Shown)
            {
                lines.Add($"  … and {report.Fallbacks.Count - Shown} more; --json lists all.");
            }
        }
        return string.Concat(lines.Select(line => line + "\n"));
    }

    private static string Fact(string title, string text) => $"  {title,-8} {text}";

    private static string Name(GgmlType type) => GgmlBlock.Of(type).Name;
}
