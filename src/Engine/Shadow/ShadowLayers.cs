using Engine.Generation;
using Engine.Parity;

namespace Engine.Shadow;

/// <summary>Looks for the diverging op, as <c>engine validate --layers</c> does, on the ids of a sample.</summary>
internal static class ShadowLayers
{
    // The reference looks at every op three times, on one thread. A fault in an op shows at any token, unless it depends on the position.
    private const int ManyTokens = 128;
    private const int FewTokens = 16;

    private const long MaxBytes = 1L << 30;

    /// <summary>Names the first diverging op, in a sentence, or says why none is named.</summary>
    /// <returns>Whether one diverges, null if that is not known; and the sentence.</returns>
    /// <param name="sample">The sample.</param>
    /// <param name="prompt">Ids of its prompt.</param>
    /// <param name="oracle">The model it was judged by.</param>
    /// <param name="failed">Whether its logits are wrong: then more of its tokens are looked at, and where strict numerics show nothing, its own.</param>
    /// <param name="cancellationToken">Cancels the comparison.</param>
    public static async Task<(bool? AtFault, string Sentence)> FindAsync(
        ShadowSample sample, IReadOnlyList<int> prompt, IModel oracle, bool failed, CancellationToken cancellationToken)
    {
        if (!oracle.Card.Capabilities.HasFlag(ModelCapabilities.Replay))
        {
            return (null, $"Which op diverges is not known, because {oracle.Card.Backend} cannot be compared op by op: name the reference as the oracle");
        }
        if (sample.Model.Hold() is not { } model)
        {
            return (null, "Which op diverges is not known, because the model has changed since");
        }
        await using (model.ConfigureAwait(false))
        {
            try
            {
                return await CompareAsync(sample, prompt, model, oracle, failed, cancellationToken).ConfigureAwait(false);
            }
            catch (EngineException e)
            {
                return (null, $"Which op diverges is not known, because looking inside failed: {e.Message}");
            }
        }
    }

    private static async Task<(bool? AtFault, string Sentence)> CompareAsync(
        ShadowSample sample, IReadOnlyList<int> prompt, IModel model, IModel oracle, bool failed, CancellationToken cancellationToken)
    {
        (IReadOnlyList<int> tokens, IReadOnlyList<int>? source, _) = ShadowVerdict.Input(sample, prompt);
        int most = failed ? ManyTokens : FewTokens;
        var cut = Prompt.FromTokens([.. tokens.Take(most)]);
        var options = new LayerOptions
        {
            // The most exact numerics see the smallest faults; one that they do not show is looked for in the sample's own.
            Numerics = Numerics.Strict,
            Arithmetic = Arithmetic.Ggml,
            Target = source is null ? null : cut,
            MemoryBytes = Math.Min(MaxBytes, AvailableMemory.Bytes() / 4),
        };
        Prompt input = source is null ? cut : Prompt.FromTokens([.. source.Take(most)]);
        LayerFindings findings = await LayerCheck.RunAsync(model, oracle, input, options, cancellationToken).ConfigureAwait(false);
        if (findings.FirstDivergence is null && failed && sample.Numerics != Numerics.Strict)
        {
            findings = await LayerCheck.RunAsync(model, oracle, input, options with { Numerics = sample.Numerics }, cancellationToken).ConfigureAwait(false);
        }
        return findings.FirstDivergence is null
            ? (false, $"No single op diverges on its first {findings.Scope.Positions} tokens: {findings.Scope.Explanation}")
            : (true, $"The first op that diverges is {findings.Scope.Explanation}");
    }
}
