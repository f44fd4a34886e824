using Engine.Gguf;

namespace Engine.LlamaCpp.Quantizer;

/// <summary>Finds the tensors that got a different format from the one their file type's recipe wants.</summary>
internal static class QuantizeFallbacks
{
    /// <param name="output">What was written.</param>
    /// <param name="type">What was requested.</param>
    /// <param name="warned">Tensors whose fallback llama.cpp has logged, and what it wanted.</param>
    public static IReadOnlyList<QuantizeFallback> Find(GgufFile output, QuantizeType type, IReadOnlyDictionary<string, GgmlType> warned)
    {
        bool tied = output.FindTensor("output.weight") is null;
        // MXFP4 is only for experts. A file without any becomes Q8_0, and llama.cpp does not report it.
        bool misses = type.Default == GgmlType.MXFP4 && output.Tensors.All(tensor => tensor.Type != GgmlType.MXFP4);
        return [.. output.Tensors
            .Select(tensor => new QuantizeFallback(tensor.Name, tensor.Shape[0], Wanted(tensor), tensor.Type))
            .Where(fallback => fallback.Wanted != fallback.Got)];

        GgmlType Wanted(GgufTensor tensor)
        {
            if (misses && tensor.Type is GgmlType.Q8_0 or GgmlType.F16 && (tensor.Type == GgmlType.Q8_0 || warned.ContainsKey(tensor.Name)))
            {
                return GgmlType.MXFP4;
            }
            // For the head, llama.cpp tests the row length before it consults the recipe, and silently uses Q8_0.
            bool isHead = tensor.Name is "output.weight" || (tied && tensor.Name is "token_embd.weight" or "per_layer_token_embd.weight");
            bool isSilent = isHead && tensor.Shape[0] % GgmlBlock.Of(type.Default).Elements != 0 && IsQuantized(type.Default);
            return isSilent && tensor.Type is GgmlType.Q8_0 or GgmlType.F16 ? type.Head : warned.GetValueOrDefault(tensor.Name, tensor.Type);
        }
    }

    /// <summary>Whether a type is stored in blocks with a loss.</summary>
    public static bool IsQuantized(GgmlType type) => GgmlBlock.Of(type).Elements > 1;
}
