using Engine.Parity;

namespace Engine.Host.Commands;

/// <summary>
/// Asks the reference once more, in ggml's arithmetic, where the exact one stands too far from the native side. llama.cpp rounds
/// activations to 8 or 16 bits; in models whose attention is all but a choice of one token (T5 does not scale it) one such
/// rounding changes the choice. A distance that goes away when the reference rounds alike is rounding; a fault does not go away.
/// </summary>
/// <param name="load">Loads a model.</param>
/// <param name="reference">What the exact reference was loaded with.</param>
internal sealed class SecondOpinion(Func<ModelOptions, CancellationToken, Task<IModel>> load, ModelOptions reference)
{
    /// <param name="first">The exact reference's verdict.</param>
    /// <param name="native">The model judged.</param>
    /// <param name="judge">Judges by another reference.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <returns>The second verdict where that is a pass, which says so; else the first.</returns>
    public async Task<ParityReport> AskAsync(
        ParityReport first, ModelCard native, Func<IModel, Task<ParityReport>> judge, CancellationToken cancellationToken)
    {
        if (first.Verdict == ParityVerdict.Pass || reference.Arithmetic == Arithmetic.Ggml || !Rounds(first, native))
        {
            return first;
        }
        IModel model = await load(reference with { Arithmetic = Arithmetic.Ggml }, cancellationToken).ConfigureAwait(false);
        await using (model.ConfigureAwait(false))
        {
            ParityReport second = await judge(model).ConfigureAwait(false);
            return second.Verdict == ParityVerdict.Fail ? first : second with
            {
                Arithmetic = Arithmetic.Ggml,
                Explanation = $"{second.Explanation} with the reference in ggml's arithmetic (in exact arithmetic: {first.Explanation})",
            };
        }
    }

    // Products of F32 weights are the same in both arithmetics; GELU is not.
    private static bool Rounds(ParityReport report, ModelCard native) =>
        report.Native.FileType != "F32" || report.Reference.FileType != "F32" || native.Activation == "gelu";
}
