using Engine.Gguf;
using Engine.LlamaCpp.Quantizer;

namespace Engine.Host.Commands.Quantizing;

/// <summary>What <c>quantize --json</c> prints. Formats are named as ggml names them.</summary>
internal sealed record QuantizeReport(
    string Input, string Output, string Type, long InputBytes, long OutputBytes, double BitsPerWeight,
    IReadOnlyDictionary<string, int> Tensors, IReadOnlyList<QuantizeReport.Fallback> Fallbacks, double Seconds)
{
    public static QuantizeReport Of(QuantizeOptions options, QuantizeResult result, double seconds) => new(
        options.Input, options.Output, result.Type, result.InputBytes, result.OutputBytes, result.BitsPerWeight,
        result.Tensors.ToDictionary(pair => GgmlBlock.Of(pair.Key).Name, pair => pair.Value),
        [.. result.Fallbacks.Select(fallback => new Fallback(fallback.Tensor, fallback.RowLength, GgmlBlock.Of(fallback.Wanted).Name, GgmlBlock.Of(fallback.Got).Name))],
        seconds);

    internal sealed record Fallback(string Tensor, long RowLength, string Wanted, string Got);
}
