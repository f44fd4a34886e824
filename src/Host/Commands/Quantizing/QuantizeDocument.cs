using Engine.Gguf;
using Engine.LlamaCpp.Quantizer;

namespace Engine.Host.Commands.Quantizing;

/// <summary>What <c>quantize --json</c> prints. Formats are named as ggml names them.</summary>
internal sealed record QuantizeDocument(
    string Input, string Output, string Type, long InputBytes, long OutputBytes, double BitsPerWeight,
    IReadOnlyDictionary<string, int> Tensors, IReadOnlyList<QuantizeDocument.Fallback> Fallbacks, double Seconds)
{
    public static QuantizeDocument Of(QuantizeOptions options, QuantizeReport report, double seconds) => new(
        options.Input, options.Output, report.Type, report.InputBytes, report.OutputBytes, report.BitsPerWeight,
        report.Tensors.ToDictionary(pair => GgmlBlock.Of(pair.Key).Name, pair => pair.Value),
        [.. report.Fallbacks.Select(fallback => new Fallback(fallback.Tensor, fallback.RowLength, GgmlBlock.Of(fallback.Wanted).Name, GgmlBlock.Of(fallback.Got).Name))],
        seconds);

    internal sealed record Fallback(string Tensor, long RowLength, string Wanted, string Got);
}
