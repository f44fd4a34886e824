namespace Engine.Remote.Tests;

/// <summary>A remote model answers what the model itself does, to the last bit.</summary>
[Collection(Remotely.Name)]
public sealed class RemoteModelTests(RemoteFamilies server) : IAsyncLifetime
{
    private IModel? _remote, _local;

    private IModel Remote => _remote!;

    private IModel Local => _local!;

    public async Task InitializeAsync()
    {
        _remote = await server.OverSocketAsync(RemoteFamilies.Trained);
        _local = await new ReferenceModels.ReferenceBackend().LoadAsync(new() { Path = TestData.Model("aidreams260K-f32.gguf"), Backend = "reference", ContextLength = 128 });
    }

    public async Task DisposeAsync()
    {
        await Remote.DisposeAsync();
        await Local.DisposeAsync();
    }

    [Fact]
    public void The_card_is_the_same() =>
        Assert.Equal(System.Text.Json.JsonSerializer.Serialize(Local.Card), System.Text.Json.JsonSerializer.Serialize(Remote.Card));

    [Fact]
    public void The_tokenizer_is_the_same()
    {
        ITokenizer local = Local.Tokenizer, remote = Remote.Tokenizer;
        Assert.Equal((local.VocabularySize, local.BeginningOfSequence, local.EndOfSequence), (remote.VocabularySize, remote.BeginningOfSequence, remote.EndOfSequence));
        for (int token = 0; token < local.VocabularySize; token++)
        {
            Assert.Equal(local.GetPiece(token), remote.GetPiece(token));
            Assert.Equal(local.GetBytes(token).ToArray(), remote.GetBytes(token).ToArray());
            Assert.Equal(local.IsEndOfGeneration(token), remote.IsEndOfGeneration(token));
        }
        foreach (string text in new[] { "", "Once upon a time", "naïve <s> café 😀", "a\uD800b", "</s>" })
        {
            foreach ((bool addSpecial, bool parseSpecial) in new[] { (true, true), (true, false), (false, true), (false, false) })
            {
                IReadOnlyList<int> ids = local.Encode(text, addSpecial, parseSpecial);
                Assert.Equal(ids, remote.Encode(text, addSpecial, parseSpecial));
                Assert.Equal(local.Decode(ids), remote.Decode(ids));
            }
        }
    }

    [Theory]
    [InlineData(StepLogits.None)]
    [InlineData(StepLogits.TopK)]
    [InlineData(StepLogits.Full)]
    public async Task A_generation_is_the_same(StepLogits logits)
    {
        var request = new GenerateRequest
        {
            Prompt = Prompt.FromText("Once upon a time"),
            MaxTokens = 30,
            Sampling = new() { Seed = 7, Temperature = 1.5f },
            Logits = logits,
            Stop = ["."],
            Numerics = Numerics.Strict,
        };
        List<GeneratedToken> local = await Local.GenerateAsync(request).ToListAsync(), remote = await Remote.GenerateAsync(request).ToListAsync();
        Assert.Equal(local.Count, remote.Count);
        foreach ((GeneratedToken mine, GeneratedToken theirs) in local.Zip(remote))
        {
            Assert.Equal(mine with { Elapsed = default, Logits = null, TopK = null, CachedTokens = 0 }, theirs with { Elapsed = default, Logits = null, TopK = null, CachedTokens = 0 });
            Assert.Equal(mine.Logits, theirs.Logits);
            Assert.Equal(mine.TopK, theirs.TopK);
            Assert.True(theirs.Elapsed > TimeSpan.Zero);
        }
    }

    [Theory]
    [InlineData(ScoreForm.Logits)]
    [InlineData(ScoreForm.TargetLogProbability)]
    [InlineData(ScoreForm.TopK)]
    public async Task Scores_are_the_same(ScoreForm form)
    {
        var request = new ScoreRequest { Tokens = Prompt.FromText("Once upon a time there was a"), Form = form, BlockRows = 3, Numerics = Numerics.Strict, Activations = ["result_norm", "l_out-0"] };
        List<ScoreBlock> local = await Local.ScoreAsync(request).ToListAsync(), remote = await Remote.ScoreAsync(request).ToListAsync();
        Assert.Equal(local.Count, remote.Count);
        foreach ((ScoreBlock mine, ScoreBlock theirs) in local.Zip(remote))
        {
            Assert.Equal((mine.FirstPosition, mine.Rows, mine.Vocabulary), (theirs.FirstPosition, theirs.Rows, theirs.Vocabulary));
            Assert.Equal(mine.Logits, theirs.Logits);
            Assert.Equal(mine.TargetLogProbabilities, theirs.TargetLogProbabilities);
            Assert.Equal(mine.TopK, theirs.TopK);
            Same(mine.Activations, theirs.Activations);
        }
    }

    [Fact]
    public async Task Embeddings_are_the_same()
    {
        var request = new EmbedRequest { Inputs = [Prompt.FromText("once upon a time")], Pooling = Pooling.None, Activations = ["result_norm"], Numerics = Numerics.Strict };
        Embeddings local = await Local.EmbedAsync(request), remote = await Remote.EmbedAsync(request);
        Assert.Equal((local.Pooling, local.Dimensions), (remote.Pooling, remote.Dimensions));
        Assert.Equal(local.TokenCounts, remote.TokenCounts);
        Assert.Equal(local.Rows, remote.Rows);
        Same(local.Activations, remote.Activations);
    }

    [Fact]
    public async Task An_answer_keeps_its_constraint()
    {
        var request = new GenerateRequest { Prompt = Prompt.FromText("Is it so?"), Constraint = new ChoiceConstraint(["yes", "certainly not"]), MaxTokens = 40 };
        string answer = string.Concat((await Remote.GenerateAsync(request).ToListAsync()).Select(token => token.Text));
        Assert.Contains(answer, new[] { "yes", "certainly not" });
        var error = await Assert.ThrowsAsync<InvalidRequestException>(() => Remote.GenerateAsync(request with { Constraint = new GrammarConstraint("root ::= nothing") }).ToListAsync().AsTask());
        Assert.Equal((await Assert.ThrowsAsync<InvalidRequestException>(() => Local.GenerateAsync(request with { Constraint = new GrammarConstraint("root ::= nothing") }).ToListAsync().AsTask())).Message, error.Message);
    }

    private static void Same(IReadOnlyList<Activation> local, IReadOnlyList<Activation> remote)
    {
        Assert.Equal(local.Count, remote.Count);
        foreach ((Activation mine, Activation theirs) in local.Zip(remote))
        {
            Assert.Equal((mine.Name, mine.Operation, mine.Occurrence, mine.Part), (theirs.Name, theirs.Operation, theirs.Occurrence, theirs.Part));
            Assert.Equal(mine.Shape, theirs.Shape);
            Assert.Equal(mine.Values, theirs.Values);
        }
    }
}
