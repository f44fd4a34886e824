using Engine;

namespace Tests.Contracts;

/// <summary>What every encoder–decoder must do: T5, the Transformer.</summary>
public abstract class EncoderDecoderContract : GeneratorContract
{
    protected override ModelCapabilities Capabilities => ModelCapabilities.Score | ModelCapabilities.Generate | ModelCapabilities.Embed | ModelCapabilities.Source;

    /// <summary>The rows that the encoder gives.</summary>
    protected virtual string EncoderRows => "result_norm";

    /// <summary>Rows of the first layer of either part.</summary>
    protected virtual string LayerRows => "ffn_inp-0";

    // The source of Greedy: what is generated from it is scored against it.
    protected override ScoreRequest Score(params int[] tokens) =>
        new() { Tokens = Prompt.FromTokens(tokens), Source = Prompt.FromTokens(Tokens(3)), Numerics = Numerics.Strict };

    protected override int[] Begin(GenerateRequest request) => [Model.Card.DecoderStartToken!.Value];

    [Fact]
    public async Task A_target_without_a_source_is_refused()
    {
        var error = await Assert.ThrowsAsync<InvalidRequestException>(() => Rows(Score(0, 1) with { Source = null }));
        Assert.Contains("Set Source", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_is_checked_as_a_target_is()
    {
        await Assert.ThrowsAsync<TokenOutOfRangeException>(() => Rows(Score(0) with { Source = Prompt.FromTokens([-1]) }));
        await Assert.ThrowsAsync<EmptyPromptException>(() => Rows(Score(0) with { Source = Prompt.FromTokens([]) }));
        await Assert.ThrowsAsync<ContextLengthExceededException>(() => Rows(Score(0) with { Source = Prompt.FromTokens(Tokens(129)) }));
        Assert.Equal(128, (await Rows(Score(Tokens(128)) with { Source = Prompt.FromTokens(Tokens(128)) })).Length);
        Assert.Single(await Rows(Score(0) with { Source = Prompt.FromTokens([4]) }));
    }

    [Fact]
    public async Task Another_source_gives_other_logits_and_the_first_one_its_own_again()
    {
        float[] first = (await Rows(Score(Tokens(4))))[3], other = (await Rows(Score(Tokens(4)) with { Source = Prompt.FromTokens([5]) }))[3];
        Assert.True(Agreement.OfRms(first, other) > 1e-3);
        Assert.True(Agreement.OfRms(first, (await Rows(Score(Tokens(4))))[3]) < Agreement.Floats);
    }

    [Fact]
    public async Task The_text_of_a_target_begins_with_the_token_with_which_answers_begin()
    {
        int[] ids = [Model.Card.DecoderStartToken!.Value, .. Model.Tokenizer.Encode("once upon", addSpecial: false)];
        var text = await Rows(Score() with { Tokens = Prompt.FromText("once upon") });
        var tokens = await Rows(Score(ids));
        Assert.Equal(ids.Length, text.Length);
        Assert.True(Agreement.OfRms(tokens[^1], text[^1]) < Agreement.Floats);
    }

    [Fact]
    public async Task A_source_of_text_ends_as_the_vocabulary_ends_texts()
    {
        int[] source = [.. Model.Tokenizer.Encode("once upon a time")];
        Assert.Equal(Model.Tokenizer.EndOfSequence, source[^1]);
        var text = await Rows(Score(0) with { Source = Prompt.FromText("once upon a time") });
        Assert.True(Agreement.OfRms(text[0], (await Rows(Score(0) with { Source = Prompt.FromTokens(source) }))[0]) < Agreement.Floats);
        Assert.Equal(source.Length, (await Generate(Greedy(1) with { Prompt = Prompt.FromText("once upon a time") }))[0].PromptTokens);
    }

    [Fact]
    public async Task Embeddings_are_those_of_the_encoder()
    {
        var request = new EmbedRequest { Inputs = [Prompt.FromTokens(Tokens(3))], Pooling = Pooling.None, Numerics = Numerics.Strict, Activations = [EncoderRows] };
        var answer = await Model.EmbedAsync(request);
        Activation norm = Assert.Single(answer.Activations);
        Assert.Equal("encoder", norm.Part);
        Assert.True(Agreement.OfRms([.. answer.Rows.SelectMany(row => row)], norm.Values) < Agreement.Floats);
        var longer = await Model.EmbedAsync(request with { Inputs = [Prompt.FromTokens(Tokens(4))] });
        Assert.True(Agreement.OfRms(answer.Rows[0], longer.Rows[0]) > 1e-3); // a token attends to those after it
    }

    [Fact]
    public async Task Activations_are_counted_apart_in_the_two_parts()
    {
        var blocks = await Model.ScoreAsync(Score(Tokens(5)) with { Activations = ["kq_soft_max-1", LayerRows] }).ToListAsync();
        var all = blocks[0].Activations;
        long[] Shape(string part, string name, int occurrence) => [.. Assert.Single(all, a => (a.Part, a.Name, a.Occurrence) == (part, name, occurrence)).Shape];
        Assert.Equal([3, 3, 4], Shape("encoder", "kq_soft_max-1", 0));
        Assert.Equal([5, 5, 4], Shape("decoder", "kq_soft_max-1", 0));
        Assert.Equal([3, 5, 4], Shape("decoder", "kq_soft_max-1", 1));
        Assert.Equal([Model.Card.EmbeddingLength, 3], Shape("encoder", LayerRows, 0));
        Assert.Equal([Model.Card.EmbeddingLength, 5], Shape("decoder", LayerRows, 0));
    }

    [Fact]
    public void Words_survive_the_tokenizer() =>
        Assert.Equal("once upon a time", Model.Tokenizer.Decode(Model.Tokenizer.Encode("once upon a time", addSpecial: false)).Trim());
}
