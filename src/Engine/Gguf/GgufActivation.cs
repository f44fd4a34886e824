namespace Engine.Gguf;

/// <summary>The activation of the feed-forward layers, which determines how far llama.cpp and plain arithmetic may differ.</summary>
internal static class GgufActivation
{
    /// <summary><c>silu</c>, <c>gelu</c> or <c>relu</c>; null for an architecture that is not listed here.</summary>
    public static string? Of(GgufFile file) => file.Metadata.GetString(GgufKeys.Architecture) switch
    {
        "llama" or "phi3" or "qwen2" or "qwen3" or "qwen3moe" => "silu",
        "gpt2" or "bert" or "gemma2" or "gemma3" => "gelu",
        // T5 1.0 has ReLU; 1.1 has the gated form of GELU and therefore the gate's weights. llama.cpp decides for each layer.
        "t5" or "t5encoder" => file.Tensors.Any(tensor => tensor.Name.EndsWith(".ffn_gate.weight", StringComparison.Ordinal)) ? "gelu" : "relu",
        _ => null,
    };
}
