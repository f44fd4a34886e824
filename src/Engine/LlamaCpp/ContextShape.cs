using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp;

/// <summary>What a context is made for.</summary>
/// <param name="Length">Tokens it holds.</param>
/// <param name="Batch">Tokens evaluated at once.</param>
/// <param name="Outputs">Tokens of a batch that may give a row.</param>
/// <param name="Numerics">How exactly it computes.</param>
/// <param name="Embeds">Whether rows behind the final norm are kept.</param>
/// <param name="Pooling">What llama.cpp pools: nothing, or the classifier's scores.</param>
/// <param name="Tap">Takes activations.</param>
/// <param name="Encodes">Whether it takes the source of an encoder–decoder, of up to Batch tokens, before a target.</param>
internal sealed record ContextShape(
    int Length, int Batch, int Outputs, Numerics Numerics, bool Embeds = false,
    llama_pooling_type Pooling = llama_pooling_type.NONE, ActivationTap? Tap = null, bool Encodes = false);
