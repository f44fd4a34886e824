using System.Globalization;
using Engine.Gguf;
using Engine.LlamaCpp.Quantizer;

namespace Engine.Host.Commands.Quantizing;

/// <summary>What <c>quantize</c> prints for people, in 80 columns.</summary>
internal static class QuantizeText
{
    private const int Shown = 40;

    public static string Describe(QuantizeOptions options, QuantizeResult result)
    {
        var lines = new List<string>
        {
            options.Output,
            Fact("Type", result.Type),
            Fact("Size", string.Create(CultureInfo.InvariantCulture,
                $"{ByteCount.Describe(result.OutputBytes)}, {result.BitsPerWeight:0.##} bits per weight; the input has {ByteCount.Describe(result.InputBytes)}")),
            Fact("Tensors", string.Join(", ", result.Tensors.Select(pair => $"{pair.Value} {GgmlBlock.Of(pair.Key).Name}"))),
        };
        if (result.Fallbacks.Count > 0)
        {
            int width = result.Fallbacks.Take(Shown).Max(fallback => fallback.Tensor.Length);
            lines.AddRange(
                "",
                $"{result.Fallbacks.Count} of {result.Tensors.Values.Sum()} tensors fell back to another format than {result.Type} wants;",
                $"the file's metadata says {result.Type} all the same.",
                $"  {"tensor".PadRight(width)}  {"row",6}  wanted   got");
            lines.AddRange(result.Fallbacks.Take(Shown).Select(fallback => string.Create(CultureInfo.InvariantCulture,
                $"  {fallback.Tensor.PadRight(width)}  {fallback.RowLength,6}  {Name(fallback.Wanted),-7}  {Name(fallback.Got)}")));
            if (result.Fallbacks.Count > Shown)
            {
                lines.Add($"  … and {result.Fallbacks.Count - Shown} more; --json lists all.");
            }
        }
        return string.Concat(lines.Select(line => line + "\n"));
    }

    private static string Fact(string title, string text) => $"  {title,-8} {text}";

    private static string Name(GgmlType type) => GgmlBlock.Of(type).Name;
}
