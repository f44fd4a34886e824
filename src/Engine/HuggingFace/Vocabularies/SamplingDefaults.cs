using System.Text.Json;
using Engine.Gguf;
using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Vocabularies;

/// <summary>The author's sampling settings: generation_config.json under llama.cpp's keys <c>general.sampling.*</c>.</summary>
internal static class SamplingDefaults
{
    private static readonly (string Theirs, string Ours)[] Names =
        [("temperature", "temp"), ("top_k", "top_k"), ("top_p", "top_p"), ("min_p", "min_p"), ("repetition_penalty", "penalty_repeat")];

    /// <summary>Sets the keys. If <c>do_sample</c> is false, the temperature is 0, which takes the largest logit. If it is absent, the settings of sampling are
    /// left out and no temperature is set.</summary>
    public static void AddTo(GgufWriter writer, ModelFolder folder)
    {
        using JsonDocument? document = folder.ReadJson("generation_config.json");
        if (document is null)
        {
            return;
        }
        JsonFields config = JsonFields.Of("generation_config.json", document);
        bool draws = config.Flag("do_sample", absent: false);
        if (config.Has("do_sample") && !draws)
        {
            writer.SetMetadata("general.sampling.temp", 0f);
        }
        foreach ((string theirs, string ours) in Names)
        {
            if (!config.Has(theirs) || (!draws && ours != "penalty_repeat"))
            {
                continue;
            }
            double value = config.Number(theirs);
            if (ours == "top_k")
            {
                writer.SetMetadata($"general.sampling.{ours}", (int)Math.Clamp(value, 0, int.MaxValue));
            }
            else
            {
                writer.SetMetadata($"general.sampling.{ours}", (float)value);
            }
        }
        if (config.Tokens("suppress_tokens") is { Count: > 0 } suppressed)
        {
            writer.SetMetadata(GgufKeys.SuppressedTokens, suppressed.ToArray());
        }
    }
}
