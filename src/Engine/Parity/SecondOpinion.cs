namespace Engine.Parity;

/// <summary>
/// Asks the reference once more, in ggml's arithmetic, if the exact one is too far from the native side. llama.cpp rounds
/// activations to 8 or 16 bits. In models whose attention almost selects a single token (T5 does not scale it), one such
/// rounding can change the selection. A distance that disappears when the reference rounds the same way is due to rounding; a fault does not disappear.
/// </summary>
internal static class SecondOpinion
{
    /// <param name="first">The exact reference's verdict.</param>
    /// <param name="native">The model judged.</param>
    /// <param name="judge">Judges by the reference in another arithmetic.</param>
    /// <returns>The second verdict if it is a pass, with a note; otherwise the first.</returns>
    public static async Task<ParityReport> AskAsync(ParityReport first, ModelCard native, Func<Arithmetic, Task<ParityReport>> judge)
    {
        if (first.Verdict == ParityVerdict.Pass || first.Arithmetic is not null || !Rounds(first, native))
        {
            return first;
        }
        ParityReport second = await judge(Arithmetic.Ggml).ConfigureAwait(false);
        return second.Verdict == ParityVerdict.Fail ? first : second with
        {
            Explanation = $"{second.Explanation} with the reference in ggml's arithmetic (in exact arithmetic: {first.Explanation})",
        };
    }

    /// <summary>Compares two models as <c>engine validate</c> does: in exact arithmetic, and if that fails, once more in ggml's.</summary>
    public static async Task<ParityReport> RunAsync(IModel native, IModel reference, Prompt prompt, ParityOptions options, CancellationToken cancellationToken)
    {
        ParityReport first = await ParityCheck.RunAsync(native, reference, prompt, options, cancellationToken).ConfigureAwait(false);
        return await AskAsync(first, native.Card, arithmetic => ParityCheck.RunAsync(native, reference, prompt, options with { Arithmetic = arithmetic }, cancellationToken))
            .ConfigureAwait(false);
    }

    // With F32 weights, products are the same in both arithmetics, but GELU is not.
    private static bool Rounds(ParityReport report, ModelCard native) =>
        report.Native.FileType != "F32" || report.Reference.FileType != "F32" || native.Activation == "gelu";
}
