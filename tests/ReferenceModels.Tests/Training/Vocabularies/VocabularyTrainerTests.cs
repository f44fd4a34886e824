using Engine;
using ReferenceModels.Training.Vocabularies;

namespace ReferenceModels.Tests.Training.Vocabularies;

public sealed class VocabularyTrainerTests : IDisposable
{
    /// <summary>The corpus of Hugging Face's course on tokenizers: chapter 6.</summary>
    private static readonly string[] Hugs =
    [
        .. Enumerable.Repeat("hug", 10), .. Enumerable.Repeat("pug", 5), .. Enumerable.Repeat("pun", 12), .. Enumerable.Repeat("bun", 4), .. Enumerable.Repeat("hugs", 5),
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<VocabularyScheme> Schemes => [VocabularyScheme.ByteLevelBpe, VocabularyScheme.WordPiece, VocabularyScheme.Unigram];

    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task Llama_cpp_loads_a_trained_vocabulary_and_splits_fresh_texts_as_we_do(VocabularyScheme scheme)
    {
        TrainedVocabulary trained = VocabularyTrainer.Train(Texts(seed: 5), new VocabularyOptions { Scheme = scheme, Size = 1500 });
        Assert.InRange(trained.Tokens.Count, 1400, 1500);
        Assert.Equal(trained.Tokens.Count, trained.Tokens.Distinct(StringComparer.Ordinal).Count());
        string path = _folder.File("vocabulary.gguf");
        trained.Write(path, "trained");
        await using TokenizerPair pair = await TokenizerPair.OpenAsync(path);
        Assert.Equal(trained.Tokens.Count, pair.Native.VocabularySize);
        pair.SplitAlike(Texts(seed: 6));
        pair.SplitAlike(new GeneratedTexts(seed: 7, pair.Specials()).Take(500));
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public void The_same_texts_give_the_same_vocabulary(VocabularyScheme scheme)
    {
        var options = new VocabularyOptions { Scheme = scheme, Size = 1200 };
        TrainedVocabulary first = VocabularyTrainer.Train(Texts(seed: 8), options);
        TrainedVocabulary second = VocabularyTrainer.Train(Texts(seed: 8).Reverse(), options); // in a different order
        Assert.Equal(first.Tokens, second.Tokens);
        Assert.Equal(first.Merges, second.Merges);
        Assert.Equal(first.Scores, second.Scores);
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public void A_larger_vocabulary_needs_fewer_tokens_for_a_text(VocabularyScheme scheme)
    {
        string[] texts = [.. Texts(seed: 9)];
        int small = Length(800);
        int large = Length(1500);
        Assert.True(large < small, $"{large} < {small}");

        int Length(int size)
        {
            string path = _folder.File($"{size}.gguf");
            VocabularyTrainer.Train(texts, new VocabularyOptions { Scheme = scheme, Size = size }).Write(path, "trained");
            using var file = Engine.Gguf.GgufFile.Open(path);
            ITokenizer tokenizer = Engine.Tokenizers.FileTokenizer.Read(file.Metadata, "none", TokenizerRule.Native);
            return texts.Sum(text => tokenizer.Encode(text, addSpecial: false).Count);
        }
    }

    /// <summary>"The first three merge rules learned are ("u", "g"), ("u", "n"), ("h", "ug")".</summary>
    [Fact]
    public void Bytes_are_merged_by_frequency_as_in_Hugging_Faces_course()
    {
        TrainedVocabulary trained = VocabularyTrainer.Train(Hugs, new VocabularyOptions { Scheme = VocabularyScheme.ByteLevelBpe, Size = 260 });
        Assert.Equal(["u g", "u n", "h ug"], trained.Merges);
        Assert.Equal(["ug", "un", "hug", "<|endoftext|>"], trained.Tokens.Skip(256));
    }

    /// <summary>"The first merge learned is ("##g", "##s") → ("##gs")": 5 / (20 × 5), where the frequent ("##u", "##g") has 20 / (36 × 20).</summary>
    [Fact]
    public void Word_pieces_are_merged_by_score_as_in_Hugging_Faces_course()
    {
        TrainedVocabulary trained = VocabularyTrainer.Train(Hugs, new VocabularyOptions { Scheme = VocabularyScheme.WordPiece, Size = 13 });
        Assert.Equal(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "g", "n", "s", "u", "▁b", "▁h", "▁p", "gs"], trained.Tokens);
    }

    [Theory]
    [InlineData(VocabularyScheme.ByteLevelBpe)]
    [InlineData(VocabularyScheme.WordPiece)]
    public void Merging_equals_recounting_at_every_step(VocabularyScheme scheme)
    {
        string[] texts = [.. Texts(seed: 10).Take(40), "aaaa aaaaa banana bananas", "aaa ababab"];
        TrainedVocabulary trained = VocabularyTrainer.Train(texts, new VocabularyOptions { Scheme = scheme, Size = scheme == VocabularyScheme.WordPiece ? 900 : 420 });
        Assert.Equal(NaiveMerging.Train(texts, scheme, trained.Tokens), trained.Tokens);
    }

    [Fact]
    public void A_special_token_that_occurs_in_the_texts_is_in_the_vocabulary_once()
    {
        string[] texts = [.. Enumerable.Repeat("x<|endoftext|>y </s> <unk> [CLS]", 50)];
        foreach (VocabularyScheme scheme in Enum.GetValues<VocabularyScheme>())
        {
            TrainedVocabulary trained = VocabularyTrainer.Train(texts, new VocabularyOptions { Scheme = scheme, Size = 400 });
            Assert.Equal(trained.Tokens.Count, trained.Tokens.Distinct(StringComparer.Ordinal).Count());
        }
    }

    [Theory]
    [InlineData(VocabularyScheme.ByteLevelBpe, 256)]
    [InlineData(VocabularyScheme.WordPiece, 6)]
    [InlineData(VocabularyScheme.Unigram, 5)]
    public void A_size_too_small_for_the_characters_is_refused(VocabularyScheme scheme, int size)
    {
        var refusal = Assert.Throws<InvalidRequestException>(() => VocabularyTrainer.Train(Hugs, new VocabularyOptions { Scheme = scheme, Size = size }));
        Assert.Contains("expected a size of at least", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public void Texts_without_words_are_refused(VocabularyScheme scheme) =>
        Assert.Contains("found none", Assert.Throws<InvalidRequestException>(() => VocabularyTrainer.Train(["", ""], new VocabularyOptions { Scheme = scheme, Size = 300 })).Message, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Schemes))]
    public void Progress_grows_to_the_end(VocabularyScheme scheme)
    {
        var reports = new Reports();
        VocabularyTrainer.Train(Texts(seed: 11), new VocabularyOptions { Scheme = scheme, Size = 1200 }, reports);
        Assert.True(reports.Values.Count >= 2);
        Assert.Equal(reports.Values.Order(), reports.Values);
        Assert.Equal(1, reports.Values[^1]);
    }

    [Fact]
    public void Training_can_be_cancelled()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.All(Enum.GetValues<VocabularyScheme>(), scheme => Assert.Throws<OperationCanceledException>(() =>
            VocabularyTrainer.Train(Texts(seed: 12), new VocabularyOptions { Scheme = scheme, Size = 1200 }, null, source.Token)));
    }

    /// <summary>Sentences of made-up words with the frequencies of real ones (Zipf), and a few of everything else.</summary>
    private static IEnumerable<string> Texts(int seed)
    {
        var random = new Random(seed);
        string[] syllables = ["ka", "ro", "min", "tel", "sor", "a", "un", "ing", "er", "qu", "ço", "ßt", "né", "Th", "вет", "при", "の", "水", "ου", "zz"];
        var words = new Random(1);
        string[] lexicon = [.. Enumerable.Range(0, 8000).Select(_ => string.Concat(Enumerable.Range(0, 1 + words.Next(4)).Select(_ => syllables[words.Next(syllables.Length)])))];
        string[] strange = [.. new GeneratedTexts(seed: 4).Take(40).Select(text => text.Length > 30 ? text[..30] : text)];
        for (int i = 0; i < 800; i++)
        {
            IEnumerable<string> sentence = Enumerable.Range(0, 12).Select(_ => lexicon[(int)(Math.Pow(random.NextDouble(), 3) * lexicon.Length)]);
            yield return $"{string.Join(' ', sentence)}{".,!?;"[random.Next(5)]} {random.Next(3000)}{(i % 20 == 0 ? strange[random.Next(strange.Length)] : "")}\n";
        }
    }

    private sealed class Reports : IProgress<float>
    {
        public List<float> Values { get; } = [];

        public void Report(float value) => Values.Add(value);
    }
}
