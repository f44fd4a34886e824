using System.CommandLine;
using ReferenceModels.Training.Adapters;

namespace Engine.Host.Commands.Training;

/// <summary>The options of training an adapter instead of the model.</summary>
internal sealed class AdapterOptionGroup
{
    private readonly Option<int?> _rank = NumberOption.CreateOptional("--lora-rank", 1, 4096, "Trains a LoRA adapter of this rank and leaves the model as it is, quantized or not; --out gets the adapter, which --lora loads beside the model.");
    private readonly Option<float?> _alpha = NumberOption.CreateOptional("--lora-alpha", 1e-6f, 1e6f, "The adapter's output is scaled by this divided by the rank. Default: the rank.");
    private readonly Option<string?> _targets = new("--lora-targets") { HelpName = "NAMES", Description = "Weights to adapt in each layer, such as attn_q,attn_v, or all. Default: queries and values." };

    public void AddTo(Verb verb) => verb.AddGroup("Adapter", _rank, _alpha, _targets);

    public bool IsAsked(ParseResult parsed) => parsed.GetValue(_rank) is not null;

    /// <summary>Null if the model itself is trained.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="initial">What is trained, since an adapter without its model is useless.</param>
    public LowRankOptions? Read(ParseResult parsed, InitialFile initial)
    {
        (int? rank, float? alpha, string? targets) = (parsed.GetValue(_rank), parsed.GetValue(_alpha), parsed.GetValue(_targets));
        if (rank is null)
        {
            return alpha is null && targets is null ? null : throw TrainOptionGroup.Missing("--lora-rank N", $"without which {(alpha is null ? "--lora-targets" : "--lora-alpha")} has no effect");
        }
        return !initial.IsTemporary
            ? new LowRankOptions { Rank = rank.Value, Alpha = alpha, Targets = targets?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) }
            : throw TrainOptionGroup.Missing("--from MODEL beside --lora-rank", "the model that the adapter is for");
    }
}
