namespace Engine.Gguf;

/// <summary>The activation of the feed-forward layers, which decides how far llama.cpp and plain arithmetic may stand apart.</summary>
internal static class GgufActivation
{
    /// <summary><c>silu</c>, <c>gelu</c> or <c>relu</c>; null for an architecture whose activation is not noted here.</summary>
    public static string? Of(GgufFile file) => file.Metadata.GetString(GgufKeys.Architecture) switch
    {
        "llama" or "phi3" or "qwen2" or "qwen3" or "qwen3moe" => "silu",
        "gpt2" or "bert" or "gemma2" or "gemma3" => "gelu",
        // T5 1.0 has ReLU; 1.1 has the gated form of GELU, and the gate's weights with it. llama.cpp asks each layer.
        "t5" or "t5encoder" => file.Tensors.Any(tensor => tensor.Name.EndsWith(".ffn_gate.weight", StringComparison.Ordinal)) ? "gelu" : "relu",
        _ => null,
    };
}
