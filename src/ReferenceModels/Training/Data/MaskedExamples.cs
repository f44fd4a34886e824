using Engine;
using ReferenceModels.Ops;

namespace ReferenceModels.Training.Data;

/// <summary>
/// Masks other examples (Devlin et al. 2018, https://arxiv.org/abs/1810.04805, section 3.1 and appendix A.1): 15 % of the
/// tokens that are not special, at least one, are chosen; 80 % of those become [MASK], 10 % a token drawn from the whole vocabulary, 10 %
/// stay. The targets are the original tokens. Every visit chooses anew.
/// </summary>
internal sealed class MaskedExamples : IExamples
{
    private const double Chosen = 0.15, Masked = 0.8, Random = 0.1;

    private readonly IExamples _examples;
    private readonly HashSet<int> _special;
    private readonly int _mask, _vocabulary;

    public MaskedExamples(IExamples examples, ExampleBuilder builder)
    {
        _examples = examples;
        _vocabulary = builder.Tokenizer.VocabularySize;
        _special = [.. builder.Tokenizer.Encode("")];   // [CLS] and [SEP]
        _mask = builder.Tokenizer.Encode("[MASK]", addSpecial: false, parseSpecial: true) is [int mask] ? mask : throw new UnsupportedRequestException(
            "Masking tokens: expected a special token [MASK] in the model's vocabulary, found none. Choose another objective or a vocabulary like BERT's.");
    }

    /// <inheritdoc/>
    public int Count => _examples.Count;

    /// <inheritdoc/>
    public Example Visit(int index, ulong seed)
    {
        Example example = _examples.Visit(index, seed);
        ulong drawn = Dropout.Mix(seed ^ 0xA0761D6478BD642F); // different coins from those that the example itself was drawn with
        int[] tokens = [.. example.Tokens], targets = new int[tokens.Length];
        Array.Fill(targets, Example.Ignored);
        int[] candidates = [.. Enumerable.Range(0, tokens.Length).Where(i => !_special.Contains(tokens[i]))];
        int count = candidates.Length == 0 ? 0 : Math.Max(1, (int)Math.Round(Chosen * candidates.Length));
        for (int n = 0; n < count; n++)
        {
            int other = n + (int)(Dropout.Coin(drawn, 3 * n) * (candidates.Length - n));
            (candidates[n], candidates[other]) = (candidates[other], candidates[n]);
            int i = candidates[n];
            targets[i] = tokens[i];
            double coin = Dropout.Coin(drawn, 3 * n + 1);
            tokens[i] = coin < Masked ? _mask : coin < Masked + Random ? (int)(Dropout.Coin(drawn, 3 * n + 2) * _vocabulary) : tokens[i];
        }
        return example with { Tokens = tokens, Targets = targets };
    }
}
