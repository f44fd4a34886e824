using Engine.Gguf;

namespace Engine.Benchmarks.Measurements;

/// <summary>What a decoder's file asks of the machine.</summary>
/// <param name="MultipliedPerToken">Weights that each token of a prompt is multiplied with; the output's are for the last alone.</param>
/// <param name="BytesPerToken">Bytes of weights that a decoded token reads.</param>
/// <param name="IsQuantized">Whether it has quantized weights, whose products the two arithmetics compute differently.</param>
internal sealed record Model(double MultipliedPerToken, double BytesPerToken, bool IsQuantized)
{
    public static Model Of(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        bool tied = file.FindTensor("output.weight") is null;
        double elements = 0, bytes = 0;
        bool quantized = false;
        foreach (GgufTensor tensor in file.Tensors.Where(tensor => tensor.Shape.Count > 1))
        {
            quantized |= tensor.Type is not (GgmlType.F32 or GgmlType.F16 or GgmlType.BF16);
            bool embedding = tensor.Name == "token_embd.weight";
            bytes += embedding && !tied ? 0 : tensor.ByteLength;
            elements += embedding || tensor.Name == "output.weight" ? 0 : tensor.Elements;
        }
        return new(elements, bytes, quantized);
    }
}
