using Engine.Gguf;

namespace Engine.Host.Commands.Inspection;

/// <summary>The module tree of a file: in the style of transformers if its architecture is known and every tensor has a
/// place in such a tree; otherwise by the tensors' own names.</summary>
internal static class Modules
{
    private static readonly Dictionary<string, Func<ModuleTensors, Module?>> Families = new()
    {
        ["llama"] = file => new LlamaModules(file.Experts("blk.0.ffn_gate_exps") > 0 ? "Mixtral" : "Llama").Of(file),
        ["phi3"] = Phi3Modules.Of,
        ["gemma2"] = GemmaModules.Second.Of,
        ["gemma3"] = GemmaModules.Third.Of,
        ["qwen2"] = new LlamaModules("Qwen2").Of,
        ["qwen3"] = new LlamaModules("Qwen3").Of,
        ["qwen3moe"] = new LlamaModules("Qwen3Moe").Of,
        ["gpt2"] = Gpt2Modules.Of,
        ["bert"] = BertModules.Of,
        ["t5"] = T5Modules.Of,
        ["t5encoder"] = T5Modules.Of,
        ["transformer"] = TransformerModules.Of,
        ["heads"] = HeadModules.Of,
    };

    public static Module Of(GgufFile file)
    {
        var tensors = new ModuleTensors(file);
        Module? tree = Families.GetValueOrDefault(tensors.Architecture)?.Invoke(tensors);
        return tree is not null && tensors.AllPlaced ? tree : TensorModules.Of(file);
    }
}
