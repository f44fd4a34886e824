using System.Globalization;
using Engine.Gguf;

namespace Engine.Host.Commands.Inspection;

/// <summary>A LLaMA's module tree under the names that Hugging Face's transformers gives its parts
/// (modeling_llama.py), each part with the sizes of the tensor that fills it.</summary>
internal static class LlamaModules
{
    private static readonly (string Module, string Tensor)[] Attention =
        [("q_proj", "attn_q"), ("k_proj", "attn_k"), ("v_proj", "attn_v"), ("qkv_proj", "attn_qkv"), ("o_proj", "attn_output")];

    private static readonly (string Module, string Tensor)[] FeedForward =
        [("gate_proj", "ffn_gate"), ("up_proj", "ffn_up"), ("down_proj", "ffn_down")];

    private static readonly HashSet<string> Known =
        ["token_embd", "output_norm", "output", "rope_freqs", "attn_norm", "ffn_norm", .. Attention.Concat(FeedForward).Select(part => part.Tensor)];

    /// <summary>The tree, or null where the file has tensors that such a tree has no place for.</summary>
    public static Module? Of(GgufFile file)
    {
        if (file.Metadata.RequireString(GgufKeys.Architecture) != "llama"
            || file.FindTensor("token_embd.weight") is not { Shape.Count: 2 } embedding
            || !file.Tensors.All(HasPlace))
        {
            return null;
        }
        int layers = file.Tensors.Select(Layer).Max() + 1;
        string size = $"{embedding.Shape[1]}, {embedding.Shape[0]}";
        var model = new Module("LlamaModel", Parts(
            ("embed_tokens", new Module($"Embedding({size})")),
            ("layers", Module.List("ModuleList", Enumerable.Range(0, layers).Select(layer => DecoderLayer(file, $"blk.{layer}.")))),
            ("norm", Norm(file, "output_norm")),
            ("rotary_emb", new Module("LlamaRotaryEmbedding()"))));
        Module head = Linear(file, "output") ?? new Module(LinearText(embedding, bias: false)); // tied
        return new Module("LlamaForCausalLM", Parts(("model", model), ("lm_head", head)));
    }

    private static Module DecoderLayer(GgufFile file, string prefix) => new("LlamaDecoderLayer", Parts(
        ("self_attn", new Module("LlamaAttention", Parts([.. Attention.Select(part => (part.Module, Linear(file, prefix + part.Tensor)))]))),
        ("mlp", new Module("LlamaMLP", Parts(
            [.. FeedForward.Select(part => (part.Module, Linear(file, prefix + part.Tensor))), ("act_fn", new Module("SiLUActivation()"))]))),
        ("input_layernorm", Norm(file, prefix + "attn_norm")),
        ("post_attention_layernorm", Norm(file, prefix + "ffn_norm"))));

    private static Module? Linear(GgufFile file, string name) =>
        file.FindTensor($"{name}.weight") is { } weight ? new Module(LinearText(weight, file.FindTensor($"{name}.bias") is not null)) : null;

    private static string LinearText(GgufTensor weight, bool bias) =>
        $"Linear(in_features={weight.Shape[0]}, out_features={weight.Shape[1]}, bias={bias})";

    private static Module? Norm(GgufFile file, string name)
    {
        if (file.FindTensor($"{name}.weight") is not { } gain)
        {
            return null;
        }
        string epsilon = file.Metadata[$"llama.attention.layer_norm_rms_epsilon"]?.Value is float eps
            ? eps.ToString(CultureInfo.InvariantCulture).ToLowerInvariant()
            : "?";
        string bias = file.FindTensor($"{name}.bias") is null ? "" : ", bias=True";
        return new Module($"LlamaRMSNorm(({gain.Elements},), eps={epsilon}{bias})");
    }

    private static bool HasPlace(GgufTensor tensor)
    {
        string[] name = tensor.Name.Split('.');
        string[] part = name[0] == "blk" && Layer(tensor) >= 0 ? name[2..] : name;
        return part.Length == 2 && part[1] is "weight" or "bias" && Known.Contains(part[0])
            && (tensor.Shape.Count == 2 || part[1] == "bias" || part[0] is "rope_freqs" || part[0].EndsWith("norm", StringComparison.Ordinal));
    }

    private static int Layer(GgufTensor tensor) =>
        tensor.Name.Split('.') is ["blk", { } number, _, ..] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int layer)
        && layer < GgufLimits.Tensors ? layer : -1;

    private static (string Name, Module Module)[] Parts(params (string Name, Module? Module)[] parts) =>
        [.. parts.Where(part => part.Module is not null).Select(part => (part.Name, part.Module!))];
}
