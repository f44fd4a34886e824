namespace Engine.HuggingFace.Families;

/// <summary>The families that can be imported, by <c>model_type</c> of config.json. To add one, add a file beside these and a line here.</summary>
internal static class FamilyTable
{
    private static readonly Dictionary<string, Func<FamilySource, ModelPlan>> Known = new(StringComparer.Ordinal)
    {
        ["bert"] = BertFamily.Plan,
        ["gemma2"] = GemmaFamily.PlanGemma2,
        ["gemma3"] = GemmaFamily.PlanGemma3,
        ["gemma3_text"] = GemmaFamily.PlanGemma3,
        ["gpt2"] = Gpt2Family.Plan,
        ["llama"] = LlamaFamily.PlanLlama,
        ["mistral"] = LlamaFamily.PlanMistral,
        ["mixtral"] = LlamaFamily.PlanMixtral,
        ["phi3"] = Phi3Family.Plan,
        ["qwen2"] = QwenFamily.PlanQwen2,
        ["qwen3"] = QwenFamily.PlanQwen3,
        ["qwen3_moe"] = QwenFamily.PlanQwen3Moe,
        ["t5"] = T5Family.Plan,
    };

    /// <summary>Makes the plan of the family that config.json names.</summary>
    /// <exception cref="ModelFileException">The family is unknown, or the configuration or the weights do not belong to it.</exception>
    public static ModelPlan Plan(FamilySource source)
    {
        string name = source.Config.Text("model_type") ?? throw source.Config.Refuse("model_type", $"one of {string.Join(", ", Known.Keys)}", "none");
        if (!Known.TryGetValue(name, out Func<FamilySource, ModelPlan>? plan))
        {
            throw new ModelFileException($"Importing '{source.Folder.Path}': models of the type '{name}' cannot be imported; known are {string.Join(", ", Known.Keys)}. Use a GGUF file of the model instead.");
        }
        ModelPlan planned = plan(source);
        planned.Tensors.RequireAllUsed();
        return planned;
    }
}
