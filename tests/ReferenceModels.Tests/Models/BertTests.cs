using Engine;
using Engine.Gguf;

namespace ReferenceModels.Tests.Models;

/// <summary>The managed BERT against llama.cpp in strict numerics, on random weights of many shapes.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class BertTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Shapes => [.. Cases.Keys];

    private static readonly Dictionary<string, RandomBert> Cases = new()
    {
        ["all biases"] = new(),
        ["one head, one layer"] = new() { H = 1, N = 1 },
        ["heads of an odd width"] = new() { Width = 63, H = 9, Inner = 91 },
        ["a width that no block divides"] = new() { Width = 42, H = 3, Inner = 77, N = 3 },
        ["two query heads per key/value head"] = new() { H = 8, G = 4 },
        ["no biases of attention"] = new() { QkvBiases = false, OutputBias = false },
        ["no biases of the feed-forward"] = new() { FeedForwardBiases = false },
        ["no biases but of the norms"] = new() { QkvBiases = false, OutputBias = false, FeedForwardBiases = false },
        ["a fused query, key and value"] = new() { FusedQkv = true, QkvBiases = false },
        ["a fused query, key and value with bias"] = new() { FusedQkv = true, FusedBias = true, QkvBiases = false, H = 8, G = 2 },
        ["a fused query, key and value with three biases"] = new() { FusedQkv = true, H = 4, G = 2 },
        ["no segments"] = new() { SegmentTable = false },
        ["one kind of segment"] = new() { Segments = 1 },
        ["three kinds of segment"] = new() { Segments = 3 },
        ["a large epsilon"] = new() { Epsilon = 0.1f },
        ["numbers once for each layer"] = new() { H = 4, G = 2, Inner = 96, Metadata = LayerNumbers.Of("bert", 4, 2, 96) },
        ["no vocabulary"] = new() { Vocabulary = false },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task In_F32_the_embeddings_are_those_of_llama_cpp_to_the_last_position(string shape)
    {
        foreach (Pooling pooling in (Pooling[])[Pooling.None, Pooling.Mean, Pooling.Cls, Pooling.Last])
        {
            await AssertNearAsync(Cases[shape], pooling);
        }
    }

    [Theory]
    [InlineData(true, true, 1, 1)]
    [InlineData(true, false, 1, 0)]
    [InlineData(false, false, 1, 0)]
    [InlineData(true, true, 3, 3)]
    [InlineData(false, true, 3, 3)]
    [InlineData(true, true, null, 0)]
    [InlineData(true, true, null, 5)]
    public async Task In_F32_the_scores_are_those_of_llama_cpp(bool pooler, bool biases, int? scores, int labels)
    {
        RandomBert bert = new() { Pooler = pooler, PoolerBias = biases, Scores = scores, ScoresBias = biases, Labels = labels };
        Assert.Equal(Math.Max(1, labels), await AssertNearAsync(bert, Pooling.Rank));
    }

    [Theory]
    // llama.cpp rounds activations. NMSE measured over three seeds, in exact and in ggml arithmetic: F16 1.5e-7 and 7e-8, BF16 8e-6 and
    // 1.3e-6, Q8_0, Q4_0, Q4_K, Q6_K up to 2.4e-4 and 6e-5 (or 3e-14 where no rounding went the other way). The limits are five times that.
    [InlineData(GgmlType.F16, 7.5e-7, 3.5e-7)]
    [InlineData(GgmlType.BF16, 4e-5, 6.5e-6)]
    [InlineData(GgmlType.Q8_0, 1.2e-3, 3e-4)]
    [InlineData(GgmlType.Q4_0, 1.2e-3, 3e-4)]
    [InlineData(GgmlType.Q4_K, 1.2e-3, 3e-4)]
    [InlineData(GgmlType.Q6_K, 1.2e-3, 3e-4)]
    public async Task In_other_types_the_embeddings_are_near_those_of_llama_cpp(GgmlType type, double exactLimit, double ggmlLimit)
    {
        RandomBert bert = new() { Type = type, Width = 256, Inner = 512, H = 8 };
        (float[][] exact, float[][] ggml, float[][] theirs) = await EmbedAsync(bert, Pooling.None);
        Assert.InRange(Agreement.Nmse(exact, theirs), 0, exactLimit);
        Assert.InRange(Agreement.Nmse(ggml, theirs), 0, ggmlLimit);
    }

    [Fact]
    public async Task Without_a_classifier_there_are_no_scores()
    {
        await using IModel model = await ReferenceModelFixture.LoadAsync(new RandomBert().Write(_folder.File("random.gguf")));
        await Assert.ThrowsAsync<UnsupportedRequestException>(async () => await model.EmbedAsync(new EmbedRequest { Inputs = [Prompt.FromTokens([2, 3])], Pooling = Pooling.Rank }));
    }

    [Fact]
    public async Task A_token_of_the_second_segment_gets_its_row()
    {
        // llama.cpp uses only row 0, so it gets a file with the other row added to its positions.
        RandomBert bert = new();
        int[] tokens = bert.Tokens(40), segments = [.. Enumerable.Range(0, 40).Select(t => t < 17 ? 0 : 1)];
        await using IModel ours = await ReferenceModelFixture.LoadAsync(bert.Write(_folder.File("random.gguf")));
        await using IModel theirs = await ReferenceModelFixture.LoadNativeAsync((bert with { FoldedSegments = segments }).Write(_folder.File("folded.gguf")), bert.Context);
        Assert.True(ours.Card.Capabilities.HasFlag(ModelCapabilities.Segments));
        Assert.False(theirs.Card.Capabilities.HasFlag(ModelCapabilities.Segments));
        float[][] found = [.. (await ours.EmbedAsync(Request(Prompt.FromTokens(tokens, segments)))).Rows];
        float[][] expected = [.. (await theirs.EmbedAsync(Request(Prompt.FromTokens(tokens)))).Rows];
        Assert.InRange(Agreement.OfRms(found, expected), 0, 5e-3);
        float[][] others = [.. (await ours.EmbedAsync(Request(Prompt.FromTokens(tokens)))).Rows];
        Assert.InRange(Agreement.OfRms(others, expected), 0.1, 10);
    }

    [Fact]
    public async Task The_second_text_of_a_pair_is_the_second_segment()
    {
        RandomBert bert = new();
        string path = bert.Write(_folder.File("random.gguf"));
        await using IModel ours = await ReferenceModelFixture.LoadAsync(path);
        await using IModel theirs = await ReferenceModelFixture.LoadNativeAsync(path, bert.Context);
        EmbedRequest pair = Request(Prompt.FromPair("a b", "c"));
        int[] tokens = [2, 30, 31, 3, 32, 3];
        float[][] found = [.. (await ours.EmbedAsync(pair)).Rows], expected = [.. (await ours.EmbedAsync(Request(Prompt.FromTokens(tokens, [0, 0, 0, 0, 1, 1])))).Rows];
        Assert.Equal(expected, found);
        await Assert.ThrowsAsync<UnsupportedRequestException>(async () => await theirs.EmbedAsync(pair));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task Without_a_second_segment_every_token_belongs_to_the_first(bool table, int segments)
    {
        string path = new RandomBert { SegmentTable = table, Segments = segments }.Write(_folder.File("random.gguf"));
        await using IModel ours = await ReferenceModelFixture.LoadAsync(path);
        await using IModel theirs = await ReferenceModelFixture.LoadNativeAsync(path, 0);
        foreach (IModel model in new[] { ours, theirs })
        {
            Assert.True(model.Card.Capabilities.HasFlag(ModelCapabilities.Segments));
            Embeddings marked = await model.EmbedAsync(Request(Prompt.FromTokens([2, 9, 3], [0, 1, 1])));
            Embeddings plain = await model.EmbedAsync(Request(Prompt.FromTokens([2, 9, 3])));
            Assert.Equal(plain.Rows.SelectMany(row => row), marked.Rows.SelectMany(row => row));
        }
    }

    [Fact]
    public async Task There_are_no_more_positions_than_were_learned()
    {
        RandomBert bert = new() { Context = 24 };
        string path = bert.Write(_folder.File("random.gguf"));
        await Assert.ThrowsAsync<ConfigurationException>(() => ReferenceModelFixture.LoadAsync(path, 25));
        await using IModel model = await ReferenceModelFixture.LoadAsync(path);
        await Assert.ThrowsAsync<ContextLengthExceededException>(async () => await model.EmbedAsync(Request(Prompt.FromTokens(bert.Tokens(25)))));
    }

    private static EmbedRequest Request(params Prompt[] inputs) => new() { Inputs = inputs, Pooling = Pooling.None, Numerics = Numerics.Strict };

    private async Task<int> AssertNearAsync(RandomBert bert, Pooling pooling)
    {
        (float[][] exact, float[][] ggml, float[][] theirs) = await EmbedAsync(bert, pooling);
        // llama.cpp rounds GELU to F16. Measured: NMSE 5e-9 … 9e-8, at most 3e-4 … 1.4e-3 of the RMS.
        Assert.InRange(Agreement.Nmse(exact, theirs), 0, 1e-6);
        Assert.InRange(Agreement.OfRms(exact, theirs), 0, 5e-3);
        // With the same table only a value on the edge between two entries differs. Measured: 7e-15 … 2e-9, and 3e-7 … 8e-4.
        Assert.InRange(Agreement.Nmse(ggml, theirs), 0, 1e-8);
        Assert.InRange(Agreement.OfRms(ggml, theirs), 0, 2e-3);
        return theirs[0].Length;
    }

    private async Task<(float[][] Exact, float[][] Ggml, float[][] Theirs)> EmbedAsync(RandomBert bert, Pooling pooling)
    {
        string path = bert.Write(_folder.File("random.gguf"));
        EmbedRequest request = Request(Prompt.FromTokens(bert.Tokens(bert.Context)), Prompt.FromTokens(bert.Tokens(7))) with { Pooling = pooling };
        await using IModel ours = await ReferenceModelFixture.LoadAsync(path, bert.Context);
        await using IModel theirs = await ReferenceModelFixture.LoadNativeAsync(path, bert.Context);
        EmbedRequest rounded = request with { Arithmetic = Arithmetic.Ggml };
        return ([.. (await ours.EmbedAsync(request)).Rows], [.. (await ours.EmbedAsync(rounded)).Rows], [.. (await theirs.EmbedAsync(request)).Rows]);
    }
}
