using System.Globalization;

namespace Engine.Gguf.Preflight;

/// <summary>Checks the numbers of normalization and rotation.</summary>
internal static class NumericFacts
{
    private static readonly string[] Scalings = ["none", "linear", "yarn", "longrope"];

    private static readonly string[] Epsilons =
        ["attention.layer_norm_epsilon", "attention.layer_norm_rms_epsilon", "attention.group_norm_epsilon"];

    private static readonly string[] Rotations =
        ["rope.freq_base", "rope.freq_base_swa", "rope.scaling.factor", "rope.scale_linear", "rope.scaling.attn_factor"];

    public static void Check(Hyperparameters numbers)
    {
        foreach (string name in Epsilons)
        {
            if (numbers.Float32(name) is { } epsilon && !(float.IsFinite(epsilon) && epsilon >= 0))
            {
                throw numbers.Refuse(
                    name, "a small number that is not negative", epsilon.ToString(CultureInfo.InvariantCulture),
                    float.IsPositiveInfinity(epsilon) ? "Every row would be normalized to 0: convert the model again." : Hyperparameters.Ends);
            }
        }
        foreach (string name in Rotations)
        {
            if (numbers.Float32(name) is { } number && !float.IsFinite(number))
            {
                throw numbers.Refuse(name, "a finite number", number.ToString(CultureInfo.InvariantCulture), "Positions would have no angles with it: convert the model again.");
            }
        }
        if (numbers.Text("rope.scaling.type") is { } scaling && !Scalings.Contains(scaling))
        {
            throw numbers.Refuse("rope.scaling.type", string.Join(", ", Scalings), $"'{scaling}'");
        }
        if (numbers.Architecture is "llama" or "gpt2" or "t5" && numbers.Bool("attention.causal") is false)
        {
            throw numbers.Refuse(
                "attention.causal", "true for a model that generates", "false",
                "llama.cpp would end the process over a prompt longer than its micro-batch: convert the model again.");
        }
    }
}
