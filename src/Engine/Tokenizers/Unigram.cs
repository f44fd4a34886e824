using System.Buffers;
using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers;

/// <summary>
/// SentencePiece's Unigram model (Kudo 2018, https://arxiv.org/abs/1804.10959), <c>tokenizer.ggml.model</c> = <c>t5</c>: of all
/// ways to write the normalized text in tokens, the one with the largest sum of log-probabilities (Viterbi).
/// </summary>
internal sealed class Unigram : VocabularyTokenizer
{
    private const float UnknownPenalty = 10;

    private readonly UnigramNormalizer _normalizer;
    private readonly TokenTrie _tokens = new();
    private readonly float _unknownScore;

    /// <summary>A tokenizer over a file's vocabulary.</summary>
    public Unigram(Vocabulary vocabulary, PrecompiledCharacterMap characters) : base(vocabulary, TokenSpelling.SentencePiece)
    {
        _normalizer = new UnigramNormalizer(vocabulary, characters);
        float lowest = float.MaxValue;
        for (int token = 0; token < vocabulary.Count; token++)
        {
            TokenAttributes attributes = vocabulary.AttributesInFile[token];
            if ((attributes & TokenAttributes.Normal) != 0)
            {
                lowest = Math.Min(lowest, vocabulary.Scores[token]);
            }
            if ((attributes & (TokenAttributes.Normal | TokenAttributes.UserDefined | TokenAttributes.Unused)) != 0)
            {
                _tokens.Add(vocabulary.Bytes(token), token);
            }
        }
        _unknownScore = lowest - UnknownPenalty;
    }

    /// <inheritdoc/>
    protected override void Split(ReadOnlySpan<byte> utf8, bool afterSpecial, TokenizerRule rule, List<int> tokens)
    {
        using ByteBuffer normalized = _normalizer.Normalize(utf8);
        ReadOnlySpan<byte> text = normalized.Written;
        if (text.IsEmpty)
        {
            return;
        }
        Step[] rented = ArrayPool<Step>.Shared.Rent(text.Length + 1);
        Span<Step> best = rented.AsSpan(0, text.Length + 1);
        FindBest(text, best);
        AddBackwards(best, tokens);
        ArrayPool<Step>.Shared.Return(rented);
    }

    // best[i]: the best way to write the first i bytes
    private void FindBest(ReadOnlySpan<byte> text, Span<Step> best)
    {
        best.Fill(new Step(double.MinValue, -1, 0));
        best[0] = new Step(0, -1, 0);
        for (int start = 0; start < text.Length;)
        {
            int character = Math.Min(Utf8.AnnouncedLength(text[start]), text.Length - start);
            double score = best[start].Score;
            bool isSpelled = false;
            int node = TokenTrie.Root;
            for (int at = start; at < text.Length && (node = _tokens.Next(node, text[at])) != 0; at++)
            {
                int token = _tokens.Value(node);
                if (token < 0)
                {
                    continue;
                }
                isSpelled |= at + 1 - start == character;
                double sum = score + ((Vocabulary.Attributes[token] & TokenAttributes.UserDefined) != 0 ? 0 : Vocabulary.Scores[token]);
                if (sum > best[at + 1].Score)
                {
                    best[at + 1] = new Step(sum, token, start);
                }
            }
            if (!isSpelled && score + _unknownScore > best[start + character].Score)
            {
                best[start + character] = new Step(score + _unknownScore, -1, start);
            }
            start += character;
        }
    }

    private void AddBackwards(ReadOnlySpan<Step> best, List<int> tokens)
    {
        int first = tokens.Count;
        int unknown = Vocabulary.Unknown ?? -1;
        bool afterUnknown = false;
        for (int end = best.Length - 1; end > 0; end = best[end].Start)
        {
            int token = best[end].Token < 0 ? unknown : best[end].Token;
            bool isUnknown = token == unknown;
            if (!(isUnknown && afterUnknown)) // consecutive unknown characters become one token
            {
                tokens.Add(token >= 0 ? token : Require(Vocabulary.Unknown, "an unknown token ('unknown_token_id')"));
            }
            afterUnknown = isUnknown;
        }
        tokens.Reverse(first, tokens.Count - first);
    }

    private readonly record struct Step(double Score, int Token, int Start);
}
